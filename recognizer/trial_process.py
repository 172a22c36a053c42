"""The process in which a model is tried; `recognizer.trial_load` starts it and waits for it.

It reads a flatbuffer from standard input, loads and runs it, and writes one line: ``ok``, or why
the model cannot be used. A crash, too much time or too much memory ends this process alone. It
imports the interpreter and nothing of this package, because it is run as a file: a folder on
Python's search path could hold anything, such as the folder that the user happens to be in.
"""

import contextlib
import os
import signal
import sys
import time
from typing import Any

LARGEST_BYTES = 500 << 20
"""Memory that a model may take."""

TRIAL_S = 4
"""Time in which it must be loaded and run (seconds)."""

LONGEST_RUN_S = 0.5
"""Computing time that one of about twelve runs a second may take (seconds)."""


def main() -> int:
    """Try the model on standard input.

    Returns
    -------
    int
        The exit status: 0, whatever the model is like.
    """
    # What native code may print must not be taken for the answer.
    answer = os.dup(1)
    os.dup2(2, 1)
    interpreter_type = _interpreter_type()
    flatbuffer = sys.stdin.buffer.read()
    if not flatbuffer:
        return 0
    _bound_this_process()
    try:
        verdict = _tried(interpreter_type, flatbuffer)
    except MemoryError:
        verdict = _too_large()
    # Whatever it is, the other process needs a sentence.
    except Exception as error:  # noqa: BLE001
        verdict = " ".join(str(error).split()).rstrip(".") or type(error).__name__
    os.write(answer, verdict.encode(errors="replace") + b"\n")
    return 0


def _interpreter_type() -> Any:
    try:
        from ai_edge_litert.interpreter import Interpreter
    except ImportError:
        from tflite_runtime.interpreter import Interpreter
    return Interpreter


def _tried(interpreter_type: Any, flatbuffer: bytes) -> str:
    interpreter = interpreter_type(model_content=flatbuffer, num_threads=1)
    interpreter.allocate_tensors()
    interpreter.invoke()
    # The first run also prepares.
    begun_s = time.process_time()
    interpreter.invoke()
    taken_s = time.process_time() - begun_s
    # A heap that was written over shows at the latest when it is freed.
    del interpreter
    if taken_s > LONGEST_RUN_S:
        return f"one look at a second of sound takes it {taken_s:.1f} s"
    return _too_large() if peak_bytes() > LARGEST_BYTES else "ok"


def _too_large() -> str:
    return f"it takes more than {LARGEST_BYTES >> 20} MiB of memory"


def peak_bytes() -> int:
    """Return the most memory that this process has had, or 0 where nobody says."""
    with contextlib.suppress(OSError), open("/proc/self/status", "rb") as file:  # noqa: PTH123
        # Not from getrusage, which on Linux begins with what the parent process had.
        for line in file:
            if line.startswith(b"VmHWM:"):
                return int(line.split()[1]) * 1024
    with contextlib.suppress(ImportError):
        import resource

        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return peak if sys.platform == "darwin" else peak * 1024
    return 0


def _bound_this_process() -> None:
    """Let the system end this process where it goes too far; not all systems can do all of it."""
    with contextlib.suppress(ImportError, OSError, ValueError, AttributeError):
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        signal.alarm(TRIAL_S)
    with contextlib.suppress(ImportError, OSError, ValueError):
        import resource

        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
        with open("/proc/self/statm", encoding="ascii") as file:  # noqa: PTH123
            used = int(file.read().split()[0]) * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_AS, (used + LARGEST_BYTES,) * 2)


if __name__ == "__main__":
    sys.exit(main())
