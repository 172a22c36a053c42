"""What every test of the window needs."""

import os
import threading

import numpy as np
import pytest

# Before Qt is imported; whoever wants to watch the tests sets the variable.
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")


@pytest.fixture(autouse=True)
def own_settings(tmp_path, monkeypatch):
    """Keep the tests away from the user's settings."""
    path = tmp_path / "settings" / "settings.json"
    monkeypatch.setenv("KEYWORD_RECOGNIZER_SETTINGS", str(path))
    return path


class Microphone:
    """A microphone whose sound, opening and breaking a test decides."""

    name, seconds = "made", None

    def __init__(self):
        self.samples = np.zeros(0, np.float32)
        self.loop = np.zeros(640, np.float32)
        self.closed, self.may_open = threading.Event(), threading.Event()
        self.may_open.set()
        self.error, self.notify = None, None
        self.asked = []

    def source(self, device, channel):
        def make(notify):
            self.asked.append((device, channel))
            self.notify = notify
            self.closed.clear()
            return self

        return make

    def say(self, samples):
        """Say something behind what was said."""
        self.samples = np.concatenate((self.samples, samples))

    def open(self):
        assert self.may_open.wait(20)
        if self.error is not None:
            raise self.error

    def __iter__(self):
        at = 0
        while not self.closed.wait(0.001):
            block = self.samples[at : at + 640]
            at += len(block)
            yield block if len(block) else self.loop

    def take_lost(self):
        return 0

    def captured_at(self, sample):
        return 0.0

    def close(self):
        self.closed.set()


@pytest.fixture
def microphone(monkeypatch):
    made = Microphone()
    from recognizer.window import runner as runner_module

    monkeypatch.setattr(runner_module, "microphone_source", made.source)
    return made


@pytest.fixture
def kept():
    """The settings that were kept, the last one last."""
    return []


@pytest.fixture
def make(qtbot, kept, microphone):
    """Make a window; it is closed at the test's end, its worker joined."""
    from recognizer.window.main_window import MainWindow
    from recognizer.window.settings import Settings

    made = []

    def make_window(settings=None, **options):
        window = MainWindow(settings or Settings(), on_settings=kept.append, **options)
        qtbot.addWidget(window)
        window.show()
        made.append(window)
        return window

    yield make_window
    for window in made:
        window.close()
    assert not any(thread.name == "Session" for thread in threading.enumerate())
