from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from tests.train.toy_windows import BANDS, FRAMES, RECIPE, toy
from train import fit as fitting
from train.batches import Batches
from train.fit import Average, Progress, found_at, load_history, save_history
from train.prepare import LABELS

# Keras reads its variables in a way that numpy 2 warns of.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")


class Weights:
    """As much of a network as an average needs."""

    def __init__(self, *values):
        self.values = [np.array(value, np.float32) for value in values]

    def get_weights(self):
        return [value.copy() for value in self.values]

    def set_weights(self, values):
        self.values = [np.array(value) for value in values]


def test_an_average_takes_the_networks_place_and_gives_it_back():
    network = Weights([1.0, 2.0], [[3.0]])
    average = Average(network, 0.5)
    network.set_weights([np.array([9.0, 9.0]), np.array([[9.0]])])
    average.update()
    with average:
        inside = network.get_weights()
    np.testing.assert_allclose(inside[0], [9 - 8 / 11, 9 - 7 / 11], rtol=1e-6)
    np.testing.assert_array_equal(network.get_weights()[0], [9.0, 9.0])
    np.testing.assert_array_equal(network.get_weights()[1], [[9.0]])


def test_an_average_gives_the_weights_back_even_after_an_error():
    network = Weights([1.0])
    average = Average(network, 0.9)
    network.set_weights([np.array([5.0])])
    with pytest.raises(KeyboardInterrupt), average:
        raise KeyboardInterrupt
    assert network.get_weights()[0].tolist() == [5.0]


def test_an_average_comes_to_what_stays_and_moves_slower_with_time():
    network = Weights([0.0])
    average = Average(network, 0.9)
    seen = []
    for step in range(300):
        network.set_weights([np.array([1.0 if step < 200 else 0.0])])
        average.update()
        with average:
            seen.append(float(network.get_weights()[0][0]))
    assert seen[0] > 0.8
    assert seen[199] == pytest.approx(1.0, abs=1e-6)
    # The momentum holds from the 90th step on.
    assert seen[200] == pytest.approx(0.9, abs=1e-4)
    assert seen[299] < 1e-4


def test_the_curves_are_kept(tmp_path):
    history = [Progress(5, 10, 2.0, 1.5, 0.4), Progress(10, 10, 1.0, 0.5, 0.8)]
    save_history(tmp_path / "history.json", history)
    assert load_history(tmp_path / "history.json") == history


def test_every_class_weighs_the_same_in_validation():
    pytest.importorskip("tensorflow")
    logits = np.full((10, len(LABELS)), -20.0, np.float32)
    logits[:, 0] = 20.0
    answers = np.array([0] * 9 + [2], np.uint8)
    loss, _ = fitting._validate(
        lambda windows, training: logits[: len(windows)], np.zeros((10, 2, 2, 1)), answers
    )
    assert loss == pytest.approx(20.0, rel=1e-3)


def scored(*rows):
    """Posteriors of windows whose likeliest keyword has this probability: (label, keyword, p)."""
    posteriors = np.zeros((len(rows), len(LABELS)), np.float32)
    for row, (_, keyword, probability) in zip(posteriors, rows, strict=True):
        row[1] = 1.0 - probability
        row[LABELS.index(keyword)] = probability
    labels = np.array([LABELS.index(label) for label, _, _ in rows], np.uint8)
    return posteriors, labels


def test_keywords_are_found_above_what_few_others_reach():
    others = [("unknown", "one", 0.01 * i) for i in range(100)]
    found = [("two", "two", 0.95), ("two", "two", 0.5), ("two", "one", 0.999)]
    posteriors, labels = scored(*others, *found, ("six", "six", 0.99))
    # Two: one of three is right and above 0.9; six: the one there is. They weigh the same.
    share = found_at(posteriors, labels, false_accepts=0.1)
    assert share == pytest.approx((1 / 3 + 1) / 2)
    assert found_at(posteriors, labels, false_accepts=0.6) == pytest.approx((2 / 3 + 1) / 2)
    # Sure of everything is no better than unsure of everything.
    posteriors[:, 1:] = posteriors[:, 1:] ** 0.1
    assert found_at(posteriors, labels, false_accepts=0.1) == pytest.approx((1 / 3 + 1) / 2)


def test_nothing_is_found_where_nothing_is_known():
    posteriors, labels = scored(("unknown", "one", 0.5), ("silence", "one", 0.1))
    assert found_at(posteriors, labels) == 0.0
    posteriors, labels = scored(("one", "one", 0.5))
    assert found_at(posteriors, labels) == 1.0
    posteriors[0, 3] = np.nan
    assert found_at(posteriors, labels) == 0.0


def test_the_same_windows_validate_every_time(monkeypatch):
    monkeypatch.setattr(fitting, "VALIDATION_WINDOWS", 20)
    first, again = (fitting._validation_windows(toy(2)) for _ in range(2))
    assert first[0].shape == (20, FRAMES, BANDS, 1)
    np.testing.assert_array_equal(first[0], again[0])
    np.testing.assert_array_equal(first[1], again[1])
    assert len(fitting._validation_windows(toy(2, each=1))[1]) == len(LABELS)


def small_network(recipe, prepared, seed=0):
    """As many layers as it takes to have all kinds of weights: tracing the real one is slow."""
    import keras

    layers = keras.layers
    window = layers.Input((FRAMES, BANDS, 1))
    x = layers.Conv2D(4, (5, 5), strides=(2, 2), use_bias=False)(window)
    x = layers.ReLU()(layers.BatchNormalization()(x))
    x = layers.Dropout(recipe.dropout)(layers.Flatten(name="embedding")(x))
    return keras.Model(window, layers.Dense(len(LABELS))(x))


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """One short training, made to find most at the second time, where its loss is not best."""
    pytest.importorskip("tensorflow")
    checkpoint = tmp_path_factory.mktemp("fit") / "best.weights.h5"
    reported = [(0.5, 0.6), (0.9, 0.8), (0.7, 0.7), (0.4, 0.8), (0.8, 0.5)]
    steps, history, measured, weights = [], [], [], []
    validate = fitting._validate

    def note(model, windows, labels):
        weights.append([np.array(one) for one in model.get_weights()])
        measured.append(validate(model, windows, labels))
        return reported[len(weights) - 1]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(fitting, "_validate", note)
        patch.setattr(fitting, "_network", small_network)
        model = fitting.fit(
            toy(1),
            toy(2, each=2),
            RECIPE,
            checkpoint,
            seed=1,
            on_step=steps.append,
            on_progress=history.append,
        )
    return SimpleNamespace(**locals())


def test_training_lowers_the_loss(trained):
    losses = [progress.loss for progress in trained.history]
    assert losses[-1] < losses[0] - 0.2
    assert trained.measured[-1][0] < trained.measured[0][0]
    assert trained.measured[-1][1] > trained.measured[0][1]


def test_training_ends_when_it_has_been_of_no_use_for_long_enough(trained):
    every = RECIPE.validate_every
    assert trained.steps == list(range(1, 5 * every + 1))
    assert [progress.step for progress in trained.history] == [every * i for i in range(1, 6)]
    assert [(one.validation_loss, one.found) for one in trained.history] == trained.reported
    assert {progress.steps for progress in trained.history} == {RECIPE.steps}


def test_the_best_average_is_what_training_returns(trained):
    for given, best, last in zip(
        trained.model.get_weights(), trained.weights[1], trained.weights[-1], strict=True
    ):
        np.testing.assert_array_equal(given, best)
        assert given.shape == last.shape
    different = [
        not np.array_equal(*pair)
        for pair in zip(trained.weights[1], trained.weights[-1], strict=True)
    ]
    assert all(different)


def test_a_training_that_comes_to_nothing_returns_its_own_weights(tmp_path, monkeypatch):
    """Never those that an earlier training left in the same place."""
    pytest.importorskip("tensorflow")
    checkpoint = tmp_path / "best.weights.h5"
    stale = small_network(RECIPE, toy(1))
    stale.save_weights(checkpoint)
    own = []

    def diverged(model, windows, labels):
        own.append([np.array(one) for one in model.get_weights()])
        return float("nan"), 0.0

    monkeypatch.setattr(fitting, "_validate", diverged)
    monkeypatch.setattr(fitting, "_network", small_network)
    recipe = replace(RECIPE, steps=2, validate_every=1, warmup_steps=1)
    model = fitting.fit(toy(1), toy(2, each=2), recipe, checkpoint, seed=1)
    for given, first, left in zip(model.get_weights(), own[0], stale.get_weights(), strict=True):
        np.testing.assert_array_equal(given, first)
        assert not np.array_equal(given, left)


def test_a_network_that_says_nothing_finds_nothing():
    pytest.importorskip("tensorflow")
    logits = np.full((4, 3), np.nan, np.float32)
    loss, found = fitting._validate(
        lambda windows, training: logits[: len(windows)],
        np.zeros((4, 2, 2, 1)),
        np.array([0, 1, 2, 2], np.uint8),
    )
    assert np.isnan(loss)
    assert found == 0.0


def test_the_network_is_built_for_the_windows_and_labels():
    pytest.importorskip("tensorflow")
    model = fitting._network(RECIPE, toy(1))
    assert model.input_shape == (None, FRAMES, BANDS, 1)
    assert model.output_shape == (None, len(LABELS))


def test_the_kept_weights_are_taken_up_again(trained, monkeypatch):
    monkeypatch.setattr(fitting, "_network", small_network)
    again = fitting.load(RECIPE, toy(1), trained.checkpoint)
    for given, expected in zip(again.get_weights(), trained.model.get_weights(), strict=True):
        np.testing.assert_array_equal(given, expected)


def test_a_second_stage_sees_what_was_taken_for_a_keyword(tmp_path, monkeypatch):
    pytest.importorskip("tensorflow")
    drawn = []

    class Noted(Batches):
        def __init__(self, prepared, recipe, seed, *, mined=()):
            drawn.append((recipe, seed, mined))
            super().__init__(prepared, recipe, seed, mined=mined)

    monkeypatch.setattr(fitting, "Batches", Noted)
    monkeypatch.setattr(fitting, "_network", small_network)
    recipe = replace(RECIPE, steps=12, mining_steps=18, patience=9)
    steps, history, checkpoint = [], [], tmp_path / "best.weights.h5"
    mixed = []
    mix = fitting.mix

    def note(model, first, share):
        mixed.append((first, [np.array(one) for one in model.get_weights()], share))
        mix(model, first, share)

    monkeypatch.setattr(fitting, "mix", note)
    model = fitting.fit(
        toy(1),
        toy(2, each=2),
        recipe,
        checkpoint,
        seed=1,
        on_step=steps.append,
        on_progress=history.append,
    )
    [(before, after, share)] = mixed
    assert share == recipe.mining_mix
    assert not np.array_equal(before[0], after[0])
    kept = small_network(recipe, None)
    kept.load_weights(checkpoint)
    for one, saved, early, late in zip(
        model.get_weights(), kept.get_weights(), before, after, strict=True
    ):
        np.testing.assert_allclose(one, (1 - share) * early + share * late, rtol=1e-5, atol=1e-7)
        np.testing.assert_array_equal(one, saved)
    assert steps == list(range(1, 31))
    assert [(one.step, one.steps) for one in history] == [
        (step, 30) for step in (6, 12, 18, 24, 30)
    ]
    (first, _, nothing), (second, _, mined) = drawn
    assert nothing == ()
    # Noise, whole words, other speech: six windows of noise, three with a word, three without.
    assert [len(kind) for kind in mined] == [1, 1, 1]
    assert first.learning_rate == recipe.learning_rate
    assert second.learning_rate == recipe.learning_rate * recipe.mining_rate
    assert (second.steps, second.warmup_steps) == (18, 3)


def test_weights_are_mixed_by_their_share():
    network = Weights([4.0, 8.0], [[1.0]])
    fitting.mix(network, [np.array([0.0, 0.0], np.float32), np.array([[5.0]], np.float32)], 0.25)
    assert network.values[0].tolist() == [1.0, 2.0]
    assert network.values[1].tolist() == [[4.0]]
