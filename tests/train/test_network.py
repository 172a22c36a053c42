import numpy as np
import pytest

pytest.importorskip("tensorflow")

LABELS = 12


@pytest.fixture(scope="module")
def model():
    from train import network

    return network.build(98, 40, LABELS)


def test_the_network_is_small(model):
    assert 50_000 < model.count_params() <= 200_000


def test_a_window_in_scores_out(model):
    assert model.input_shape == (None, 98, 40, 1)
    assert model.output_shape == (None, LABELS)
    windows = np.random.default_rng(0).normal(size=(3, 98, 40, 1)).astype(np.float32)
    scores = np.asarray(model(windows, training=False))
    assert scores.shape == (3, LABELS)
    assert np.isfinite(scores).all()
    # Scores, not probabilities: the int8 file keeps more of them that way.
    assert not np.allclose(scores.sum(axis=1), 1.0)
    alone = np.asarray(model(windows[1:2], training=False))
    np.testing.assert_allclose(alone[0], scores[1], atol=1e-4)


def test_dropout_and_penalty_are_as_asked_for(model):
    import keras

    from train import network

    other = network.build(24, 16, 3, dropout=0.5, weight_decay=1e-3)
    [dropout] = [layer for layer in other.layers if isinstance(layer, keras.layers.Dropout)]
    assert dropout.rate == 0.5
    assert other.output_shape == (None, 3)
    assert len(other.losses) > 5
    assert model.losses == []
