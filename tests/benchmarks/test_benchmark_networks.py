import numpy as np
import pytest

from recognizer.classifier import Classifier
from recognizer.log_mel import normalize
from recognizer.model_file import default_model_path, read_model
from tests.benchmarks.networks import LAYER, Network, large_layer
from tests.model_fixture import DIGIT_LABELS, tiny_flatbuffer
from train.bench.float_model import dequantized
from train.compare.models import multiply_adds_of

WINDOW = np.random.default_rng(0).normal(0.0, 1.0, (98, 40)).astype(np.float32)


def test_the_float_twin_computes_what_the_int8_network_stands_for():
    flatbuffer = tiny_flatbuffer()
    int8, twin = Network(flatbuffer), Network(dequantized(flatbuffer))
    # The same all over each part that is averaged: then int8 loses nothing before the output.
    steps = np.rint(np.random.default_rng(1).normal(0.0, 2.0, (7, 20)))
    steps = np.repeat(np.repeat(steps, 14, axis=0), 2, axis=1)
    expected = (int8(steps - 3.0).astype(np.float32) - 7.0) * 0.05
    given = twin((0.1 * steps).astype(np.float32))
    assert given.dtype == np.float32
    assert np.ptp(expected) > 4.0
    np.testing.assert_allclose(np.clip(given, -6.75, 6.0), expected, atol=0.03)


def test_the_twin_of_the_model_that_ships_answers_alike():
    classifier = Classifier()
    flatbuffer, _ = read_model(default_model_path())
    logits = Network(dequantized(flatbuffer))(normalize(WINDOW))
    posteriors = np.exp(logits - logits.max())
    posteriors /= posteriors.sum()
    np.testing.assert_allclose(posteriors, classifier.posteriors(normalize(WINDOW)), atol=0.1)
    assert 5_000_000 < multiply_adds_of(flatbuffer) < 20_000_000


def test_multiply_adds_of_a_layer_are_its_outputs_times_its_inputs():
    # 98 frames pooled by 14 and 40 bands by 2.
    assert multiply_adds_of(tiny_flatbuffer()) == len(DIGIT_LABELS) * 7 * 20


@pytest.mark.parametrize("int8", [True, False])
def test_the_large_layer_runs_and_is_all_products(int8):
    flatbuffer = large_layer(int8=int8)
    rows, columns, channels = LAYER
    assert multiply_adds_of(flatbuffer) == rows * columns * channels * channels
    output = Network(flatbuffer)(np.ones(LAYER, np.float32))
    assert output.shape == LAYER
    assert output.dtype == (np.int8 if int8 else np.float32)
    assert np.ptp(output) > 0
