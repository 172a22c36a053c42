from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from tests.train.toy_windows import BANDS, FRAMES, RECIPE, toy
from train import fit as fitting
from train.batches import Batches
from train.fit import MEANS, Progress, load_history, save_history
from train.prepare import LABELS
from train.recipe import Round

# Keras reads its variables in a way that numpy 2 warns of.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")


def test_the_curves_are_kept(tmp_path):
    history = [Progress(5, 10, 2.0, 1.5, 0.4), Progress(10, 10, 1.0, 0.5, 0.8)]
    save_history(tmp_path / "history.json", history)
    assert load_history(tmp_path / "history.json") == history


def small_network(recipe, prepared, seed=0):
    """As many layers as it takes to have all kinds of weights: tracing the real one is slow."""
    import keras

    keras.utils.set_random_seed(seed)
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
    validate = fitting.validate

    def note(model, windows, labels):
        weights.append([np.array(one) for one in model.get_weights()])
        measured.append(validate(model, windows, labels))
        return reported[len(weights) - 1]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(fitting, "validate", note)
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

    monkeypatch.setattr(fitting, "validate", diverged)
    monkeypatch.setattr(fitting, "_network", small_network)
    recipe = replace(RECIPE, steps=2, validate_every=1, warmup_steps=1)
    model = fitting.fit(toy(1), toy(2, each=2), recipe, checkpoint, seed=1)
    for given, first, left in zip(model.get_weights(), own[0], stale.get_weights(), strict=True):
        np.testing.assert_array_equal(given, first)
        assert not np.array_equal(given, left)


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


ROUNDS = (Round(18, 0.5, 0.25), Round(12, 0.25, 0.0))


def test_every_round_starts_from_the_mean_and_is_mixed_into_it(tmp_path, monkeypatch):
    pytest.importorskip("tensorflow")
    drawn = []

    class Noted(Batches):
        def __init__(self, prepared, recipe, seed, *, mined=None):
            drawn.append((recipe, seed, mined))
            super().__init__(prepared, recipe, seed, mined=mined)

    monkeypatch.setattr(fitting, "Batches", Noted)
    monkeypatch.setattr(fitting, "_network", small_network)
    recipe = replace(RECIPE, steps=12, patience=9, rounds=ROUNDS)
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

    def kept(path):
        network = small_network(recipe, None)
        network.load_weights(path)
        return network.get_weights()

    means = [kept(tmp_path / MEANS.format(stages)) for stages in (1, 2, 3)]
    assert len(mixed) == 2
    for start, (before, after, share), mean in zip(means, mixed, means[1:], strict=False):
        assert share == recipe.mix
        assert not np.array_equal(before[0], after[0])
        for one, began, early, late in zip(mean, start, before, after, strict=True):
            np.testing.assert_array_equal(early, began)
            np.testing.assert_allclose(
                one, (1 - share) * early + share * late, rtol=1e-5, atol=1e-7
            )
    for one, last, saved in zip(model.get_weights(), means[-1], kept(checkpoint), strict=True):
        np.testing.assert_array_equal(one, last)
        np.testing.assert_array_equal(one, saved)
    assert steps == list(range(1, 43))
    assert [(one.step, one.steps) for one in history] == [(step, 42) for step in range(6, 43, 6)]
    first, second, third = drawn
    # Noise, whole words, other speech: six windows of noise, three with a word, three without.
    assert (first[2], third[2]) == (None, None)
    assert [len(kind) for kind in second[2].kinds] == [1, 1, 1]
    assert second[2].share == 0.25
    assert [seed for _, seed, _ in drawn] == [1, 2, 3]
    paces = [(one.steps, one.learning_rate, one.warmup_steps) for one, _, _ in drawn]
    highest = recipe.learning_rate
    assert paces == [(12, highest, 3), (18, highest * 0.5, 3), (12, highest * 0.25, 3)]


@pytest.mark.parametrize("broken_off_at", [2, 7, 11, 12, 15, 19, 23, 24, 25, 30])
def test_a_training_that_broke_off_goes_on_and_comes_to_the_same(
    tmp_path, monkeypatch, broken_off_at
):
    pytest.importorskip("tensorflow")
    monkeypatch.setattr(fitting, "_network", small_network)
    rounds = (Round(12, 0.5, 0.25), Round(6, 0.5, 0.0))
    recipe = replace(RECIPE, steps=12, validate_every=3, patience=9, rounds=rounds)
    whole, broken = tmp_path / "whole", tmp_path / "broken"

    def train(folder, on_step, history):
        folder.mkdir(exist_ok=True)
        checkpoint = folder / "best.weights.h5"
        model = fitting.fit(
            toy(1),
            toy(2, each=2),
            recipe,
            checkpoint,
            seed=1,
            on_step=on_step,
            on_progress=history.append,
        )
        assert sorted(path.name for path in folder.iterdir()) == [
            checkpoint.name,
            *(MEANS.format(stages) for stages in (1, 2, 3)),
        ]
        return model.get_weights()

    def break_off(step):
        if step == broken_off_at:
            raise KeyboardInterrupt

    at_once, first, rest, steps = [], [], [], []
    expected = train(whole, lambda step: None, at_once)
    with pytest.raises(KeyboardInterrupt):
        train(broken, break_off, first)
    behind = fitting.steps_behind(recipe, broken / "best.weights.h5", 1)
    resumed = train(broken, steps.append, rest)
    assert behind == (broken_off_at - 1) // 3 * 3
    assert steps == list(range(behind + 1, 31))
    assert [one.step for one in first + rest] == [one.step for one in at_once]
    for one, other in zip(resumed, expected, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-5)
    assert [one.loss for one in rest] == pytest.approx(
        [one.loss for one in at_once[len(first) :]], rel=1e-3
    )


@pytest.mark.parametrize("left", [1, 2, 3])
def test_a_later_stage_comes_to_the_same_alone(tmp_path, monkeypatch, left):
    pytest.importorskip("tensorflow")
    monkeypatch.setattr(fitting, "_network", small_network)
    rounds = (Round(6, 0.5, 0.25), Round(6, 0.5, 0.0))
    recipe = replace(RECIPE, steps=6, rounds=rounds)
    checkpoint = tmp_path / "best.weights.h5"
    whole = fitting.fit(toy(1), toy(2, each=2), recipe, checkpoint, seed=1)
    for stages in range(left + 1, 4):
        (tmp_path / MEANS.format(stages)).unlink()
    assert fitting.steps_behind(recipe, checkpoint, 1) == 6 * left
    alone = fitting.fit(toy(1), toy(2, each=2), recipe, checkpoint, seed=1)
    for one, other in zip(whole.get_weights(), alone.get_weights(), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-5)
