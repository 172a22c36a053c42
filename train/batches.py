"""Training batches, drawn from prepared windows and varied a little."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from recognizer.model_metadata import UNKNOWN
from train.prepare import LABELS, Prepared
from train.recipe import FitRecipe

Float32Array = npt.NDArray[np.float32]
Indices = npt.NDArray[np.intp]

Drawn = TypeVar("Drawn")

Batch = tuple[Float32Array, npt.NDArray[np.int32], npt.NDArray[np.int32]]


@dataclass(frozen=True, slots=True)
class Mined:
    """Windows that are drawn more often than others."""

    kinds: Sequence[Indices]
    """Their indices, by kind; every kind is drawn as often."""
    share: float
    """Of a batch."""


class Batches:
    """Draws training batches: classes by their share, windows at random within a class.

    Parameters
    ----------
    prepared
        The windows.
    recipe
        The shares.
    seed
        What the draws start from.
    mined
        Further classes.
    """

    def __init__(
        self, prepared: Prepared, recipe: FitRecipe, seed: int, *, mined: Mined | None = None
    ) -> None:
        self._prepared = prepared
        self._seed = seed
        self._of_class = [np.flatnonzero(prepared.labels == i) for i in range(len(LABELS))]
        keywords = len(LABELS) - len(recipe.share)
        rest = (1.0 - sum(recipe.share.values()) - recipe.vocabulary_share) / keywords
        share = np.array([recipe.share.get(label, rest) for label in LABELS])
        # One more than there are labels: words that are no keyword, but known.
        known = np.flatnonzero((prepared.labels == LABELS.index(UNKNOWN)) & (prepared.words > 0))
        self._of_class.append(known)
        share = np.append(share, recipe.vocabulary_share)
        if mined is not None and mined.kinds:
            self._of_class += mined.kinds
            own = np.full(len(mined.kinds), mined.share / len(mined.kinds))
            share = np.append(share * (1.0 - mined.share), own)
        share[[len(windows) == 0 for windows in self._of_class]] = 0.0
        self._share = share / share.sum()
        self._batch = recipe.batch
        self._shifted_bands = recipe.shifted_bands
        self._blank_stripes = recipe.blank_stripes

    def draw(self, number: int) -> Batch:
        """Draw a batch by its number.

        Returns
        -------
        tuple of numpy.ndarray
            float32 ``[batch, frames, bands, 1]``, and labels and words, int32 ``[batch]``.
        """
        # By its number alone, so that a training that was broken off goes on with the same ones.
        rng = np.random.default_rng((self._seed, number))
        kinds = rng.choice(len(self._share), self._batch, p=self._share)
        chosen = np.array(
            [self._of_class[kind][rng.integers(len(self._of_class[kind]))] for kind in kinds]
        )
        windows = self._prepared.features(chosen)
        shift_bands(rng, windows, self._shifted_bands)
        blank(rng, windows, self._blank_stripes)
        labels = self._prepared.labels[chosen].astype(np.int32)
        return windows[..., None], labels, self._prepared.words[chosen].astype(np.int32)

    def ahead(self, first: int, end: int) -> Iterator[Batch]:
        """Draw batches ``first`` to ``end - 1`` while training goes on; see `drawn_ahead`."""
        numbers = iter(range(first, end))
        return drawn_ahead(lambda: self.draw(next(numbers)), end - first)


def drawn_ahead(draw: Callable[[], Drawn], steps: int) -> Iterator[Drawn]:
    """Draw in a thread of its own, two batches ahead: gathering must not keep training."""
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(1) as pool:
        waiting = [pool.submit(draw) for _ in range(min(2, steps))]
        for step in range(steps):
            batch = waiting.pop(0).result()
            if step + 2 < steps:
                waiting.append(pool.submit(draw))
            yield batch


def shift_bands(rng: np.random.Generator, windows: Float32Array, most: int = 2) -> None:
    """Move half of the windows up or down by at most so many bands, in place."""
    shifts = rng.integers(-most, most + 1, len(windows))
    shifts[rng.random(len(windows)) < 0.5] = 0
    for shift in range(-most, most + 1):
        rows = np.flatnonzero(shifts == shift)
        if shift and len(rows):
            source = np.clip(np.arange(windows.shape[2]) - shift, 0, windows.shape[2] - 1)
            windows[rows] = windows[rows][:, :, source]


def blank(rng: np.random.Generator, windows: Float32Array, stripes: int = 2) -> None:
    """Blank random stripes of bands and as many of frames, in place (SpecAugment [1]_).

    References
    ----------
    .. [1] Park et al., "SpecAugment", Interspeech 2019.
    """
    count, frames, bands = windows.shape
    keep = np.ones((count, frames, bands), bool)
    for length, widest, axis in ((frames, 10, 1), (bands, 6, 2)):
        places = np.arange(length)
        for _ in range(stripes):
            width = rng.integers(0, widest + 1, count)
            first = (rng.random(count) * (length - width + 1)).astype(int)
            inside = (places >= first[:, None]) & (places < (first + width)[:, None])
            keep &= ~(inside[:, :, None] if axis == 1 else inside[:, None, :])
    windows *= keep
