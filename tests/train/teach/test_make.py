import json

import numpy as np
import pytest
import soundfile

from recognizer.classifier import Classifier
from recognizer.events import Detection
from recognizer.log_mel import FrontendParameters
from recognizer.model_file import default_model_path, read_metadata
from recognizer.recognizer import Recognizer
from tests.model_fixture import tiny_model
from train import network
from train.errors import DataError
from train.prepare import LABELS
from train.teach import head, make, teach_words, windows
from train.teach.make import named_model
from train.teach.trunk import Background, embed, save_trunk

# Keras reads its variables in a way that numpy 2 warns of.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")

PITCHES = {"high": (900.0, 2600.0), "low": (220.0, 500.0)}


def spoken(word, seed):
    """A take: two tones, one after the other, that no other word has."""
    rng = np.random.default_rng([seed, *word.encode()])
    times = np.arange(int(0.2 * 16000)) / 16000
    tones = [
        np.sin(2 * np.pi * pitch * rng.uniform(0.95, 1.05) * times) * np.hanning(len(times)) ** 0.3
        for pitch in PITCHES.get(word, (1400.0, 1400.0))
    ]
    sound = np.concatenate([np.zeros(4800), *tones, np.zeros(4800)]) * rng.uniform(0.1, 0.3)
    return (sound + rng.normal(0.0, 2e-4, len(sound))).astype(np.float32)


@pytest.fixture(scope="module")
def base(tmp_path_factory):
    """A model and its trunk: a network that nobody trained still tells two tones apart."""
    import keras

    keras.utils.set_random_seed(3)
    path = tiny_model(tmp_path_factory.mktemp("base") / "base.tflite", LABELS)
    frontend = FrontendParameters()
    model = network.build(frontend.window_frames, frontend.mel_bands, len(LABELS))
    frozen = keras.Model(model.input, model.get_layer(network.EMBEDDING).output)
    noise = np.random.default_rng(0).normal(-4.0, 1.5, (60, 98, 40)).astype(np.float32)
    shows = ("silence",) * 20 + ("unknown",) * 20 + ("one",) * 10 + ("high",) * 10
    save_trunk(
        path,
        model.get_weights(),
        Background(embed(frozen, noise), shows, np.zeros(len(shows), np.int64)),
    )
    return path


@pytest.fixture
def takes(tmp_path):
    folder = tmp_path / "words"
    for word in PITCHES:
        (folder / word).mkdir(parents=True)
        for take in range(6):
            soundfile.write(folder / word / f"me_{take}.wav", spoken(word, take), 16000)
    room = folder / "_background_noise_"
    room.mkdir()
    hiss = np.random.default_rng(1).normal(0.0, 0.01, 5 * 16000)
    soundfile.write(room / "me_1.wav", hiss, 16000)
    return folder


@pytest.fixture
def quick(monkeypatch):
    monkeypatch.setattr(windows, "STREAMS", 5)
    monkeypatch.setattr(windows, "NOISE_STREAMS", 1)
    monkeypatch.setattr(head, "STEPS", 60)
    monkeypatch.setattr(head, "EPOCHS", 5)


def teach(folder, base, out, **settings):
    run = settings.pop("run", out.parent)
    words = settings.pop("words", None)
    return teach_words([folder], words, base, out, run=run, processes=1, seed=0, **settings)


def test_words_are_taught_and_then_recognized(takes, base, tmp_path, quick, capsys):
    (takes / "low" / "broken.wav").write_bytes(b"no sound")
    out = tmp_path / "run" / "model.tflite"

    assert teach(takes, base, out) == 0

    classifier = Classifier(out)
    assert classifier.labels == ("silence", "unknown", "high", "low")
    said = capsys.readouterr().err
    assert "broken.wav" in said
    assert "of 12 right" in said
    record = json.loads((out.parent / "run.json").read_text())
    assert record["taught"]["words"] == {"high": 6, "low": 6}
    assert record["trial"]["takes"] == 12
    assert record["trial"]["right"] >= 8
    assert read_metadata(out).training["trial"] == record["trial"]
    assert read_metadata(out).threshold == record["trial"]["threshold"]
    # Takes that it never heard, through the recognizer.
    recognizer = Recognizer(classifier, threshold=0.4)
    order = ("high", "low", "low", "high", "low", "high")
    stream = np.concatenate([spoken(word, 50 + n) for n, word in enumerate(order)])
    stream = np.concatenate([stream, np.zeros(16000, np.float32)])
    heard = [*recognizer.process(stream), *recognizer.finish()]
    labels = [event.label for event in heard if isinstance(event, Detection)]
    assert labels.count("high") >= 2
    assert labels.count("low") >= 2
    assert len(labels) <= len(order)


def test_teaching_twice_gives_the_same_model(takes, base, tmp_path, quick):
    models = []
    for name in ("first", "second"):
        out = tmp_path / name / "model.tflite"
        teach(takes, base, out)
        classifier = Classifier(out)
        window = np.random.default_rng(0).normal(-4.0, 2.0, (98, 40)).astype(np.float32)
        models.append((classifier.threshold, classifier.posteriors(window)))
    assert models[0][0] == models[1][0]
    np.testing.assert_array_equal(models[0][1], models[1][1])


def test_the_words_of_the_old_model_can_be_kept(takes, base, tmp_path, quick):
    out = tmp_path / "run" / "model.tflite"

    teach(takes, base, out, keep=True, words=["low"])

    assert Classifier(out).labels == ("silence", "unknown", *LABELS[2:], "low")
    record = json.loads((out.parent / "run.json").read_text())
    assert record["taught"]["kept"] == list(LABELS[2:])
    # "high" is another word now.
    assert record["taught"]["other_words"] == 6


def test_too_few_takes_are_refused_before_anything_is_made(takes, base, tmp_path):
    for take in range(2, 6):
        (takes / "high" / f"me_{take}.wav").unlink()
    out = tmp_path / "run" / "model.tflite"

    with pytest.raises(DataError, match="There are 2 usable recordings of 'high', and at least 5"):
        teach(takes, base, out)

    assert not out.parent.exists()


def test_a_failed_lesson_leaves_the_old_model(takes, base, tmp_path, quick, monkeypatch):
    out = tmp_path / "run" / "model.tflite"
    out.parent.mkdir()
    out.write_text("the old model")

    def fail(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(make, "_export", fail)
    with pytest.raises(OSError, match="No space left"):
        teach(takes, base, out)

    assert out.read_text() == "the old model"


def test_models_are_named_with_and_without_their_ending(tmp_path):
    assert named_model(tmp_path / "a.tflite") == tmp_path / "a.tflite"
    assert named_model(tmp_path / "a") == tmp_path / "a.tflite"
    assert named_model(default_model_path().with_suffix("")) == default_model_path()


def test_digits_names_the_model_that_ships(tmp_path, monkeypatch):
    from pathlib import Path

    monkeypatch.chdir(tmp_path)
    assert named_model(Path("digits")) == default_model_path()
    assert named_model(Path("assets/digits")) == Path("assets/digits.tflite")


def test_corrections_teach_and_make_no_new_words(takes, base, tmp_path, quick, capsys):
    corrected = tmp_path / "examples"
    for word, take in (("high", 20), ("elsewhere", 21)):
        (corrected / word).mkdir(parents=True)
        soundfile.write(corrected / word / f"mine_{take}.wav", spoken(word, take), 16000)
    out = tmp_path / "run" / "model.tflite"

    teach(takes, base, out, corrections=corrected)

    record = json.loads((out.parent / "run.json").read_text())["taught"]
    assert record["words"] == {"high": 7, "low": 6}
    assert record["other_words"] == 1
    assert "corrections used: 2" in capsys.readouterr().err
    assert Classifier(out).labels == ("silence", "unknown", "high", "low")
