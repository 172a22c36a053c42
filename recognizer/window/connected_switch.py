"""The switch between words that stand alone and digits in a row."""

from PySide6.QtCore import Signal
from PySide6.QtGui import QKeySequence, QPainter, QPaintEvent, QShortcut
from PySide6.QtWidgets import QCheckBox, QStyle, QStyleOptionButton, QWidget

KEYS = "Ctrl+R"
_TIP = (
    "Hear numbers read out without pauses, as in “four one five nine”. Only for numbers: as long "
    "as somebody talks, a false digit comes every few seconds. Each digit comes half a second "
    "later than one said alone ({keys})"
)
_NOT_AVAILABLE = (
    "Digits in a row are heard only with a model of the ten digits, such as the one that comes "
    "with the program; the model in use has other words"
)


class ConnectedSwitch(QCheckBox):
    """A check box with a key.

    Parameters
    ----------
    parent
        Qt's parent.
    """

    chosen = Signal(bool)
    """Whether the user wants digits in a row; not after `set_on`."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("Digits in a row", parent)
        # Not its own shortcut, which waits a moment to show the box go down.
        keys = QShortcut(QKeySequence(KEYS), self)
        keys.activated.connect(self.click)
        self._tip = _TIP.format(keys=keys.key().toString(QKeySequence.SequenceFormat.NativeText))
        self.clicked.connect(self.chosen)
        self.set_available(True)

    def set_on(self, on: bool) -> None:
        """Show whether digits in a row are heard, without telling anybody."""
        self.setChecked(on)

    def set_available(self, available: bool) -> None:
        """Let the user choose, or say why there is no choice."""
        self.setEnabled(available)
        tip = self._tip if available else _NOT_AVAILABLE
        self.setToolTip(tip)
        self.setAccessibleDescription(tip)

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        """Paint it, with an edge around the box: the style's own is not to be seen in the dark."""
        super().paintEvent(event)
        option = QStyleOptionButton()
        self.initStyleOption(option)
        element = QStyle.SubElement.SE_CheckBoxIndicator
        box = self.style().subElementRect(element, option, self)
        painter = QPainter(self)
        painter.setPen(self.palette().placeholderText().color())
        painter.drawRect(box.adjusted(0, 0, -1, -1))
        painter.end()
