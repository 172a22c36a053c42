import json
from pathlib import Path

import numpy as np
import pytest

from recognizer.errors import ModelError
from recognizer.log_mel import FrontendParameters
from recognizer.model_file import default_model_path, write_model
from recognizer.model_metadata import ModelMetadata
from tests.model_fixture import tiny_flatbuffer, tiny_model
from tests.train.systems.tone_words import make_words
from train.compare.fold import NOTHING
from train.compare.models import (
    answers_of,
    multiply_adds_of,
    read_model_file,
    time_of,
)
from train.corpora import Clip
from train.tasks import Tasks

LABELS = ("silence", "unknown", "yes", "no", "maybe")


def model(path, labels=LABELS, training=None, **options):
    metadata = ModelMetadata(tuple(labels), FrontendParameters(), 0.5, training or {})
    write_model(path, tiny_flatbuffer(len(labels), **options), metadata)
    return path


def constant(path, label):
    """A model that always gives one label, whatever it hears."""
    bias = np.zeros(len(LABELS), np.int32)
    bias[LABELS.index(label)] = 100_000
    weights = np.zeros((len(LABELS), 140), np.int8)
    return model(path, weights=weights, bias=bias)


@pytest.fixture(scope="module")
def clips(tmp_path_factory):
    folder = make_words(tmp_path_factory.mktemp("words"), ("no", "yes"), count=2)
    silent = folder / "yes" / "me_9.wav"
    import soundfile

    soundfile.write(silent, np.zeros(8000), 16000)
    return [
        Clip(path, "own", path.parent.name, "me", "train", "")
        for path in [*sorted(folder.glob("*/me_[01].wav")), silent]
    ]


def test_the_answer_is_the_likeliest_word_of_those_compared(tmp_path, clips):
    with Tasks(1) as tasks:
        path = constant(tmp_path / "no.tflite", "no")
        found = answers_of(path, clips, ["yes", "no"], tasks=tasks, title="")
        assert found == [1, 1, 1, 1, NOTHING]
        assert answers_of(path, clips[:1], ["no", "yes"], tasks=tasks, title="") == [0]
        # Closed set: neither "unknown" nor a word that is not compared is an answer.
        path = constant(tmp_path / "unknown.tflite", "unknown")
        assert answers_of(path, clips, ["yes", "no"], tasks=tasks, title="")[0] in (0, 1)
        assert answers_of(path, [], ["yes", "no"], tasks=tasks, title="") == []


def test_a_file_that_is_no_sound_is_nothing_heard(tmp_path):
    path = tmp_path / "broken.wav"
    path.write_bytes(b"no sound")
    clip = Clip(path, "own", "yes", "me", "train", "")
    with Tasks(1) as tasks:
        file = model(tmp_path / "m.tflite")
        assert answers_of(file, [clip], ["yes"], tasks=tasks, title="") == [NOTHING]


def test_a_model_file_says_what_it_is(tmp_path):
    path = model(
        tmp_path / "m.tflite", training={"parameters": 1234, "corpora": {"fsdd": "CC BY-SA"}}
    )
    about = read_model_file(path)
    assert about.words == ("yes", "no", "maybe")
    assert about.parameters == 1234
    assert about.file_bytes == path.stat().st_size
    # 140 pooled values into five labels.
    assert about.multiply_adds == 7 * 20 * 5
    assert about.corpora == {"fsdd"}


def test_no_model_file_is_refused(tmp_path):
    with pytest.raises(ModelError, match="There is no model file"):
        read_model_file(tmp_path / "none.tflite")


@pytest.mark.parametrize(
    ("training", "known"),
    [
        ({"corpora": {"fsdd": "CC BY-SA"}}, {("fsdd", "train")}),
        ({}, {("fsdd", "train"), ("audiomnist", "train")}),
        (
            {"corpora": {"base": {"fsdd": "CC BY-SA"}, "own": "your own"}},
            {("fsdd", "train"), ("audiomnist", "train")},
        ),
        ({"parameters": "many", "corpora": 3}, {("fsdd", "train"), ("audiomnist", "train")}),
    ],
)
def test_a_model_may_know_what_it_does_not_deny(tmp_path, training, known):
    about = read_model_file(model(tmp_path / "m.tflite", training=training))
    found = {
        (corpus, split)
        for corpus in ("fsdd", "audiomnist")
        for split in ("train", "test")
        if about.may_know(Clip(Path("x.wav"), corpus, "yes", "theo", split, ""))
    }
    assert found == known


def test_the_shipped_model_knows_five_speakers():
    about = read_model_file(default_model_path())
    assert about.parameters
    assert about.may_know(Clip(Path("x.wav"), "fsdd", "one", "jackson", "train", ""))
    assert not about.may_know(Clip(Path("x.wav"), "fsdd", "one", "theo", "test", ""))


def test_a_window_takes_some_time(tmp_path):
    assert 0.0 < time_of(tiny_model(tmp_path / "m.tflite")) < 1.0


@pytest.mark.parametrize(
    "network",
    [
        {"kind": "simple-cnn", "filters": [2, 3], "dense": 4, "dropout": 0.0},
        {"kind": "simple-lstm", "units": 5, "dropout": 0.0},
    ],
    ids=["convolutions", "lstm"],
)
@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")
def test_multiply_adds_are_those_of_the_keras_network(network):
    from train.exports.tflite import convert
    from train.systems.networks import build, multiply_adds

    built = build(network, (98, 40), 4)
    flatbuffer = convert(built, (98, 40))
    # An exported LSTM has a few steps and columns more than the network, to begin from nothing.
    extra = 1.25 if network["kind"] == "simple-lstm" else 1.0
    assert multiply_adds(built) <= multiply_adds_of(flatbuffer) <= extra * multiply_adds(built)
    json.dumps(multiply_adds_of(flatbuffer))
