"""A microphone on fake devices, a recognizer, and the thread between them."""

import queue
from collections.abc import Callable
from typing import Any, Self, TypeVar

import numpy as np
import numpy.typing as npt

from recognizer.classifier import Classifier
from recognizer.events import Event
from recognizer.listener import Listener
from recognizer.microphone import Microphone
from recognizer.recognizer import Recognizer
from tests.fake_sounddevice import FakeSounddevice
from tests.recognizer.command_line import WAIT_S, sound

RATE = 16_000
BURST = np.asarray(sound(1), np.float32)
"""Three seconds with one word."""

WORD_S = 1.03
"""Where that word is heard to begin (seconds)."""

E = TypeVar("E", bound=Event)


class Listening:
    """Listens to fake devices; events and notices wait in queues.

    Parameters
    ----------
    classifier
        The model.
    on_event
        Called for each event before it is put into the queue, in the listener's thread.
    options
        As of `Microphone`.
    """

    def __init__(
        self,
        classifier: Classifier,
        *,
        on_event: Callable[[Event], object] = lambda event: None,
        **options: Any,
    ) -> None:
        self.events: queue.Queue[Event] = queue.Queue()
        self.heard: list[Event] = []
        """All events so far, those included that `next` has passed."""
        self.notices: queue.Queue[str] = queue.Queue()
        self.recognizer = Recognizer(classifier)
        self.microphone = Microphone(**options, on_notice=self.notices.put).open()
        self._on_event = on_event
        self.listener = Listener(self.microphone, self.recognizer, self._take)

    def _take(self, event: Event) -> None:
        self._on_event(event)
        self.heard.append(event)
        self.events.put(event)

    def __enter__(self) -> Self:
        self.listener.start()
        return self

    def __exit__(self, *_: object) -> None:
        assert self.listener.stop(WAIT_S)

    def notice(self) -> str:
        """Wait for the next notice."""
        return self.notices.get(timeout=WAIT_S)

    def next(self, kind: type[E]) -> E:
        """Wait for the next event of a kind."""
        while True:
            event = self.events.get(timeout=WAIT_S)
            if isinstance(event, kind):
                return event


def feed(fake: FakeSounddevice, samples: npt.NDArray[np.float32], **options: Any) -> None:
    """Play samples into the stream that was opened last, 40 ms at a time."""
    for first in range(0, len(samples), 640):
        fake.stream.feed(samples[first : first + 640], **options)
