"""The words above the spectrogram, each at its place in time."""

import math
from collections import deque
from dataclasses import dataclass, field

from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QStaticText

from recognizer.window.figures import figure
from recognizer.window.frame_ring import FrameRing
from recognizer.window.strip import Pane
from recognizer.window.theme import Theme

LARGE = 1.7
"""Size of recognized words over the application's font."""

SMALL = 0.85
"""Size of the reasons of rejected words over the application's font."""

_MOST_WORDS = 500
"""Words kept in each line; far more than ten seconds hold."""

_SOFTEST_CUT = 2
"""Texts of up to so many characters are never shortened."""


@dataclass(slots=True)
class _Word:
    """A text with its cached layout."""

    start: float
    """Where the word begins (seconds)."""
    end: float
    """Where the word ends (seconds)."""
    text: str
    """What to write."""
    width: float = 0.0
    """Width of the whole text, or 0 where it is yet to be measured (units)."""
    room: float = -1.0
    """The room that `layout` was made for (units)."""
    layout: QStaticText = field(default_factory=QStaticText)
    """The text, shortened to its room."""


class _Line:
    """Words in one line, in the order of time, that do not overlap."""

    def __init__(self, *, centred: bool) -> None:
        self.words: deque[_Word] = deque(maxlen=_MOST_WORDS)
        self._centred = centred
        self.set_font(QFont())

    def set_font(self, font: QFont) -> None:
        """Write in another font."""
        self.font = font
        self.metrics = QFontMetricsF(font)
        for word in self.words:
            word.width, word.room = 0.0, -1.0

    def add(self, word: _Word) -> None:
        """Append a word; what is out of order takes its place in time."""
        later = []
        while self.words and self.words[-1].start > word.start:
            later.append(self.words.pop())
        self.words.append(word)
        self.words.extend(reversed(later))

    def forget_before(self, time: float) -> None:
        """Drop what ended before a time, a text that reaches beyond its word included."""
        while len(self.words) > 1 and self.words[1].start < time and self.words[0].end < time:
            self.words.popleft()

    def placed(self, per_second: float, gap: float) -> list[tuple[float, QStaticText]]:
        """Return each text with its left edge, counted from the start of the stream.

        Parameters
        ----------
        per_second
            Units in a second.
        gap
            Least distance between two texts (units).
        """
        lefts = [self._left(word, per_second) for word in self.words]
        placed = []
        for word, left, end in zip(self.words, lefts, [*lefts[1:], math.inf], strict=False):
            room = end - gap - left
            if abs(room - word.room) > 0.5 or word.room < 0:
                self._fit(word, room)
            placed.append((left, word.layout))
        return placed

    def _left(self, word: _Word, per_second: float) -> float:
        if word.width == 0.0:
            word.width = self.metrics.horizontalAdvance(word.text)
        left = word.start * per_second
        slack = (word.end - word.start) * per_second - word.width
        # A text wider than its word begins with it, so that texts keep the words' order.
        return left + 0.5 * slack if self._centred and slack > 0.0 else left

    def _fit(self, word: _Word, room: float) -> None:
        word.room = room
        text = word.text
        if len(text) > _SOFTEST_CUT and word.width > room:
            text = self.metrics.elidedText(text, Qt.TextElideMode.ElideRight, max(0.0, room))
        word.layout.setText(text)
        word.layout.setTextFormat(Qt.TextFormat.PlainText)
        word.layout.prepare(font=self.font)


class WordLane(Pane):
    """Recognized words large in one line, reasons of rejected ones small in another below."""

    def __init__(self, frames: FrameRing, theme: Theme, font: QFont) -> None:
        super().__init__(frames, theme)
        self._heard = _Line(centred=True)
        self._rejected = _Line(centred=False)
        self.set_font(font)

    def set_font(self, font: QFont) -> None:
        """Take the application's font, and the height that it needs."""
        large, small = QFont(font), QFont(font)
        large.setPointSizeF(LARGE * font.pointSizeF())
        large.setWeight(QFont.Weight.DemiBold)
        small.setPointSizeF(SMALL * font.pointSizeF())
        self._heard.set_font(large)
        self._rejected.set_font(small)
        self._gap = QFontMetricsF(small).horizontalAdvance(" ") * 2.0
        height = self._heard.metrics.height() + self._rejected.metrics.height()
        self.setMinimumHeight(height)
        self.setMaximumHeight(height)
        self.update()

    def add(self, start: float, end: float, text: str, *, rejected: bool) -> None:
        """Write a word, or the reason why one was rejected, where it was spoken (seconds)."""
        line = self._rejected if rejected else self._heard
        line.add(_Word(start, end, text if rejected else figure(text)))

    def clear(self) -> None:
        """Forget all words."""
        self._heard.words.clear()
        self._rejected.words.clear()

    def texts(self) -> list[str]:
        """Return what is written, shortened as it is, from left to right in each line."""
        return [w.layout.text() for line in (self._heard, self._rejected) for w in line.words]

    def paint_pixels(self, painter: QPainter, width: int, height: int, ratio: float) -> None:
        """Write both lines."""
        if self.frames.empty:
            return
        per_second = width / ratio / (self.frames.frames * self.frames.hop_s)
        origin = self.frames.place(0.0, width) / ratio
        oldest = (self.frames.newest - self.frames.frames) * self.frames.hop_s
        top = 0.0
        for line, color in (
            (self._heard, self.theme.accent),
            (self._rejected, self.theme.rejected),
        ):
            line.forget_before(oldest)
            painter.setFont(line.font)
            painter.setPen(QColor(color))
            for left, layout in line.placed(per_second, self._gap):
                painter.drawStaticText(QPointF(round((left + origin) * ratio) / ratio, top), layout)
            top += line.metrics.height()
