"""The microphone's level meter."""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QStaticText
from PySide6.QtWidgets import QSizePolicy, QWidget

from recognizer.window.theme import LIGHT, Theme

LOWEST_DB = -80.0
"""The left end (dBFS); full scale is the right end."""
CLIPPING_DB = -1.0
"""From this level on, the sound is too loud for the microphone (dBFS)."""
HOLD_S = 1.0
"""How long a peak, or the warning, stays (seconds)."""
FALL_DB_PER_S = 20.0
"""How fast a peak falls afterwards (dB per second)."""
_TEXT = "too loud"

# Sizes in line heights of the font.
_HEIGHT = 1.05
_WIDTH = 10.0
_NARROWEST = 4.0
_TEXT_SIZE = 0.8
_FILL = 0.6
"""Share of the height that the level fills, so that the marks stand out of it."""


@dataclass(frozen=True, slots=True)
class _Picture:
    """Where everything is (pixels from the left); nothing is painted while it stays the same."""

    level: int
    peak: int
    floor: int
    onset: int
    is_clipping: bool
    is_idle: bool


class LevelBar(QWidget):
    """Level, its peak, the noise floor and the onset of voice as one horizontal bar.

    Parameters
    ----------
    parent
        The window.
    clock
        Monotonic seconds.
    """

    def __init__(
        self, parent: QWidget | None = None, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        super().__init__(parent)
        self._clock = clock
        self._theme = LIGHT
        self._idle = True
        self._level_db = self._floor_db = self._onset_db = self._peak_db = LOWEST_DB
        self._drawn_at_s = self._held_until_s = self._warned_until_s = -math.inf
        self._picture: _Picture | None = None
        self._text = QStaticText(_TEXT)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        # Everything is painted, so the window below need not be painted first.
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setAccessibleName("Microphone level")
        self.setToolTip(
            "How loud the microphone hears you. The first mark is the background noise, the "
            "second where voice begins; speech should pass it clearly."
        )

    @property
    def is_clipping(self) -> bool:
        """Whether the sound is, or was just now, too loud for the microphone."""
        return not self._idle and self._clock() < self._warned_until_s

    @property
    def peak_db(self) -> float:
        """The peak that is shown (dBFS)."""
        return self._peak_db

    def set_levels(
        self, level_db: float, floor_db: float, onset_db: float, *, peak_db: float | None = None
    ) -> None:
        """Take new levels (all dBFS).

        Parameters
        ----------
        level_db
            The energy now.
        floor_db
            The noise floor.
        onset_db
            The energy at which voice would begin.
        peak_db
            The loudest sample, where it is known: energies are averages and stay some dB below
            full scale when samples are already cut off.
        """
        now_s = self._clock()
        self._idle = False
        self._level_db = _on_scale(level_db)
        self._floor_db = _on_scale(floor_db)
        self._onset_db = _on_scale(onset_db)
        if self._level_db >= self._peak_db:
            self._peak_db = self._level_db
            self._held_until_s = now_s + HOLD_S
        if (level_db if peak_db is None else peak_db) >= CLIPPING_DB:
            self._warned_until_s = now_s + HOLD_S
        self.redraw()

    def set_idle(self) -> None:
        """Show that nothing is listened to."""
        self._idle = True
        self._level_db = self._peak_db = LOWEST_DB
        self._warned_until_s = -math.inf
        self.redraw()

    def redraw(self) -> None:
        """Let the peak fall, and repaint if anything looks different."""
        now_s = self._clock()
        falling_s = now_s - max(self._held_until_s, self._drawn_at_s)
        self._drawn_at_s = now_s
        if falling_s > 0.0:
            self._peak_db = max(self._peak_db - FALL_DB_PER_S * falling_s, self._level_db)
        if self._seen() != self._picture:
            self.update()

    def set_theme(self, theme: Theme) -> None:
        """Take other colours."""
        self._theme = theme
        self.update()

    def sizeHint(self) -> QSize:  # noqa: N802
        """Return a size that reads well."""
        em = self.fontMetrics().height()
        return QSize(round(_WIDTH * em), round(_HEIGHT * em))

    def minimumSizeHint(self) -> QSize:  # noqa: N802
        """Return the least that can be read."""
        em = self.fontMetrics().height()
        return QSize(round(_NARROWEST * em), round(_HEIGHT * em))

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        """Paint the bar."""
        theme, width, height = self._theme, self.width(), self.height()
        picture = self._picture = self._seen()
        painter = QPainter(self)
        painter.fillRect(0, 0, width, height, QColor(theme.border))
        ground = theme.warning if picture.is_clipping else theme.panel
        painter.fillRect(1, 1, width - 2, height - 2, QColor(ground))
        if picture.is_clipping:
            self._paint_warning(painter)
        elif not picture.is_idle:
            thick = round(_FILL * height)
            top = (height - thick) // 2
            line = max(1, height // 8)
            painter.fillRect(1, top, picture.level, thick, QColor(theme.level))
            painter.fillRect(picture.peak, top, 2 * line, thick, QColor(theme.level))
            painter.fillRect(picture.floor, 1, line, height - 2, QColor(theme.floor))
            painter.fillRect(picture.onset, 1, 2 * line, height - 2, QColor(theme.onset))
        painter.end()

    def _paint_warning(self, painter: QPainter) -> None:
        font = self.font()
        font.setPointSizeF(_TEXT_SIZE * font.pointSizeF())
        painter.setFont(font)
        painter.setPen(QColor(self._theme.on_warning))
        self._text.prepare(font=font)
        size = self._text.size()
        painter.drawStaticText(
            round((self.width() - size.width()) / 2),
            round((self.height() - size.height()) / 2),
            self._text,
        )

    def _seen(self) -> _Picture:
        return _Picture(
            level=self._x(self._level_db),
            peak=self._x(self._peak_db),
            floor=self._x(self._floor_db),
            onset=self._x(self._onset_db),
            is_clipping=self.is_clipping,
            is_idle=self._idle,
        )

    def _x(self, decibels: float) -> int:
        return round((self.width() - 3) * (1.0 - decibels / LOWEST_DB))


def _on_scale(decibels: float) -> float:
    return LOWEST_DB if math.isnan(decibels) else min(max(decibels, LOWEST_DB), 0.0)
