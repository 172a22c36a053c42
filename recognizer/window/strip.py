"""A strip of the scope: pixel columns painted once each, scrolled by copying.

A column is computed when its frames arrive and lies in a ring of pixels as large as the strip
on the screen; a redraw is two plain copies of that ring. That costs a fraction of scaling and
colouring the whole picture each time.
"""

import math
import sys

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QRectF
from PySide6.QtGui import QColor, QFont, QImage, QPainter
from PySide6.QtWidgets import QGraphicsWidget, QStyleOptionGraphicsItem, QWidget

from recognizer.window.frame_ring import Between, FrameRing
from recognizer.window.theme import Theme

Pixels = npt.NDArray[np.uint32]

OPAQUE = np.uint32(0xFF000000)
"""Full alpha in a pixel of 32 bits."""


_BLANK_BORDER = np.float32(0.35)
"""Where there is no sound, so much of the border's colour is mixed into the panel's (0 to 1)."""


def channels(color: str) -> npt.NDArray[np.float32]:
    """Return red, green and blue of a colour, 0 to 255, shape ``[1, 3]``."""
    made = QColor(color)
    return np.array([[made.red(), made.green(), made.blue()]], np.float32)


def shade(
    colors: npt.ArrayLike, theme: Theme, weight: float | npt.NDArray[np.float32] = 1.0
) -> npt.NDArray[np.uint8]:
    """Return colours, shape ``[n, 3]``, as they look in a voiced segment.

    ``weight`` (0 to 1, or shape ``[n, 1]``) tells how much of the shade they take.
    """
    share = np.float32(QColor(theme.voice).alphaF()) * np.asarray(weight, np.float32)
    plain = np.asarray(colors, np.float32)
    return np.rint(plain + (channels(theme.voice) - plain) * share).astype(np.uint8)


def pixels(colors: npt.NDArray[np.uint8]) -> Pixels:
    """Return colours, shape ``[n, 3]``, as pixels of 32 bits, shape ``[n]``."""
    red, green, blue = colors.astype(np.uint32).T
    packed: Pixels = OPAQUE | red << np.uint32(16) | green << np.uint32(8) | blue
    return packed


class PixelRing:
    """Pixel columns, counted from the start of the stream, of which the last are kept.

    Parameters
    ----------
    width, height
        Size (device pixels).
    """

    def __init__(self, width: int, height: int) -> None:
        self.width = width
        self.height = height
        self.head: int | None = None
        """The column after the newest one, or None before the first."""
        self.pixels = np.zeros((height, width), np.uint32)
        # The picture looks into the array; nothing is copied.
        self._image = QImage(self.pixels.data, width, height, 4 * width, QImage.Format.Format_RGB32)

    def write(self, columns: Pixels, head: int) -> None:
        """Put columns, shape ``[height, n]`` with ``n`` up to the width, right before ``head``."""
        count = columns.shape[1]
        start = (head - count) % self.width
        whole = min(count, self.width - start)
        self.pixels[:, start : start + whole] = columns[:, :whole]
        self.pixels[:, : count - whole] = columns[:, whole:]
        self.head = head

    def draw(self, painter: QPainter, ratio: float) -> None:
        """Draw the columns, the oldest at the left, at the painter's origin."""
        seam = (self.head or 0) % self.width
        older = self.width - seam
        height = self.height
        painter.drawImage(
            QRectF(0, 0, older / ratio, height / ratio),
            self._image,
            QRectF(seam, 0, older, height),
        )
        if seam:
            painter.drawImage(
                QRectF(older / ratio, 0, seam / ratio, height / ratio),
                self._image,
                QRectF(0, 0, seam, height),
            )


class Pane(QGraphicsWidget):
    """A part of the scope that scrolls with time."""

    def __init__(self, frames: FrameRing, theme: Theme) -> None:
        super().__init__()
        self.frames = frames
        self.theme = theme
        self._failed = False

    def set_frames(self, frames: FrameRing) -> None:
        """Show other frames."""
        self.frames = frames
        self.update()

    def set_theme(self, theme: Theme) -> None:
        """Take the colours of a theme."""
        self.theme = theme
        self.update()

    def paint(
        self,
        painter: QPainter,
        option: QStyleOptionGraphicsItem,
        widget: QWidget | None = None,
    ) -> None:
        """Paint on whole device pixels, whatever place the layout gave."""
        transform = painter.deviceTransform()
        ratio = transform.m11()
        size = self.size()
        width, height = round(size.width() * ratio), round(size.height() * ratio)
        if width < 1 or height < 1:
            return
        painter.translate(
            (round(transform.dx()) - transform.dx()) / ratio,
            (round(transform.dy()) - transform.dy()) / ratio,
        )
        painter.setClipRect(QRectF(0, 0, width / ratio, height / ratio))
        # An exception that leaves a method which Qt called from another Python method ends the
        # process in PySide 6.11; and once is enough at 30 redraws a second.
        try:
            self.paint_pixels(painter, width, height, ratio)
        except Exception:  # noqa: BLE001
            if not self._failed:
                self._failed = True
                sys.excepthook(*sys.exc_info())

    def paint_pixels(self, painter: QPainter, width: int, height: int, ratio: float) -> None:
        """Paint ``width`` by ``height`` device pixels, ``ratio`` of them to a unit."""
        raise NotImplementedError


class Strip(Pane):
    """A pane made of pixel columns, with the voiced segments shaded."""

    def __init__(self, frames: FrameRing, theme: Theme) -> None:
        super().__init__(frames, theme)
        self.text_font = QFont()
        self.take_colors()
        self._ring: PixelRing | None = None

    def set_font(self, font: QFont) -> None:
        """Write in another font."""
        self.text_font = font
        self.update()

    def set_frames(self, frames: FrameRing) -> None:
        """Show other frames."""
        self.forget()
        super().set_frames(frames)

    def set_theme(self, theme: Theme) -> None:
        """Take the colours of a theme."""
        self.forget()
        super().set_theme(theme)
        self.take_colors()

    def take_colors(self) -> None:
        """Prepare the theme's colours for painting."""
        ground = channels(self.theme.panel)
        mixed = ground + (channels(self.theme.border) - ground) * _BLANK_BORDER
        self._blank = pixels(np.rint(mixed).astype(np.uint8))[0]

    def forget(self) -> None:
        """Paint all columns anew at the next opportunity."""
        self._ring = None

    def forget_since(self, time: float) -> None:
        """Paint the columns behind a time anew (seconds)."""
        ring = self._ring
        if ring is not None and ring.head is not None:
            ring.head = min(ring.head, math.floor(self.frames.column(time, ring.width)))

    def columns(self, first: int, last: int, width: int, height: int, ratio: float) -> Pixels:
        """Return the pixels of the columns ``first`` to ``last``, shape ``[height, n]``."""
        raise NotImplementedError

    def blank(self, columns: Pixels, between: Between) -> Pixels:
        """Take out the columns without sound, in place."""
        if between.empty.any():
            columns[:, between.empty] = self._blank
        return columns

    def paint_pixels(self, painter: QPainter, width: int, height: int, ratio: float) -> None:
        """Paint the columns that are new, then copy all."""
        ring = self._ring
        if ring is None or (ring.width, ring.height) != (width, height):
            ring = self._ring = PixelRing(width, height)
        head = self.frames.head(width)
        count = width if ring.head is None else min(width, head - ring.head)
        if count > 0:
            ring.write(self.columns(head - count, head, width, height, ratio), head)
        ring.draw(painter, ratio)
