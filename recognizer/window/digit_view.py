"""The last digit, huge, fading with age."""

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QWidget

from recognizer.window.figures import figure
from recognizer.window.theme import LIGHT, Theme, blend

FADING_S = 4.0
"""Age at which a word has its faintest tone (seconds)."""

_TONES = 24
"""Steps from the freshest tone to the faintest; each costs one repaint."""

_REFERENCE_PIXELS = 100
"""Font size at which texts are measured (pixels)."""

_CAPTION = 1.25
"""Size of the caption over the application's font."""

_FAINTEST = 0.7
"""The oldest digit takes so much of the faint text's colour (0 to 1)."""

_MARGIN = 0.06
"""Free space around the digit, of the widget's smaller side."""


def tone_of(theme: Theme, faded: float) -> str:
    """Return the colour of a digit that has faded so far (0 to 1).

    The faintest tone still has the contrast of 3:1 that large text needs (WCAG 2.2, 1.4.3).
    """
    return blend(theme.accent, blend(theme.window, theme.faint_text, _FAINTEST), faded)


class DigitView(QWidget):
    """The last recognized word as large as the widget allows, its confidence below.

    It never repaints by itself: `redraw` does, when the tone has to change.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = LIGHT
        self._text = ""
        self._caption = ""
        self._hint = ""
        self._tone = 0
        self._big = QFont()
        self._big_at = QPointF()
        self._caption_rect = QRectF()
        self.setAccessibleName("Last word")
        self.setToolTip("The last word that was recognized, and how sure the model was of it.")

    @property
    def text(self) -> str:
        """What is written large: a digit as a figure, any other word as it is."""
        return self._text

    @property
    def caption(self) -> str:
        """What is written below."""
        return self._caption

    @property
    def tone(self) -> float:
        """How far the word has faded, from 0 (fresh) to 1."""
        return self._tone / _TONES

    def show_word(self, label: str, confidence: float) -> None:
        """Show a word with its confidence (0 to 1), fresh."""
        percent = f"{100.0 * confidence:.0f} %"
        self._text = figure(label)
        self._caption = f"{label} · {percent}" if self._text != label else percent
        self._hint = ""
        self._tone = 0
        self.setAccessibleDescription(f"{label}, {percent}")
        self._arrange()

    def show_nothing(self, hint: str) -> None:
        """Show a hint where nothing has been recognized yet."""
        self._text = self._caption = ""
        self._hint = hint
        self.setAccessibleDescription(hint)
        self._arrange()

    def redraw(self, age_s: float) -> None:
        """Repaint if a word of this age (seconds) has another tone than the one shown."""
        tone = min(_TONES, max(0, int(age_s / FADING_S * _TONES)))
        if tone != self._tone:
            self._tone = tone
            if self._text:
                self.update()

    def set_theme(self, theme: Theme) -> None:
        """Take the colours of a theme."""
        self._theme = theme
        self.update()

    def sizeHint(self) -> QSize:  # noqa: N802
        """Return a size from which the digit can be read across a room."""
        line = self.fontMetrics().height()
        return QSize(12 * line, 12 * line)

    def minimumSizeHint(self) -> QSize:  # noqa: N802
        """Return the least useful size."""
        line = self.fontMetrics().height()
        return QSize(6 * line, 5 * line)

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        """Fit the word to the new size."""
        super().resizeEvent(event)
        self._arrange()

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802
        """Follow the application's font."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange:
            self._arrange()

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        """Paint the word in the tone of its age, or the hint."""
        theme = self._theme
        painter = QPainter(self)
        painter.fillRect(self.rect(), QColor(theme.window))
        if self._text:
            painter.setPen(QColor(tone_of(theme, self.tone)))
            painter.setFont(self._big)
            painter.drawText(self._big_at, self._text)
            painter.setPen(QColor(blend(theme.text, theme.faint_text, self.tone)))
            painter.setFont(self._caption_font())
            painter.drawText(self._caption_rect, Qt.AlignmentFlag.AlignCenter, self._caption)
        elif self._hint:
            painter.setPen(QColor(theme.faint_text))
            flags = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
            painter.drawText(self._inner(), flags, self._hint)
        painter.end()

    def _inner(self) -> QRectF:
        margin = _MARGIN * min(self.width(), self.height())
        return QRectF(self.rect()).adjusted(margin, margin, -margin, -margin)

    def _caption_font(self) -> QFont:
        font = QFont(self.font())
        font.setPointSizeF(_CAPTION * font.pointSizeF())
        return font

    def _arrange(self) -> None:
        """Find the largest font that fits, and where the two lines go."""
        inner = self._inner()
        caption_height = min(QFontMetricsF(self._caption_font()).height(), 0.4 * inner.height())
        room = inner.adjusted(0.0, 0.0, 0.0, -1.3 * caption_height)
        font = QFont(self.font())
        font.setWeight(QFont.Weight.DemiBold)
        font.setPixelSize(_REFERENCE_PIXELS)
        metrics = QFontMetricsF(font)
        wide = max(1.0, metrics.horizontalAdvance(self._text))
        digit = metrics.tightBoundingRect("0")
        # Digits of one font are equally high; letters may reach above and below them.
        ink = digit if len(self._text) <= 1 else digit.united(metrics.tightBoundingRect(self._text))
        scale = max(0.1, min(room.width() / wide, room.height() / ink.height()))
        font.setPixelSize(max(1, int(_REFERENCE_PIXELS * scale)))
        # Small fonts are wider than their size says.
        width = QFontMetricsF(font).horizontalAdvance(self._text)
        if width > room.width():
            font.setPixelSize(max(1, int(font.pixelSize() * room.width() / width)))
            width = QFontMetricsF(font).horizontalAdvance(self._text)
        self._big = font
        self._big_at = QPointF(
            room.center().x() - 0.5 * width,
            room.center().y() - scale * ink.center().y(),
        )
        self._caption_rect = QRectF(
            inner.left(), inner.bottom() - caption_height, inner.width(), caption_height
        )
        self.update()
