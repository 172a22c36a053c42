"""The level trace of the scope: why a word was, or was not, heard.

The energy that the voice detector goes by, with its noise floor and the threshold at which
voice begins, each with its own history.
"""

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QPointF
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QStaticText

from recognizer.window.frame_ring import LEVELS, FrameRing
from recognizer.window.strip import OPAQUE, Pixels, Strip, channels, shade
from recognizer.window.theme import Theme

BOTTOM_DB = -90.0
"""Lower end of the trace; its upper end is 0 (dBFS)."""

NAMES = "level", "noise floor", "voice begins"
"""What the lines are called: level, floor, onset threshold."""

_LINE_PIXELS = np.array([1.4, 1.0, 1.4], np.float32)
"""Thickness of the lines: level, floor, onset threshold (pixels of 1/96 inch)."""

_FILL = np.float32(0.22)
"""How strongly the area below the level is coloured (0 to 1)."""

Float32Array = npt.NDArray[np.float32]


def coverage(rows: Float32Array, thickness: Float32Array, height: int) -> Float32Array:
    """Return how much of each pixel a line covers.

    Parameters
    ----------
    rows
        Height of each line in each column, from the top, NaN where it has none, shape
        ``[lines, n + 1]`` (pixels); the first column is where the line comes from.
    thickness
        Of each line, shape ``[lines]`` (pixels).
    height
        Of the picture (pixels).

    Returns
    -------
    numpy.ndarray
        0 to 1, shape ``[lines, height, n]``.
    """
    half = 0.5 * thickness[:, None]
    top = np.fmin(rows[:, 1:], rows[:, :-1]) - half
    bottom = np.fmax(rows[:, 1:], rows[:, :-1]) + half
    edges = np.arange(height, dtype=np.float32)[:, None]
    covered = np.minimum(edges + 1.0, bottom[:, None]) - np.maximum(edges, top[:, None])
    # fmax makes 0 of NaN.
    return np.asarray(np.fmin(np.fmax(covered, 0.0, out=covered), 1.0, out=covered), np.float32)


class LevelTrace(Strip):
    """Energy, floor and onset threshold over time, from `BOTTOM_DB` to 0 dBFS."""

    def __init__(self, frames: FrameRing, theme: Theme) -> None:
        super().__init__(frames, theme)
        self.set_font(QFont())

    def take_colors(self) -> None:
        """Prepare the theme's colours for painting."""
        super().take_colors()
        theme = self.theme
        panel = channels(theme.panel)
        self._panel = panel.reshape(3, 1, 1)
        self._shaded = shade(panel, theme).astype(np.float32).reshape(3, 1, 1)
        self._lines = [
            channels(c).reshape(3, 1, 1) for c in (theme.level, theme.floor, theme.onset)
        ]

    def set_font(self, font: QFont) -> None:
        """Write in another font."""
        self._space = QFontMetricsF(font).averageCharWidth()
        self._names = [QStaticText(name) for name in NAMES]
        for name in self._names:
            name.prepare(font=font)
        super().set_font(font)

    def columns(self, first: int, last: int, width: int, height: int, ratio: float) -> Pixels:
        """Return the pixels of the columns ``first`` to ``last``, shape ``[height, n]``."""
        # One column more at the left: lines begin where they were.
        between = self.frames.between(first - 1, last, width)
        low = self.frames.levels[between.lower]
        levels = low + (self.frames.levels[between.upper] - low) * between.share[:, None]
        levels[between.empty] = np.nan
        rows = np.clip(levels.T * np.float32(height / BOTTOM_DB), 0.5, height - 0.5)
        covered = coverage(rows, _LINE_PIXELS * np.float32(ratio), height)
        mixed = np.empty((3, height, last - first), np.float32)
        mixed[:] = np.where(between.voiced[1:], self._shaded, self._panel)
        energy, floor, onset = range(LEVELS)
        below = np.fmax(rows[energy, 1:], 0.0) < np.arange(height)[:, None]
        for line, share in (
            (energy, below * _FILL),
            (floor, covered[floor]),
            (onset, covered[onset]),
            (energy, covered[energy]),
        ):
            mixed += (self._lines[line] - mixed) * share
        red, green, blue = (mixed + np.float32(0.5)).astype(np.uint32)
        packed = OPAQUE | red << np.uint32(16) | green << np.uint32(8) | blue
        return self.blank(packed, between._replace(empty=between.empty[1:]))

    def paint_pixels(self, painter: QPainter, width: int, height: int, ratio: float) -> None:
        """Paint the lines, and name them."""
        super().paint_pixels(painter, width, height, ratio)
        if self.frames.empty:
            return
        painter.setFont(self.text_font)
        left = 0.0
        colors = self.theme.level, self.theme.floor, self.theme.onset
        for name, color in zip(self._names, colors, strict=True):
            left += self._space
            painter.setPen(QColor(color))
            painter.drawStaticText(QPointF(left, 0.0), name)
            left += name.size().width()
