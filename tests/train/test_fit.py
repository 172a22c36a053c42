from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from train import fit as fitting
from train.fit import (
    Average,
    Batches,
    Progress,
    blank,
    found_at,
    load_history,
    save_history,
    shift_bands,
)
from train.prepare import LABELS, STEP, Prepared
from train.recipe import FitRecipe

# Keras reads its variables in a way that numpy 2 warns of.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")

RECIPE = FitRecipe(
    steps=60,
    batch=24,
    learning_rate=4e-3,
    warmup_steps=3,
    weight_decay=1e-3,
    label_smoothing=0.05,
    dropout=0.1,
    ema_momentum=0.9,
    validate_every=6,
    patience=3,
    share={"unknown": 0.3, "silence": 0.1},
    vocabulary_share=0.1,
    shifted_bands=2,
    blank_stripes=2,
    word_loss=0.5,
)

FRAMES, BANDS = 24, 16


VOCABULARY = (*LABELS[2:], "other")

EVERY_LABEL = tuple(range(len(LABELS)))


def toy(seed, each=6, labels=EVERY_LABEL):
    """Windows of a few classes, each a pattern of its own in noise."""
    patterns = np.random.default_rng(0).normal(0.0, 20.0, (len(LABELS), FRAMES, BANDS))
    answers = np.repeat(np.array(labels, np.uint8), each)
    noise = np.random.default_rng(seed).normal(0.0, 5.0, (len(answers), FRAMES, BANDS))
    windows = np.clip(np.rint(patterns[answers] + noise), -127, 127).astype(np.int8)
    # Every keyword is a word, and every second window of the others shows a word of its own.
    words = np.where(answers >= 2, answers - 1, 0).astype(np.uint16)
    words[(answers == 1) & (np.arange(len(answers)) % 2 == 0)] = len(VOCABULARY)
    return Prepared(windows, answers, words, VOCABULARY)


def test_batches_depend_on_the_seed_alone():
    first, again, other = (Batches(toy(1), RECIPE, seed) for seed in (5, 5, 6))
    for _ in range(3):
        windows, labels, words = first.draw()
        assert windows.shape == (RECIPE.batch, FRAMES, BANDS, 1)
        assert windows.dtype == np.float32
        assert labels.dtype == np.int32
        same, same_labels, same_words = again.draw()
        np.testing.assert_array_equal(windows, same)
        np.testing.assert_array_equal(words, same_words)
        np.testing.assert_array_equal(labels, same_labels)
    assert not np.array_equal(other.draw()[0], windows)


@pytest.mark.parametrize("steps", [0, 1, 2, 5])
def test_batches_drawn_ahead_are_the_same(steps):
    plain, ahead = Batches(toy(1), RECIPE, 5), Batches(toy(1), RECIPE, 5)
    count = 0
    for windows, labels, words in ahead.ahead(steps):
        count += 1
        expected, expected_labels, expected_words = plain.draw()
        np.testing.assert_array_equal(windows, expected)
        np.testing.assert_array_equal(words, expected_words)
        np.testing.assert_array_equal(labels, expected_labels)
    assert count == steps


def test_classes_are_drawn_by_their_share_and_not_by_their_number():
    many = toy(1)
    windows = np.concatenate((many.windows, np.repeat(many.windows[-6:], 50, axis=0)))
    labels = np.concatenate((many.labels, np.repeat(many.labels[-6:], 50)))
    words = np.concatenate((many.words, np.repeat(many.words[-6:], 50)))
    prepared = Prepared(windows, labels, words, VOCABULARY)
    _, drawn, said = Batches(prepared, replace(RECIPE, batch=20_000), 0).draw()
    # Half of the unknown windows show a word, beside those that are drawn because they do.
    unknown = drawn == LABELS.index("unknown")
    assert np.mean(unknown & (said > 0)) == pytest.approx(0.1 + 0.3 / 2, abs=0.02)
    share = np.bincount(drawn, minlength=len(LABELS)) / len(drawn)
    assert share[LABELS.index("unknown")] == pytest.approx(0.4, abs=0.02)
    assert share[LABELS.index("silence")] == pytest.approx(0.1, abs=0.02)
    np.testing.assert_allclose(share[2:], 0.05, atol=0.01)


def test_a_class_without_windows_is_never_drawn():
    batches = Batches(toy(1, labels=(0, 1, 4)), replace(RECIPE, batch=2000), 0)
    assert set(batches.draw()[1].tolist()) == {0, 1, 4}


def test_a_window_goes_with_its_label():
    prepared = toy(1)
    plain = replace(RECIPE, shifted_bands=0, blank_stripes=0)
    windows, labels, _ = Batches(prepared, plain, 0).draw()
    for window, label in zip(windows[..., 0], labels, strict=True):
        known = prepared.windows[prepared.labels == label].astype(np.float32) * np.float32(STEP)
        assert any(np.array_equal(window, one) for one in known)


def test_half_of_the_windows_are_shifted_by_a_band_or_two():
    before = np.random.default_rng(0).normal(size=(2000, 5, 12)).astype(np.float32)
    after = before.copy()
    shift_bands(np.random.default_rng(1), after)
    counts = dict.fromkeys(range(-2, 3), 0)
    for old, new in zip(before, after, strict=True):
        [shift] = [
            shift
            for shift in counts
            if np.array_equal(
                new[:, max(0, shift) : 12 + min(0, shift)],
                old[:, max(0, -shift) : 12 - max(0, shift)],
            )
        ]
        counts[shift] += 1
        # The band at the edge fills what the shift left open.
        if shift > 0:
            np.testing.assert_array_equal(new[:, :shift], np.repeat(old[:, :1], shift, axis=1))
        if shift < 0:
            np.testing.assert_array_equal(new[:, shift:], np.repeat(old[:, -1:], -shift, axis=1))
    assert counts.pop(0) == pytest.approx(1200, abs=100)
    for count in counts.values():
        assert count == pytest.approx(200, abs=60)


def test_blanks_are_whole_stripes_and_leave_most_of_a_window():
    windows = np.ones((500, 98, 40), np.float32)
    blank(np.random.default_rng(0), windows)
    assert set(np.unique(windows)) == {0.0, 1.0}
    for window in windows:
        bands, frames = window.max(axis=0) == 0, window.max(axis=1) == 0
        assert bands.sum() <= 12
        assert frames.sum() <= 20
        np.testing.assert_array_equal(window == 0, bands[None, :] | frames[:, None])
    blanked = (windows == 0).any(axis=0)
    assert blanked[0].any()
    assert blanked[-1].any()
    assert blanked.all()


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


def small_network(recipe, prepared):
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
