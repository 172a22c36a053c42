import threading

import numpy as np
import pytest
import soundfile

from recognizer.classifier import Classifier
from recognizer.errors import DeviceError, ModelError
from recognizer.events import Detection
from recognizer.model_file import demo_path
from recognizer.window import runner as runner_module
from recognizer.window.inbox import Word
from recognizer.window.runner import Runner
from recognizer.window.sources import file_source
from train.vocabulary import DIGITS

RATE = 16_000


class Recorded:
    """What a runner told, in order."""

    def __init__(self, runner):
        self.states, self.words, self.opened, self.ended, self.frames = [], [], [], [], 0
        runner.state_changed.connect(self.states.append)
        runner.word.connect(self.words.append)
        runner.opened.connect(self.opened.append)
        runner.ended.connect(lambda error, kind: self.ended.append((error, kind)))
        runner.pictures.connect(self.add)

    def add(self, pictures):
        self.frames += sum(len(picture.log_mel) for picture in pictures)

    @property
    def labels(self):
        return [w.event.label for w in self.words if isinstance(w.event, Detection)]


@pytest.fixture
def runner(qtbot):
    made = Runner()
    yield made
    made.close()


@pytest.fixture
def told(runner):
    return Recorded(runner)


@pytest.fixture
def microphone(monkeypatch):
    """A microphone that a test opens, feeds and breaks."""

    class Microphone:
        name, seconds = "made", None

        def __init__(self):
            self.opening, self.closed = threading.Event(), threading.Event()
            self.opening.set()
            self.error = None
            self.opened = 0

        def open(self):
            assert self.opening.wait(20)
            self.opened += 1
            if self.error is not None:
                raise self.error

        def __iter__(self):
            while not self.closed.wait(0.005):
                yield np.zeros(640, np.float32)

        def take_lost(self):
            return 0

        def captured_at(self, sample):
            return 100.0 + sample / RATE

        def close(self):
            self.closed.set()

    made = []

    def source(device, channel):
        def make(notify):
            made.append(microphone)
            return microphone

        return make

    microphone = Microphone()
    microphone.made = made
    monkeypatch.setattr(runner_module, "microphone_source", source)
    return microphone


def test_a_file_runs_through_and_ends(qtbot, runner, told):
    runner.read(demo_path(), "fast")
    qtbot.waitUntil(lambda: told.ended == [(None, "file")], timeout=30_000)
    assert told.labels == list(DIGITS)
    assert told.states == ["starting", "file", "idle"]
    assert told.opened[0].name == "demo.flac"
    seconds = soundfile.info(demo_path()).duration
    assert told.opened[0].seconds == pytest.approx(seconds)
    # The last pictures, too, come before the end is told.
    assert told.frames == pytest.approx(seconds * 100, abs=7)


def test_the_threshold_reaches_a_run_that_has_begun(qtbot, runner, told, monkeypatch):
    is_set = threading.Event()

    def source(path, pace):
        def make(notify):
            # On a busy machine the first word may be told before the next line is reached.
            assert is_set.wait(20)
            return file_source(path, pace)(notify)

        return make

    monkeypatch.setattr(runner_module, "file_source", source)
    runner.read(demo_path(), "fast")
    runner.set_threshold(1.0)
    is_set.set()
    qtbot.waitUntil(lambda: bool(told.ended), timeout=30_000)
    assert told.labels == []


def test_listening_until_stopped(qtbot, runner, told, microphone):
    runner.listen(None)
    qtbot.waitUntil(lambda: told.frames > 20, timeout=20_000)
    assert runner.state == "listening"
    assert runner.captured_at(2.0) == 102.0
    runner.stop()
    assert runner.state == "stopping"
    qtbot.waitUntil(lambda: runner.state == "idle", timeout=20_000)
    assert told.ended == [(None, "microphone")]
    assert told.states == ["starting", "listening", "stopping", "idle"]
    assert runner.captured_at(2.0) is None


def test_a_new_run_begins_when_the_one_before_has_ended(qtbot, runner, told, microphone):
    runner.listen(None)
    qtbot.waitUntil(lambda: runner.state == "listening", timeout=20_000)
    runner.read(demo_path(), "fast")
    assert not told.ended
    qtbot.waitUntil(lambda: len(told.ended) == 2, timeout=30_000)
    assert microphone.closed.is_set()
    assert told.ended == [(None, "microphone"), (None, "file")]
    assert len(told.labels) == 10
    assert told.states == ["starting", "listening", "stopping", "starting", "file", "idle"]


def test_of_several_wishes_the_last_counts(qtbot, runner, told, microphone):
    microphone.opening.clear()
    runner.listen(None)
    runner.read("first.wav", "fast")
    runner.read(demo_path(), "fast")
    microphone.opening.set()
    qtbot.waitUntil(lambda: len(told.ended) == 2, timeout=30_000)
    assert [opened.name for opened in told.opened] == ["demo.flac"]


def test_a_device_that_hangs_is_left_to_itself(qtbot, runner, told, microphone, monkeypatch):
    monkeypatch.setattr(runner_module, "_PATIENCE_S", 0.0)
    microphone.opening.clear()
    runner.listen(None)
    runner.stop()
    qtbot.waitUntil(lambda: runner.state == "idle", timeout=20_000)
    assert not microphone.opened
    microphone.opening.set()


def test_errors_are_told_with_what_failed(qtbot, runner, told, microphone, tmp_path):
    microphone.error = DeviceError("busy")
    runner.listen("usb")
    qtbot.waitUntil(lambda: len(told.ended) == 1, timeout=20_000)
    runner.set_model(tmp_path / "missing.tflite")
    runner.read(demo_path(), "fast")
    qtbot.waitUntil(lambda: len(told.ended) == 2, timeout=20_000)
    (device, where), (model, _) = told.ended
    assert (str(device), where) == ("busy", "microphone")
    assert isinstance(model, ModelError)
    assert runner.state == "idle"


def test_the_model_is_loaded_once(qtbot, runner, told, microphone, monkeypatch):
    loaded = []

    def load(path):
        loaded.append(path)
        return Classifier(path)

    monkeypatch.setattr(runner_module, "load_untrusted", load)
    for count in (1, 2):
        runner.read(demo_path(), "fast")
        qtbot.waitUntil(lambda count=count: len(told.ended) == count, timeout=30_000)
    assert loaded == [None]


def test_a_model_still_loading_is_not_taken_for_the_next(
    qtbot, runner, told, microphone, monkeypatch
):
    loaded, may_load = [], threading.Event()

    def load(path):
        loaded.append(path)
        if path is None:
            assert may_load.wait(20)
        return Classifier()

    monkeypatch.setattr(runner_module, "load_untrusted", load)
    runner.listen(None)
    qtbot.waitUntil(lambda: loaded == [None], timeout=20_000)
    runner.set_model(demo_path())
    runner.listen(None)
    may_load.set()
    qtbot.waitUntil(lambda: len(told.opened) == 1, timeout=20_000)
    assert loaded == [None, demo_path()]


def test_a_run_is_told_to_be_open_before_its_first_pictures(qtbot, runner, monkeypatch):
    told = []
    runner.opened.connect(lambda opened: told.append("opened"))
    runner.pictures.connect(lambda pictures: told.append("pictures"))
    runner.word.connect(lambda word: told.append("word"))
    runner._timer.stop()
    runner.read(demo_path(), "fast")
    inbox = runner._session.inbox
    qtbot.waitUntil(
        lambda: any(isinstance(message, Word) for message in tuple(inbox._messages)),
        timeout=20_000,
    )
    runner._on_timer()
    assert told[:3] == ["opened", "pictures", "word"]


def test_nothing_begins_after_closing(runner, told, microphone):
    runner.close()
    runner.listen(None)
    assert told.states == []


def test_closing_ends_the_worker(qtbot, runner, told, microphone):
    runner.listen(None)
    qtbot.waitUntil(lambda: runner.state == "listening", timeout=20_000)
    runner.close()
    assert microphone.closed.is_set()
    assert runner.state == "idle"
    assert not any(t.name == "Session" for t in threading.enumerate())
