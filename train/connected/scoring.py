"""How far a row of words heard is from the row that was said."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np


@dataclass(frozen=True, slots=True)
class Errors:
    """What must be changed to make the row heard of the row said."""

    words: int
    """Words said."""
    substituted: int
    """Words heard as another."""
    deleted: int
    """Words not heard."""
    inserted: int
    """Words heard and not said."""

    @property
    def count(self) -> int:
        """All errors."""
        return self.substituted + self.deleted + self.inserted


def compare(said: Sequence[str], heard: Sequence[str]) -> Errors:
    """Align two rows of words with the fewest changes (Levenshtein), and count these.

    Of alignments with equally many changes the one with the most words substituted counts, as in
    NIST's sclite.

    >>> compare(["one", "two", "three"], ["one", "three", "three", "four"])
    Errors(words=3, substituted=1, deleted=0, inserted=1)
    """
    # Rows of (changes, deleted, inserted) for each beginning of what was heard.
    above = [(number, 0, number) for number in range(len(heard) + 1)]
    for row, word in enumerate(said, 1):
        line = [(row, row, 0)]
        for column, other in enumerate(heard, 1):
            changes, deleted, inserted = above[column - 1]
            options = [(changes + (word != other), deleted, inserted)]
            changes, deleted, inserted = above[column]
            options.append((changes + 1, deleted + 1, inserted))
            changes, deleted, inserted = line[column - 1]
            options.append((changes + 1, deleted, inserted + 1))
            line.append(min(options, key=lambda one: (one[0], one[1] + one[2])))
        above = line
    changes, deleted, inserted = above[-1]
    return Errors(len(said), changes - deleted - inserted, deleted, inserted)


def summed(each: Sequence[Errors]) -> Errors:
    """Add up the errors of many rows."""
    return Errors(
        sum(one.words for one in each),
        sum(one.substituted for one in each),
        sum(one.deleted for one in each),
        sum(one.inserted for one in each),
    )


def digit_error_rate(
    each: Sequence[Errors], groups: Sequence[str], *, seed: int = 0, draws: int = 2000
) -> dict[str, Any]:
    """Return the errors for each word said, with a 95 % confidence interval.

    The interval is that of the bootstrap over groups (speakers), whose errors come together: the
    2.5th and the 97.5th percentile of the rate of groups drawn with replacement [1]_.

    Parameters
    ----------
    each
        The errors of each row.
    groups
        Who said it.
    seed, draws
        Of the bootstrap.

    Returns
    -------
    dict
        The counts, "rate", "low", "high", and "strings": rows, those with an error, and their
        share.

    References
    ----------
    .. [1] Bisani and Ney, "Bootstrap estimates for confidence intervals in ASR performance
       evaluation", ICASSP 2004.
    """
    total = summed(each)
    names = sorted(set(groups))
    errors, words = np.zeros(len(names)), np.zeros(len(names))
    for one, group in zip(each, groups, strict=True):
        errors[names.index(group)] += one.count
        words[names.index(group)] += one.words
    rng = np.random.default_rng(seed)
    drawn = rng.integers(0, max(1, len(names)), (draws, len(names)))
    rates = errors[drawn].sum(axis=1) / np.maximum(words[drawn].sum(axis=1), 1.0)
    low, high = np.percentile(rates, [2.5, 97.5]) if names else (0.0, 1.0)
    wrong = sum(one.count > 0 for one in each)
    return {
        "words": total.words,
        "substituted": total.substituted,
        "deleted": total.deleted,
        "inserted": total.inserted,
        "rate": total.count / total.words if total.words else None,
        "low": float(low),
        "high": float(high),
        "speakers": len(names),
        "strings": {"count": wrong, "of": len(each), "share": wrong / max(1, len(each))},
    }
