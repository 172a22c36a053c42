"""Digits in a row in the window: the switch, and what it does to all else."""

import json

import numpy as np
import pytest
import soundfile
from PySide6.QtCore import Qt

from recognizer.connected import model as connected_model
from recognizer.connected.model import default_connected_path
from recognizer.errors import ModelError
from recognizer.model_file import default_model_path, demo_path
from recognizer.window import runner as runner_module
from recognizer.window.settings import Settings
from tests.model_fixture import DIGIT_LABELS, tiny_model

RATE = 16_000
ORDER = [4, 1, 5, 9, 0, 7, 3]
ROW = "4159073"
DEMO = "0123456789"


@pytest.fixture(scope="module")
def demo():
    return soundfile.read(demo_path(), dtype="float32")[0]


@pytest.fixture(scope="module")
def row(demo):
    """Some of the demo's digits right behind one another, and a second of quiet."""
    words = json.loads(demo_path().with_suffix(".json").read_text())["words"]
    digits = [word for word in words if word["digit"]]
    places = [(int(digits[at]["start"] * RATE), int(digits[at]["end"] * RATE)) for at in ORDER]
    quiet = np.zeros(RATE, np.float32)
    return np.concatenate((quiet, *(demo[start:end] for start, end in places), quiet))


def switch(window):
    return window.panels.connected


def listen(qtbot, window):
    window.listen()
    qtbot.waitUntil(lambda: window.runner.state == "listening", timeout=20_000)


def says(qtbot, window, text):
    qtbot.waitUntil(lambda: window.panels.said.text() == text, timeout=30_000)


def run_demo(qtbot, window):
    window.use_pace("fast")
    with qtbot.waitSignal(window.runner.ended, timeout=60_000):
        window.run_demo()


def test_a_row_shows_up_everywhere(qtbot, make, microphone, row):
    microphone.samples = row
    window = make(connected=True)
    latencies = []
    window.word_on_screen.connect(lambda heard, late_s: latencies.append(late_s))
    listen(qtbot, window)
    says(qtbot, window, ROW)
    panels = window.panels
    assert switch(window).isChecked()
    assert panels.digit.text == "3"
    assert len(latencies) == len(ROW)
    rows = [one.heard for one in panels.history.model._rows if one.heard.rejected is None]
    labels = ["four", "one", "five", "nine", "zero", "seven", "three"]
    assert [one.label for one in rows] == labels
    for one in rows:
        sound = round((one.end - one.start + 0.2) * RATE)
        assert len(one.samples) == pytest.approx(sound, abs=2)
        first = round((one.start - 0.1) * RATE)
        np.testing.assert_array_equal(one.samples[:6000], row[first : first + 6000])
    assert "9" in panels.scope.words.texts()
    assert not window.trouble.shown_key


def test_scores_are_shown_in_a_row_and_fade_behind_it(qtbot, make, microphone, row):
    microphone.samples = row
    window = make(connected=True)
    best = set()

    def note():
        scores = window.panels.scores
        if scores.scores.max() > 0.5:
            best.add(scores.labels[int(scores.scores.argmax())])

    window.runner.tick.connect(note)
    window.listen()
    says(qtbot, window, ROW)
    qtbot.waitUntil(lambda: window.panels.scores.scores.max() == 0.0, timeout=20_000)
    assert best & {"four", "one", "five", "nine", "zero", "seven", "three"}


def test_switching_while_listening_keeps_the_microphone_and_the_picture(
    qtbot, make, microphone, demo, row
):
    window = make()
    listen(qtbot, window)
    frames = window.panels.scope.frames
    assert window.panels.threshold.value == pytest.approx(window.panels.threshold.default)
    own = window.panels.threshold.default
    qtbot.keyClick(window, Qt.Key.Key_R, Qt.KeyboardModifier.ControlModifier)
    assert switch(window).isChecked()
    assert window.panels.threshold.default != own
    heard = frames.newest
    microphone.say(row)
    says(qtbot, window, ROW)
    assert window.panels.scope.frames is frames
    assert frames.newest >= heard + 400
    qtbot.mouseClick(switch(window), Qt.MouseButton.LeftButton, pos=switch(window).rect().center())
    assert not switch(window).isChecked()
    assert window.panels.threshold.default == own
    microphone.say(demo)
    says(qtbot, window, ROW + DEMO)
    assert len(microphone.asked) == 1
    assert window.runner.state == "listening"
    # Times went on, too.
    times = [one.heard.time for one in window.panels.history.model._rows]
    assert times == sorted(times)


def test_a_file_is_read_in_the_way_that_is_chosen(qtbot, make, tmp_path, row):
    path = tmp_path / "row.wav"
    soundfile.write(path, row, RATE)
    window = make()
    window.use_pace("fast")
    switch(window).click()
    with qtbot.waitSignal(window.runner.ended, timeout=60_000):
        window.open_file(path)
    assert window.panels.said.text() == ROW
    switch(window).click()
    with qtbot.waitSignal(window.runner.ended, timeout=60_000):
        window.open_file(path)
    # Without pauses no word stands alone.
    assert window.panels.said.text() != ROW + ROW


def test_the_choice_and_both_thresholds_are_remembered(qtbot, make, kept):
    window = make(Settings(threshold=0.8))
    window.panels.threshold.add_score(0.9, True)
    switch(window).click()
    assert kept[-1].connected
    assert window.panels.threshold.value == pytest.approx(0.15)
    window.panels.threshold.changed.emit(0.4)
    assert window.runner.threshold == pytest.approx(0.4)
    qtbot.waitUntil(lambda: kept[-1].connected_threshold == 0.4, timeout=20_000)
    assert kept[-1].threshold == 0.8
    again = make(kept[-1])
    assert switch(again).isChecked()
    assert again.runner.hearing.connected
    assert again.panels.threshold.value == pytest.approx(0.4)
    switch(again).click()
    assert again.panels.threshold.value == pytest.approx(0.8)
    assert again.runner.threshold == pytest.approx(0.8)
    assert not kept[-1].connected
    assert kept[-1].connected_threshold == 0.4


def test_the_command_line_is_not_kept(make, kept):
    window = make(connected=True, threshold=0.3)
    assert switch(window).isChecked()
    assert window.panels.threshold.value == pytest.approx(0.3)
    window.close()
    assert not kept[-1].connected
    assert kept[-1].connected_threshold is None


def test_other_words_have_no_rows(make, tmp_path, kept):
    own = tiny_model(tmp_path / "own.tflite", ("silence", "unknown", "yes", "no"))
    window = make(Settings(connected=True))
    assert switch(window).isEnabled()
    assert "false digit" in switch(window).toolTip()
    assert "Ctrl+R" in switch(window).toolTip()
    window.use_model(own)
    assert not switch(window).isEnabled()
    assert not switch(window).isChecked()
    assert not window.runner.hearing.connected
    assert "has other words" in switch(window).toolTip()
    assert set(window.panels.scores.labels) == {"silence", "unknown", "yes", "no"}
    # The wish is not forgotten.
    assert kept[-1].connected
    window.use_model(None)
    assert switch(window).isEnabled()
    assert switch(window).isChecked()
    # Digits taught to another voice are digits.
    window.use_model(tiny_model(tmp_path / "mine.tflite", DIGIT_LABELS))
    assert switch(window).isChecked()


def test_wanted_on_the_command_line_other_words_are_told(make, tmp_path):
    own = tiny_model(tmp_path / "own.tflite", ("silence", "unknown", "yes", "no"))
    window = make(Settings(model=str(own)), connected=True, threshold=0.3)
    assert window.trouble.shown_key == "connected"
    assert window.panels.threshold.value == pytest.approx(0.3)
    window.use_model(None)
    assert window.trouble.shown_key is None
    assert switch(window).isChecked()


@pytest.mark.parametrize("what", ["missing", "damaged", "of single words"])
def test_a_model_that_cannot_be_used_is_told_and_the_usual_way_goes_on(
    qtbot, make, kept, monkeypatch, tmp_path, what
):
    path = tmp_path / "connected.tflite"
    if what == "damaged":
        path.write_bytes(default_connected_path().read_bytes()[:-500])
    elif what == "of single words":
        path.write_bytes(default_model_path().read_bytes())
    monkeypatch.setattr(connected_model, "default_connected_path", lambda: path)
    window = make()
    assert window.trouble.shown_key is None
    switch(window).click()
    assert window.trouble.shown_key == "connected"
    assert str(path) in window.trouble._sentence.text().replace("\N{ZERO WIDTH SPACE}", "")
    assert not switch(window).isChecked()
    assert kept == []
    run_demo(qtbot, window)
    assert window.panels.said.text() == DEMO
    monkeypatch.undo()
    switch(window).click()
    assert window.trouble.shown_key is None
    assert switch(window).isChecked()


def test_what_shows_only_when_it_is_loaded_is_told_too(qtbot, make, monkeypatch):
    def load():
        raise ModelError("The model file cannot be loaded.")

    monkeypatch.setattr(runner_module, "StepClassifier", load)
    window = make(connected=True)
    run_demo(qtbot, window)
    assert window.trouble.shown_key == "connected"
    assert not switch(window).isChecked()
    assert window.panels.said.text() == DEMO
