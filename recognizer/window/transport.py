"""Start and stop, sound files and their pace, and how far a file has come."""

from PySide6.QtCore import QSignalBlocker, QSize, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import (
    QBoxLayout,
    QHBoxLayout,
    QLabel,
    QProgressBar,
    QPushButton,
    QSizePolicy,
    QWidget,
)

from recognizer.window.choice import Choice
from recognizer.window.runner import State
from recognizer.window.sources import Pace

PROGRESS_STEPS = 1000
"""Steps of the progress bar."""

_PACES: tuple[tuple[str, Pace], ...] = (("Real time", "real time"), ("As fast as possible", "fast"))
_START = "Start listening"
_STOP = "Stop"
_STOPPING = "Stopping…"
_BUTTON_TEXTS: dict[State, str] = {
    "idle": _START,
    "starting": _STOP,
    "listening": _STOP,
    "file": _START,
    "stopping": _STOPPING,
}
_NAME_WIDTH = 14
"""Room for a file's name (line heights)."""
_SHORTEST = 6
"""The least room for a file's name, and for the bar (line heights)."""


class Transport(QWidget):
    """The buttons that begin and end things, in one row, or two where it is narrow.

    Parameters
    ----------
    parent
        The window.
    """

    start_requested = Signal()
    """Listen; may come while a file runs, which then ends."""
    stop_requested = Signal()
    """End listening, or the attempt to start."""
    open_requested = Signal()
    """Ask for a sound file."""
    cancel_requested = Signal()
    """End the file."""
    pace_changed = Signal(str)
    """A `Pace`, when the user chose another."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._state: State = "idle"
        self._file_name = ""

        self._button = QPushButton(_START, self)
        self._button.setToolTip("Start or stop listening (Space)")
        metrics = self._button.fontMetrics()
        widest = max(metrics.horizontalAdvance(text) for text in _BUTTON_TEXTS.values())
        self._button.setMinimumWidth(widest + 2 * metrics.height())
        self._button.clicked.connect(self._press)
        self._open = QPushButton("Open sound file…", self)
        self._open.setAccessibleName("Open sound file")
        self._open.setToolTip("Recognize a sound file; it can also be dropped on the window")
        self._open.clicked.connect(self.open_requested)
        self._pace = Choice(self)
        self._pace.setAccessibleName("Pace of sound files")
        self._pace.setToolTip("How fast the next sound file is read")
        for text, pace in _PACES:
            self._pace.addItem(text, pace)
        self._pace.activated.connect(self._choose_pace)

        self._name = _ElidedText(self)
        self._bar = QProgressBar(self)
        self._bar.setRange(0, PROGRESS_STEPS)
        # Its text would lie half on the ground and half on the accent, readable on one of them.
        self._bar.setTextVisible(False)
        self._bar.setFixedHeight(metrics.height() * 2 // 3)
        self._bar.setMinimumWidth(_SHORTEST * metrics.height())
        self._bar.setAccessibleName("Progress of the sound file")
        self._bar.setToolTip("How much of the file has been heard")
        self._time = QLabel(self)
        self._time.setAccessibleName("Time in the sound file")
        self._cancel = QPushButton("Cancel", self)
        self._cancel.setAccessibleName("Cancel the sound file")
        self._cancel.setToolTip("Stop reading the file")
        self._cancel.clicked.connect(self.cancel_requested)

        self._controls = QWidget(self)
        row = QHBoxLayout(self._controls)
        row.setContentsMargins(0, 0, 0, 0)
        for widget in (self._button, self._open, self._pace):
            row.addWidget(widget)
        row.addStretch(1)
        self._file = QWidget(self)
        row = QHBoxLayout(self._file)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self._name)
        row.addWidget(self._bar, 1)
        row.addWidget(self._time)
        row.addWidget(self._cancel)
        self._rows = QBoxLayout(QBoxLayout.Direction.LeftToRight, self)
        self._rows.setContentsMargins(0, 0, 0, 0)
        self._rows.addWidget(self._controls)
        self._rows.addWidget(self._file, 1)
        self.setFocusProxy(self._button)
        self._show()

    @property
    def state(self) -> State:
        """What is shown as going on."""
        return self._state

    @property
    def pace(self) -> Pace:
        """The pace that is chosen for sound files."""
        return _PACES[self._pace.currentIndex()][1]

    def set_pace(self, pace: Pace) -> None:
        """Choose a pace without telling anybody."""
        with QSignalBlocker(self._pace):
            self._pace.setCurrentIndex([known for _, known in _PACES].index(pace))

    def set_state(self, state: State) -> None:
        """Show what is going on; ``"idle"`` and ``"listening"`` end what is shown of a file."""
        self._state = state
        if state in ("idle", "listening"):
            self._file_name = ""
            self.set_progress(0.0, None)
        self._show()

    def set_file_name(self, name: str) -> None:
        """Show the name of the file that runs or is about to."""
        self._file_name = name
        self.set_progress(0.0, None)
        self._show()

    def set_progress(self, done_s: float, total_s: float | None) -> None:
        """Show how far the file has come (seconds); without a total there is only the time."""
        steps, text = 0, _clock_text(done_s)
        if total_s is not None and total_s > 0.0:
            steps = round(PROGRESS_STEPS * min(max(done_s / total_s, 0.0), 1.0))
            text = f"{text} of {_clock_text(total_s)}"
        self._bar.setVisible(total_s is not None)
        self._bar.setValue(steps)
        if text != self._time.text():
            self._time.setText(text)

    def toggle(self) -> None:
        """Do what the key Space does: start, or end whatever runs."""
        if self._state == "file":
            self.cancel_requested.emit()
        else:
            self._press()

    def minimumSizeHint(self) -> QSize:  # noqa: N802
        """Return the size of the two rows one below the other."""
        rows = [self._controls.minimumSizeHint()]
        if not self._file.isHidden():
            rows.append(self._file.minimumSizeHint())
        return QSize(max(row.width() for row in rows), self._rows.minimumSize().height())

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        """Put what belongs to the file below the buttons where there is no room beside them."""
        super().resizeEvent(event)
        self._arrange()

    def _arrange(self) -> None:
        beside = self._controls.sizeHint().width() + self._file.minimumSizeHint().width()
        wanted = QBoxLayout.Direction.LeftToRight
        if not self._file.isHidden() and beside + self._rows.spacing() > self.width():
            wanted = QBoxLayout.Direction.TopToBottom
        if wanted != self._rows.direction():
            self._rows.setDirection(wanted)
            self.updateGeometry()

    def _show(self) -> None:
        text = _BUTTON_TEXTS[self._state]
        self._button.setText(text)
        self._button.setAccessibleName(text)
        # The focus stays with the buttons here: Qt would give it to whatever comes next, where
        # the space bar does something else. So this one is never disabled, only deaf.
        has_file = self._state == "file" or bool(self._file_name)
        if self._cancel.hasFocus() and (not has_file or self._state == "stopping"):
            self._button.setFocus()
        self._name.set_text(self._file_name)
        self._file.setVisible(has_file)
        self._cancel.setEnabled(self._state != "stopping")
        self._arrange()
        self.updateGeometry()

    def _press(self) -> None:
        if self._state in ("idle", "file"):
            self.start_requested.emit()
        elif self._state in ("starting", "listening"):
            self.stop_requested.emit()

    def _choose_pace(self) -> None:
        self.pace_changed.emit(self.pace)


class _ElidedText(QWidget):
    """One line of text, shortened in its middle where there is no room."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._text = ""
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)

    def set_text(self, text: str) -> None:
        if text != self._text:
            self._text = text
            self.setToolTip(text)
            self.setAccessibleName(text)
            self.updateGeometry()
            self.update()

    def sizeHint(self) -> QSize:  # noqa: N802
        metrics = self.fontMetrics()
        width = metrics.horizontalAdvance(self._text) + 2
        return QSize(min(width, _NAME_WIDTH * metrics.height()), metrics.height())

    def minimumSizeHint(self) -> QSize:  # noqa: N802
        height = self.fontMetrics().height()
        return QSize(min(self.sizeHint().width(), _SHORTEST * height), height)

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        painter = QPainter(self)
        text = self.fontMetrics().elidedText(self._text, Qt.TextElideMode.ElideMiddle, self.width())
        painter.setPen(self.palette().windowText().color())
        painter.drawText(self.rect(), Qt.AlignmentFlag.AlignVCenter, text)
        painter.end()


def _clock_text(seconds: float) -> str:
    minutes, rest = divmod(int(max(seconds, 0.0)), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
