"""Keeping native libraries' notes off the terminal, and nothing else.

LiteRT and TensorFlow write notes about their insides to the process's standard error, with no
setting against it.
"""

import contextlib
import os
import tempfile
import threading
from collections.abc import Iterator

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
