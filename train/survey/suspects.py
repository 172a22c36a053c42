"""Recordings that a model hears as another word than the one they are filed under.

They may be mislabelled, or the model may be wrong: a person has to hear them. Nothing is dropped.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from itertools import groupby
from pathlib import Path

import numpy as np

from recognizer.classifier import Classifier
from recognizer.errors import AudioError
from train.corpora import read_audio
from train.live_windows import cut_windows
from train.survey.measure import in_quiet

OWN = 0.3
"""A recording in which the model gives the word it is filed under this probability anywhere is no
suspect; in others it must reach the model's threshold for another word."""
OTHER = 0.9
"""The same for another word in recordings of words that the model does not know: it must be sure,
because false alarms are no news."""


@dataclass(frozen=True, slots=True)
class Suspect:
    """A recording to hear."""

    path: Path
    """The sound file."""
    filed_as: str
    """The word it is filed under."""
    heard: str
    """The keyword that the model hears."""
    confidence: float
    """The model's probability of it (0 to 1)."""


def suspects_among(item: tuple[str, Sequence[tuple[Path, str]]]) -> list[Suspect]:
    """Find the suspects among several recordings: one task for `train.tasks`.

    Parameters
    ----------
    item
        The model file, and paths with the words they are filed under.
    """
    model, clips = item
    found = (hear(_classifier(model), path, word) for path, word in clips)
    return [one for one in found if one is not None]


def hear(classifier: Classifier, path: Path, word: str) -> Suspect | None:
    """Say whether a model hears another keyword in a recording.

    The windows are cut and averaged as they are live.

    Parameters
    ----------
    classifier
        Runs the model.
    path
        The recording; one that cannot be read is no suspect.
    word
        The word it is filed under.
    """
    try:
        samples = read_audio(path)
    except AudioError:
        return None
    cuts = cut_windows(in_quiet(samples), classifier.frontend)
    means = [
        np.mean([classifier.posteriors(window) for _, _, window in windows], axis=0)
        for cut, windows in groupby(cuts, key=lambda one: one[0])
        if cut.alone
    ]
    if not means:
        return None
    best = np.max(means, axis=0)
    labels = classifier.labels
    known = word in classifier.metadata.keywords
    if known and best[labels.index(word)] >= OWN:
        return None
    others = [label for label in classifier.metadata.keywords if label != word]
    heard = max(others, key=lambda label: best[labels.index(label)], default=None)
    if heard is None or best[labels.index(heard)] < (classifier.threshold if known else OTHER):
        return None
    return Suspect(path, word, heard, float(best[labels.index(heard)]))


@cache
def _classifier(model: str) -> Classifier:
    return Classifier(model)
