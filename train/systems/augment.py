"""Copies of training clips said slower or faster, lower or higher, by a phase vocoder."""

from dataclasses import replace
from itertools import product

import numpy as np
import numpy.typing as npt

from recognizer.resampler import SAMPLE_RATE, made_safe
from train.errors import DataError
from train.systems.features.whole_clip import at_least
from train.systems.recipe import SystemRecipe

Float32Array = npt.NDArray[np.float32]

UNCHANGED = (1.0, 0.0)
"""The stretch and the shift of a clip as it is."""

_TRANSFORM_SAMPLES = 2048
"""Of librosa's phase vocoder; what is shorter is padded while it is changed (samples)."""


def copies(recipe: SystemRecipe) -> list[tuple[float, float]]:
    """Return the time stretch and the pitch shift (semitones) of each copy.

    Every stretch with every shift; the unchanged clip is always there, and comes first.

    Raises
    ------
    DataError
        If the recipe has no ``[augment]``.
    """
    if recipe.augment is None:
        raise DataError(
            f"The recipe {recipe.name} cannot be augmented: it has no [augment] with time_stretch "
            "and pitch_shift."
        )
    pairs = product(recipe.augment["time_stretch"], recipe.augment["pitch_shift"])
    return list(dict.fromkeys([UNCHANGED, *((float(a), float(b)) for a, b in pairs)]))


def for_copies(recipe: SystemRecipe) -> SystemRecipe:
    """Return a recipe for learning from copies: an epoch is longer, so there are fewer.

    As many steps are made, about, as without copies. Patience is counted in epochs, and gets
    shorter alike; two epochs at least.

    Raises
    ------
    DataError
        As `copies`.
    """
    times = len(copies(recipe))
    training = recipe.training
    return replace(
        recipe,
        training=replace(
            training,
            epochs=-(-training.epochs // times),
            patience=max(2, -(-training.patience // times)),
        ),
    )


def augmented(samples: Float32Array, stretch: float, semitones: float) -> Float32Array:
    """Return a clip played `stretch` times as fast, and `semitones` higher.

    Neither changes the other: the pitch stays when the pace changes, and the pace when the pitch
    does. Formants go along with the pitch, as if somebody smaller spoke.

    Parameters
    ----------
    samples
        float32 mono at 16 kHz, shape ``[n]``.
    stretch
        Above 1 is faster.
    semitones
        Above 0 is higher.

    Returns
    -------
    numpy.ndarray
        float32 ``[round(n / stretch)]``, in [-1, 1]; the samples themselves where nothing changes.

    See Also
    --------
    librosa.effects.time_stretch, librosa.effects.pitch_shift
    """
    if (stretch, semitones) == UNCHANGED or len(samples) == 0:
        return samples
    import librosa

    changed = at_least(samples, _TRANSFORM_SAMPLES)
    if stretch != 1.0:
        changed = librosa.effects.time_stretch(changed, rate=stretch)
    if semitones != 0.0:
        # A copy made faster may have become shorter than a transform.
        changed = at_least(changed, _TRANSFORM_SAMPLES)
        changed = librosa.effects.pitch_shift(changed, sr=SAMPLE_RATE, n_steps=semitones)
    length = round(len(samples) / stretch)
    return made_safe(np.ascontiguousarray(at_least(changed, length)[:length], np.float32))
