"""The scope: the last seconds of sound as the recognizer sees them."""

from dataclasses import replace

import pyqtgraph as pg
from PySide6.QtCore import QEvent, QSize, Qt
from PySide6.QtGui import QFont, QFontMetricsF, QResizeEvent
from PySide6.QtWidgets import QGraphicsView, QVBoxLayout, QWidget

from recognizer.events import Observation
from recognizer.log_mel import FrontendParameters
from recognizer.window.frame_ring import FrameRing
from recognizer.window.level_trace import BOTTOM_DB, LevelTrace
from recognizer.window.scope_axes import Ticks, frequency_ticks, time_ticks
from recognizer.window.spectrogram import Spectrogram
from recognizer.window.theme import LIGHT, Theme
from recognizer.window.word_lane import SMALL, WordLane

SPAN_S = 10.0
"""What the scope shows (seconds)."""

_LEVEL_TICKS: Ticks = [(db, f"{db:.0f}") for db in (-80.0, -60.0, -40.0, -20.0)]
"""Ticks of the level's axis (dBFS)."""

_LEVEL_SHARE = 0.19
"""Share of the height that the level trace takes (0 to 1)."""

_LEVEL_LINES = 3.5
"""Least height of the level trace (lines of its text)."""

_GAP = 4
"""Between an axis and its picture, so that redrawing one leaves the other alone (units)."""


class Scope(QWidget):
    """A scrolling spectrogram with the words above it and the level trace below.

    It changes when told and repaints only on `redraw`, and only what has changed. A pixel
    column is computed once, when its frames arrive.

    Parameters
    ----------
    parent
        The widget that this one lies in.
    seconds
        The span of time that is shown (seconds).
    """

    def __init__(self, parent: QWidget | None = None, *, seconds: float = SPAN_S) -> None:
        super().__init__(parent)
        self._frontend = FrontendParameters()
        self._seconds = seconds
        self._changed = False
        self.frames = self._new_frames()
        """The frames that are shown."""
        self.words = WordLane(self.frames, LIGHT, self.font())
        """The words above the spectrogram."""
        self.spectrogram = Spectrogram(self.frames, LIGHT)
        """The spectrogram."""
        self.levels = LevelTrace(self.frames, LIGHT)
        """The level trace."""
        self._panes = self.words, self.spectrogram, self.levels
        self._build()
        self._fit_font()
        self._name_ticks()
        self.set_theme(LIGHT)

    def _build(self) -> None:
        self.setAccessibleName("Spectrogram")
        self.setAccessibleDescription(
            "The last seconds of sound: frequencies, level, voiced segments and recognized words."
        )
        self._view = view = pg.GraphicsLayoutWidget()
        # A picture to look at: no zooming, no menu, no stop on the way of the Tab key.
        view.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        for part in (view, view.viewport()):
            part.setFocusPolicy(Qt.FocusPolicy.NoFocus)
            part.setAcceptDrops(False)
        # Nothing is antialiased beyond its bounds, so redrawing a picture spares the axes.
        view.setOptimizationFlag(QGraphicsView.OptimizationFlag.DontAdjustForAntialiasing)
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.addWidget(view)
        self._hertz = pg.AxisItem("left", maxTickLength=4)
        self._decibel = pg.AxisItem("left", maxTickLength=4)
        self._time = pg.AxisItem("bottom", maxTickLength=4)
        layout = view.ci
        layout.addItem(self.words, 0, 1)
        layout.addItem(self._hertz, 1, 0)
        layout.addItem(self.spectrogram, 1, 1)
        layout.addItem(self._decibel, 2, 0)
        layout.addItem(self.levels, 2, 1)
        layout.addItem(self._time, 3, 1)
        grid = layout.layout
        grid.setHorizontalSpacing(_GAP)
        grid.setVerticalSpacing(_GAP)

    @property
    def seconds(self) -> float:
        """The span of time that is shown (seconds); setting it clears the picture."""
        return self._seconds

    @seconds.setter
    def seconds(self, value: float) -> None:
        if not value > 0.0:
            raise ValueError(f"The span must be longer than 0 seconds, not {value!r}.")
        self._seconds = float(value)
        self._renew()

    def set_frontend(self, parameters: FrontendParameters) -> None:
        """Show frames of this frontend from now on; other frames than before clear the picture."""
        # How many frames a model looks at does not show in them.
        same = replace(parameters, window_frames=self._frontend.window_frames)
        if same != self._frontend:
            self._frontend = parameters
            self._renew()

    def set_theme(self, theme: Theme) -> None:
        """Take the colours of a theme."""
        self._view.setBackground(theme.window)
        for axis in (self._hertz, self._decibel, self._time):
            axis.setPen(None)
            axis.setTickPen(theme.border)
            axis.setTextPen(theme.faint_text)
        for pane in self._panes:
            pane.set_theme(theme)

    def set_hint(self, text: str) -> None:
        """Write a hint in the middle as long as there is nothing to show."""
        self.spectrogram.set_hint(text)

    def add(self, observation: Observation) -> None:
        """Append frames.

        A gap in time leaves an empty stretch; time that goes back begins a new stream. Frames
        of another number of bands come from a model that is no longer in use and are left out.
        """
        if observation.log_mel.shape[1] != self.frames.bands:
            return
        if self.frames.add(observation):
            self._start_anew()
        self._changed = True

    def mark_voice(self, start: float, end: float | None) -> None:
        """Shade a voiced segment (seconds); one without an end goes on until it is given one."""
        changed_since = self.frames.mark_voice(start, end)
        self.spectrogram.forget_since(changed_since)
        self.levels.forget_since(changed_since)
        self._changed = True

    def mark_word(self, start: float, end: float, text: str, rejected: bool) -> None:
        """Write a word above its place (seconds), or small the reason why it was rejected."""
        self.words.add(start, end, text, rejected=rejected)
        self._changed = True

    def clear(self) -> None:
        """Forget everything that is shown."""
        self.frames.clear()
        self._start_anew()
        self._changed = True

    def redraw(self) -> None:
        """Repaint what has changed since the last time, if anything has."""
        if self._changed:
            self._changed = False
            for pane in self._panes:
                pane.update()

    def sizeHint(self) -> QSize:  # noqa: N802
        """Return a size at which everything can be told apart."""
        line = self.fontMetrics().height()
        return QSize(40 * line, 20 * line)

    def minimumSizeHint(self) -> QSize:  # noqa: N802
        """Return the least useful size."""
        line = self.fontMetrics().height()
        return QSize(16 * line, 11 * line)

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        """Share the height between the two pictures."""
        super().resizeEvent(event)
        self._share_height()

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802
        """Follow the application's font."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange:
            self._fit_font()

    def _new_frames(self) -> FrameRing:
        hop_s = self._frontend.hop_samples / self._frontend.sample_rate
        return FrameRing(self._frontend.mel_bands, hop_s, self._seconds)

    def _renew(self) -> None:
        self.frames = self._new_frames()
        self.words.clear()
        for pane in self._panes:
            pane.set_frames(self.frames)
        self._name_ticks()

    def _start_anew(self) -> None:
        self.words.clear()
        self.spectrogram.forget()
        self.levels.forget()

    def _name_ticks(self) -> None:
        for axis, bottom, top, ticks in (
            (self._hertz, 0.0, float(self._frontend.mel_bands), frequency_ticks(self._frontend)),
            (self._decibel, BOTTOM_DB, 0.0, _LEVEL_TICKS),
            (self._time, -self._seconds, 0.0, time_ticks(self._seconds)),
        ):
            axis.setRange(bottom, top)
            axis.setTicks([ticks])

    def _fit_font(self) -> None:
        self.words.set_font(self.font())
        font = QFont(self.font())
        font.setPointSizeF(SMALL * font.pointSizeF())
        self.spectrogram.set_font(self.font())
        self.levels.set_font(font)
        metrics = QFontMetricsF(font)
        half_now = round(0.5 * metrics.horizontalAdvance("-10 s")) + 2
        for axis, label in ((self._hertz, "kHz"), (self._decibel, "dBFS"), (self._time, None)):
            axis.setStyle(tickFont=font, hideOverlappingLabels=half_now, tickTextOffset=2)
            if label is not None:
                axis.label.setFont(font)
                axis.setLabel(label)
                axis.setWidth(metrics.horizontalAdvance("0.25") + 1.3 * metrics.height() + 8)
        self._time.setHeight(metrics.height() + 8)
        self._view.ci.layout.setContentsMargins(2, 0, half_now, 0)
        self._least_level_height = _LEVEL_LINES * metrics.height()
        self._share_height()

    def _share_height(self) -> None:
        height = max(self._least_level_height, _LEVEL_SHARE * self.height())
        self._view.ci.layout.setRowFixedHeight(2, height)
