"""Any sample rate to the recognizer's, streaming, and samples that are safe to compute with."""

import numpy as np
import numpy.typing as npt

Float32Array = npt.NDArray[np.float32]

SAMPLE_RATE = 16_000
"""The rate of all sound inside the recognizer (Hertz)."""


class Resampler:
    """Streaming conversion to `SAMPLE_RATE` with soxr; blocks of any size in, some samples out.

    Its output depends on the samples alone, not on the blocks they came in. At most some tens
    of milliseconds stay inside until `finish`.

    Parameters
    ----------
    sample_rate
        The rate of what comes in (Hertz).
    """

    def __init__(self, sample_rate: float) -> None:
        self._stream = None
        if sample_rate != SAMPLE_RATE:
            # Imported here, because most microphones and files need no resampling.
            import soxr

            self._stream = soxr.ResampleStream(sample_rate, SAMPLE_RATE, 1, dtype="float32")

    def process(self, block: Float32Array) -> Float32Array:
        """Take float32 mono samples, shape ``[n]``; return those that are ready, in [-1, 1]."""
        return block if self._stream is None else self._resample(block, last=False)

    def finish(self) -> Float32Array:
        """Return the samples that were still inside. Nothing may be processed afterwards."""
        nothing = np.zeros(0, np.float32)
        return nothing if self._stream is None else self._resample(nothing, last=True)

    def _resample(self, block: Float32Array, *, last: bool) -> Float32Array:
        assert self._stream is not None
        # Band limiting overshoots at the edges of clipped sound.
        return made_safe(self._stream.resample_chunk(np.ascontiguousarray(block), last=last))


def made_safe(block: Float32Array) -> Float32Array:
    """Replace NaN by 0 and clip everything else, infinity included, to [-1, 1].

    Parameters
    ----------
    block
        float32 samples of any shape.

    Returns
    -------
    numpy.ndarray
        The same array if nothing was wrong with it, else a mended copy.
    """
    # A comparison with NaN is false, so that one pass finds every kind of trouble.
    if block.size == 0 or (block.min() >= -1.0 and block.max() <= 1.0):
        return block
    return np.clip(np.nan_to_num(block, posinf=1.0, neginf=-1.0), -1.0, 1.0)
