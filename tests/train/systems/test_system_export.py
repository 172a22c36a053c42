"""The systems that run in the app go through the exporter and the recognizer's own classifier."""

import numpy as np
import pytest

from recognizer.classifier import Classifier
from recognizer.log_mel import FrontendParameters
from recognizer.model_metadata import ModelMetadata
from tests.made_recordings import burst
from train.systems.features import make_features
from train.systems.recipe import load_system

pytest.importorskip("tensorflow")

LABELS = ("silence", "unknown", "yes", "no")


@pytest.fixture(scope="module")
def windows():
    features = make_features(load_system("simple-cnn").features)
    return np.concatenate([features(burst(seed, word_s=0.1 * seed)) for seed in (3, 5, 7)])


def export(recipe, network, windows, folder):
    from train.export import export_int8

    path = folder / f"{recipe.name}.tflite"
    metadata = ModelMetadata(LABELS, FrontendParameters(), recipe.threshold)
    return path, export_int8(network, windows[::3], path, metadata, windows=windows)


@pytest.fixture(scope="module", params=["simple-cnn", "simple-lstm"])
def exported(request, windows, tmp_path_factory):
    import keras

    from train.systems.networks import build

    keras.utils.set_random_seed(1)
    recipe = load_system(request.param)
    network = build(recipe.network, windows.shape[1:], len(LABELS))
    return *export(recipe, network, windows, tmp_path_factory.mktemp("export")), network


def test_the_classifier_answers_as_the_network_does(exported, windows):
    path, report, network = exported
    assert report.windows == len(windows) > 20
    # With random weights all labels are about as likely, and little decides which is first.
    assert report.largest_difference < 0.1
    logits = np.asarray(network(windows, training=False))
    wanted = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    classifier = Classifier(path)
    given = np.stack([classifier.posteriors(window) for window in windows])
    np.testing.assert_allclose(given.sum(axis=1), 1.0, atol=1e-3)
    label = wanted.std(axis=0).argmax()
    assert wanted[:, label].std() > 0.005
    assert np.corrcoef(given[:, label], wanted[:, label])[0, 1] > 0.9


def test_a_window_is_answered_the_same_whatever_came_before(windows, tmp_path):
    """TFLite's own LSTM goes on from the state that the last window left, unless told not to."""
    import keras

    from train.systems.networks import EMBEDDING, build

    keras.utils.set_random_seed(1)
    recipe = load_system("simple-lstm")
    network = build({**recipe.network, "units": 8}, windows.shape[1:], len(LABELS))
    # New networks forget in a few frames, trained ones need not.
    layer = network.get_layer(EMBEDDING)
    kernel, recurrent, bias = layer.get_weights()
    bias[layer.units : 2 * layer.units] = 6.0
    layer.set_weights([0.2 * kernel, 0.2 * recurrent, bias])
    path, _ = export(recipe, network, windows, tmp_path)
    classifier = Classifier(path)
    first = classifier.posteriors(windows[0])
    for other in (-windows[-1], np.full((98, 40), 3.0, np.float32)):
        assert np.abs(classifier.posteriors(other) - first).max() > 0.01
        np.testing.assert_array_equal(classifier.posteriors(windows[0]), first)
