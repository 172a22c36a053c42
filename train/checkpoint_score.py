"""What decides between the checkpoints of a training: keywords found where few others pass."""

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from recognizer.model_metadata import SILENCE, UNKNOWN
from train.prepare import LABELS, Prepared

if TYPE_CHECKING:
    import keras

Float32Array = npt.NDArray[np.float32]

FALSE_ACCEPTS = 0.03
"""Share of the windows without a keyword that may score as one where checkpoints are compared."""

WINDOWS = 12_000
"""Windows of the validation speakers that choose the checkpoint, the same every time."""


def validation_windows(prepared: Prepared) -> tuple[Float32Array, npt.NDArray[np.uint8]]:
    """Return the first two arguments of `validate` behind the network."""
    rng = np.random.default_rng(0)
    count = min(WINDOWS, len(prepared.labels))
    chosen = np.sort(rng.choice(len(prepared.labels), count, replace=False))
    return prepared.features(chosen)[..., None], prepared.labels[chosen]


def validate(
    model: "keras.Model", windows: Float32Array, labels: npt.NDArray[np.uint8]
) -> tuple[float, float]:
    """Return the cross entropy, every class weighing the same, and `train.fit.Progress.found`."""
    import tensorflow as tf

    parts = [model(windows[i : i + 1024], training=False) for i in range(0, len(windows), 1024)]
    logits = tf.concat(parts, 0).numpy()
    shifted = logits - logits.max(axis=1, keepdims=True)
    log_posteriors = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    loss = -log_posteriors[np.arange(len(labels)), labels]
    present = np.unique(labels)
    return (
        float(np.mean([loss[labels == label].mean() for label in present])),
        found_at(np.exp(log_posteriors), labels),
    )


def found_at(
    posteriors: Float32Array,
    labels: npt.NDArray[np.uint8],
    *,
    false_accepts: float = FALSE_ACCEPTS,
) -> float:
    """Share of the keywords found where few other windows pass for one.

    Parameters
    ----------
    posteriors
        float32 ``[n, labels]``.
    labels
        ``[n]``, indices into `LABELS`.
    false_accepts
        The share of the windows without a keyword whose best keyword may pass (0 to 1).

    Returns
    -------
    float
        Mean over the keywords there are; 0 where there is none, or a posterior is no number.
    """
    is_keyword = np.array([label not in (SILENCE, UNKNOWN) for label in LABELS])
    if not np.isfinite(posteriors).all():
        return 0.0
    keywords = np.flatnonzero(is_keyword)
    scores = posteriors[:, keywords]
    best, likeliest = scores.max(axis=1), keywords[scores.argmax(axis=1)]
    other = ~is_keyword[labels]
    threshold = np.quantile(best[other], 1.0 - false_accepts) if other.any() else 0.0
    right = (best > threshold) & (likeliest == labels)
    shares = [right[labels == label].mean() for label in np.unique(labels[~other])]
    return float(np.mean(shares)) if shares else 0.0
