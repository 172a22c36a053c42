"""Precision, recall, F1 and confusions of each word, and how they differ between speakers.

The same figures for streams and for single recordings: all they need is what was said, what was
heard for it, and who said it.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from train.intervals import proportion
from train.vocabulary import DIGITS

OTHER = "(other word)"
"""Said: a word that is no keyword."""
NOTHING = "(no word)"
"""Said: nothing, or nothing that had not been answered before."""
MISSED = "(missed)"
"""Heard: no keyword. Right for `OTHER`, wrong for a keyword."""

WORST_SPEAKERS = 5
"""How many of the speakers who are understood worst are named."""


@dataclass(frozen=True, slots=True)
class Answer:
    """One thing said, and what was heard."""

    said: str
    """A keyword, `OTHER` or `NOTHING`."""
    heard: str
    """A keyword or `MISSED`."""
    speaker: str = ""
    """Who said it; empty where nobody is named."""

    @property
    def right(self) -> bool:
        """Whether the keyword was heard, or the other word was not taken for one."""
        return self.heard == (MISSED if self.said == OTHER else self.said)


def class_figures(answers: Iterable[Answer], keywords: Collection[str]) -> dict[str, Any]:
    """Return accuracy, figures of each word, their means, and the confusion matrix.

    Of a keyword that was said ``n`` times, and heard ``m`` times, ``r`` of them rightly, the
    precision is r/m, the recall r/n, and the F1 their harmonic mean, 2r/(n + m). Of no answers a
    share is None, but a keyword that was said and never heard has a precision of 0.

    Parameters
    ----------
    answers
        What was said and heard.
    keywords
        The words to detect.

    Returns
    -------
    dict
        ``accuracy``: the share of everything said that was answered rightly.
        ``classes``: for each keyword said or heard ``said``, ``heard``, ``right``, ``precision``,
        ``recall`` and ``f1``. ``macro``: their plain means over the keywords that were said, and
        the number of these, ``words``. ``confusion``: ``said`` and ``heard`` name the rows and
        columns of ``counts``.

    """
    return figures_of_pairs(Counter((one.said, one.heard) for one in answers), keywords)


def figures_of_pairs(
    pairs: Mapping[tuple[str, str], int], keywords: Collection[str]
) -> dict[str, Any]:
    """Return what `class_figures` does, from how often each thing was heard for each thing said."""
    pairs = Counter(pairs)
    said: Counter[str] = Counter()
    heard: Counter[str] = Counter()
    for (one, other), count in pairs.items():
        said[one] += count
        heard[other] += count
    classes = {
        word: _class(said[word], heard[word], pairs[word, word])
        for word in in_order(keywords)
        if said[word] or heard[word]
    }
    spoken = [row for row in classes.values() if row["said"]]
    right = sum(row["right"] for row in spoken) + pairs[OTHER, MISSED]
    rows = list(classes)
    return {
        "accuracy": proportion(right, sum(row["said"] for row in spoken) + said[OTHER]),
        "classes": classes,
        "macro": {
            "words": len(spoken),
            **{
                figure: float(np.mean([row[figure] or 0.0 for row in spoken])) if spoken else None
                for figure in ("precision", "recall", "f1")
            },
        },
        "confusion": {
            "said": [*rows, OTHER, NOTHING],
            "heard": [*rows, MISSED],
            "counts": [
                [pairs[one, other] for other in (*rows, MISSED)] for one in (*rows, OTHER, NOTHING)
            ],
        },
    }


def speaker_spread(answers: Iterable[Answer], worst: int = WORST_SPEAKERS) -> dict[str, Any] | None:
    """Return how differently the keywords of different people are understood.

    Parameters
    ----------
    answers
        What was said and heard; what nobody is named for, and other words, do not count.
    worst
        How many speakers are named.

    Returns
    -------
    dict or None
        ``speakers``; ``lowest``, ``quartile_1``, ``median``, ``quartile_3`` and ``highest`` of the
        share of a speaker's keywords that came out right; ``shares``, all of them in rising order;
        ``worst``, the speakers whose share is lowest even if its 95 % interval is taken at its
        upper end, so that one unlucky word makes nobody the worst. None where nobody is named.

    """
    words: dict[str, list[bool]] = {}
    for one in answers:
        if one.speaker and one.said not in (OTHER, NOTHING):
            words.setdefault(one.speaker, []).append(one.right)
    if not words:
        return None
    rows = [
        {"speaker": speaker, **proportion(sum(right), len(right))}
        for speaker, right in sorted(words.items())
    ]
    shares = sorted(row["share"] for row in rows)
    names = ("lowest", "quartile_1", "median", "quartile_3", "highest")
    values = np.percentile(shares, [0, 25, 50, 75, 100])
    return {
        "speakers": len(rows),
        **{name: float(value) for name, value in zip(names, values, strict=True)},
        "shares": shares,
        "worst": sorted(rows, key=lambda row: (row["high"], row["share"]))[:worst],
    }


def in_order(words: Iterable[str]) -> list[str]:
    """Return words as tables list them: digits from zero to nine, then by the alphabet."""
    return sorted(
        words, key=lambda word: (DIGITS.index(word) if word in DIGITS else len(DIGITS), word)
    )


def _class(said: int, heard: int, right: int) -> dict[str, Any]:
    return {
        "said": said,
        "heard": heard,
        "right": right,
        "precision": right / heard if heard else None,
        "recall": right / said if said else None,
        "f1": 2 * right / (said + heard),
    }
