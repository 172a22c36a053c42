"""The last seconds of a stream, from which the sound of a word is cut."""

from collections import deque

import numpy as np
import numpy.typing as npt

from recognizer.resampler import SAMPLE_RATE

Float32Array = npt.NDArray[np.float32]

KEPT_S = 6.0
"""Sound kept: a word in a row is decided at most 4.4 s behind its end (seconds)."""


class RecentSound:
    """Samples in; the last of them out. Not thread safe."""

    def __init__(self) -> None:
        self._blocks: deque[Float32Array] = deque()
        self._samples = 0

    def __len__(self) -> int:
        """How many samples are kept."""
        return self._samples

    def add(self, block: Float32Array) -> None:
        """Take the samples that come next, float32 ``[n]``; the oldest are forgotten."""
        # A microphone's block is a view of a buffer that is written to again.
        self._blocks.append(np.array(block, np.float32))
        self._samples += len(block)
        while self._samples - len(self._blocks[0]) >= KEPT_S * SAMPLE_RATE:
            self._samples -= len(self._blocks.popleft())

    def keep_last_block(self) -> None:
        """Forget all but the block that came last: sound was lost before it."""
        while len(self._blocks) > 1:
            self._samples -= len(self._blocks.popleft())

    def last(self, first: int, end: int = 0) -> Float32Array:
        """Return a copy of what lies between two places, as far as it is kept.

        Parameters
        ----------
        first, end
            How many samples before the newest one's end it begins and ends.
        """
        if not self._blocks:
            return np.zeros(0, np.float32)
        joined = np.concatenate(self._blocks)
        stop = len(joined) - min(max(end, 0), len(joined))
        start = len(joined) - min(max(first, 0), len(joined))
        return joined[start:stop].copy()
