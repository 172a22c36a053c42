"""The file of a connected model, and files that are none."""

import numpy as np
import pytest
from ai_edge_litert import schema_py_generated as schema

from recognizer.classifier import Classifier
from recognizer.connected.labels import part_labels, words_of
from recognizer.connected.model import StepClassifier, default_connected_path, load_untrusted
from recognizer.errors import ModelError
from recognizer.model_file import write_model
from recognizer.model_metadata import ModelMetadata
from tests.model_fixture import tiny_model
from tests.tone_digits import FRONTEND, LABELS, WORDS, tone_flatbuffer, tone_model


def test_parts_of_words_are_read_back_as_words():
    assert words_of(part_labels(WORDS)) == WORDS
    assert part_labels(["yes"]) == ("silence", "unknown", "yes 1", "yes 2", "yes 3")


@pytest.mark.parametrize(
    "labels",
    [
        ("silence", "unknown", "zero", "one"),
        ("unknown", "silence", "zero 1", "zero 2", "zero 3"),
        ("silence", "unknown", "zero 1", "zero 3", "zero 2"),
        ("silence", "unknown", "zero 1", "zero 2"),
        ("silence", "unknown"),
    ],
)
def test_other_labels_are_no_connected_model(labels):
    with pytest.raises(ModelError, match="--connected"):
        words_of(labels)


def test_posteriors_sum_to_one_at_every_step(tmp_path):
    model = StepClassifier(tone_model(tmp_path / "tones.tflite"))
    window = np.random.default_rng(0).normal(0, 3, (192, 40)).astype(np.float32)
    posteriors = model.posteriors(window)
    assert posteriors.shape == (96, len(LABELS))
    assert posteriors.sum(axis=1) == pytest.approx(np.ones(96), abs=1e-5)
    assert (model.step_frames, model.steps, model.words) == (2, 96, WORDS)
    with pytest.raises(ValueError, match=r"\(98, 40\)"):
        model.posteriors(window[:98])


def test_values_outside_the_range_are_clipped_and_do_not_wrap(tmp_path):
    model = StepClassifier(tone_model(tmp_path / "tones.tflite"))
    window = np.zeros((192, 40), np.float32)
    window[:, 5] = 15.0
    expected = model.posteriors(window).argmax(axis=1)
    window[:, 5] = 1000.0
    assert (model.posteriors(window).argmax(axis=1) == expected).all()


def test_a_model_of_single_words_is_refused_and_the_other_way_round(tmp_path):
    alone = tiny_model(tmp_path / "alone.tflite")
    with pytest.raises(ModelError, match="stand alone, so it cannot be used with --connected"):
        StepClassifier(alone)
    with pytest.raises(ModelError, match=r"tones.* in a row: it goes with --cli --connected only"):
        Classifier(tone_model(tmp_path / "tones.tflite"))


def test_shapes_that_do_not_fit_the_labels_are_refused(tmp_path):
    path = tmp_path / "few.tflite"
    labels = part_labels(WORDS[:4])
    write_model(path, tone_flatbuffer(), ModelMetadata(labels, FRONTEND, 0.5))
    with pytest.raises(ModelError, match="1 x 96 x 35, which does not fit 14 labels"):
        StepClassifier(path)


def test_outputs_that_are_not_int8_are_refused(tmp_path):
    path = tmp_path / "float.tflite"
    flatbuffer = tone_flatbuffer(output_type=schema.TensorType.FLOAT32)
    write_model(path, flatbuffer, ModelMetadata(LABELS, FRONTEND, 0.5))
    with pytest.raises(ModelError, match="float"):
        StepClassifier(path)


def test_a_model_that_a_user_names_is_tried_first(tmp_path, monkeypatch):
    path = tone_model(tmp_path / "tones.tflite")
    tried = []

    class Trial:
        def __enter__(self):
            return lambda flatbuffer, name: tried.append(name)

        def __exit__(self, *_):
            pass

    monkeypatch.setattr("recognizer.connected.model.TrialLoad", Trial)
    assert load_untrusted(path).words == WORDS
    assert tried == [str(path)]


def test_the_model_that_ships_is_small_and_tells_the_digits():
    path = default_connected_path()
    model = load_untrusted(None)
    assert model.path == str(path)
    assert set(model.words) >= set(WORDS[:10])
    assert path.stat().st_size <= 250_000
