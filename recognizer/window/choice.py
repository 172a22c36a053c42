"""A box to choose from, with an arrow in the colours of the theme."""

from PySide6.QtCore import QPointF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QComboBox, QWidget

_ARROW = 0.22
"""Half the arrow's width (line heights)."""

ARROW_ROOM = 1.6
"""Room for the arrow at the right, as the stylesheet keeps it free (line heights)."""


class Choice(QComboBox):
    """A combo box that draws its arrow itself.

    A stylesheet can give a combo box a border, but an arrow only from a picture; without one Qt
    draws the bevelled button of an old Windows.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        # Room for icons, of which there are none, would make it higher than a button.
        self.setIconSize(QSize(1, 1))

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        """Add the arrow."""
        super().paintEvent(event)
        line = self.fontMetrics().height()
        half = _ARROW * line
        middle = QPointF(self.width() - 0.5 * ARROW_ROOM * line, 0.5 * self.height())
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        pen = QPen(self.palette().color(self.foregroundRole()), max(1.0, line / 11))
        pen.setCapStyle(Qt.PenCapStyle.RoundCap)
        painter.setPen(pen)
        painter.drawPolyline(
            [
                middle + QPointF(-half, -0.5 * half),
                middle + QPointF(0.0, 0.5 * half),
                middle + QPointF(half, -0.5 * half),
            ]
        )
        painter.end()
