"""The switch between words alone and digits in a row, on a real microphone's path."""

import json

import numpy as np
import pytest
import soundfile
from PySide6.QtCore import Qt

from recognizer.model_file import demo_path
from recognizer.window.main_window import MainWindow
from recognizer.window.settings import Settings, load_settings, save_settings
from tests.virtual_microphone import VirtualMicrophone

RATE = 16_000
ALONE = [0, 1, 2]
ROW = [4, 1, 5, 9, 0, 7, 3]


@pytest.fixture(scope="module")
def digits():
    """The demo's digits, each cut out where it lies."""
    sound = soundfile.read(demo_path(), dtype="float32")[0]
    words = json.loads(demo_path().with_suffix(".json").read_text())["words"]
    places = [(word["start"], word["end"]) for word in words if word["digit"]]
    return [sound[int(start * RATE) : int(end * RATE)] for start, end in places]


@pytest.fixture
def window(qtbot, virtual_microphone: VirtualMicrophone, own_settings):
    """A window that listens to the virtual microphone, and keeps its settings."""
    made = MainWindow(Settings(), on_settings=lambda changed: save_settings(own_settings, changed))
    qtbot.addWidget(made)
    made.show()
    made.listen()
    qtbot.waitUntil(lambda: made.runner.state == "listening", timeout=20_000)
    virtual_microphone.wait_for_listener()
    yield made
    made.close()


def said(order):
    return "".join(map(str, order))


def test_a_row_is_heard_between_words_alone(
    qtbot, window, virtual_microphone: VirtualMicrophone, digits, own_settings
):
    panels = window.panels
    quiet = np.zeros(RATE, np.float32)
    alone = np.concatenate([part for digit in ALONE for part in (quiet, digits[digit])])
    row = np.concatenate((quiet, *(digits[digit] for digit in ROW)))
    heard = ""
    for samples, order in ((alone, ALONE), (row, ROW), (alone, ALONE)):
        heard += said(order)
        with virtual_microphone.playing(np.concatenate((samples, quiet))):
            qtbot.waitUntil(lambda all_said=heard: panels.said.text() == all_said, timeout=60_000)
        qtbot.keyClick(window, Qt.Key.Key_R, Qt.KeyboardModifier.ControlModifier)
    assert window.runner.state == "listening"
    window.close()
    # It was switched three times.
    kept, broken = load_settings(own_settings)
    assert broken is None
    assert kept.connected
