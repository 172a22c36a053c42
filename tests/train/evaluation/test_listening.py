import numpy as np
import pytest

from recognizer.classifier import Classifier
from recognizer.events import Detection, Rejection, VoiceEnded
from recognizer.printer import json_line
from recognizer.recognizer import Recognizer
from tests.made_recordings import burst
from tests.model_fixture import tiny_model
from train.errors import DataError
from train.evaluation.listening import RememberingClassifier, command_line, listen, parse_line
from train.evaluation.streams import StreamBuilder


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    return tiny_model(tmp_path_factory.mktemp("model") / "tiny.tflite", threshold=0.2)


class Echo:
    """Detects "one" wherever a block is loud."""

    def reset(self):
        self.heard = 0

    def process(self, block):
        start, self.heard = self.heard / 16000, self.heard + len(block)
        if np.abs(block).max() < 0.01:
            return []
        end = self.heard / 16000
        return [VoiceEnded(start, end, end), Detection("one", 1.0, start, end, end)]

    def finish(self):
        end = self.heard / 16000
        return [Rejection("unknown", None, 0.0, end, end, end)]


def word_stream():
    builder = StreamBuilder(np.random.default_rng(0))
    builder.add_quiet(0.8)
    builder.add_word(burst(1), "one", speaker="a", corpus="made", source="a.wav")
    builder.add_quiet(0.8)
    return builder.build("made", "test", "noise")


def test_listening_takes_every_event_up_to_the_end_of_the_stream():
    stream = word_stream()
    heard = listen(Echo(), stream, block_samples=16000)

    assert [type(one) for one in heard.words] == [Detection, Rejection]
    assert heard.voices is not None
    assert len(heard.voices) == 1
    assert heard.words[-1].time == stream.seconds


@pytest.mark.parametrize(
    "word",
    [
        Detection("seven", 0.98, 3.41, 3.9, 4.05),
        Rejection("low confidence", "one", 0.4, 1.0, 1.5, 1.7),
        Rejection("too long", None, 0.0, 1.0, 2.5, 2.7),
    ],
)
def test_a_printed_line_is_read_back(word):
    assert parse_line(json_line(word)) == word


def test_the_command_line_says_why_it_failed(tmp_path):
    with pytest.raises(DataError, match=r"ended with 1: .*no model file"):
        command_line(tmp_path / "no.tflite", tmp_path / "no.wav")


def test_a_window_is_looked_at_once_however_often_it_is_heard(model, monkeypatch):
    looked = []
    plain = Classifier.posteriors

    def posteriors(self, window):
        looked.append(window)
        return plain(self, window)

    monkeypatch.setattr(Classifier, "posteriors", posteriors)
    expected = listen(Recognizer(model, threshold=1.0), word_stream())
    looked.clear()
    recognizer = Recognizer(RememberingClassifier(model), threshold=1.0)

    assert listen(recognizer, word_stream()) == expected
    once = len(looked)
    assert once > 0
    assert listen(recognizer, word_stream()) == expected
    assert len(looked) == once


def test_blocks_of_another_size_give_the_same_words(model):
    stream = word_stream()
    recognizer = Recognizer(model)

    assert listen(recognizer, stream) == listen(recognizer, stream, 333)
