"""Hard negatives: windows without a keyword that a network takes for one.

A network that is trained already gets nearly all windows of other words, speech and noise right,
and learns nothing from them any more; the few that it gets wrong are what a user hears as false
alarms.
"""

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from recognizer.model_metadata import SILENCE, UNKNOWN
from train.batches import Indices
from train.prepare import LABELS, Prepared
from train.systems.loop import softmax
from train.vocabulary import DIGITS_OF_SOME

if TYPE_CHECKING:
    import keras

Float32Array = npt.NDArray[np.float32]

AT_ONCE = 2048
"""Windows that are scored in one go."""


def mine(model: "keras.Model", prepared: Prepared, part: float) -> list[Indices]:
    """Return the windows without a keyword that score highest as one, by kind.

    Noise, whole words and everything else (pieces of speech, half-seen words) are kinds of their
    own, so that none of them crowds the others out. Words that are a digit in somebody's mouth
    (`train.vocabulary.DIGITS_OF_SOME`) are left out: they are not the network's mistakes.

    Parameters
    ----------
    model
        From windows to logits, ``[n, labels]``.
    prepared
        The windows.
    part
        How many of a kind are returned, as a share of it (0 to 1); at least one.

    Returns
    -------
    list of numpy.ndarray
        Indices of windows, rising, for each kind there is.
    """
    noise = prepared.labels == LABELS.index(SILENCE)
    other = prepared.labels == LABELS.index(UNKNOWN)
    mined = []
    for kind in (noise, other & _told_apart(prepared), other & (prepared.words == 0)):
        indices = np.flatnonzero(kind)
        if len(indices):
            scores = keyword_scores(model, prepared, indices)
            count = max(1, round(part * len(indices)))
            mined.append(np.sort(indices[np.argsort(-scores, kind="stable")[:count]]))
    return mined


def _told_apart(prepared: Prepared) -> npt.NDArray[np.bool_]:
    """Which windows show a word that nobody says for a digit."""
    spared = [n for n, word in enumerate(prepared.vocabulary, 1) if word in DIGITS_OF_SOME]
    told: npt.NDArray[np.bool_] = (prepared.words > 0) & ~np.isin(prepared.words, spared)
    return told


def keyword_scores(model: "keras.Model", prepared: Prepared, indices: Indices) -> Float32Array:
    """Return the posterior of each window's likeliest keyword, float32 ``[n]``."""
    keywords = np.array([i for i, label in enumerate(LABELS) if label not in (SILENCE, UNKNOWN)])
    scores = []
    for first in range(0, len(indices), AT_ONCE):
        chosen = indices[first : first + AT_ONCE]
        logits = model(prepared.features(chosen)[..., None], training=False).numpy()
        scores.append(softmax(logits)[:, keywords].max(axis=1))
    return np.concatenate(scores)
