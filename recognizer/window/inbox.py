"""What a session's worker leaves for the window: pictures, words, and what befell it."""

import contextlib
from collections import deque
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from recognizer.errors import RecognizerError
from recognizer.events import Detection, Event, Observation, Rejection
from recognizer.model_metadata import ModelMetadata

Float32Array = npt.NDArray[np.float32]

KEPT_PICTURES = 1500
"""Pictures that wait for the window at most: a minute of a microphone's."""


@dataclass(frozen=True, slots=True, eq=False)
class Word:
    """A word that was decided, with its sound."""

    event: Detection | Rejection
    """What was decided."""
    samples: Float32Array
    """The sound around it, mono at 16 kHz, a second or more (shorter at a stream's start, and of
    words in a row, which have neighbours)."""


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


@dataclass(frozen=True, slots=True, eq=False)
class NotConnected:
    """Words in a row were wanted and cannot be recognized; the run goes on without."""

    error: RecognizerError
    """Why."""


Message = Event | Word | Opened | Notice | NotConnected | Ended


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
