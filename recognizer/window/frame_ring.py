"""The last seconds of what the recognizer saw, and where each frame lies in a picture.

A picture of ``width`` pixels shows the whole span; its pixel columns are counted from the start
of the stream, as the frames are, so that a column once painted never changes and scrolling is
only a matter of where to begin.
"""

import math
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from recognizer.events import Observation

LEVELS = 3
"""Levels kept for each frame: energy, noise floor, onset threshold (all dBFS)."""

_SPARE_FRAMES = 4
"""Frames kept beyond the span: the oldest column lies between two frames."""

_BAND_GAIN_DB = 30.0
"""Power of one mel band above the whole level, for noise of equal power in all bands: 45.8 dB of
the transform less 15.7 dB for 37 bands (decibel)."""

_MARGIN_DB = 2.0
"""The darkest colour lies this far above the noise floor's mean power in a band (decibel)."""

_SPAN_DB = 52.0
"""From the darkest colour to the brightest (decibel)."""

_FOLLOWING_S = 1.5
"""Time in which the colours follow a change of the noise floor (seconds)."""

_RECENT_S = 2.0
"""In this time even speech pauses, so that its quietest frame is noise (seconds)."""

_DB_PER_LOG = 10.0 / math.log(10.0)
"""Natural logarithm of power to decibel."""


class Between(NamedTuple):
    """For each pixel column, the two frames that it lies between."""

    lower: npt.NDArray[np.intp]
    """Row of the earlier frame, shape ``[columns]``."""
    upper: npt.NDArray[np.intp]
    """Row of the later frame, shape ``[columns]``."""
    share: npt.NDArray[np.float32]
    """Share of the later frame (0 to 1), shape ``[columns]``."""
    empty: npt.NDArray[np.bool_]
    """Columns without sound, shape ``[columns]``."""
    voiced: npt.NDArray[np.bool_]
    """Columns in a voiced segment, shape ``[columns]``."""


class FrameRing:
    """A ring of frames: the bands' loudness as bytes, and the levels.

    Parameters
    ----------
    bands
        Mel bands in a frame.
    hop_s
        Distance between two frames (seconds).
    seconds
        The span that a picture shows (seconds).
    """

    def __init__(self, bands: int, hop_s: float, seconds: float) -> None:
        self.bands = bands
        self.hop_s = hop_s
        self.frames = max(1, round(seconds / hop_s))
        """Frames in the span."""
        rows = self.frames + _SPARE_FRAMES
        self.loudness = np.zeros((rows, bands), np.uint8)
        """Loudness of each band above the noise (0 to 255), shape ``[rows, bands]``."""
        self.levels = np.empty((rows, LEVELS), np.float32)
        """Energy, noise floor and onset threshold (dBFS), NaN where nothing was heard."""
        self.voiced = np.zeros(rows, np.bool_)
        """Whether a frame lies in a voiced segment, shape ``[rows]``."""
        self.clear()

    def clear(self) -> None:
        """Forget all frames."""
        self.levels.fill(np.nan)
        self.newest = 0
        """Frames from the start of the stream to the end of the newest one."""
        self.empty = True
        """Whether there is no frame at all."""
        self._darkest_db: float | None = None
        self._voice: tuple[float, float] = (0.0, 0.0)

    def add(self, observation: Observation) -> bool:
        """Take the frames of an observation.

        Returns
        -------
        bool
            Whether a new stream began, and the old one was forgotten.
        """
        count = len(observation.log_mel)
        if count == 0:
            return False
        first = round(observation.start / self.hop_s)
        # Behind a gap frames no longer lie at whole hops, and rounding may be off by one.
        if abs(first - self.newest) <= 1 and not self.empty:
            first = self.newest
        restarted = first < self.newest
        if restarted:
            self.clear()
        rows = len(self.levels)
        if not self.empty and first > self.newest:
            lost = np.arange(max(self.newest, first - rows), first) % rows
            self.levels[lost] = np.nan
        kept = min(count, rows)
        arrived = np.arange(first + count - kept, first + count)
        places = arrived % rows
        self.levels[places, 0] = observation.energies_db[-kept:]
        self.levels[places, 1] = observation.floor_db
        self.levels[places, 2] = observation.onset_threshold_db
        self.voiced[places] = (arrived >= self._voice[0]) & (arrived < self._voice[1])
        darkest_db = self._follow(
            observation.floor_db, first + count, min(count, rows) * self.hop_s
        )
        scale = 255.0 / _SPAN_DB
        loudness = observation.log_mel[-kept:] * np.float32(_DB_PER_LOG * scale)
        loudness -= np.float32(darkest_db * scale)
        self.loudness[places] = np.clip(loudness, 0.0, 255.0, out=loudness)
        self.newest = first + count
        self.empty = False
        return restarted

    def head(self, width: int) -> int:
        """Return the first pixel column, counted from the stream's start, yet to be painted."""
        return math.ceil((self.newest - 0.5) * (width / self.frames) - 0.5)

    def column(self, time: float, width: int) -> float:
        """Return the place of a time, in pixel columns from the stream's start."""
        return time / self.hop_s * (width / self.frames)

    def place(self, time: float, width: int) -> float:
        """Return how far from a picture's left edge a time of the stream lies (pixels)."""
        return self.column(time, width) - self.head(width) + width

    def mark_voice(self, start: float, end: float | None) -> float:
        """Note a voiced segment (seconds), in place of one that was still going on.

        Returns
        -------
        float
            Frames behind this time have changed (seconds).
        """
        first = round(start / self.hop_s)
        last = math.inf if end is None else round(end / self.hop_s)
        changed = first
        if self._voice[1] > self.newest:
            changed = min(first, int(self._voice[0]))
            self._flag(changed, self.newest, False)
        self._voice = first, last
        self._flag(first, min(last, self.newest), True)
        return changed * self.hop_s

    def _flag(self, first: float, last: float, voiced: bool) -> None:
        rows = len(self.voiced)
        self.voiced[np.arange(max(first, self.newest - rows), last, dtype=np.intp) % rows] = voiced

    def between(self, first: int, last: int, width: int) -> Between:
        """Return the frames behind the pixel columns ``first`` to ``last``, the latter excluded."""
        places = (np.arange(first, last) + 0.5) * (self.frames / width) - 0.5
        lower = np.floor(places)
        share = (places - lower).astype(np.float32)
        rows = len(self.levels)
        earlier = lower.astype(np.intp) % rows
        later = (earlier + 1) % rows
        lacking = np.isnan(self.levels[:, 0])
        # At the edge of a gap there is only one frame to go by.
        empty = np.where(share < 0.5, lacking[earlier], lacking[later])
        one = np.where(lacking[earlier], later, earlier)
        other = np.where(lacking[later], earlier, later)
        voiced = np.where(share < 0.5, self.voiced[earlier], self.voiced[later])
        return Between(one, other, share, empty, voiced)

    def _follow(self, floor_db: float, newest: int, elapsed_s: float) -> float:
        rows = len(self.levels)
        recent = np.arange(max(newest - rows, newest - round(_RECENT_S / self.hop_s)), newest)
        # The detector begins every stream with the floor of digital silence.
        quietest_db = float(np.fmin.reduce(self.levels[recent % rows, 0]))
        wanted_db = max(floor_db, quietest_db) + _BAND_GAIN_DB + _MARGIN_DB
        if self._darkest_db is None:
            self._darkest_db = wanted_db
        else:
            share = 1.0 - math.exp(-elapsed_s / _FOLLOWING_S)
            self._darkest_db += share * (wanted_db - self._darkest_db)
        return self._darkest_db
