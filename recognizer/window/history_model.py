"""The words heard so far, as a table that forgets: the oldest sounds, then the oldest words."""

from collections import deque
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt
from PySide6.QtGui import QColor

from recognizer.events import RejectionReason
from recognizer.window.theme import LIGHT, Theme

KEPT_ROWS = 500
"""Words in the history; older ones are forgotten."""

KEPT_SOUNDS = 200
"""Words whose sound is kept, the newest: a second each, at 64 kB, is 13 MB."""

COLUMNS = ("Time", "Word", "Confidence", "Delay")
"""The columns' names."""
TIME, WORD, CONFIDENCE, DELAY = range(len(COLUMNS))
"""The columns' places."""

_NO_SOUND = np.zeros(0, np.float32)

_Index = QModelIndex | QPersistentModelIndex


@dataclass(frozen=True, slots=True, eq=False)
class Heard:
    """A word that was decided, with its sound."""

    label: str | None
    """The likeliest keyword, or None where none was scored."""
    confidence: float
    """The averaged posterior probability of `label` (0 to 1)."""
    rejected: RejectionReason | None
    """Why it was not taken for a keyword; None for a detection."""
    start: float
    """Where the word begins (seconds of the stream)."""
    end: float
    """Where the word ends (seconds)."""
    time: float
    """How much of the stream had been heard when the decision fell (seconds)."""
    samples: npt.NDArray[np.float32]
    """Mono sound at 16 kHz, about a second around the word; an array of its own, not a view."""


@dataclass(slots=True, eq=False)
class HistoryRow:
    """A word in the history, and what became of it."""

    heard: Heard
    """The word; its sound is empty when it is too old."""
    token: int | None = None
    """What `Said` calls it."""
    is_corrected: bool = False
    """Whether the user said what it really was."""
    word: str | None = None
    """What it really was, if `is_corrected`; None for no keyword."""
    example: Path | None = None
    """The file that its sound was saved in."""

    @property
    def has_sound(self) -> bool:
        """Whether its sound is still there."""
        return len(self.heard.samples) > 0


class HistoryModel(QAbstractTableModel):
    """The words heard, newest last. At most `KEPT_ROWS`, and `KEPT_SOUNDS` of them with sound."""

    def __init__(self) -> None:
        super().__init__()
        self._rows: deque[HistoryRow] = deque()
        self._shown: list[HistoryRow] = []
        self._shows_rejected = False
        self._rejected_color = QColor(LIGHT.rejected)

    def add(self, heard: Heard, token: int | None = None) -> HistoryRow:
        """Add a word at the end; forget the oldest sound and the oldest word beyond the bounds."""
        row = HistoryRow(heard, token)
        self._rows.append(row)
        if self._is_shown(row):
            at = len(self._shown)
            self.beginInsertRows(QModelIndex(), at, at)
            self._shown.append(row)
            self.endInsertRows()
        if len(self._rows) > KEPT_SOUNDS:
            old = self._rows[-KEPT_SOUNDS - 1]
            old.heard = replace(old.heard, samples=_NO_SOUND)
        if len(self._rows) > KEPT_ROWS and self._rows.popleft() is self._first_shown():
            self.beginRemoveRows(QModelIndex(), 0, 0)
            del self._shown[0]
            self.endRemoveRows()
        return row

    def row(self, heard: Heard) -> HistoryRow | None:
        """Return the row of a word; None when it has been forgotten."""
        return next((row for row in self._rows if row.heard is heard), None)

    def shown(self, index: int) -> HistoryRow:
        """Return a row by its place in the table."""
        return self._shown[index]

    def mark_corrected(self, heard: Heard, word: str | None, example: Path | None = None) -> None:
        """Note what a word really was; None for no keyword."""
        row = self.row(heard)
        if row is not None:
            row.is_corrected, row.word, row.example = True, word, example
            self._changed(row)

    def unmark(self, heard: Heard) -> None:
        """Take a correction back."""
        row = self.row(heard)
        if row is not None:
            row.is_corrected, row.word, row.example = False, None, None
            self._changed(row)

    def set_show_rejected(self, shows: bool) -> None:
        """Choose whether words that were rejected are shown, too."""
        if shows != self._shows_rejected:
            self.beginResetModel()
            self._shows_rejected = shows
            self._shown = [row for row in self._rows if self._is_shown(row)]
            self.endResetModel()

    def set_theme(self, theme: Theme) -> None:
        """Take a theme's colours."""
        self._rejected_color = QColor(theme.rejected)
        if self._shown:
            last = self.index(len(self._shown) - 1, len(COLUMNS) - 1)
            self.dataChanged.emit(self.index(0, 0), last, [Qt.ItemDataRole.ForegroundRole])

    def rowCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: N802, B008
        """Return how many words are shown."""
        return 0 if parent.isValid() else len(self._shown)

    def columnCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: N802, B008
        """Return how many columns there are."""
        return 0 if parent.isValid() else len(COLUMNS)

    def headerData(  # noqa: N802
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        """Return a column's name."""
        if orientation == Qt.Orientation.Horizontal:
            if role == Qt.ItemDataRole.DisplayRole:
                return COLUMNS[section]
            if role == Qt.ItemDataRole.TextAlignmentRole:
                return _alignment(section)
        return None

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Return what a cell shows."""
        if not index.isValid():
            return None
        row = self._shown[index.row()]
        if role == Qt.ItemDataRole.DisplayRole:
            return _text(row, index.column())
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _alignment(index.column())
        if role == Qt.ItemDataRole.ForegroundRole and row.heard.rejected is not None:
            return self._rejected_color
        if role == Qt.ItemDataRole.ToolTipRole:
            return _tip(row)
        return None

    def _is_shown(self, row: HistoryRow) -> bool:
        return self._shows_rejected or row.heard.rejected is None

    def _first_shown(self) -> HistoryRow | None:
        return self._shown[0] if self._shown else None

    def _changed(self, row: HistoryRow) -> None:
        if row in self._shown:
            at = self._shown.index(row)
            self.dataChanged.emit(self.index(at, 0), self.index(at, len(COLUMNS) - 1))


def _text(row: HistoryRow, column: int) -> str:
    heard = row.heard
    if column == TIME:
        return _minutes(heard.start)
    if column == WORD:
        return _word_text(row)
    if column == CONFIDENCE:
        return "" if heard.label is None else f"{heard.confidence * 100:.0f} %"
    return f"{heard.time - heard.end:.2f} s"


def _minutes(time_s: float) -> str:
    # Rounded first, or 59.96 s would become 0:60.0.
    minutes, tenths = divmod(round(time_s * 10), 600)
    return f"{minutes}:{tenths / 10:04.1f}"


def _word_text(row: HistoryRow) -> str:
    heard = row.heard
    text = heard.label or ""
    if heard.rejected == "low confidence" and heard.label is not None:
        text = f"{heard.label}?" if row.is_corrected else f"{heard.label}? {heard.rejected}"
    elif heard.rejected is not None:
        # What voice without a keyword resembles most says little.
        text = heard.rejected
    if not row.is_corrected:
        return text
    if row.word == heard.label and heard.rejected is None:
        return f"{text} ✓"
    return f"{text} ✎ was {row.word or 'nothing'}"


def _tip(row: HistoryRow) -> str:
    heard = row.heard
    parts = [_word_text(row)]
    if heard.rejected is not None and heard.label is not None:
        parts.append(f"Most like “{heard.label}” ({heard.confidence * 100:.0f} %)")
    if row.example is not None:
        parts.append(f"Saved as {row.example}")
    parts.append(
        "Click, or Enter, plays it again" if row.has_sound else "Its sound is no longer kept"
    )
    return "\n".join(parts)


def _alignment(column: int) -> Qt.AlignmentFlag:
    is_left = column in (TIME, WORD)
    side = Qt.AlignmentFlag.AlignLeft if is_left else Qt.AlignmentFlag.AlignRight
    return side | Qt.AlignmentFlag.AlignVCenter
