"""The Teach dialog, at a microphone in whose room somebody says what is asked for."""

import threading

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QGuiApplication
from PySide6.QtWidgets import QAbstractButton, QAbstractSpinBox, QFileDialog, QLineEdit

from recognizer.errors import DeviceError
from recognizer.takes.events import Listening, Prompted
from recognizer.takes.folder import TakeFolder
from recognizer.takes.sitting import Sitting
from recognizer.window import runner as runner_module
from recognizer.window import teach
from recognizer.window.main_window import MainWindow
from recognizer.window.settings import Settings
from recognizer.window.teach import TeachDialog
from tests.model_fixture import tiny_model
from tests.recognizer.made_sounds import RATE, noise, vowel
from tests.recognizer.window.training_program import SLEEP, make_program
from train.corpora import load_folder

ROOM = noise(20.0, -65.0)
WORD = vowel(0.35, -25.0)
WAIT_MS = 20_000


class Microphone:
    """A microphone whose sound comes many times faster than a clock's."""

    name, seconds = "made", None

    def __init__(self):
        self.coming = np.zeros(0)
        self.closed = threading.Event()
        self.error = self.notify = None
        self.opened = []
        self.is_open = 0
        self.says = lambda word: WORD
        self.flows = threading.Event()
        self.flows.set()
        self.holds = None

    def hold(self, when):
        """Let no more sound come once this is true, so that the window can be seen as it is then.

        `when` is given the sitting, and what happened in it.
        """
        self.holds = when

    def go_on(self):
        self.holds = None
        self.flows.set()

    def source(self, who):
        def make(device, channel):
            def with_notify(notify):
                self.opened.append((who, device, channel))
                self.notify = notify
                return _Opened(self)

            return with_notify

        return make


class _Opened:
    name, seconds = "made", None

    def __init__(self, microphone):
        self.microphone = microphone
        self.closed = threading.Event()

    def open(self):
        if self.microphone.error is not None:
            raise self.microphone.error
        self.microphone.is_open += 1
        assert self.microphone.is_open == 1, "it is open already"

    def __iter__(self):
        at = 0
        # Who listens may also leave in the middle, without asking for another block.
        try:
            while not self.closed.wait(0.001):
                if not self.microphone.flows.is_set():
                    continue
                block = ROOM[at : at + 640].copy()
                at = (at + 640) % (len(ROOM) - 640)
                part, self.microphone.coming = (
                    self.microphone.coming[:640],
                    self.microphone.coming[640:],
                )
                block[: len(part)] += part
                yield block.astype(np.float32)
        finally:
            self.microphone.is_open -= 1

    def take_lost(self):
        return 0

    def captured_at(self, sample):
        return 0.0

    def close(self):
        self.closed.set()


def at(kind):
    """For `Microphone.hold`: when something of this kind happens."""
    return lambda sitting, happened: any(isinstance(event, kind) for event in happened)


@pytest.fixture
def microphone(monkeypatch):
    made = Microphone()
    monkeypatch.setattr(runner_module, "microphone_source", made.source("window"))
    monkeypatch.setattr(teach, "microphone_source", made.source("teach"))
    process = Sitting.process

    def listening_to(sitting, *arguments):
        happened = process(sitting, *arguments)
        for event in happened:
            if isinstance(event, Listening):
                made.coming = np.concatenate((np.zeros(RATE // 2), made.says(event.word)))
        if made.holds is not None and made.holds(sitting, happened):
            made.flows.clear()
        return happened

    monkeypatch.setattr(Sitting, "process", listening_to)
    return made


@pytest.fixture
def kept():
    return []


@pytest.fixture
def window(qtbot, microphone, kept, tmp_path):
    window = MainWindow(
        Settings(device="usb, ALSA", channel=2, teach_folder=str(tmp_path / "mine")),
        on_settings=kept.append,
    )
    qtbot.addWidget(window)
    window.show()
    yield window
    window.close()
    names = [thread.name for thread in threading.enumerate()]
    assert "Teach" not in names
    assert "Session" not in names


@pytest.fixture
def dialog(window):
    """The dialog, ready to record two takes of two words."""
    actions = {a.text().replace("&", ""): a for a in window.menuBar().findChildren(QAction)}
    actions["Teach…"].trigger()
    dialog = window.findChild(TeachDialog)
    dialog.setup.set_words(("yes", "no"))
    dialog.setup._takes.setValue(2)
    dialog.setup._noise.setValue(0)
    return dialog


def click(qtbot, widget, text):
    button = next(b for b in widget.findChildren(QAbstractButton) if b.text() == text)
    assert button.isVisible()
    assert button.isEnabled()
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)


def start(qtbot, dialog):
    """Begin with the words."""
    click(qtbot, dialog, "Start recording")
    qtbot.waitUntil(lambda: dialog.recording._waits == "words", timeout=WAIT_MS)
    qtbot.keyClick(dialog.focusWidget(), Qt.Key.Key_Space)


def until_done(qtbot, dialog):
    qtbot.waitUntil(lambda: dialog.pages.currentWidget() is dialog.done_page, timeout=WAIT_MS)


def until_take(qtbot, dialog, count=1):
    def is_there():
        return sum(dialog.recording.grid._counts.values()) == count

    qtbot.waitUntil(is_there, timeout=WAIT_MS)


def files(folder):
    return sorted(str(file.relative_to(folder)) for file in folder.rglob("*.wav"))


def test_from_the_words_to_the_takes_on_disk(qtbot, window, dialog, microphone, tmp_path, kept):
    folder = tmp_path / "other"
    dialog.setup._folder.setText(str(folder))
    dialog.setup._noise.setValue(3)
    microphone.hold(lambda sitting, happened: sitting.guide.phase == "noise")
    click(qtbot, dialog, "Start recording")
    qtbot.waitUntil(lambda: dialog.recording.prompt.word == "The room", timeout=WAIT_MS)
    microphone.go_on()
    qtbot.waitUntil(lambda: dialog.recording._waits == "words", timeout=WAIT_MS)
    qtbot.keyClick(dialog.focusWidget(), Qt.Key.Key_Space)
    until_done(qtbot, dialog)
    assert files(folder) == [
        "_background_noise_/mine_1.wav",
        *("no/mine_1.wav", "no/mine_2.wav", "yes/mine_1.wav", "yes/mine_2.wav"),
    ]
    assert {(clip.word, clip.speaker) for clip in load_folder(folder)} == {
        ("yes", "mine"),
        ("no", "mine"),
    }
    page = dialog.done_page
    assert page._told.text().startswith("All 4 takes are there.")
    assert page._command.text() == f"recognizer-train fit words --data {folder} --from digits"
    click(qtbot, dialog, "&Copy")
    assert QGuiApplication.clipboard().text() == page._command.text()
    assert kept[-1].teach_folder == str(folder)


def test_the_microphone_is_lent_and_taken_back(qtbot, window, dialog, microphone):
    window.listen()
    qtbot.waitUntil(lambda: window.runner.state == "listening", timeout=WAIT_MS)
    start(qtbot, dialog)
    assert window.runner.state == "idle"
    until_done(qtbot, dialog)
    qtbot.waitUntil(lambda: window.runner.state == "listening", timeout=WAIT_MS)
    usb = ("usb, ALSA", 2)
    assert microphone.opened == [("window", *usb), ("teach", *usb), ("window", *usb)]


def test_who_did_not_listen_does_not_listen_afterwards(qtbot, window, dialog, microphone):
    start(qtbot, dialog)
    dialog.reject()
    assert window.runner.state == "idle"
    assert [who for who, _, _ in microphone.opened] == ["teach"]


def test_closing_in_the_middle_keeps_every_take_and_gives_the_microphone_back(
    qtbot, window, dialog, tmp_path
):
    window.listen()
    qtbot.waitUntil(lambda: window.runner.state == "listening", timeout=WAIT_MS)
    start(qtbot, dialog)
    until_take(qtbot, dialog)
    dialog.reject()
    assert len(files(tmp_path / "mine")) >= 1
    qtbot.waitUntil(lambda: window.runner.state == "listening", timeout=WAIT_MS)


def test_closing_while_the_window_still_lets_go_opens_nothing(qtbot, window, dialog, microphone):
    window.listen()
    qtbot.waitUntil(lambda: window.runner.state == "listening", timeout=WAIT_MS)
    click(qtbot, dialog, "Start recording")
    dialog.reject()
    qtbot.waitUntil(lambda: window.runner.state == "listening", timeout=WAIT_MS)
    assert "teach" not in [who for who, _, _ in microphone.opened]


def test_the_whole_window_closes_over_a_recording(qtbot, window, dialog, microphone):
    window.listen()
    qtbot.waitUntil(lambda: window.runner.state == "listening", timeout=WAIT_MS)
    start(qtbot, dialog)
    window.close()
    assert [who for who, _, _ in microphone.opened] == ["window", "teach"]


def test_coming_back_goes_on_where_it_stopped(qtbot, window, dialog, tmp_path):
    folder = TakeFolder(tmp_path / "mine")
    for word in ("yes", "yes", "no"):
        folder.save(word, np.full(RATE, 0.1, np.float32))
    start(qtbot, dialog)
    until_done(qtbot, dialog)
    assert files(folder.folder) == [
        *("no/mine_1.wav", "no/mine_2.wav", "yes/mine_1.wav", "yes/mine_2.wav"),
    ]
    click(qtbot, dialog, "&Record more")
    click(qtbot, dialog, "Start recording")
    until_done(qtbot, dialog)


def test_the_words_of_the_folder_are_offered(qtbot, window, tmp_path, monkeypatch):
    for place in ("mine", "other"):
        TakeFolder(tmp_path / place).save(f"from {place}", np.full(RATE, 0.1, np.float32))
    window.show_teach()
    setup = window.findChild(TeachDialog).setup
    assert setup.plan().words == ("from mine",)
    setup.set_words(())
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: str(tmp_path / "other"))
    click(qtbot, setup, "Choose…")
    plan = setup.plan()
    assert plan.words == ("from other",)
    assert plan.folder == tmp_path / "other"


def test_words_stand_on_lines_or_between_commas(window, dialog):
    dialog.setup._words.setPlainText("Yes, no;\n turn left \n\nYES,")
    assert dialog.setup.plan().words == ("yes", "no", "turn left")


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda setup, path: setup.set_words(()), "There is no word to teach"),
        (lambda setup, path: setup.set_words(("a/b",)), "no folder can be named like that"),
        (lambda setup, path: setup.set_words(("silence",)), "every model has it"),
        (lambda setup, path: setup._speaker.setText("../me"), "cannot be a speaker's name"),
        (lambda setup, path: setup._folder.setText(" "), "There is no folder"),
        (lambda setup, path: setup._folder.setText(str(path / "file")), "cannot be kept in"),
    ],
)
def test_what_cannot_be_is_told_before_anybody_speaks(qtbot, dialog, tmp_path, change, says):
    (tmp_path / "file").write_text("in the way")
    change(dialog.setup, tmp_path)
    click(qtbot, dialog, "Start recording")
    assert dialog.trouble.shown_key == "setup"
    assert says in dialog.trouble.accessibleName()
    assert dialog.pages.currentWidget() is dialog.setup
    dialog.setup.set_words(("yes",))
    dialog.setup._speaker.setText("me")
    dialog.setup._folder.setText(str(tmp_path / "good"))
    click(qtbot, dialog, "Start recording")
    assert dialog.trouble.shown_key is None


def test_no_microphone_is_told_with_the_mend(qtbot, window, dialog, microphone):
    microphone.error = DeviceError("There is no microphone: plug one in.")
    click(qtbot, dialog, "Start recording")
    qtbot.waitUntil(lambda: dialog.trouble.shown_key == "microphone", timeout=WAIT_MS)
    assert dialog.pages.currentWidget() is dialog.setup
    microphone.error = None
    click(qtbot, dialog.trouble, "Try again")
    qtbot.waitUntil(lambda: dialog.recording._waits == "words", timeout=WAIT_MS)
    assert dialog.trouble.shown_key is None


def test_a_bug_in_the_worker_is_reported(qtbot, window, dialog, microphone):
    microphone.error = ZeroDivisionError("a bug")
    with qtbot.waitSignal(window.unexpected, timeout=WAIT_MS) as told:
        click(qtbot, dialog, "Start recording")
    assert isinstance(told.args[0], ZeroDivisionError)


def test_a_notice_of_the_microphone_s_is_shown(qtbot, dialog, microphone):
    start(qtbot, dialog)
    microphone.notify("The microphone 'made' is gone; listening goes on as soon as it is back.")
    qtbot.waitUntil(lambda: dialog.trouble.shown_key == "notice", timeout=WAIT_MS)


def test_a_full_disk_loses_no_take(qtbot, dialog, tmp_path, monkeypatch):
    full = threading.Event()
    full.set()

    def fsync(descriptor):
        if full.is_set():
            raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", fsync)
    start(qtbot, dialog)
    qtbot.waitUntil(lambda: dialog.trouble.shown_key == "folder", timeout=WAIT_MS)
    assert files(tmp_path) == []
    full.clear()
    click(qtbot, dialog.trouble, "Try again")
    until_done(qtbot, dialog)
    assert len(files(tmp_path / "mine")) == 4


def test_a_take_that_was_never_kept_is_told_to_the_end(qtbot, dialog, monkeypatch):
    def fsync(descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", fsync)
    start(qtbot, dialog)
    qtbot.waitUntil(lambda: dialog.trouble.shown_key == "folder", timeout=WAIT_MS)
    click(qtbot, dialog, "&End here")
    until_done(qtbot, dialog)
    assert dialog.trouble.shown_key == "folder"
    assert "Try again" not in {b.text() for b in dialog.trouble._buttons if b.isVisible()}
    click(qtbot, dialog, "&Record more")


def test_many_words_scroll_to_the_one_that_is_said(qtbot, dialog, microphone):
    microphone.says = lambda word: np.zeros(0)
    words = tuple(f"word {number}" for number in range(60))
    dialog.setup.set_words(words)
    microphone.hold(at(Listening))
    start(qtbot, dialog)
    page = dialog.recording
    qtbot.waitUntil(lambda: page.prompt.tone == "now", timeout=WAIT_MS)
    top, height = page.grid.place_of(page.prompt.word)
    view = page._area.viewport().height()
    assert top > view, "this word would be in view anyway"
    first = page._area.verticalScrollBar().value()
    assert first <= top <= first + view - height


def test_refused_takes_are_shown_with_the_reason(qtbot, dialog, microphone):
    microphone.says = lambda word: vowel(1.5, -25.0)
    start(qtbot, dialog)
    prompt = dialog.recording.prompt
    qtbot.waitUntil(lambda: prompt.tone == "bad", timeout=WAIT_MS)
    assert "too long for one word" in prompt.caption
    assert prompt.word in ("yes", "no")


def test_space_pauses_and_goes_on(qtbot, dialog, microphone):
    microphone.says = lambda word: np.zeros(0)
    microphone.hold(at(Listening))
    start(qtbot, dialog)
    qtbot.waitUntil(lambda: dialog.recording.prompt.tone == "now", timeout=WAIT_MS)
    assert dialog.focusWidget().text() == "Pause"
    qtbot.keyClick(dialog.focusWidget(), Qt.Key.Key_Space)
    microphone.go_on()
    qtbot.waitUntil(lambda: dialog.recording._waits == "pause", timeout=WAIT_MS)
    assert dialog.focusWidget().text() == "Go on"
    microphone.says = lambda word: WORD
    qtbot.keyClick(dialog.focusWidget(), Qt.Key.Key_Space)
    until_done(qtbot, dialog)


def test_the_last_take_can_be_heard_and_said_again(
    qtbot, dialog, microphone, tmp_path, monkeypatch
):
    played = []
    monkeypatch.setattr(dialog.player, "play", played.append)
    dialog.recording._ask.setChecked(True)
    start(qtbot, dialog)
    qtbot.waitUntil(lambda: dialog.recording._waits == "take", timeout=WAIT_MS)
    (before,) = files(tmp_path / "mine")
    qtbot.keyClick(dialog.focusWidget(), Qt.Key.Key_P)
    assert len(played) == 1
    assert 1.0 < len(played[0]) / RATE < 1.7
    microphone.hold(at(Prompted))
    qtbot.keyClick(dialog.focusWidget(), Qt.Key.Key_R)
    qtbot.waitUntil(lambda: files(tmp_path / "mine") == [], timeout=WAIT_MS)
    qtbot.waitUntil(lambda: not microphone.flows.is_set(), timeout=WAIT_MS)
    microphone.go_on()
    qtbot.waitUntil(lambda: files(tmp_path / "mine") == [before], timeout=WAIT_MS)
    qtbot.waitUntil(lambda: dialog.recording._waits == "take", timeout=WAIT_MS)
    for count in (2, 3, 4):
        qtbot.keyClick(dialog.focusWidget(), Qt.Key.Key_Space)
        until_take(qtbot, dialog, count)
        qtbot.waitUntil(lambda: dialog.recording._waits == "take", timeout=WAIT_MS)
    qtbot.keyClick(dialog.focusWidget(), Qt.Key.Key_Space)
    until_done(qtbot, dialog)


def test_a_word_can_be_left_out_and_the_end_be_early(qtbot, dialog, microphone, tmp_path):
    microphone.hold(at(Listening))
    start(qtbot, dialog)
    qtbot.waitUntil(lambda: dialog.recording.prompt.tone == "now", timeout=WAIT_MS)
    word = dialog.recording.prompt.word
    qtbot.keyClick(dialog.focusWidget(), Qt.Key.Key_S)
    microphone.go_on()
    until_done(qtbot, dialog)
    assert {path.split("/")[0] for path in files(tmp_path / "mine")} == {"yes", "no"} - {word}
    assert dialog.done_page._told.text().startswith("2 of 4 takes are there")
    click(qtbot, dialog, "&Record more")
    start(qtbot, dialog)
    click(qtbot, dialog, "&End here")
    until_done(qtbot, dialog)


def test_nobody_there_is_waited_for(qtbot, dialog, microphone):
    microphone.says = lambda word: np.zeros(0)
    start(qtbot, dialog)
    qtbot.waitUntil(lambda: dialog.recording._waits == "silence", timeout=WAIT_MS)
    assert "right microphone" in dialog.recording.prompt.caption


def test_every_control_has_a_name_and_can_be_reached_by_keyboard(qtbot, dialog):
    for page in (dialog.setup, dialog.recording, dialog.done_page):
        for kind in (QAbstractButton, QLineEdit, QAbstractSpinBox):
            for widget in page.findChildren(kind):
                # The field inside a spin box and a scroll area's parts are Qt's own.
                if widget.focusPolicy() == Qt.FocusPolicy.NoFocus or "qt_" in widget.objectName():
                    continue
                named = widget.accessibleName() or getattr(widget, "text", str)()
                assert named, widget
                assert widget.focusPolicy() & Qt.FocusPolicy.TabFocus, named
    for part in ("prompt", "level", "grid"):
        assert getattr(dialog.recording, part).accessibleName(), part
    assert dialog.setup._words.accessibleName()
    assert dialog.done_page._lines.accessibleName()


def test_closing_ends_the_training_and_escape_does_not(qtbot, dialog, tmp_path, monkeypatch):
    monkeypatch.setattr(dialog.done_page, "_find_training", lambda: make_program(tmp_path, SLEEP))
    start(qtbot, dialog)
    click(qtbot, dialog, "&End here")
    until_done(qtbot, dialog)
    click(qtbot, dialog, "Train &now")
    page = dialog.done_page
    qtbot.waitUntil(lambda: "100 %" in page.lines, timeout=WAIT_MS)
    process = page.training._process
    qtbot.keyClick(dialog, Qt.Key.Key_Escape)
    assert dialog.isVisible()
    assert page.is_training
    dialog.reject()
    assert process.state() == process.ProcessState.NotRunning


def test_the_new_model_becomes_the_window_s(qtbot, window, dialog, tmp_path, kept):
    labels = ("silence", "unknown", "yes", "no")
    model = tiny_model(tmp_path / "own.tflite", labels)
    dialog.done_page.model_wanted.emit(model)
    assert kept[-1].model == str(model)
    assert set(window.panels.scores.labels) == set(labels)
    assert not dialog.isVisible()
