"""Batch normalization as one operation, beside Keras's own."""

import numpy as np
import pytest

keras = pytest.importorskip("keras")
tf = pytest.importorskip("tensorflow")

from train.batch_norm import BatchNormalization  # noqa: E402

# Keras with numpy 2.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")

SHAPE = (64, 12, 5, 7)


@pytest.fixture
def layers():
    """Keras's layer and ours, with the same weights."""
    ours, theirs = BatchNormalization(), keras.layers.BatchNormalization()
    for layer in (ours, theirs):
        layer.build((None, *SHAPE[1:]))
    random = np.random.default_rng(0)
    weights = [random.uniform(0.5, 2.0, w.shape).astype(np.float32) for w in theirs.get_weights()]
    for layer in (ours, theirs):
        layer.set_weights(weights)
    return ours, theirs


@pytest.fixture
def inputs():
    random = np.random.default_rng(1)
    spread = random.uniform(0.1, 4.0, SHAPE[-1])
    return (random.normal(size=SHAPE) * spread + 3.0).astype(np.float32)


def trained(layer, inputs):
    """Outputs, gradients and weights of one training step."""
    x = tf.constant(inputs)
    towards = tf.constant(np.random.default_rng(2).normal(size=inputs.shape).astype(np.float32))
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = layer(x, training=True)
        loss = tf.reduce_sum(y * towards)
    gradients = tape.gradient(loss, [x, *layer.trainable_variables])
    return [one.numpy() for one in (y, *gradients)], layer.get_weights()


def test_a_training_step_is_that_of_keras(layers, inputs):
    (ours, after), (theirs, wanted) = (trained(layer, inputs) for layer in layers)
    for one, other in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-3, atol=1e-3)
    for one, other in zip(after, wanted, strict=True):
        # The variance is divided by one less than there are values.
        np.testing.assert_allclose(one, other, rtol=1.0 / np.prod(SHAPE[:-1]), atol=1e-5)


def test_otherwise_the_running_averages_count(layers, inputs):
    ours, theirs = (layer(inputs, training=False).numpy() for layer in layers)
    np.testing.assert_array_equal(ours, theirs)


def test_its_weights_have_the_names_of_keras(tmp_path):
    """A training that was begun with Keras's layer goes on with this one."""

    def network(layer):
        window = keras.Input(SHAPE[1:])
        return keras.Model(window, layer()(window))

    saved = network(keras.layers.BatchNormalization)
    saved.layers[-1].set_weights([np.full(SHAPE[-1], i, np.float32) for i in range(4)])
    saved.save_weights(tmp_path / "one.weights.h5")
    loaded = network(BatchNormalization)
    loaded.load_weights(tmp_path / "one.weights.h5")
    for one, other in zip(loaded.get_weights(), saved.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)
