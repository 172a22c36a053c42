"""The end of a process in which threads are left that nobody could wait for."""

import contextlib
import os
import sys
import threading


def end_beside_threads(status: int) -> None:
    """End this process at once if a closed window has left threads that are still at work.

    A sound server that hangs, or a machine that is very busy, holds the thread of a microphone
    longer than the window waits for it, and the one that lists microphones, too. While Python takes
    itself and Qt apart, such a thread inside PortAudio or the model's interpreter may crash the
    process. By then settings, log and output are written.

    Parameters
    ----------
    status
        The exit status.
    """
    if not _at_work():
        return
    for stream in (sys.stdout, sys.stderr):
        # Without a terminal there may be none, and who read it may be gone.
        with contextlib.suppress(OSError, ValueError, AttributeError):
            stream.flush()
    os._exit(status)


def _at_work() -> bool:
    # A timer only waits; all others are somewhere in somebody's C code, or may be any moment.
    threads = threading.enumerate()
    return any(one.daemon and not isinstance(one, threading.Timer) for one in threads)
