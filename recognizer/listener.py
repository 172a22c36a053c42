"""The worker between a microphone and a recognizer.

Threads: the audio system's own, which only fills the microphone's ring buffer and never blocks;
the worker of a `Listener`, which waits for sound, recognizes, and calls back; and the owner's,
which calls `start` and `stop`. A callback may block the worker for as long as the microphone's
buffer lasts (ten seconds), then samples are lost, and the loss is told as an event. Only `stop`
may block the owner, and no longer than it is told to.
"""

import threading
from collections.abc import Callable, Iterator, Sequence
from typing import Protocol, Self

import numpy as np
import numpy.typing as npt

from recognizer.events import Event

Float32Array = npt.NDArray[np.float32]

_STOP_TIMEOUT_S = 5.0
"""How long `Listener.stop` waits for its worker, unless told otherwise (seconds)."""


class SoundSource(Protocol):
    """What is listened to: a `Microphone`, or anything that behaves like one."""

    def __iter__(self) -> Iterator[Float32Array]:
        """Yield float32 mono blocks at 16 kHz."""

    def take_lost(self) -> int:
        """Return how many samples were lost right before the block that came last."""

    def close(self) -> None:
        """End the iteration soon, from any thread."""


class BlockRecognizer(Protocol):
    """What recognizes: a `Recognizer`, or anything that behaves like one."""

    def process(self, block: Float32Array, /) -> Sequence[Event]:
        """Take samples, return what was heard in them."""

    def skip(self, lost_samples: int, /) -> Sequence[Event]:
        """Go on behind a gap; return the end of what it interrupted, and the loss."""

    def finish(self) -> Sequence[Event]:
        """End the stream, return what was still open."""


def recognize(source: SoundSource, recognizer: BlockRecognizer) -> Iterator[Sequence[Event]]:
    """Carry sound from a source to a recognizer, minding what is lost on the way.

    Parameters
    ----------
    source
        Iterated over to its end.
    recognizer
        Fresh, at the start of a stream. `finish` is called when the source has ended.

    Yields
    ------
    sequence of Event
        What each block and each loss gave, empty where it gave nothing, in the order of time.
    """
    for block in source:
        lost_samples = source.take_lost()
        if lost_samples:
            yield recognizer.skip(lost_samples)
        yield recognizer.process(block)
    yield recognizer.finish()


class Listener:
    """Recognizes what a microphone hears, in a thread of its own.

    It is a thread because recognizing takes milliseconds that a window's event loop does not
    have, and waiting for a vanished microphone takes longer still.

    Parameters
    ----------
    microphone
        An open microphone; `stop` closes it.
    recognizer
        Fresh; only the worker may use it while listening, but its threshold may be set.
    on_event
        Takes each event, in the worker's thread.
    on_block
        Called in the worker's thread after each block and its events, for a meter or a picture.
    on_error
        Takes the exception that ended the worker early, in the worker's thread.

    Examples
    --------
    >>> with Microphone() as microphone:  # doctest: +SKIP
    ...     with Listener(microphone, Recognizer(), print):
    ...         input("Listening; Enter ends it.")
    """

    def __init__(
        self,
        microphone: SoundSource,
        recognizer: BlockRecognizer,
        on_event: Callable[[Event], object],
        *,
        on_block: Callable[[], object] | None = None,
        on_error: Callable[[Exception], object] | None = None,
    ) -> None:
        self._microphone = microphone
        self._recognizer = recognizer
        self._on_event = on_event
        self._on_block = on_block
        self._on_error = on_error
        self._stopping = threading.Event()
        self._worker = threading.Thread(target=self._work, name="Listener", daemon=True)
        self._error: Exception | None = None

    @property
    def error(self) -> Exception | None:
        """The exception that ended the worker early, or None."""
        return self._error

    @property
    def is_listening(self) -> bool:
        """Whether the worker runs."""
        return self._worker.is_alive()

    def start(self) -> Self:
        """Start the worker.

        Raises
        ------
        RuntimeError
            If it was started before.
        """
        self._worker.start()
        return self

    def stop(self, timeout_s: float = _STOP_TIMEOUT_S) -> bool:
        """Close the microphone, let the worker finish its last word, and wait for it.

        May be called any number of times and by any thread. From inside a callback it does not
        wait, because the worker cannot wait for itself.

        Parameters
        ----------
        timeout_s
            How long to wait for the worker (seconds).

        Returns
        -------
        bool
            Whether the worker has ended. If not, a callback or the recognizer still holds it; it
            ends when that returns.
        """
        self._stopping.set()
        self._microphone.close()
        if self._worker is not threading.current_thread() and self._worker.ident is not None:
            self._worker.join(timeout_s)
        return not self._worker.is_alive()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _work(self) -> None:
        try:
            self._listen()
        except Exception as error:  # noqa: BLE001 - whatever it is, the owner must learn of it
            self._error = error
            if self._on_error is not None:
                self._on_error(error)

    def _listen(self) -> None:
        for events in recognize(UntilStopped(self._microphone, self._stopping), self._recognizer):
            for event in events:
                self._on_event(event)
            if self._on_block is not None:
                self._on_block()


class UntilStopped:
    """A source that ends as soon as it is told, even if blocks are still waiting in it.

    Parameters
    ----------
    source
        Where the sound comes from.
    stopping
        Set to end the iteration.
    see
        Takes each block on its way.
    """

    def __init__(
        self,
        source: SoundSource,
        stopping: threading.Event,
        see: Callable[[Float32Array], object] = lambda block: None,
    ) -> None:
        self._source = source
        self._stopping = stopping
        self._see = see
        self.take_lost = source.take_lost
        self.close = source.close

    def __iter__(self) -> Iterator[Float32Array]:
        """Yield the source's blocks."""
        for block in self._source:
            if self._stopping.is_set():
                return
            self._see(block)
            yield block
