"""Keeping native libraries' notes off the terminal, and nothing else.

LiteRT and TensorFlow write notes about their insides to the process's standard error, with no
setting against it; so do ALSA and PortAudio.
"""

import contextlib
import io
import os
import sys
import threading
from collections.abc import Iterator
from typing import TYPE_CHECKING, Self, TextIO

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

redirecting = threading.Lock()
"""Held by whoever has redirected the process's standard error. Two at a time would each put back
what the other had put there."""

WAIT_S = 2.0
"""How long to wait for that; after it the notes may as well be seen (seconds)."""


@contextlib.contextmanager
def quiet_native_stderr(*beginnings: bytes) -> Iterator[None]:
    """Hold back what is written to standard error; pass on at the end what is worth reading.

    Works on the file descriptor, hence for the whole process: what other threads write in the
    meantime comes out when the context ends.

    Parameters
    ----------
    beginnings
        Lines that begin with one of these are dropped.
    """
    # Here, since it takes its time and every start of the program imports this module.
    import tempfile

    with contextlib.ExitStack() as stack:
        if not redirecting.acquire(timeout=WAIT_S):
            yield
            return
        stack.callback(redirecting.release)
        try:
            kept = os.dup(2)
            stack.callback(os.close, kept)
            # A file, since a pipe that nobody empties would block whoever writes much.
            held = stack.enter_context(tempfile.TemporaryFile())
        except OSError:
            yield
            return
        os.dup2(held.fileno(), 2)
        try:
            yield
        finally:
            os.dup2(kept, 2)
            held.seek(0)
            for line in held:
                if not line.startswith(beginnings):
                    os.write(2, line)


class QuietErrors:
    """Sends the process's standard error to nowhere: ALSA and PortAudio print into it.

    What Python writes to ``sys.stderr`` in the meantime, from any thread, is seen all the same.
    """

    def __init__(self) -> None:
        self._saved: int | None = None
        self._redirects = False
        self._lock = threading.Lock()
        self._stream: TextIO | None = None
        self._stand_in: TextIO | None = None

    def __enter__(self) -> Self:
        self._redirects = redirecting.acquire(timeout=WAIT_S)
        if not self._redirects:
            return self
        with contextlib.suppress(OSError):
            self._saved = os.dup(2)
            nowhere = os.open(os.devnull, os.O_WRONLY)
            self._stream, self._stand_in = sys.stderr, past_redirection(sys.stderr)
            sys.stderr = self._stand_in
            _terminal.move(nowhere, self._saved)
            os.close(nowhere)
        return self

    def __exit__(self, *_: object) -> None:
        # Restored even if it was before: sounddevice, too, redirects and puts back what it found.
        self.restore()
        with self._lock:
            saved, self._saved = self._saved, None
        if saved is not None:
            os.close(saved)

    def restore(self) -> None:
        """Give standard error back, from any thread, while the quiet call may still hang."""
        with self._lock:
            if self._saved is not None:
                _terminal.move(self._saved, 2)
            # Somebody else may have put another stream there.
            if self._stand_in is not None and sys.stderr is self._stand_in:
                sys.stderr = self._stream
            self._stream = self._stand_in = None
            if self._redirects:
                self._redirects = False
                redirecting.release()


class _Terminal:
    """The descriptor under which the program's own standard error is to be had now."""

    def __init__(self) -> None:
        self.descriptor = 2
        self._lock = threading.Lock()

    def move(self, source: int, descriptor: int) -> None:
        """Point standard error to ``source``; the program's own is ``descriptor`` from now on."""
        with self._lock:
            os.dup2(source, 2)
            self.descriptor = descriptor

    def duplicate(self) -> int | None:
        """Return a descriptor that stays what it is, or None where there are no more."""
        with self._lock, contextlib.suppress(OSError):
            return os.dup(self.descriptor)
        return None


_terminal = _Terminal()


class _PastRedirection(io.RawIOBase):
    """Writes to the program's own standard error, wherever that is at the moment."""

    def writable(self) -> bool:
        return True

    def fileno(self) -> int:
        return _terminal.descriptor

    def isatty(self) -> bool:
        return os.isatty(self.fileno())

    def write(self, data: "ReadableBuffer") -> int | None:
        # Written without the lock: a terminal that is stopped would stop PortAudio's thread, too.
        duplicate = _terminal.duplicate()
        try:
            return os.write(self.fileno() if duplicate is None else duplicate, data)
        except BlockingIOError:
            return None
        finally:
            if duplicate is not None:
                os.close(duplicate)


def past_redirection(stream: TextIO | None) -> TextIO | None:
    """Return a stream that `QuietErrors` does not silence, in place of one that it would.

    Parameters
    ----------
    stream
        Usually ``sys.stderr``. It is returned itself if it does not write to descriptor 2, and
        on Windows, where a console is written to in another way.
    """
    with contextlib.suppress(OSError, ValueError):
        if stream is not None and os.name == "posix" and stream.fileno() == 2:
            return io.TextIOWrapper(
                io.BufferedWriter(_PastRedirection()),
                encoding=stream.encoding,
                errors=stream.errors,
                line_buffering=True,
            )
    return stream
