from pathlib import Path

import numpy as np
import pytest
import soundfile

from recognizer.classifier import Classifier
from recognizer.errors import ModelError
from tests.made_recordings import RATE, burst
from tests.model_fixture import tiny_model
from train.corpora import Clip
from train.evaluation.clip_scores import clip_figures, draw, model_posteriors
from train.tasks import Tasks

LABELS = ("silence", "unknown", "one", "two")


def clip(name, word, speaker="ann", corpus="made"):
    return Clip(Path(f"/data/{name}.wav"), corpus, word, speaker, "test", "none")


def test_the_likeliest_of_the_keywords_counts_whatever_else_is_likelier():
    clips = [clip("a", "one"), clip("b", "one", "bob"), clip("c", "two"), clip("d", "cat")]
    posteriors = np.array(
        [[0.9, 0.0, 0.06, 0.04], [0.0, 0.0, 0.4, 0.6], [0, 0, 0, 0], [0, 0, 1, 0]], np.float32
    )

    figures = clip_figures(clips, posteriors, [True, True, False, True], LABELS)

    assert figures["clips"] == 3
    assert figures["accuracy"]["count"] == 1
    assert figures["not_found"] == 1
    assert figures["confusion"]["counts"][:2] == [[1, 1, 0], [0, 0, 1]]
    assert [(row["source"], row["result"], row["heard"]) for row in figures["to_hear"]] == [
        ("/data/b.wav", "wrong", [["two", pytest.approx(0.6)], ["one", pytest.approx(0.4)]]),
        ("/data/c.wav", "missed", []),
    ]
    assert figures["speaker_spread"]["shares"] == [0.0, 0.5]
    assert figures["speakers"] == 2


def test_each_corpus_has_its_share():
    clips = [clip("a", "one"), clip("b", "two", corpus="other"), clip("c", "two", corpus="other")]
    posteriors = np.array([[0, 0, 1, 0], [0, 0, 1, 0], [0, 0, 0, 1]], np.float32)

    figures = clip_figures(clips, posteriors, [True] * 3, LABELS, lambda path: path.stem)

    shares = {name: one["share"] for name, one in figures["by_corpus"].items()}
    assert shares == {"made": 1.0, "other": 0.5}
    assert figures["to_hear"][0]["source"] == "b"


def test_systems_without_silence_and_unknown_are_judged_likewise():
    figures = clip_figures([clip("a", "two")], np.array([[0.2, 0.8]]), [True], ("one", "two"))

    assert figures["accuracy"]["share"] == 1.0


def test_of_no_recording_there_is_no_accuracy():
    figures = clip_figures([], np.zeros((0, 4), np.float32), [], LABELS)

    assert figures["accuracy"]["share"] is None
    assert figures["speaker_spread"] is None


def test_so_many_are_drawn_by_lot_the_same_every_time():
    clips = [clip(str(number), "one") for number in range(100)]

    drawn = draw(clips, 10)

    assert len(drawn) == 10
    assert drawn == draw(clips, 10)
    assert drawn == sorted(drawn, key=clips.index)
    assert drawn != clips[:10]
    assert draw(clips, None) == draw(clips, 100) == clips


def test_a_model_hears_a_recording_as_it_would_live(tmp_path):
    model = tiny_model(tmp_path / "tiny.tflite")
    paths = [tmp_path / f"{name}.wav" for name in ("a", "b", "quiet", "broken")]
    for seed, path in enumerate(paths[:2]):
        soundfile.write(path, burst(seed), RATE)
    soundfile.write(paths[2], np.zeros(RATE), RATE)
    paths[3].write_bytes(b"no sound")
    clips = [Clip(path, "made", "one", "", "test", "none") for path in paths]

    with Tasks() as tasks:
        posteriors, found = model_posteriors(model, clips, tasks=tasks)

    assert found == [True, True, False, False]
    assert posteriors.shape == (4, len(Classifier(model).labels))
    assert posteriors[:2].sum(axis=1) == pytest.approx([1.0, 1.0], abs=1e-4)
    assert not posteriors[2:].any()


def test_a_missing_model_is_said(tmp_path):
    with Tasks() as tasks, pytest.raises(ModelError):
        model_posteriors(tmp_path / "no.tflite", [], tasks=tasks)
