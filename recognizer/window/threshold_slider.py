"""The threshold, with the last words' scores drawn where they fell."""

from collections import deque

from PySide6.QtCore import QPointF, QRectF, QSignalBlocker, QSize, Qt, Signal
from PySide6.QtGui import QColor, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QSizePolicy, QSlider, QWidget

from recognizer.window.theme import LIGHT, Theme

KEPT_SCORES = 20
"""Scores drawn at most; the oldest goes first."""
STEPS = 100
"""Steps between the thresholds 0 and 1."""
_PAGE = 10
"""Steps of the keys Page Up and Page Down."""
_OLDEST_OPACITY = 0.25

# Sizes in line heights of the font.
_HEIGHT = 1.7
_GROOVE = 0.7
_DOT = 0.42
_HANDLE = 0.36
_HANDLE_HEIGHT = 1.3
_TICK = 0.22


class _ScoreSlider(QSlider):
    """A slider of `STEPS` steps, drawn by hand over the scores; a click moves it there."""

    reset_wanted = Signal()

    def __init__(self, parent: QWidget) -> None:
        super().__init__(Qt.Orientation.Horizontal, parent)
        self.theme = LIGHT
        self.scores: deque[tuple[float, bool]] = deque(maxlen=KEPT_SCORES)
        self.default = 0.5
        self._grip = 0.0
        self.setRange(0, STEPS)
        self.setSingleStep(1)
        self.setPageStep(_PAGE)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setMinimumWidth(6 * self.fontMetrics().height())

    def sizeHint(self) -> QSize:  # noqa: N802
        em = self.fontMetrics().height()
        return QSize(12 * em, round(_HEIGHT * em))

    def minimumSizeHint(self) -> QSize:  # noqa: N802
        em = self.fontMetrics().height()
        return QSize(6 * em, round(_HEIGHT * em))

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        if event.button() != Qt.MouseButton.LeftButton:
            event.ignore()
            return
        distance = event.position().x() - self._x(self.value() / STEPS)
        on_handle = abs(distance) <= _HANDLE * self.fontMetrics().height()
        self._grip = distance if on_handle else 0.0
        self.setSliderDown(True)
        self._drag(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        if self.isSliderDown():
            self._drag(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        self.setSliderDown(False)
        self.update()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        if event.button() == Qt.MouseButton.LeftButton:
            self.reset_wanted.emit()

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        theme = self.theme
        em = self.fontMetrics().height()
        middle = self.height() / 2
        threshold = self._x(self.value() / STEPS)
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)

        groove = QRectF(em / 2, middle - _GROOVE * em / 2, self.width() - em, _GROOVE * em)
        painter.setBrush(QColor(theme.panel))
        painter.setPen(QColor(theme.border))
        painter.drawRoundedRect(groove, groove.height() / 2, groove.height() / 2)
        painter.setPen(Qt.PenStyle.NoPen)
        accepted = QRectF(groove)
        accepted.setLeft(threshold)
        painter.setClipRect(accepted)
        painter.setBrush(_faded(theme.accent, 0.25))
        painter.drawRoundedRect(groove, groove.height() / 2, groove.height() / 2)
        painter.setClipping(False)

        at = self._x(self.default)
        painter.setPen(QPen(QColor(theme.faint_text), max(1.0, em / 9)))
        painter.drawLine(
            QPointF(at, groove.bottom() + 2), QPointF(at, groove.bottom() + 2 + _TICK * em)
        )
        self._paint_scores(painter, middle, _DOT * em / 2)

        painter.setPen(QPen(QColor(theme.window), max(1.0, em / 12)))
        painter.setBrush(QColor(theme.accent))
        width = _HANDLE * em * (1.3 if self.isSliderDown() else 1.0)
        handle = QRectF(0, 0, width, _HANDLE_HEIGHT * em)
        handle.moveCenter(QPointF(threshold, middle))
        painter.drawRoundedRect(handle, width / 2, width / 2)
        if self.hasFocus():
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(QColor(theme.text), max(1.0, em / 9)))
            painter.drawRoundedRect(handle, width / 2, width / 2)
        painter.end()

    def _paint_scores(self, painter: QPainter, middle: float, radius: float) -> None:
        for age, (confidence, was_accepted) in enumerate(reversed(self.scores)):
            opacity = 1.0 - (1.0 - _OLDEST_OPACITY) * age / KEPT_SCORES
            center = QPointF(self._x(confidence), middle)
            if was_accepted:
                painter.setPen(Qt.PenStyle.NoPen)
                painter.setBrush(_faded(self.theme.accent, opacity))
            else:
                # A ring, so that the two kinds differ in more than their colour.
                painter.setPen(QPen(_faded(self.theme.rejected, opacity), radius / 2))
                painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawEllipse(center, radius, radius)

    def _x(self, share: float) -> float:
        em = self.fontMetrics().height()
        inset = (1 + _GROOVE) * em / 2
        return inset + share * (self.width() - 2 * inset)

    def _drag(self, event: QMouseEvent) -> None:
        start, end = self._x(0.0), self._x(1.0)
        share = (event.position().x() - self._grip - start) / max(end - start, 1.0)
        self.setSliderPosition(round(STEPS * min(max(share, 0.0), 1.0)))
        self.update()


class ThresholdSlider(QWidget):
    """Sets the least confidence of a keyword, in steps of 0.01.

    The arrow keys move it by 0.01, Page Up and Page Down by 0.1; a double click, or the button
    Reset, brings the model's own threshold back.

    Parameters
    ----------
    parent
        The window.
    """

    changed = Signal(float)
    """The threshold (0 to 1), at once while the user moves it; not after `set_value`."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._value = self._default = 0.5
        tip = (
            "How sure the recognizer must be before a word counts: further right there are fewer "
            "false alarms, further left fewer misses. The dots are the last words' scores, "
            "the rings those refused. Double-click for the model's own threshold, the small mark."
        )
        self._slider = _ScoreSlider(self)
        self._slider.setAccessibleName("Threshold in percent")
        self._slider.setAccessibleDescription(tip)
        self._slider.setToolTip(tip)
        self._slider.valueChanged.connect(self._moved)
        self._slider.reset_wanted.connect(self.reset)
        self._label = QLabel(self)
        self._label.setToolTip("The threshold")
        self._label.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self._label.setMinimumWidth(self.fontMetrics().horizontalAdvance("0.00") + 2)
        self._reset = QPushButton("Reset", self)
        self._reset.setAccessibleName("Reset the threshold")
        self._reset.clicked.connect(self.reset)

        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self._slider, 1)
        row.addWidget(self._label)
        row.addWidget(self._reset)
        self.setFocusProxy(self._slider)
        self._show()

    @property
    def value(self) -> float:
        """The threshold (0 to 1)."""
        return self._value

    @property
    def default(self) -> float:
        """The model's own threshold (0 to 1)."""
        return self._default

    def set_value(self, value: float) -> None:
        """Move to a threshold without telling anybody.

        Raises
        ------
        ValueError
            Outside 0 to 1.
        """
        self._value = _checked(value)
        self._show()

    def set_default(self, value: float) -> None:
        """Mark the model's own threshold, which `reset` returns to.

        Raises
        ------
        ValueError
            Outside 0 to 1.
        """
        self._default = _checked(value)
        self._slider.default = value
        self._reset.setToolTip(f"Back to the model's own threshold, {value:.2f}")
        self._slider.update()
        self._show()

    def reset(self) -> None:
        """Return to the model's own threshold, and tell if it was another."""
        if self._value != self._default:
            self._value = self._default
            self._show()
            self.changed.emit(self._value)

    def add_score(self, confidence: float, accepted: bool) -> None:
        """Draw the score of a word (0 to 1) and whether it counted."""
        self._slider.scores.append((min(max(confidence, 0.0), 1.0), accepted))
        self._slider.update()

    def clear_scores(self) -> None:
        """Forget the scores, as when another model is used."""
        self._slider.scores.clear()
        self._slider.update()

    def set_theme(self, theme: Theme) -> None:
        """Take other colours."""
        self._slider.theme = theme
        self._slider.update()

    def _moved(self, steps: int) -> None:
        self._value = steps / STEPS
        self._show()
        self.changed.emit(self._value)

    def _show(self) -> None:
        with QSignalBlocker(self._slider):
            self._slider.setValue(round(STEPS * self._value))
        self._label.setText(f"{self._value:.2f}")
        self._reset.setEnabled(self._value != self._default)


def _checked(value: float) -> float:
    if not 0.0 <= value <= 1.0:
        raise ValueError(f"threshold {value!r} is not between 0 and 1")
    return value


def _faded(color: str, opacity: float) -> QColor:
    made = QColor(color)
    made.setAlphaF(opacity)
    return made
