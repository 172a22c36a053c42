"""The words heard so far, newest last: to look at, to hear again, to put right.

Keys: Enter plays the selected word again; Ctrl+K, or the menu key, asks what it really was.
"""

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QPoint, Signal
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QHBoxLayout, QMenu, QPushButton, QVBoxLayout, QWidget

from recognizer.window.figures import FIGURES
from recognizer.window.history_model import Heard, HistoryModel, HistoryRow
from recognizer.window.history_table import HistoryTable
from recognizer.window.theme import Theme

__all__ = ["Heard", "HistoryRow", "HistoryView"]


class HistoryView(QWidget):
    """The history with its buttons.

    Parameters
    ----------
    parent
        Qt's parent.
    """

    replay = Signal(object)
    """A `Heard` that the user wants to hear again. It has sound."""
    correct = Signal(object, object)
    """A `Heard` with sound, and what it really was: a keyword, or None for no keyword."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.model = HistoryModel()
        """What is shown."""
        self._table = HistoryTable(self.model)
        self._table.setAccessibleName("Words heard")
        self._table.setAccessibleDescription(
            "Enter plays the selected word again; Ctrl+K says what it really was"
        )
        self._table.clicked.connect(self._replay)
        self._table.entered.connect(self._replay)
        self._table.menu_wanted.connect(self._open_menu)
        self._table.selectionModel().selectionChanged.connect(self._enable)
        self._replay_button = QPushButton("Replay")
        self._replay_button.setAccessibleName("Play the selected word again")
        self._replay_button.setToolTip(
            "Play the selected word again, or the last one (Enter, or a click on the word)"
        )
        self._replay_button.clicked.connect(self._replay)
        keys = QShortcut(QKeySequence("Ctrl+K"), self)
        keys.activated.connect(self._open_that_was)
        named = keys.key().toString(QKeySequence.SequenceFormat.NativeText)
        self._that_was = QMenu("That &was…", self)
        self._that_was.setAccessibleName("What the word really was")
        self._that_was.aboutToShow.connect(self._ensure_selection)
        self._that_was_button = QPushButton("That was…")
        self._that_was_button.setAccessibleName("Say what the selected word really was")
        self._that_was_button.setToolTip(
            "Say what the selected word, or the last one, really was: its sound is kept as an "
            f"example for retraining ({named})"
        )
        self._that_was_button.setMenu(self._that_was)
        self._menu = QMenu(self)
        self._replay_action = self._menu.addAction("&Replay")
        self._replay_action.triggered.connect(self._replay)
        self._menu.addMenu(self._that_was)
        buttons = QHBoxLayout()
        buttons.addWidget(self._replay_button)
        buttons.addWidget(self._that_was_button)
        buttons.addStretch(1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._table, 1)
        layout.addLayout(buttons)
        self.set_keywords(())
        self._enable()

    def add(self, heard: Heard, token: int | None = None) -> HistoryRow:
        """Add a word at the end.

        Parameters
        ----------
        heard
            The word.
        token
            What `Said.add` returned for it, to be found again in its row.
        """
        row = self.model.add(heard, token)
        self._enable()
        return row

    def row(self, heard: Heard) -> HistoryRow | None:
        """Return the row of a word; None when it has been forgotten."""
        return self.model.row(heard)

    def mark_corrected(self, heard: Heard, word: str | None, example: Path | None = None) -> None:
        """Show what a word really was.

        Parameters
        ----------
        heard
            The word.
        word
            What it was; None for no keyword.
        example
            The file that its sound was saved in.
        """
        self.model.mark_corrected(heard, word, example)

    def set_keywords(self, keywords: Sequence[str]) -> None:
        """Offer these words as corrections, and "nothing"."""
        self._that_was.clear()
        for keyword in keywords:
            text = keyword.replace("&", "&&")
            figure = FIGURES.get(keyword)
            action = self._that_was.addAction(f"&{figure}  {text}" if figure else text)
            action.triggered.connect(lambda checked=False, word=keyword: self._correct(word))
        self._that_was.addSeparator()
        nothing = self._that_was.addAction("&Nothing (no keyword)")
        nothing.triggered.connect(lambda checked=False: self._correct(None))

    def set_show_rejected(self, shows: bool) -> None:
        """Choose whether words that were rejected are shown, too, in grey and with the reason."""
        self.model.set_show_rejected(shows)
        self._enable()

    def set_theme(self, theme: Theme) -> None:
        """Take a theme's colours."""
        self.model.set_theme(theme)
        self._table.set_theme(theme)

    def _chosen(self) -> HistoryRow | None:
        """Return the selected row, else the newest; None where there is none."""
        selected = self._table.selectionModel().selectedRows()
        at = selected[0].row() if selected else self.model.rowCount() - 1
        return self.model.shown(at) if at >= 0 else None

    def _ensure_selection(self) -> None:
        """Select the newest where none is, so that it stays chosen when more words come."""
        if not self._table.selectionModel().hasSelection() and self.model.rowCount():
            self._table.selectRow(self.model.rowCount() - 1)

    def _enable(self) -> None:
        row = self._chosen()
        for control in (self._replay_button, self._replay_action, self._that_was_button):
            control.setEnabled(row is not None and row.has_sound)
        self._that_was.setEnabled(row is not None and row.has_sound)

    def _replay(self) -> None:
        row = self._chosen()
        if row is not None and row.has_sound:
            self._ensure_selection()
            self.replay.emit(row.heard)

    def _correct(self, word: str | None) -> None:
        row = self._chosen()
        if row is not None and row.has_sound:
            self.correct.emit(row.heard, word)

    def _open_that_was(self) -> None:
        self._enable()
        if self._that_was_button.isEnabled():
            button = self._that_was_button
            self._that_was.popup(button.mapToGlobal(button.rect().bottomLeft()))

    def _open_menu(self, place: QPoint) -> None:
        self._enable()
        if self._that_was_button.isEnabled():
            self._menu.popup(place)
