"""Training windows drawn from prepared strings, each a little different every time."""

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from recognizer.log_mel import FrontendParameters, normalize
from train.batches import blank, drawn_ahead, shift_bands
from train.connected.prepare import Prepared
from train.connected.reach import REACH_STEPS, STEP_FRAMES

Float32Array = npt.NDArray[np.float32]

TEMPO = (0.8, 1.3)
"""Speech is made slower or faster by as much, its pitch kept."""
TEMPO_SHARE = 0.6
"""Share of the windows whose tempo changes."""

Batch = tuple[Float32Array, npt.NDArray[np.int32]]


class Batches:
    """Draws windows at random places.

    Parameters
    ----------
    prepared
        The strings.
    frontend
        With the length of the windows.
    batch
        Windows in a batch.
    seed
        What the draws start from.
    """

    def __init__(
        self, prepared: Prepared, frontend: FrontendParameters, batch: int, seed: int
    ) -> None:
        self._prepared = prepared
        self._frontend = frontend
        self._batch = batch
        self._rng = np.random.default_rng(seed)

    def draw(self) -> Batch:
        """Return float32 ``[batch, frames, bands, 1]`` and labels, int32 ``[batch, steps]``."""
        rng, frames = self._rng, self._frontend.window_frames
        windows = np.empty((self._batch, frames, self._frontend.mel_bands), np.float32)
        labels = np.empty((self._batch, frames // STEP_FRAMES), np.int32)
        for row in range(self._batch):
            tempo = float(rng.uniform(*TEMPO)) if rng.random() < TEMPO_SHARE else 1.0
            length = int(np.ceil((frames - 1) * tempo)) + 2
            first = int(rng.integers(0, len(self._prepared.labels) - length))
            at = np.arange(frames) * tempo
            below = at.astype(int)
            part = np.asarray(self._prepared.features[first : first + length], np.float32)
            share = (at - below).astype(np.float32)[:, None]
            windows[row] = part[below] * (1.0 - share) + part[below + 1] * share
            middle = np.rint(at[::STEP_FRAMES] + tempo / 2).astype(int)
            labels[row] = self._prepared.labels[first + middle]
        normal = normalize(windows, self._frontend)
        shift_bands(rng, normal)
        blank(rng, normal)
        return normal[..., None], labels

    def ahead(self, steps: int) -> Iterator[Batch]:
        """Draw while training goes on; see `train.fit.drawn_ahead`."""
        return drawn_ahead(self.draw, steps)


def held_windows(prepared: Prepared, frontend: FrontendParameters) -> Batch:
    """Cut the strings into windows, as they are, for validation."""
    frames = frontend.window_frames
    count = len(prepared.labels) // frames
    features = np.asarray(prepared.features[: count * frames], np.float32)
    windows = normalize(features.reshape(count, frames, -1), frontend)
    labels = prepared.labels[: count * frames].reshape(count, frames)[
        :, STEP_FRAMES // 2 :: STEP_FRAMES
    ]
    return windows[..., None], labels.astype(np.int32)


def judged_steps(steps: int) -> slice:
    """Return the steps of a window that are trained on and used: the ends see too little."""
    return slice(REACH_STEPS // 2, steps - REACH_STEPS // 2)
