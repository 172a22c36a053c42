"""The scores of all classes, as bars."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import (
    QColor,
    QFont,
    QFontMetricsF,
    QPainter,
    QPaintEvent,
    QResizeEvent,
    QStaticText,
)
from PySide6.QtWidgets import QWidget

from recognizer.model_metadata import SILENCE, UNKNOWN
from recognizer.window.theme import LIGHT, Theme, blend

NO_WORDS = UNKNOWN, SILENCE
"""Classes that are no words; they come last, in grey."""

_SMALL = 0.85
"""Size of the labels over the application's font."""

_FADING = 0.75
"""What a redraw leaves of old scores: after half a second at 30 redraws a second, 1 %."""

_NOTHING = 0.004
"""Scores below this are shown as 0: less than a pixel (0 to 1)."""

_LEAST_BEST = 0.05
"""The highest score is highlighted from here on (0 to 1)."""


class ScoreBars(QWidget):
    """A horizontal bar for each class, the highest highlighted, and the threshold as a line.

    It never repaints by itself: `redraw` does, when there is something new to show.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = LIGHT
        self._threshold = 0.0
        self._fading = False
        self._changed = False
        self._order: npt.NDArray[np.intp] = np.zeros(0, np.intp)
        self._labels: list[str] = []
        self._scores = np.zeros(0, np.float32)
        self.setAccessibleName("Scores of all words")
        self.setToolTip("How sure the model is of each word; the line is the threshold.")
        self.set_labels(())

    @property
    def labels(self) -> list[str]:
        """The classes from top to bottom."""
        return list(self._labels)

    @property
    def scores(self) -> npt.NDArray[np.float32]:
        """What the bars show (0 to 1), from top to bottom."""
        return self._scores.copy()

    def set_labels(self, labels: Sequence[str]) -> None:
        """Show these classes, in the order in which scores will come."""
        order = sorted(
            range(len(labels)),
            key=lambda i: NO_WORDS.index(labels[i]) if labels[i] in NO_WORDS else -1,
        )
        self._order = np.array(order, np.intp)
        self._labels = [labels[i] for i in order]
        self._scores = np.zeros(len(labels), np.float32)
        self._fading = False
        self._arrange()
        self.updateGeometry()

    def set_scores(self, posteriors: npt.NDArray[np.float32] | None) -> None:
        """Show the posteriors of all classes (0 to 1); None lets the old ones fade.

        Raises
        ------
        ValueError
            If there is not one for each label.
        """
        if posteriors is None:
            self._fading = True
            return
        if posteriors.shape != self._scores.shape:
            raise ValueError(f"{len(self._scores)} scores expected, not {posteriors.shape}.")
        self._scores[:] = posteriors[self._order]
        self._fading = False
        self._changed = True
        best = int(self._scores.argmax()) if len(self._scores) else -1
        if best >= 0:
            percent = f"{100.0 * self._scores[best]:.0f} %"
            self.setAccessibleDescription(f"{self._labels[best]}, {percent}")

    def set_threshold(self, value: float) -> None:
        """Draw the threshold here (0 to 1)."""
        if value != self._threshold:
            self._threshold = value
            self._changed = True

    def set_theme(self, theme: Theme) -> None:
        """Take the colours of a theme."""
        self._theme = theme
        self.update()

    def redraw(self) -> None:
        """Let old scores fade a step, and repaint if anything has changed."""
        if self._fading:
            self._changed = True
            self._scores *= np.float32(_FADING)
            self._scores[self._scores < _NOTHING] = 0.0
            self._fading = bool(self._scores.any())
        if self._changed:
            self._changed = False
            self.update()

    def sizeHint(self) -> QSize:  # noqa: N802
        """Return a size at which bars can be compared."""
        line = self.fontMetrics().height()
        return QSize(14 * line, max(1, len(self._labels)) * line)

    def minimumSizeHint(self) -> QSize:  # noqa: N802
        """Return the least size at which labels can be read."""
        height = QFontMetricsF(self._small_font()).height()
        return QSize(round(9 * height), round(max(1, len(self._labels)) * height))

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        """Fit the labels to the new size."""
        super().resizeEvent(event)
        self._arrange()

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802
        """Follow the application's font."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange:
            self._arrange()

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        """Paint labels, bars and threshold."""
        theme = self._theme
        painter = QPainter(self)
        painter.fillRect(self.rect(), QColor(theme.window))
        if not self._labels:
            return
        painter.setFont(self._font)
        row = self.height() / len(self._labels)
        left = self._label_width
        length = max(1.0, self.width() - left - self._value_width)
        thickness = max(2.0, round(0.55 * row))
        best = int(self._scores.argmax())
        if self._scores[best] < _LEAST_BEST:
            best = -1
        track = QColor(blend(theme.window, theme.border, 0.5))
        for index, (text, score) in enumerate(zip(self._texts, self._scores.tolist(), strict=True)):
            word = self._labels[index] not in NO_WORDS
            strong = theme.accent if word else theme.rejected
            middle = (index + 0.5) * row
            painter.setPen(QColor(theme.text if index == best and word else theme.faint_text))
            painter.drawStaticText(QPointF(0.0, middle - 0.5 * self._text_height), text)
            top = round(middle - 0.5 * thickness)
            painter.fillRect(QRectF(left, top, length, thickness), track)
            bar = QRectF(left, top, length * min(1.0, score), thickness)
            color = strong if index == best else blend(theme.window, strong, 0.5)
            painter.fillRect(bar, QColor(color))
            if index == best:
                painter.setPen(QColor(strong))
                place = QRectF(left + length, index * row, self._value_width, row)
                flags = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
                painter.drawText(place, flags, f"{100.0 * score:.0f} %")
        at = round(left + length * self._threshold)
        painter.fillRect(QRectF(at, 0, 1, self.height()), QColor(theme.onset))
        painter.end()

    def _small_font(self) -> QFont:
        font = QFont(self.font())
        font.setPointSizeF(_SMALL * font.pointSizeF())
        return font

    def _arrange(self) -> None:
        """Lay out the labels, in a smaller font where their rows are too low for them."""
        font = self._small_font()
        row = self.height() / max(1, len(self._labels))
        excess = QFontMetricsF(font).height() / max(1.0, row)
        if excess > 1.0:
            font.setPointSizeF(font.pointSizeF() / excess)
        self._font = font
        metrics = QFontMetricsF(font)
        self._text_height = metrics.height()
        gap = metrics.averageCharWidth()
        widest = max(map(metrics.horizontalAdvance, self._labels), default=0.0)
        room = 0.5 * self.width()
        self._label_width = round(min(widest, room) + gap)
        self._value_width = round(metrics.horizontalAdvance("100 %") + gap)
        self._texts = []
        for label in self._labels:
            text = QStaticText(metrics.elidedText(label, Qt.TextElideMode.ElideRight, room))
            text.setTextFormat(Qt.TextFormat.PlainText)
            text.prepare(font=font)
            self._texts.append(text)
        self.update()
