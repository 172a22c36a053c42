"""What the head will be worth: each take tested by what the other takes taught."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from recognizer.model_metadata import SILENCE, UNKNOWN

Float32Array = npt.NDArray[np.float32]

ACCEPTED = 0.02
"""Share of other people's words that may pass for one of the user's. Of words that nobody in the
background says, about half as many again pass."""
THRESHOLDS = tuple(round(0.2 + 0.05 * step, 2) for step in range(16))


@dataclass(frozen=True, slots=True)
class Trial:
    """What was seen."""

    threshold: float
    """The lowest at which no more than `ACCEPTED` of the other words pass; the highest there is
    where none is enough."""
    takes: int
    """How many takes were tested."""
    right: int
    """How many of them are recognized at the threshold."""
    missed: tuple[int, ...]
    """Which are not."""
    others: int
    """Other people's words tested."""
    accepted: float
    """Share of them that pass for a word of the user's at the threshold (0 to 1)."""


def means(posteriors: Float32Array, recordings: npt.NDArray[np.int64]) -> Float32Array:
    """Average the posteriors of each recording's windows, as it is done live.

    Parameters
    ----------
    posteriors
        ``[n, labels]``.
    recordings
        The recording that each window is of, ``[n]``.
    """
    _, of = np.unique(recordings, return_inverse=True)
    sums = np.zeros((int(of.max(initial=-1)) + 1, posteriors.shape[1]))
    np.add.at(sums, of, posteriors)
    return np.asarray(sums / np.bincount(of, minlength=len(sums))[:, None], np.float32)


def judge(
    of_takes: Float32Array,
    takes: npt.NDArray[np.int64],
    answers: Sequence[str],
    of_others: Float32Array,
    labels: Sequence[str],
) -> Trial:
    """Choose the threshold and count.

    Parameters
    ----------
    of_takes
        Posteriors of the takes' windows, ``[n, labels]``.
    takes
        The take that each window is of, ``[n]``.
    answers
        What each take says, ``[takes]``.
    of_others
        Posteriors of windows of other words, ``[m, labels]``.
    labels
        The labels.
    """
    keywords = [number for number, label in enumerate(labels) if label not in (SILENCE, UNKNOWN)]
    best = of_others[:, keywords].max(axis=1) if len(of_others) else np.zeros(0)
    threshold = next(
        (t for t in THRESHOLDS if not len(best) or np.mean(best >= t) <= ACCEPTED), THRESHOLDS[-1]
    )
    missed = []
    for number, answer in enumerate(answers):
        windows = of_takes[takes == number]
        mean = windows.mean(axis=0) if len(windows) else np.zeros(len(labels))
        likeliest = max(keywords, key=lambda k: mean[k])
        if labels[likeliest] != answer or mean[likeliest] < threshold:
            missed.append(number)
    accepted = float(np.mean(best >= threshold)) if len(best) else 0.0
    return Trial(
        threshold, len(answers), len(answers) - len(missed), tuple(missed), len(best), accepted
    )
