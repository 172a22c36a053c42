"""The bar that tells of trouble, with the mend beside it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import (
    QAccessible,
    QAccessibleAnnouncementEvent,
    QAccessibleEvent,
    QColor,
    QKeyEvent,
    QPainter,
    QPaintEvent,
    QPalette,
)
from PySide6.QtWidgets import (
    QButtonGroup,
    QFrame,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSizePolicy,
    QToolButton,
    QWidget,
)

from recognizer.window.theme import LIGHT, Theme

Severity = Literal["notice", "warning"]
Button = tuple[str, Callable[[], object]]

_LONG_WORD = 24
"""A longer word, such as a file's path, may be broken at its slashes (characters)."""
_BREAK = "\N{ZERO WIDTH SPACE}"
_STRIP_SHARE = 0.25
"""Width of the strip at the left of a notice (line heights)."""


@dataclass(frozen=True, slots=True)
class _Trouble:
    """One sentence and its buttons."""

    sentence: str
    buttons: tuple[Button, ...]
    severity: Severity

    @property
    def looks(self) -> tuple[str, tuple[str, ...], str]:
        """All of it that a person sees."""
        return self.sentence, tuple(text for text, _ in self.buttons), self.severity


class TroubleBar(QFrame):
    """Shows the newest trouble, or one before it; hidden while there is none.

    It never takes the keyboard's focus by itself. Escape closes the trouble that is shown while
    one of the bar's buttons has the focus.

    Parameters
    ----------
    parent
        The window.
    """

    dismissed = Signal(str)
    """The key of a trouble that the user closed."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = LIGHT
        self._troubles: dict[str, _Trouble] = {}
        self._shown = ""
        self._painted: tuple[str, tuple[str, ...], str] | None = None

        self._sentence = QLabel(self)
        self._sentence.setTextFormat(Qt.TextFormat.PlainText)
        self._sentence.setWordWrap(True)
        self._count = QLabel(self)
        self._newer = self._tool("Newer message")
        self._newer.setArrowType(Qt.ArrowType.LeftArrow)
        self._newer.clicked.connect(self._show_newer)
        self._older = self._tool("Older message")
        self._older.setArrowType(Qt.ArrowType.RightArrow)
        self._older.clicked.connect(self._show_older)
        self._close = self._tool("Close this message (Escape)")
        self._close.setAccessibleName("Close this message")
        self._close.setText("\N{MULTIPLICATION SIGN}")
        self._close.clicked.connect(self._close_shown)
        self._group = QButtonGroup(self)
        self._group.idClicked.connect(self._press)
        self._buttons: list[QPushButton] = []

        self._row = QHBoxLayout(self)
        self._row.addWidget(self._sentence, 1)
        for widget in (self._newer, self._count, self._older, self._close):
            self._row.addWidget(widget)
        space = self.fontMetrics().height() // 2
        self._row.setContentsMargins(2 * space, space // 2, space, space // 2)
        self._row.setSpacing(space)
        # As high as the sentence needs at this width, which a fixed height would not allow.
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Minimum)
        self.hide()

    @property
    def shown_key(self) -> str | None:
        """The key of the trouble that is shown, or None."""
        return self._shown if self._troubles else None

    def show_trouble(
        self,
        key: str,
        sentence: str,
        *,
        buttons: Sequence[Button] = (),
        severity: Severity = "warning",
    ) -> None:
        """Show a trouble, or say more about one that is there.

        Parameters
        ----------
        key
            What the trouble is. One with the same key is replaced in its place; a new one is
            shown, and those before it wait behind it.
        sentence
            What happened, and the mend; plain text.
        buttons
            What each button says and does. A trouble is not dismissed by its buttons.
        severity
            ``"notice"`` if nothing needs to be done.
        """
        trouble = _Trouble(sentence, tuple(buttons), severity)
        before = self._troubles.get(key)
        self._troubles[key] = trouble
        if before is None:
            self._shown = key
        self._redraw()
        if before is None or before.looks != trouble.looks:
            self._announce(trouble)

    def dismiss(self, key: str) -> None:
        """Take a trouble away, if it is there; the newest of the others is shown."""
        if self._troubles.pop(key, None) is not None:
            if key == self._shown:
                self._shown = next(reversed(self._troubles), "")
            self._redraw()

    def set_theme(self, theme: Theme) -> None:
        """Take other colours."""
        self._theme = theme
        self._painted = None
        self._redraw()

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        """Close what is shown with Escape."""
        if event.key() == Qt.Key.Key_Escape:
            self._close_shown()
        else:
            super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        """Paint the ground."""
        painter = QPainter(self)
        if self._is_warning():
            painter.fillRect(self.rect(), QColor(self._theme.warning))
        else:
            painter.fillRect(self.rect(), QColor(self._theme.panel))
            strip = round(_STRIP_SHARE * self.fontMetrics().height())
            painter.fillRect(0, 0, strip, self.height(), QColor(self._theme.accent))
        painter.fillRect(0, self.height() - 1, self.width(), 1, QColor(self._theme.border))
        painter.end()

    def _tool(self, tip: str) -> QToolButton:
        button = QToolButton(self)
        button.setToolTip(tip)
        button.setAccessibleName(tip)
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        return button

    def _is_warning(self) -> bool:
        shown = self._troubles.get(self._shown)
        return shown is not None and shown.severity == "warning"

    def _redraw(self) -> None:
        trouble = self._troubles.get(self._shown)
        self.setVisible(trouble is not None)
        if trouble is None:
            self._painted = None
            return
        several = len(self._troubles) > 1
        for widget in (self._newer, self._count, self._older):
            widget.setVisible(several)
        place = len(self._troubles) - list(self._troubles).index(self._shown)
        self._count.setText(f"{place} of {len(self._troubles)}")
        self._newer.setEnabled(place > 1)
        self._older.setEnabled(place < len(self._troubles))
        if trouble.looks != self._painted:
            self._painted = trouble.looks
            self._draw(trouble)

    def _draw(self, trouble: _Trouble) -> None:
        self._sentence.setText(_breakable(trouble.sentence))
        self.setAccessibleName(trouble.sentence)
        self._sentence.setAccessibleName(trouble.sentence)
        while len(self._buttons) < len(trouble.buttons):
            button = QPushButton(self)
            self._group.addButton(button, len(self._buttons))
            self._row.insertWidget(1 + len(self._buttons), button)
            self._buttons.append(button)
        for index, button in enumerate(self._buttons):
            button.setVisible(index < len(trouble.buttons))
            if index < len(trouble.buttons):
                text = trouble.buttons[index][0]
                button.setText(text)
                button.setAccessibleName(text)
                button.setToolTip(f"{text}: {trouble.sentence}")
        palette = QPalette(self.palette())
        text = self._theme.on_warning if self._is_warning() else self._theme.text
        palette.setColor(QPalette.ColorRole.WindowText, QColor(text))
        self._sentence.setPalette(palette)
        self._count.setPalette(palette)
        self.update()

    def _announce(self, trouble: _Trouble) -> None:
        QAccessible.updateAccessibility(QAccessibleEvent(self, QAccessible.Event.Alert))
        # Linux screen readers hear announcements only, not alerts.
        if QAccessible.isActive():
            said = QAccessibleAnnouncementEvent(
                QAccessible.queryAccessibleInterface(self), trouble.sentence
            )
            if trouble.severity == "warning":
                said.setPoliteness(QAccessible.AnnouncementPoliteness.Assertive)
            QAccessible.updateAccessibility(said)

    def _press(self, index: int) -> None:
        self._troubles[self._shown].buttons[index][1]()

    def _show_newer(self) -> None:
        self._step(+1)

    def _show_older(self) -> None:
        self._step(-1)

    def _step(self, by: int) -> None:
        keys = list(self._troubles)
        self._shown = keys[min(max(keys.index(self._shown) + by, 0), len(keys) - 1)]
        self._redraw()

    def _close_shown(self) -> None:
        key = self._shown
        if key in self._troubles:
            self.dismiss(key)
            self.dismissed.emit(key)


def _breakable(sentence: str) -> str:
    """Let long words be broken, so that a path cannot make the window wider than the screen."""
    return " ".join(
        word
        if len(word) <= _LONG_WORD
        else "".join(letter + _BREAK if letter in "/\\_-." else letter for letter in word)
        for word in sentence.split(" ")
    )
