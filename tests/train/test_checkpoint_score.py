import numpy as np
import pytest

from tests.train.toy_windows import BANDS, FRAMES, toy
from train import checkpoint_score
from train.checkpoint_score import found_at, validate, validation_windows
from train.prepare import LABELS


def test_the_same_windows_validate_every_time(monkeypatch):
    monkeypatch.setattr(checkpoint_score, "WINDOWS", 20)
    first, again = (validation_windows(toy(2)) for _ in range(2))
    assert first[0].shape == (20, FRAMES, BANDS, 1)
    np.testing.assert_array_equal(first[0], again[0])
    np.testing.assert_array_equal(first[1], again[1])
    assert len(validation_windows(toy(2, each=1))[1]) == len(LABELS)


def test_every_class_weighs_the_same_in_validation():
    pytest.importorskip("tensorflow")
    logits = np.full((10, len(LABELS)), -20.0, np.float32)
    logits[:, 0] = 20.0
    answers = np.array([0] * 9 + [2], np.uint8)
    loss, _ = validate(
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


def test_a_network_that_says_nothing_finds_nothing():
    pytest.importorskip("tensorflow")
    logits = np.full((4, 3), np.nan, np.float32)
    loss, found = validate(
        lambda windows, training: logits[: len(windows)],
        np.zeros((4, 2, 2, 1)),
        np.array([0, 1, 2, 2], np.uint8),
    )
    assert np.isnan(loss)
    assert found == 0.0
