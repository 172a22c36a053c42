"""The recognizer's own log-mel windows, cut from a clip as they are cut live."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from recognizer.log_mel import FrontendParameters
from train.live_windows import cut_windows

Float32Array = npt.NDArray[np.float32]

QUIET_S = 0.5
"""Silence before and behind a clip: the cutter decides in quiet that a word is over (seconds)."""


@dataclass(frozen=True, slots=True)
class LiveLogMel:
    """Log-mel of one second, cut where the live cutter sees a word that stands alone.

    A clip gives one example for each such window, and none where the voice detector hears no
    word, as would happen live.
    """

    kind: ClassVar[str] = "log-mel"
    streaming: ClassVar[bool] = True

    @property
    def shape(self) -> tuple[int, ...]:
        """Frames and mel bands of a window."""
        frontend = FrontendParameters()
        return frontend.window_frames, frontend.mel_bands

    def __call__(self, samples: Float32Array) -> Float32Array:
        """Return the normalized windows in which a word stands alone, by time.

        float32 ``[k, frames, bands]``.
        """
        frontend = FrontendParameters()
        quiet = np.zeros(round(QUIET_S * frontend.sample_rate), np.float32)
        stream = np.concatenate((quiet, samples, quiet))
        # A window may be among those of two cuts; live it is scored once, too.
        windows = {end: window for cut, end, window in cut_windows(stream, frontend) if cut.alone}
        nothing = np.zeros((0, *self.shape), np.float32)
        return np.stack([windows[end] for end in sorted(windows)]) if windows else nothing
