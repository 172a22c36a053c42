"""Everything in the window below its menus: the widgets, where they lie, and what fills them.

The panels draw what they are told and change nothing but themselves; what their controls do is
`MainWindow`'s.
"""

import math
import time
from pathlib import Path
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QAbstractButton,
    QComboBox,
    QHBoxLayout,
    QSplitter,
    QVBoxLayout,
    QWidget,
)

from recognizer.events import Event, Observation, Rejection, VoiceEnded, VoiceStarted
from recognizer.model_metadata import ModelMetadata
from recognizer.window.connected_switch import ConnectedSwitch
from recognizer.window.device_box import DeviceBox
from recognizer.window.digit_view import DigitView
from recognizer.window.history import Heard, HistoryView
from recognizer.window.inbox import Word
from recognizer.window.level_bar import LevelBar
from recognizer.window.runner import State
from recognizer.window.said import Said
from recognizer.window.scope import Scope
from recognizer.window.score_bars import ScoreBars
from recognizer.window.theme import Theme
from recognizer.window.threshold_slider import ThresholdSlider
from recognizer.window.transport import Transport
from recognizer.window.trouble_bar import TroubleBar

EMPTY_HINT = "Press Space to listen, or drop a sound file here"
FIRST_HINT = "Say a digit"

_SCORES_LAST_S = 0.5
"""Scores that nothing follows fade after this (seconds)."""


class Panels(QWidget):
    """The window's contents."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.trouble = TroubleBar()
        self.devices = DeviceBox()
        self.level = LevelBar()
        self.transport = Transport()
        self.scope = Scope()
        self.digit = DigitView()
        self.scores = ScoreBars()
        self.said = Said()
        self.connected = ConnectedSwitch()
        self.threshold = ThresholdSlider()
        self.history = HistoryView()
        self._themed: tuple[Any, ...] = (
            *(self.trouble, self.devices, self.level, self.scope, self.digit),
            *(self.scores, self.said, self.threshold, self.history),
        )
        self._shown_at_s = time.monotonic()
        self._scored_at_s: float | None = None
        self._arrange()
        # What was clicked must not keep the space bar, which starts and stops.
        for kind in (QAbstractButton, QComboBox):
            for widget in self.findChildren(kind):
                if widget.focusPolicy() & Qt.FocusPolicy.TabFocus:
                    widget.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.digit.show_nothing(FIRST_HINT)

    def _arrange(self) -> None:
        hearing = QWidget()
        row = QHBoxLayout(hearing)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self.devices, 3)
        row.addWidget(self.level, 1)
        controls = QHBoxLayout()
        controls.addWidget(self.transport, 1)
        # Beside the buttons, also while a file's progress stands below them.
        controls.addWidget(hearing, 1, Qt.AlignmentFlag.AlignTop)
        column = _column((self.digit, 3), (self.scores, 2))
        # Or the names of the bars would touch the handle between the two.
        column.setContentsMargins(self.fontMetrics().averageCharWidth(), 0, 0, 0)
        upper = _split(
            Qt.Orientation.Horizontal,
            (self.scope, 3),
            (column, 1),
        )
        self.said.add_control(self.connected)
        lower = _split(
            Qt.Orientation.Horizontal,
            (_column((self.said, 1), (self.threshold, 0)), 1),
            (self.history, 1),
        )
        self.splitter = _split(Qt.Orientation.Vertical, (upper, 3), (lower, 2))
        layout = QVBoxLayout(self)
        layout.addWidget(self.trouble)
        layout.addLayout(controls)
        layout.addWidget(self.splitter, 1)

    def set_theme(self, theme: Theme) -> None:
        """Take other colours."""
        for widget in self._themed:
            widget.set_theme(theme)

    def set_model(self, metadata: ModelMetadata) -> None:
        """Get ready for another model's labels and frontend."""
        self.scope.set_frontend(metadata.frontend)
        self.scores.set_labels(metadata.labels)
        self.history.set_keywords(metadata.keywords)
        self.threshold.set_default(metadata.threshold)

    def set_threshold(self, value: float) -> None:
        """Show another least confidence, without telling anybody."""
        self.threshold.set_value(value)
        self.scores.set_threshold(value)

    def set_state(self, state: State) -> None:
        """Show what is going on."""
        self.transport.set_state(state)
        self.scope.set_hint(EMPTY_HINT if state == "idle" else "")
        if state == "idle":
            self.level.set_idle()
            self.scores.set_scores(None)

    def add_pictures(self, pictures: list[Observation]) -> None:
        """Draw what the recognizer saw, from the next `redraw` on."""
        last = pictures[-1]
        for picture in pictures:
            self.scope.add(picture)
            posteriors = picture.posteriors
            # Those of other words come from a model that is no longer in use.
            if posteriors is not None and len(posteriors) == len(self.scores.labels):
                self.scores.set_scores(posteriors)
                self._scored_at_s = picture.time
        if self._scored_at_s is not None and abs(last.time - self._scored_at_s) > _SCORES_LAST_S:
            # Of digits in a row the last scores come behind the end of the voice.
            self._scored_at_s = None
            self.scores.set_scores(None)
        if len(last.energies_db):
            self.level.set_levels(
                float(last.energies_db.max()),
                last.floor_db,
                last.onset_threshold_db,
                peak_db=20.0 * math.log10(max(1e-5, *(picture.peak for picture in pictures))),
            )

    def add_event(self, event: Event) -> None:
        """Draw where voice begins and ends."""
        match event:
            case VoiceStarted():
                self.scope.mark_voice(event.start, None)
            case VoiceEnded():
                self.scope.mark_voice(event.start, event.end)
                self.scores.set_scores(None)

    def add_word(self, word: Word) -> Heard:
        """Write a word wherever it belongs, and return its row of the history."""
        event = word.event
        reason = event.reason if isinstance(event, Rejection) else None
        heard = Heard(
            event.label,
            event.confidence,
            reason,
            *(event.start, event.end, event.time),
            word.samples,
        )
        # A rejected word has its place among what was said, should it turn out to be a keyword.
        said = event.label if reason is None else None
        self.history.add(heard, self.said.add(said))
        if event.label is not None:
            self.threshold.add_score(event.confidence, reason is None)
        text = reason or event.label or ""
        self.scope.mark_word(event.start, event.end, text, rejected=reason is not None)
        if said is not None:
            self.digit.show_word(said, event.confidence)
            self._shown_at_s = time.monotonic()
        return heard

    def correct(self, heard: Heard, word: str | None, example: Path) -> None:
        """Show that a word was another one, or (None) no keyword, and is kept as an example."""
        row = self.history.row(heard)
        self.history.mark_corrected(heard, word, example)
        if row is not None and row.token is not None:
            self.said.replace(row.token, word)

    def redraw(self) -> None:
        """Paint what has changed."""
        self.scope.redraw()
        self.scores.redraw()
        self.level.redraw()
        self.digit.redraw(time.monotonic() - self._shown_at_s)


def _column(*widgets: tuple[QWidget, int]) -> QWidget:
    column = QWidget()
    layout = QVBoxLayout(column)
    layout.setContentsMargins(0, 0, 0, 0)
    for widget, stretch in widgets:
        layout.addWidget(widget, stretch)
    return column


def _split(orientation: Qt.Orientation, *widgets: tuple[QWidget, int]) -> QSplitter:
    splitter = QSplitter(orientation)
    splitter.setChildrenCollapsible(False)
    for index, (widget, stretch) in enumerate(widgets):
        splitter.addWidget(widget)
        splitter.setStretchFactor(index, stretch)
    # Shares of the place there will be; without them the widgets' own hints would count.
    splitter.setSizes([1000 * stretch for _, stretch in widgets])
    return splitter
