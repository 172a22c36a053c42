"""The spectrogram of the scope: log-mel through a perceptual colour map."""

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QPainter

from recognizer.window.frame_ring import FrameRing
from recognizer.window.strip import Pixels, Strip, pixels, shade
from recognizer.window.theme import MAP_SIZE, Theme


def spread(loudness: npt.NDArray[np.float32], height: int) -> npt.NDArray[np.intp]:
    """Interpolate between mel bands, so that the lowest lies at the bottom.

    Parameters
    ----------
    loudness
        0 to 255, shape ``[n, bands]``.
    height
        Pixels that the bands are spread over; each band has the same share.

    Returns
    -------
    numpy.ndarray
        0 to 255, shape ``[height, n]``.
    """
    bands = loudness.shape[1]
    places = (height - 0.5 - np.arange(height)) * (bands / height) - 0.5
    places = np.clip(places, 0.0, bands - 1.0)
    lower = places.astype(np.intp)
    upper = np.minimum(lower + 1, bands - 1)
    share = (places - lower).astype(np.float32)[:, None]
    by_band = loudness.T
    low = by_band[lower]
    spread_out = by_band[upper]
    spread_out -= low
    spread_out *= share
    spread_out += low
    return np.asarray(spread_out, np.intp)


class Spectrogram(Strip):
    """Frequency over time; each mel band has the same height."""

    def __init__(self, frames: FrameRing, theme: Theme) -> None:
        super().__init__(frames, theme)
        self._hint = ""

    def set_hint(self, text: str) -> None:
        """Write a hint in the middle as long as there is no sound."""
        self._hint = text
        self.update()

    def take_colors(self) -> None:
        """Prepare the theme's colours for painting."""
        super().take_colors()
        plain = self.theme.colors
        # Only quiet places are shaded: what is loud keeps its colour.
        quietness = np.linspace(1.0, 0.0, MAP_SIZE, dtype=np.float32)[:, None]
        self._colors = pixels(np.concatenate((plain, shade(plain, self.theme, quietness))))

    def columns(self, first: int, last: int, width: int, height: int, ratio: float) -> Pixels:
        """Return the pixels of the columns ``first`` to ``last``, shape ``[height, n]``."""
        between = self.frames.between(first, last, width)
        low = self.frames.loudness[between.lower].astype(np.float32)
        loudness = self.frames.loudness[between.upper].astype(np.float32)
        loudness -= low
        loudness *= between.share[:, None]
        loudness += low
        places = spread(loudness, height)
        places[:, between.voiced] += MAP_SIZE
        return self.blank(self._colors[places], between)

    def paint_pixels(self, painter: QPainter, width: int, height: int, ratio: float) -> None:
        """Paint the sound, or the hint."""
        super().paint_pixels(painter, width, height, ratio)
        if self.frames.empty and self._hint:
            painter.setFont(self.text_font)
            painter.setPen(QColor(self.theme.faint_text))
            whole = QRectF(0, 0, width / ratio, height / ratio)
            flags = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
            painter.drawText(whole, flags, self._hint)
