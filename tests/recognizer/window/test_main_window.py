import threading
from dataclasses import replace

import numpy as np
import pytest
import soundfile
from PySide6.QtCore import QMimeData, QPointF, Qt, QTimer, QUrl
from PySide6.QtGui import QAction, QDropEvent
from PySide6.QtWidgets import QAbstractButton, QFileDialog

from recognizer.errors import DeviceError
from recognizer.events import Detection, Rejection, SamplesLost
from recognizer.model_file import demo_path
from recognizer.recognizer import Recognizer
from recognizer.window import run_report
from recognizer.window.about import AboutDialog
from recognizer.window.inbox import Word
from recognizer.window.settings import Settings
from tests.model_fixture import tiny_model
from train.vocabulary import DIGITS

RATE = 16_000
DEMO = "0123456789"


def shown(window):
    """The key of the trouble in view, or None."""
    return window.trouble.shown_key


def run_demo(qtbot, window):
    window.use_pace("fast")
    with qtbot.waitSignal(window.runner.ended, timeout=60_000):
        window.run_demo()


def click(qtbot, widget, text):
    button = next(b for b in widget.findChildren(QAbstractButton) if b.text() == text)
    assert button.isVisible()
    assert button.isEnabled()
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)


def test_a_file_shows_up_everywhere(qtbot, make):
    window = make()
    detected = []
    window.detected.connect(detected.append)
    run_demo(qtbot, window)
    panels = window.panels
    assert [heard.label for heard in detected] == list(DIGITS)
    assert panels.said.text() == DEMO
    assert panels.digit.text == "9"
    assert panels.history.model.rowCount() >= 10
    assert "10 words" in window._report.where.text()
    assert shown(window) is None


def test_listening_starts_and_stops_with_the_space_bar(qtbot, make, microphone):
    microphone.samples = soundfile.read(demo_path(), dtype="float32")[0]
    window = make()
    with qtbot.waitSignal(window.word_on_screen, timeout=30_000):
        qtbot.keyClick(window, Qt.Key.Key_Space)
    assert window.runner.state == "listening"
    assert len(window.latencies_s) >= 1
    qtbot.keyClick(window, Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: window.runner.state == "idle", timeout=20_000)
    assert window.panels.transport.state == "idle"


def test_a_click_leaves_the_space_bar_to_start_and_stop(qtbot, make, microphone):
    window = make()
    run_demo(qtbot, window)
    click(qtbot, window, "Copy")
    qtbot.keyClick(window.focusWidget(), Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: window.runner.state == "listening", timeout=20_000)


def test_the_space_bar_starts_from_the_history_and_the_threshold_too(qtbot, make):
    window = make()
    run_demo(qtbot, window)
    for control in (window.panels.history._table, window.panels.threshold._slider):
        control.setFocus()
        qtbot.keyClick(control, Qt.Key.Key_Space)
        qtbot.waitUntil(lambda: window.runner.state == "listening", timeout=20_000)
        qtbot.keyClick(control, Qt.Key.Key_Space)
        qtbot.waitUntil(lambda: window.runner.state == "idle", timeout=20_000)


def test_the_threshold_acts_at_once_and_is_kept(qtbot, make, kept):
    window = make()
    window.panels.threshold.set_value(0.4)
    assert kept == []
    for value in (0.9, 0.95, 1.0):
        window.panels.threshold.changed.emit(value)
    # Not once for every step that the slider is moved.
    qtbot.waitUntil(lambda: len(kept) > 0, timeout=20_000)
    assert [settings.threshold for settings in kept] == [1.0]
    run_demo(qtbot, window)
    assert window.panels.said.text() == ""
    window.panels.threshold.changed.emit(window.panels.threshold.default)
    window.close()
    assert kept[-1].threshold is None


def test_closing_ends_what_waits_for_an_answer(qtbot, make):
    window = make()
    QTimer.singleShot(100, window.close)
    window.ask_for_file()
    assert not window.isVisible()
    window.open_file(demo_path())
    assert window.runner.state == "idle"


def test_settings_come_back_and_the_command_line_goes_before_them(make, microphone, qtbot, kept):
    settings = Settings(device="usb, ALSA", channel=2, threshold=0.8, theme="dark")
    window = make(settings)
    assert window.panels.devices.selected == "usb, ALSA"
    assert window.panels.threshold.value == pytest.approx(0.8)
    window.listen()
    qtbot.waitUntil(lambda: window.runner.state == "listening", timeout=20_000)
    other = make(settings, device=3, threshold=0.2)
    other.listen()
    qtbot.waitUntil(lambda: other.runner.state == "listening", timeout=20_000)
    assert microphone.asked == [("usb, ALSA", 2), (3, None)]
    assert other.panels.threshold.value == pytest.approx(0.2)
    other.close()
    assert replace(kept[-1], geometry="", splitter="") == settings


def test_the_windows_place_comes_back(make, kept):
    window = make()
    window.resize(791, 577)
    window.close()
    again = make(kept[-1])
    assert (again.width(), again.height()) == (791, 577)
    make(replace(kept[-1], geometry="not base64!", splitter="AAAA"))


def test_no_microphone_is_a_bar_with_mends(qtbot, make, microphone):
    microphone.error = DeviceError("No microphone is connected.")
    window = make()
    window.listen()
    qtbot.waitUntil(lambda: shown(window) == "microphone", timeout=20_000)
    assert window.runner.state == "idle"
    microphone.error = None
    click(qtbot, window.trouble, "Retry")
    qtbot.waitUntil(lambda: window.runner.state == "listening", timeout=20_000)
    assert shown(window) is None


def test_what_befalls_the_microphone_is_shown_until_it_is_back(
    qtbot, make, microphone, monkeypatch
):
    monkeypatch.setattr(run_report, "BACK_MS", 1)
    window = make()
    window.listen()
    qtbot.waitUntil(lambda: window.runner.state == "listening", timeout=20_000)
    gone = "The microphone 'made' is gone; listening goes on as soon as it is back."
    microphone.notify(gone)
    qtbot.waitUntil(lambda: shown(window) == "notice", timeout=20_000)
    texts = {b.text() for b in window.trouble.findChildren(QAbstractButton) if b.isVisible()}
    assert "Choose another" in texts
    microphone.notify("The microphone 'made' is back.")
    qtbot.waitUntil(lambda: shown(window) is None, timeout=20_000)
    microphone.notify(gone)
    qtbot.waitUntil(lambda: shown(window) == "notice", timeout=20_000)
    window.runner.stop()
    qtbot.waitUntil(lambda: shown(window) is None, timeout=20_000)


def test_digital_silence_is_told_until_there_is_sound(qtbot, make, microphone):
    window = make()
    window.listen()
    qtbot.waitUntil(lambda: window.runner.state == "listening", timeout=20_000)
    microphone.notify("The microphone 'made' gives nothing but digital silence: it is muted.")
    qtbot.waitUntil(lambda: shown(window) == "notice", timeout=20_000)
    microphone.loop = np.full(640, 1e-4, np.float32)
    qtbot.waitUntil(lambda: shown(window) is None, timeout=20_000)


def test_lost_samples_are_counted_in_view(qtbot, make):
    window = make()
    window.runner.lost_samples = 24_000
    window.runner.happened.emit(SamplesLost(24_000, 24_000, 3.0))
    assert "1.50 s" in window._report.lost.text()
    assert "24000" in window._report.lost.toolTip()
    assert shown(window) == "lost"


def test_a_file_that_is_no_sound_is_told_and_the_next_one_runs(qtbot, make, tmp_path):
    window = make()
    path = tmp_path / "talk.wav"
    path.write_text("no sound")
    window.open_file(path)
    qtbot.waitUntil(lambda: shown(window) == "file", timeout=20_000)
    run_demo(qtbot, window)
    assert shown(window) is None
    assert window.panels.said.text() == DEMO


def test_a_model_that_does_not_fit_leaves_the_old_one(qtbot, make, tmp_path, kept):
    window = make()
    bad = tmp_path / "bad.tflite"
    bad.write_bytes(b"not a model")
    window.use_model(bad)
    assert shown(window) == "model"
    assert kept == []
    run_demo(qtbot, window)
    assert window.panels.said.text() == DEMO
    click(qtbot, window.trouble, "Use the one that ships")
    assert shown(window) is None


def test_the_model_of_last_time_may_be_gone(qtbot, make, tmp_path):
    window = make(Settings(model=str(tmp_path / "gone.tflite")))
    assert shown(window) == "model"
    run_demo(qtbot, window)
    assert window.panels.said.text() == DEMO


def test_another_model_brings_its_labels_and_threshold(make, tmp_path, kept):
    window = make()
    path = tiny_model(tmp_path / "own.tflite", ("silence", "unknown", "yes", "no"), threshold=0.55)
    window.use_model(path)
    assert set(window.panels.scores.labels) == {"silence", "unknown", "yes", "no"}
    assert window.panels.threshold.default == pytest.approx(0.55)
    assert kept[-1].model == str(path)
    window.use_model(None)
    assert kept[-1].model is None
    assert set(DIGITS) < set(window.panels.scores.labels)


def test_scores_of_the_model_before_are_left_out(make, tmp_path):
    window = make()
    seen = []
    recognizer = Recognizer()
    recognizer.observe = seen.append
    recognizer.process(soundfile.read(demo_path(), dtype="float32")[0])
    window.runner.pictures.emit(seen)
    assert window.panels.scores.scores.max() > 0.0
    # A file is read to its end with the model that it was begun with.
    window.use_model(tiny_model(tmp_path / "own.tflite", ("silence", "unknown", "yes", "no")))
    window.runner.pictures.emit(seen)
    assert window.panels.scores.scores.tolist() == [0.0] * 4


def drop(window, path):
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path))])
    event = QDropEvent(
        QPointF(10, 10),
        Qt.DropAction.CopyAction,
        data,
        Qt.MouseButton.LeftButton,
        Qt.KeyboardModifier.NoModifier,
    )
    window.dropEvent(event)
    assert event.isAccepted()


def test_files_and_models_can_be_dropped(qtbot, make, tmp_path):
    window = make()
    window.use_pace("fast")
    with qtbot.waitSignal(window.runner.ended, timeout=60_000):
        drop(window, demo_path())
    assert window.panels.said.text() == DEMO
    drop(window, tiny_model(tmp_path / "own.tflite"))
    assert window.runner.model == tmp_path / "own.tflite"


def test_opening_asks_for_a_file_and_takes_no_for_an_answer(qtbot, make, monkeypatch):
    window = make()
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *args: ("", ""))
    click(qtbot, window, "Open sound file…")
    assert window.runner.state == "idle"
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *args: (str(demo_path()), ""))
    window.use_pace("fast")
    with qtbot.waitSignal(window.runner.ended, timeout=60_000):
        click(qtbot, window, "Open sound file…")


def test_a_file_at_the_pace_of_a_microphone_can_be_cancelled(qtbot, make):
    window = make()
    window.use_pace("real time")
    window.run_demo()
    qtbot.waitUntil(lambda: window.runner.state == "file", timeout=20_000)
    click(qtbot, window, "Cancel")
    qtbot.waitUntil(lambda: window.runner.state == "idle", timeout=20_000)
    assert window.panels.said.text() != DEMO


def word(label, at, rejected=None, sound=None):
    samples = np.full(RATE, 0.1, np.float32) if sound is None else sound
    if rejected:
        return Word(Rejection(rejected, label, 0.4, at, at + 0.4, at + 0.5), samples)
    return Word(Detection(label, 0.9, at, at + 0.4, at + 0.5), samples)


def test_corrections_go_into_the_folder_the_user_names(qtbot, make, tmp_path, kept):
    window = make()
    folder = tmp_path / "mine"
    asked = []

    def ask(parent):
        asked.append(parent)
        return folder

    window.corrections._ask = ask
    for one in (word("five", 1.0), word("four", 2.0, "low confidence"), word("one", 3.0)):
        window.runner.word.emit(one)
    assert window.panels.said.text() == "51"
    rows = [window.panels.history.model._rows[i].heard for i in range(3)]
    window.correct(rows[0], "nine")
    assert window.panels.said.text() == "91"
    saved = list((folder / "nine").iterdir())
    assert len(saved) == 1
    samples, rate = soundfile.read(saved[0])
    assert (len(samples), rate) == (RATE, RATE)
    # A rejected word that was one after all takes its place among what was said.
    window.correct(rows[1], "four")
    assert window.panels.said.text() == "941"
    # Whoever thinks again leaves one example, not two.
    row = window.panels.history.model._rows[0].heard
    window.correct(row, None)
    assert window.panels.said.text() == "41"
    assert list((folder / "nine").iterdir()) == []
    assert len(list((folder / "unknown").iterdir())) == 1
    assert len(asked) == 1
    assert kept[-1].examples_folder == str(folder)


def test_nothing_is_kept_without_a_folder(qtbot, make, kept):
    window = make()
    window.corrections._ask = lambda parent: None
    window.runner.word.emit(word("five", 1.0))
    window.correct(window.panels.history.model._rows[0].heard, "nine")
    assert window.panels.said.text() == "5"
    assert kept == []


def test_a_folder_that_cannot_be_written_is_told(qtbot, make, tmp_path):
    window = make(Settings(examples_folder=str(tmp_path / "file" / "below")))
    (tmp_path / "file").write_text("in the way")
    window.runner.word.emit(word("five", 1.0))
    window.correct(window.panels.history.model._rows[0].heard, "nine")
    assert shown(window) == "examples"


def test_a_click_replays_the_word_and_the_loudspeakers_are_not_recognized(
    qtbot, make, microphone, monkeypatch
):
    window = make()
    played = []
    monkeypatch.setattr(window.player, "play", played.append)
    window.runner.word.emit(word("five", 1.0))
    heard = window.panels.history.model._rows[0].heard
    window.panels.history.replay.emit(heard)
    assert played[0] is heard.samples
    window.listen()
    qtbot.waitUntil(lambda: window.runner.state == "listening", timeout=20_000)
    monkeypatch.setattr(type(window.player), "is_playing", property(lambda player: True))
    window.runner.word.emit(word("five", 2.0))
    assert window.panels.said.text() == "5"


def test_choosing_a_microphone_listens_to_it(qtbot, make, microphone, kept):
    window = make()
    window.panels.devices.chosen.emit("headset, ALSA")
    qtbot.waitUntil(lambda: window.runner.state == "listening", timeout=20_000)
    assert microphone.asked == [("headset, ALSA", None)]
    assert kept[-1].device == "headset, ALSA"


def test_a_bug_in_the_worker_is_reported_and_the_window_lives_on(qtbot, make, microphone):
    microphone.error = ZeroDivisionError("a bug")
    window = make()
    with qtbot.waitSignal(window.unexpected, timeout=20_000) as told:
        window.listen()
    assert isinstance(told.args[0], ZeroDivisionError)
    assert window.runner.state == "idle"
    run_demo(qtbot, window)
    assert window.panels.said.text() == DEMO


def test_every_theme_and_the_menus_entries(qtbot, make, kept):
    window = make()
    actions = {a.text().replace("&", ""): a for a in window.menuBar().findChildren(QAction)}
    for text, name in (("Dark", "dark"), ("Light", "light"), ("As the system", "system")):
        actions[text].trigger()
        assert window._settings.theme == name
    assert actions["As the system"].isChecked()
    actions["Show rejected words"].trigger()
    window.runner.word.emit(word("four", 2.0, "unknown"))
    assert window.panels.history.model.rowCount() == 1
    actions["About and model card"].trigger()
    assert window.findChild(AboutDialog) is not None


@pytest.mark.parametrize("moment", ["opening", "listening", "file", "redrawing"])
def test_it_closes_at_any_moment(qtbot, make, microphone, moment, monkeypatch):
    window = make()
    if moment == "opening":
        microphone.may_open.clear()
        window.listen()
        qtbot.waitUntil(lambda: bool(microphone.asked), timeout=20_000)
        # It opens no sooner than the window closes.
        close = microphone.close
        monkeypatch.setattr(microphone, "close", lambda: (microphone.may_open.set(), close()))
    elif moment == "listening":
        window.listen()
        qtbot.waitUntil(lambda: window.runner.state == "listening", timeout=20_000)
    else:
        window.use_pace("real time" if moment == "file" else "fast")
        window.run_demo()
        qtbot.waitUntil(lambda: window.runner.state in ("file", "idle"), timeout=20_000)
    if moment == "redrawing":
        window.runner.tick.connect(window.close)
        qtbot.waitUntil(lambda: not window.isVisible(), timeout=20_000)
    window.close()
    assert not window.isVisible()
    assert not any(thread.name == "Session" for thread in threading.enumerate())


def test_every_control_has_a_name_and_can_be_reached_by_keyboard(make):
    window = make()
    for button in window.panels.findChildren(QAbstractButton):
        if button.focusPolicy() != Qt.FocusPolicy.NoFocus:
            assert button.accessibleName() or button.text(), button
            assert button.focusPolicy() & Qt.FocusPolicy.TabFocus, button
    for part in ("level", "digit", "scores", "scope"):
        assert getattr(window.panels, part).accessibleName(), part
