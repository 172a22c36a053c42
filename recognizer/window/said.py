"""What was said, as one string: digits as figures, other words as words."""

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFont,
    QFontMetrics,
    QGuiApplication,
    QKeySequence,
    QPainter,
    QPaintEvent,
    QPen,
    QResizeEvent,
    QShortcut,
)
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QSizePolicy, QVBoxLayout, QWidget

from recognizer.window.figures import FIGURES
from recognizer.window.theme import LIGHT, Theme

KEPT_WORDS = 2000
"""When more was said than this, the oldest words are forgotten."""

EMPTY_TEXT = "Nothing said yet"

_SHOWN_CHARACTERS = 300
"""No window shows more of the line than this."""

_SMALLEST_SCALE = 1.8
_LARGEST_SCALE = 3.6
"""Size of the line's font, beside the font of everything else."""
_SHARE_OF_HEIGHT = 0.5
"""How much of the line's height its font may take."""
_ROUNDNESS = 4.0
"""Radius of the frame's corners (pixels)."""


@dataclass(slots=True)
class _Word:
    """A word, or what is left of one that is hidden."""

    token: int
    label: str | None


def written(labels: list[str]) -> str:
    """Write words as one string: figures stand together, words apart."""
    text = ""
    after_figure = True
    for label in labels:
        figure = FIGURES.get(label)
        if text and not (after_figure and figure):
            text += " "
        text += figure or label
        after_figure = figure is not None
    return text


class _Line(QLabel):
    """One line, as large as its place allows, whose end is always in view."""

    def __init__(self, base: QFont) -> None:
        super().__init__()
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Minimum)
        self._theme = LIGHT
        self.set_base_font(base)

    def set_theme(self, theme: Theme) -> None:
        self._theme = theme
        self.update()

    def set_base_font(self, base: QFont) -> None:
        """Take the font of everything around it."""
        self._base = base
        self._margin = QFontMetrics(base).height() * 2 // 3
        self._scale = 0.0
        self._scale_font()
        self.updateGeometry()

    def show_text(self, text: str) -> None:
        self.setText(text)
        self._scale_font()

    def sizeHint(self) -> QSize:  # noqa: N802
        metrics = QFontMetrics(_scaled(self._base, _SMALLEST_SCALE))
        width = metrics.horizontalAdvance("0") * 8 + 2 * self._margin
        return QSize(width, metrics.height() + self._margin)

    def minimumSizeHint(self) -> QSize:  # noqa: N802
        return self.sizeHint()

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        super().resizeEvent(event)
        self._scale_font()

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        thickness = 2.0 if self.hasFocus() else 1.0
        theme = self._theme
        painter.setPen(QPen(QColor(theme.accent if self.hasFocus() else theme.border), thickness))
        painter.setBrush(QColor(theme.panel))
        edge = thickness / 2
        frame = QRectF(self.rect()).adjusted(edge, edge, -edge, -edge)
        painter.drawRoundedRect(frame, _ROUNDNESS, _ROUNDNESS)
        text = self.text()[-_SHOWN_CHARACTERS:]
        if not text:
            painter.setFont(_scaled(self._base, 1.0, bold=False))
        painter.setPen(QColor(theme.text if text else theme.faint_text))
        inside = self.rect().adjusted(self._margin, 0, -self._margin, 0)
        painter.drawText(
            inside,
            Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft,
            painter.fontMetrics().elidedText(
                text or EMPTY_TEXT, Qt.TextElideMode.ElideLeft, inside.width()
            ),
        )

    def _scale_font(self) -> None:
        """Take the largest font in which everything fits, or the smallest that reads well."""
        metrics = QFontMetrics(_scaled(self._base, _LARGEST_SCALE))
        shown = self.text()[-_SHOWN_CHARACTERS:]
        fitting = min(
            1.0,
            self.height() * _SHARE_OF_HEIGHT / metrics.height(),
            (self.width() - 2 * self._margin) / max(1, metrics.horizontalAdvance(shown)),
        )
        scale = max(_SMALLEST_SCALE, fitting * _LARGEST_SCALE)
        if scale != self._scale:
            self._scale = scale
            self.setFont(_scaled(self._base, scale))


def _scaled(base: QFont, scale: float, *, bold: bool = True) -> QFont:
    font = QFont(base)
    if font.pointSizeF() > 0:
        font.setPointSizeF(font.pointSizeF() * scale)
    else:
        font.setPixelSize(round(font.pixelSize() * scale))
    font.setBold(bold)
    return font


class Said(QWidget):
    """What was said, with copy, clear and undo.

    Parameters
    ----------
    parent
        Qt's parent.
    """

    changed = Signal(str)
    """The string, whenever it is another."""
    copied = Signal(str)
    """The string that was put into the clipboard."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._words: list[_Word] = []
        self._cleared: list[_Word] = []
        self._next_token = 0
        self._line = _Line(self.font())
        copy_keys = QShortcut(QKeySequence(QKeySequence.StandardKey.Copy), self._line)
        copy_keys.setContext(Qt.ShortcutContext.WidgetShortcut)
        copy_keys.activated.connect(self.copy)
        self._line.setToolTip(
            f"What was said; {_named(copy_keys.key())} copies it while it has the focus"
        )
        self._copy = self._button("Copy", "Copy what was said", "Ctrl+Shift+C", self.copy)
        self._undo = self._button(
            "Undo", "Take back the last word, or bring back what was cleared", "Ctrl+Z", self.undo
        )
        self._clear = self._button("Clear", "Clear what was said", "Ctrl+L", self.clear)
        self._buttons = buttons = QHBoxLayout()
        for button in (self._copy, self._undo, self._clear):
            buttons.addWidget(button)
        buttons.addStretch(1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._line, 1)
        layout.addLayout(buttons)
        self._show()

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802
        """Let the line's font follow that of everything else."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange:
            self._line.set_base_font(self.font())

    def set_theme(self, theme: Theme) -> None:
        """Take a theme's colours."""
        self._line.set_theme(theme)

    def add_control(self, widget: QWidget) -> None:
        """Put a control of somebody else's at the end of the row of buttons."""
        self._buttons.addWidget(widget)

    def text(self) -> str:
        """Return what was said: digits as figures, other words apart."""
        return written([word.label for word in self._words if word.label is not None])

    def add(self, label: str | None) -> int:
        """Add a word at the end.

        Parameters
        ----------
        label
            The keyword; None keeps a place for a word that `replace` may bring.

        Returns
        -------
        int
            What `replace` calls this word. No two words have the same.
        """
        self._next_token += 1
        self._words.append(_Word(self._next_token, label))
        del self._words[:-KEPT_WORDS]
        self._show()
        return self._next_token

    def replace(self, token: int, label: str | None) -> None:
        """Say that a word was another.

        Parameters
        ----------
        token
            What `add` returned. Nothing happens if that word has been forgotten.
        label
            What was said; None if it was nothing.
        """
        for word in (*self._words, *self._cleared):
            if word.token == token:
                word.label = label
        self._show()

    def remove_last(self) -> None:
        """Take back the last word."""
        for word in reversed(self._words):
            if word.label is not None:
                word.label = None
                break
        self._show()

    def clear(self) -> None:
        """Take back everything; `undo` brings it back."""
        if self.text():
            self._cleared, self._words = self._words, []
            self._show()

    def undo(self) -> None:
        """Take back the last word; after `clear`, bring everything back."""
        if self.text():
            self.remove_last()
        elif self._cleared:
            self._words, self._cleared = [*self._cleared, *self._words][-KEPT_WORDS:], []
            self._show()

    def copy(self) -> None:
        """Put the string into the clipboard."""
        text = self.text()
        if text:
            QGuiApplication.clipboard().setText(text)
            self.copied.emit(text)

    def _button(self, name: str, tip: str, keys: str, press: Callable[[], object]) -> QPushButton:
        button = QPushButton(name)
        button.clicked.connect(press)
        # Not the button's own shortcut, which waits a moment to show the button go down.
        shortcut = QShortcut(QKeySequence(keys), self)
        shortcut.activated.connect(press)
        button.setAccessibleName(tip)
        button.setToolTip(f"{tip} ({_named(shortcut.key())})")
        return button

    def _show(self) -> None:
        text = self.text()
        for button in (self._copy, self._clear):
            button.setEnabled(bool(text))
        self._undo.setEnabled(bool(text or self._cleared))
        self._line.setAccessibleName(f"What was said: {text or 'nothing yet'}")
        if text != self._line.text():
            self._line.show_text(text)
            self.changed.emit(text)


def _named(keys: QKeySequence) -> str:
    return keys.toString(QKeySequence.SequenceFormat.NativeText)
