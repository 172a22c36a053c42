"""What the tests of faults share: a model that calls every word a seven, and devices that fail."""

import os

import pytest

from recognizer import microphone, portaudio
from recognizer.classifier import Classifier
from tests.fake_sounddevice import FakeSounddevice
from tests.recognizer.command_line import seven_model

# Before Qt is imported; whoever wants to watch the tests sets the variable.
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")


@pytest.fixture(scope="session")
def seven(tmp_path_factory):
    """The path of a model that takes every word for a seven."""
    return seven_model(tmp_path_factory.mktemp("model") / "seven.tflite")


@pytest.fixture
def classifier(seven):
    return Classifier(seven)


@pytest.fixture
def fake(monkeypatch):
    """Replace sounddevice, and hurry; at the end every stream must be closed."""
    fake = FakeSounddevice()
    monkeypatch.setattr(portaudio, "load_sounddevice", lambda: fake)
    monkeypatch.setattr(microphone, "_RETRY_S", 0.01)
    monkeypatch.setattr(microphone, "_POLL_S", 0.005)
    yield fake
    assert not portaudio.portaudio._streams
    assert all(stream.closed for stream in fake.streams)
