"""Digit errors counted."""

import itertools

import numpy as np
import pytest

from train.connected.scoring import Errors, compare, digit_error_rate, summed


@pytest.mark.parametrize(
    ("said", "heard", "errors"),
    [
        ("1 2 3", "1 2 3", (0, 0, 0)),
        ("1 2 3", "", (0, 3, 0)),
        ("", "4", (0, 0, 1)),
        ("1 2 3", "1 3", (0, 1, 0)),
        ("1 2 3", "1 5 3", (1, 0, 0)),
        ("1 2 3", "0 1 2 3", (0, 0, 1)),
        ("1 1 1", "1 1", (0, 1, 0)),
        ("1 2", "2 1", (2, 0, 0)),
    ],
)
def test_errors_of_a_row(said, heard, errors):
    found = compare(said.split(), heard.split())
    assert (found.substituted, found.deleted, found.inserted) == errors
    assert found.words == len(said.split())


def fewest_changes(said, heard):
    """Levenshtein's distance by its definition."""
    if not said or not heard:
        return len(said) + len(heard)
    return min(
        fewest_changes(said[1:], heard[1:]) + (said[0] != heard[0]),
        fewest_changes(said[1:], heard) + 1,
        fewest_changes(said, heard[1:]) + 1,
    )


def test_no_alignment_has_fewer_errors():
    random = np.random.default_rng(0)
    for lengths in itertools.product(range(5), range(5)):
        said, heard = (tuple(random.integers(0, 3, length)) for length in lengths)
        found = compare(said, heard)
        assert found.count == fewest_changes(said, heard)
        assert found.words - found.deleted + found.inserted == len(heard)


def test_the_rate_counts_every_error_and_its_interval_covers_it():
    each = [compare("12", "12"), compare("12", "1"), compare("3", "44")]
    result = digit_error_rate(each, ["a", "b", "b"])
    assert summed(each) == Errors(5, 1, 1, 1)
    assert result["rate"] == pytest.approx(3 / 5)
    assert result["low"] == 0.0
    assert result["high"] == pytest.approx(1.0)
    assert result["strings"] == {"count": 2, "of": 3, "share": pytest.approx(2 / 3)}
    assert result["speakers"] == 2


def test_speakers_are_drawn_not_strings():
    # All strings of one speaker are wrong: so many alike do not make it more certain.
    each = [compare("1", "1")] * 50 + [compare("1", "2")] * 50
    by_speaker = digit_error_rate(each, ["good"] * 50 + ["bad"] * 50)
    by_string = digit_error_rate(each, [str(number) for number in range(100)])
    assert (by_speaker["low"], by_speaker["high"]) == (0.0, 1.0)
    assert 0.35 < by_string["low"] < 0.5 < by_string["high"] < 0.65
