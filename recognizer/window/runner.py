"""One session after another, in the window's own thread.

A new run waits until the one before has ended, so that a microphone is never opened twice; a
run that does not end in time (a sound server that hangs) is left to itself.
"""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Literal

from PySide6.QtCore import QObject, Qt, QTimer, Signal

from recognizer.classifier import Classifier
from recognizer.connected.model import StepClassifier
from recognizer.events import SamplesLost
from recognizer.trial_load import load_untrusted
from recognizer.window.hearing import Hearing
from recognizer.window.inbox import Ended, Message, NotConnected, Notice, Opened, Word
from recognizer.window.model_loader import ModelLoader
from recognizer.window.session import Session
from recognizer.window.sources import Pace, file_source, microphone_source

State = Literal["idle", "starting", "listening", "file", "stopping"]

FRAME_MS = 33
"""Time between two pictures while something runs (milliseconds)."""
_IDLE_MS = 200
"""The same while nothing does: signals of the system are noticed (milliseconds)."""
_PATIENCE_S = 10.0
"""How long a run may take to end before the next one begins without it (seconds)."""


class Runner(QObject):
    """Starts, stops and empties sessions.

    Parameters
    ----------
    parent
        The window.
    """

    pictures = Signal(list)
    """Observations, each time there are some."""
    happened = Signal(object)
    """An `Event` that is no word."""
    word = Signal(object)
    """A `Word`."""
    opened = Signal(object)
    """An `Opened`."""
    notice = Signal(str)
    """A sentence for the user."""
    not_connected = Signal(object)
    """The `RecognizerError` for which words in a row cannot be recognized."""
    ended = Signal(object, str)
    """The exception that ended a run early, or None; and "microphone" or "file"."""
    state_changed = Signal(str)
    """A `State`."""
    tick = Signal()
    """Time for the next picture."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.lost_samples = 0
        """Samples lost in this run."""
        self._model: Path | None = None
        self._hearing = Hearing()
        self._take_loaders()
        self._session: Session | None = None
        self._kind = ""
        self._next: Callable[[], None] | None = None
        self._given_up_at_s = 0.0
        self._closed = False
        self._state: State = "idle"
        self._timer = QTimer(self)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._on_timer)
        self._timer.start(_IDLE_MS)

    @property
    def state(self) -> State:
        """What is going on."""
        return self._state

    @property
    def model(self) -> Path | None:
        """The model file of the next run; None is the one that ships."""
        return self._model

    @property
    def hearing(self) -> Hearing:
        """How is recognized, now or in the next run."""
        return self._hearing

    @property
    def threshold(self) -> float | None:
        """The least confidence in the present way of hearing; None takes the model's own."""
        return self._hearing.present_threshold

    def set_model(self, path: Path | None) -> None:
        """Use another model from the next run on."""
        self._model = path
        self._take_loaders()

    def set_hearing(self, hearing: Hearing) -> None:
        """Recognize in another way, at once where something runs; nothing is lost meanwhile."""
        self._hearing = hearing
        if self._session is not None:
            self._session.hearing = hearing

    def set_threshold(self, value: float | None) -> None:
        """Change the least confidence, at once where something runs."""
        self.set_hearing(self._hearing.with_threshold(value))

    def listen(self, device: int | str | None, channel: int | None = None) -> None:
        """Listen to a microphone, as soon as what runs has ended."""
        self._begin(
            lambda: Session(
                microphone_source(device, channel),
                self._load,
                hearing=self._hearing,
                load_connected=self._load_connected,
            ),
            "microphone",
        )

    def read(self, path: str | Path, pace: Pace) -> None:
        """Run a sound file, as soon as what runs has ended."""
        self._begin(
            lambda: Session(
                file_source(path, pace),
                self._load,
                hearing=self._hearing,
                load_connected=self._load_connected,
                patient=pace == "fast",
            ),
            "file",
        )

    def stop(self) -> None:
        """End what runs; `ended` follows."""
        self._next = None
        if self._session is not None:
            self._session.ask_to_stop()
            self._given_up_at_s = time.monotonic() + _PATIENCE_S
            self._set_state("stopping")

    def close(self) -> None:
        """End everything for good, and wait for it no longer than a few seconds."""
        self._closed = True
        self._next = None
        self._timer.stop()
        if self._session is not None:
            self._session.stop()
            self._session = None
        self._set_state("idle")

    def captured_at(self, at_s: float) -> float | None:
        """When a moment of the present stream was captured; see `Session.captured_at`."""
        return None if self._session is None else self._session.captured_at(at_s)

    def _take_loaders(self) -> None:
        # New ones, so that a worker still loading an old model cannot hand it to the next run.
        path = self._model
        self._load: ModelLoader[Classifier] = ModelLoader(lambda: load_untrusted(path))
        self._load_connected: ModelLoader[StepClassifier] = ModelLoader(StepClassifier)

    def _begin(self, make: Callable[[], Session], kind: str) -> None:
        def begin() -> None:
            self._kind = kind
            self.lost_samples = 0
            self._session = make().start()
            self._set_state("starting")

        if self._closed:
            return
        if self._session is None:
            begin()
        else:
            self.stop()
            self._next = begin

    def _set_state(self, state: State) -> None:
        if state != self._state:
            self._state = state
            self._timer.setInterval(_IDLE_MS if state == "idle" else FRAME_MS)
            self.state_changed.emit(state)

    def _on_timer(self) -> None:
        session = self._session
        if session is not None:
            self._empty(session)
            if session.is_stopping and time.monotonic() > self._given_up_at_s:
                # Left to itself, it may use the classifier still; the next run takes another.
                self._take_loaders()
                self._over(None)
        self.tick.emit()

    def _empty(self, session: Session) -> None:
        pictures, messages = session.inbox.take()
        # `Opened` goes before the first pictures, which may wait together with it: it clears what
        # the run before has left. Everything else goes behind the pictures that it belongs to.
        first = next((m for m in messages if isinstance(m, Opened)), None)
        if first is not None:
            self._pass_on(first)
        if pictures:
            self.pictures.emit(pictures)
        for message in messages:
            if message is not first:
                self._pass_on(message)

    def _pass_on(self, message: Message) -> None:
        match message:
            case Word():
                self.word.emit(message)
            case Opened():
                if self._state == "starting":
                    self._set_state("listening" if self._kind == "microphone" else "file")
                self.opened.emit(message)
            case Notice():
                self.notice.emit(message.sentence)
            case NotConnected():
                self.not_connected.emit(message.error)
            case Ended():
                self._over(message.error)
            case SamplesLost():
                self.lost_samples = message.total
                self.happened.emit(message)
            case _:
                self.happened.emit(message)

    def _over(self, error: Exception | None) -> None:
        kind, begin = self._kind, self._next
        self._session, self._next = None, None
        if begin is None:
            self._set_state("idle")
        self.ended.emit(error, kind)
        if begin is not None and self._session is None:
            begin()
