"""The table of the history: what its cells look like, how it scrolls, and which keys it takes."""

from PySide6.QtCore import (
    QEvent,
    QModelIndex,
    QPersistentModelIndex,
    QPoint,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import (
    QColor,
    QContextMenuEvent,
    QFocusEvent,
    QKeyEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QResizeEvent,
)
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
)

from recognizer.window.history_model import (
    COLUMNS,
    CONFIDENCE,
    DELAY,
    TIME,
    WORD,
    HistoryModel,
)
from recognizer.window.theme import LIGHT, Theme

EMPTY_TEXT = "Words appear here as they are heard;\nclick one to hear it again."

_WIDEST = ("000:00.0", "seven ✎ was nine", "100 %", "0.00 s")
"""What the columns must have room for, or else the last ones are hidden."""


class _Cell(QStyledItemDelegate):
    """A cell with as much room beside its text as the header has beside its names."""

    def paint(
        self,
        painter: QPainter,
        option: QStyleOptionViewItem,
        index: QModelIndex | QPersistentModelIndex,
    ) -> None:
        room = option.fontMetrics.height() // 4
        inside = QStyleOptionViewItem(option)
        inside.rect = option.rect.adjusted(room, 0, -room, 0)
        if option.state & QStyle.StateFlag.State_Selected:
            painter.fillRect(option.rect, option.palette.highlight())
        super().paint(painter, inside, index)


class HistoryTable(QTableView):
    """One row a word. It stays at its end, unless the user has scrolled up.

    Parameters
    ----------
    model
        The words.
    """

    entered = Signal()
    """Enter was pressed."""
    menu_wanted = Signal(QPoint)
    """The menu is wanted, at this place on the screen."""

    def __init__(self, model: HistoryModel) -> None:
        super().__init__()
        self._theme = LIGHT
        self._follows = True
        self.setModel(model)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setTabKeyNavigation(False)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setCornerButtonEnabled(False)
        self.setItemDelegate(_Cell(self))
        self.verticalHeader().hide()
        header = self.horizontalHeader()
        header.setHighlightSections(False)
        header.setSectionsClickable(False)
        header.setMinimumSectionSize(1)
        for column in range(len(COLUMNS)):
            header.setSectionResizeMode(column, QHeaderView.ResizeMode.Fixed)
        header.setSectionResizeMode(WORD, QHeaderView.ResizeMode.Stretch)
        bar = self.verticalScrollBar()
        bar.valueChanged.connect(self._scrolled)
        bar.rangeChanged.connect(self._grown)
        self._measure()

    def set_theme(self, theme: Theme) -> None:
        """Take a theme's colours."""
        self._theme = theme
        self.viewport().update()

    def sizeHint(self) -> QSize:  # noqa: N802
        """Return room for half a dozen words."""
        least = self.minimumSizeHint()
        return QSize(least.width() * 3 // 2, least.height() * 2)

    def minimumSizeHint(self) -> QSize:  # noqa: N802
        """Return room for two words."""
        metrics = self.fontMetrics()
        rows = self.horizontalHeader().height() + 2 * self.verticalHeader().defaultSectionSize()
        return QSize(40 * metrics.averageCharWidth(), rows)

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802
        """Measure the columns anew in another font or style."""
        super().changeEvent(event)
        if event.type() in (QEvent.Type.FontChange, QEvent.Type.StyleChange):
            self._measure()

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        """Add the frame of the focus, and what an empty table says."""
        super().paintEvent(event)
        painter = QPainter(self.viewport())
        if self.hasFocus():
            painter.setPen(QPen(QColor(self._theme.accent), 2.0))
            painter.drawRect(self.viewport().rect().adjusted(1, 1, -1, -1))
        if self.model().rowCount() == 0:
            painter.setPen(QColor(self._theme.faint_text))
            flags = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
            painter.drawText(self.viewport().rect(), flags, EMPTY_TEXT)

    def focusInEvent(self, event: QFocusEvent) -> None:  # noqa: N802
        """Select the newest for someone who comes by keyboard, and else would see no place."""
        super().focusInEvent(event)
        by_keys = (Qt.FocusReason.TabFocusReason, Qt.FocusReason.BacktabFocusReason)
        rows = self.model().rowCount()
        if event.reason() in by_keys and rows and not self.selectionModel().hasSelection():
            self.selectRow(rows - 1)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        """Take Enter; leave the space bar to the window; everything else moves the selection."""
        if event.key() == Qt.Key.Key_Space:
            event.ignore()
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.entered.emit()
        else:
            super().keyPressEvent(event)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:  # noqa: N802
        """Ask for the menu: at the mouse, or under the selected row for the menu key."""
        place = event.pos()
        if event.reason() == QContextMenuEvent.Reason.Keyboard:
            place = self.visualRect(self.currentIndex()).bottomLeft()
        self.menu_wanted.emit(self.viewport().mapToGlobal(place))

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        """Show what there is room for."""
        super().resizeEvent(event)
        self._fit()

    def _measure(self) -> None:
        metrics = self.fontMetrics()
        padding = metrics.height() + metrics.averageCharWidth()
        self._widths = [
            padding + max(metrics.horizontalAdvance(text) for text in texts)
            for texts in zip(COLUMNS, _WIDEST, strict=True)
        ]
        for column, width in enumerate(self._widths):
            self.setColumnWidth(column, width)
        self.verticalHeader().setDefaultSectionSize(metrics.height() + metrics.height() // 3)
        self._fit()

    def _fit(self) -> None:
        """Hide what would leave no room for the word itself."""
        spare = self.viewport().width() - self._widths[TIME] - self._widths[WORD]
        for column in (CONFIDENCE, DELAY):
            spare -= self._widths[column]
            self.setColumnHidden(column, spare < 0)

    def _scrolled(self, value: int) -> None:
        self._follows = value >= self.verticalScrollBar().maximum()

    def _grown(self, least: int, most: int) -> None:
        if self._follows:
            self.verticalScrollBar().setValue(most)
