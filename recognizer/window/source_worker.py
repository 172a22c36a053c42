"""Work on one source of sound, in a thread of its own that a window starts and stops."""

import threading
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Protocol, Self

from recognizer.listener import SoundSource

_JOIN_S = 3.0


class Source(SoundSource, Protocol):
    """Sound that a worker can open: a microphone, or a file at some pace."""

    @property
    def name(self) -> str:
        """What it is called, once it is open."""

    @property
    def seconds(self) -> float | None:
        """Its length (seconds), or None where it has none."""

    def open(self) -> object:
        """Open it; may take seconds."""


class SourceWorker(ABC):
    """A thread that opens a source, works until that ends or it is told to stop, and closes it.

    Parameters
    ----------
    name
        The thread's.
    make_source
        Makes the source, in the worker: opening a microphone takes as long as it takes. It is
        given a function that takes notices.
    """

    def __init__(self, name: str, make_source: Callable[[Callable[[str], None]], Source]) -> None:
        self._make_source = make_source
        self._lock = threading.Lock()
        self._source: Source | None = None
        self._stopping = threading.Event()
        self._worker = threading.Thread(target=self._work, name=name, daemon=True)

    def start(self) -> Self:
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

    @abstractmethod
    def _run(self) -> None:
        """Do the work (worker)."""

    @abstractmethod
    def _notice(self, sentence: str) -> None:
        """Take a sentence that the source has for the user (worker)."""

    @abstractmethod
    def _end(self, error: Exception | None) -> None:
        """Leave an `Ended`, with what went wrong (worker)."""

    def _opened(self) -> Source | None:
        """Open the source (worker); None where the worker is asked to stop meanwhile."""
        source = self._make_source(self._notice)
        with self._lock:
            if self._stopping.is_set():
                source.close()
                return None
            self._source = source
        source.open()
        return None if self._stopping.is_set() else source

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
            self._end(error)
