"""One run of the recognizer behind the window: a microphone or a file, in a thread of its own.

Threads: the session's worker opens the sound, recognizes and leaves what it saw in an `Inbox`;
the window's timer empties the inbox and never waits. A window that is slow misses pictures, never
samples: pictures wait in a bounded queue, words and sentences in an unbounded one. Only a file
that is read as fast as possible waits for the window.
"""

import contextlib
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from recognizer.classifier import Classifier
from recognizer.events import Detection, Event, Observation, Rejection, SamplesLost
from recognizer.listener import SoundSource, UntilStopped, recognize
from recognizer.model_file import ModelMetadata
from recognizer.recognizer import Recognizer
from recognizer.resampler import SAMPLE_RATE

Float32Array = npt.NDArray[np.float32]
KEPT_PICTURES = 1500
"""Pictures that wait for the window at most: a minute of a microphone's."""

CLIP_BEFORE_S = 0.3
"""What is kept of the sound before a word (seconds)."""
CLIP_S = 1.0
"""The shortest sound kept around a word (seconds)."""
_RECENT_S = 2.5
"""Sound kept while it may still belong to a word (seconds)."""

_WAITING_PICTURES = 60
"""A file that is read as fast as possible waits while so many pictures are not drawn yet."""
_JOIN_S = 3.0


@dataclass(frozen=True, slots=True, eq=False)
class Word:
    """A word that was decided, with its sound."""

    event: Detection | Rejection
    """What was decided."""
    samples: Float32Array
    """The sound around it, mono at 16 kHz, a second or more (shorter at a stream's start)."""


@dataclass(frozen=True, slots=True)
class Opened:
    """The sound is there and recognition runs."""

    name: str
    """The microphone's or the file's name."""
    seconds: float | None
    """A file's length (seconds), or None."""
    metadata: ModelMetadata | None = None
    """What the model says about itself; None where nothing is recognized."""


@dataclass(frozen=True, slots=True)
class Notice:
    """Something the user should know, while the run goes on."""

    sentence: str


@dataclass(frozen=True, slots=True, eq=False)
class Ended:
    """The run is over; nothing comes after it."""

    error: Exception | None
    """What ended it early, or None."""


Message = Event | Word | Opened | Notice | Ended


class Source(SoundSource, Protocol):
    """Sound that a session can open: a microphone, or a file at some pace."""

    @property
    def name(self) -> str:
        """What it is called, once it is open."""

    @property
    def seconds(self) -> float | None:
        """Its length (seconds), or None where it has none."""

    def open(self) -> object:
        """Open it; may take seconds."""


class Inbox:
    """What a worker leaves for the window. One thread puts, another takes; neither ever waits."""

    def __init__(self) -> None:
        self._pictures: deque[Observation] = deque(maxlen=KEPT_PICTURES)
        self._messages: deque[Message] = deque()

    def put_picture(self, picture: Observation) -> None:
        """Leave a picture; when too many wait, the oldest is lost."""
        self._pictures.append(picture)

    def put(self, message: Message) -> None:
        """Leave a message; none is ever lost."""
        self._messages.append(message)

    def take(self) -> tuple[list[Observation], list[Message]]:
        """Take everything that is there, oldest first."""
        return _emptied(self._pictures), _emptied(self._messages)

    @property
    def waiting_pictures(self) -> int:
        """How many pictures the window has not taken yet."""
        return len(self._pictures)


def _emptied(queue: "deque[Observation] | deque[Message]") -> list:  # type: ignore[type-arg]
    taken = []
    # What is put in the meantime waits for the next time, so that a fast worker cannot hold the
    # window here.
    for _ in range(len(queue)):
        with contextlib.suppress(IndexError):
            taken.append(queue.popleft())
    return taken


class Session:
    """Recognizes one source of sound until it ends or is stopped.

    Parameters
    ----------
    make_source
        Makes the source, in the worker: opening a microphone takes as long as it takes. It is
        given a function that takes notices.
    load
        Gives the classifier, in the worker.
    threshold
        The least confidence that makes a detection; None takes the model's own.
    patient
        Whether the worker waits for the window: only for sound that can wait.
    """

    def __init__(
        self,
        make_source: Callable[[Callable[[str], None]], Source],
        load: Callable[[], Classifier],
        *,
        threshold: float | None = None,
        patient: bool = False,
    ) -> None:
        self.inbox = Inbox()
        self._make_source = make_source
        self._load = load
        self._threshold = threshold
        self._patient = patient
        self._lock = threading.Lock()
        self._source: Source | None = None
        self._recognizer: Recognizer | None = None
        self._stopping = threading.Event()
        self._recent: Float32Array = np.zeros(0, np.float32)
        self._block = self._recent
        self._worker = threading.Thread(target=self._work, name="Session", daemon=True)

    def start(self) -> "Session":
        """Start the worker."""
        self._worker.start()
        return self

    def ask_to_stop(self) -> None:
        """Ask the worker to end, without waiting; the last message is an `Ended`."""
        self._stopping.set()
        with self._lock:
            source = self._source
        if source is not None:
            source.close()

    def stop(self, timeout_s: float = _JOIN_S) -> bool:
        """Ask the worker to end and wait for it; return whether it has ended.

        A sound server that hangs may hold the worker longer; it is a daemon and holds nobody.
        """
        self.ask_to_stop()
        if self._worker.ident is not None:
            self._worker.join(timeout_s)
        return not self._worker.is_alive()

    @property
    def is_alive(self) -> bool:
        """Whether the worker runs."""
        return self._worker.is_alive()

    @property
    def is_stopping(self) -> bool:
        """Whether it was asked to end."""
        return self._stopping.is_set()

    def set_threshold(self, value: float) -> None:
        """Change the least confidence at once (0 to 1)."""
        with self._lock:
            self._threshold = value
            if self._recognizer is not None:
                self._recognizer.threshold = value

    def captured_at(self, at_s: float) -> float | None:
        """When a moment of the stream was captured, on the clock of `time.monotonic` (seconds).

        None where the source is no microphone.
        """
        source = self._source
        find = getattr(source, "captured_at", None)
        return None if find is None else float(find(round(at_s * SAMPLE_RATE)))

    def _work(self) -> None:
        error: Exception | None = None
        try:
            self._run()
        except Exception as problem:  # noqa: BLE001 - whatever it is, the window must learn of it
            error = problem
        finally:
            with self._lock:
                source, self._source = self._source, None
            if source is not None:
                source.close()
            self.inbox.put(Ended(error))

    def _run(self) -> None:
        classifier = self._load()
        recognizer = Recognizer(classifier)
        recognizer.observe = self.inbox.put_picture
        with self._lock:
            if self._threshold is not None:
                recognizer.threshold = self._threshold
            self._recognizer = recognizer
        source = self._make_source(lambda sentence: self.inbox.put(Notice(sentence)))
        with self._lock:
            if self._stopping.is_set():
                source.close()
                return
            self._source = source
        source.open()
        if self._stopping.is_set():
            return
        self.inbox.put(Opened(source.name, source.seconds, classifier.metadata))
        for events in recognize(UntilStopped(source, self._stopping, self._hear), recognizer):
            for event in events:
                self._tell(event, recognizer.time)
            self._wait_for_window()

    def _hear(self, block: Float32Array) -> None:
        self._block = block
        joined = np.concatenate((self._recent, block))
        self._recent = joined[-int(_RECENT_S * SAMPLE_RATE) :]

    def _tell(self, event: Event, now_s: float) -> None:
        if isinstance(event, SamplesLost):
            # The first block behind the gap is there already.
            self._recent = self._block
        if not isinstance(event, Detection | Rejection):
            self.inbox.put(event)
            return
        # After the stream's end the recognizer has started anew: the last sample is then the
        # event's own time.
        end_s = max(now_s, event.time)
        first_s = min(event.start - CLIP_BEFORE_S, end_s - CLIP_S)
        first = max(0, len(self._recent) - round((end_s - first_s) * SAMPLE_RATE))
        self.inbox.put(Word(event, self._recent[first:].copy()))

    def _wait_for_window(self) -> None:
        while (
            self._patient
            and self.inbox.waiting_pictures > _WAITING_PICTURES
            and not self._stopping.wait(0.005)
        ):
            pass
