"""Ctrl-C, SIGTERM and a closed terminal, turned into an orderly end."""

import signal
import threading
from types import FrameType, TracebackType
from typing import Any, Self

NUMBERS = tuple(
    # Windows knows no SIGHUP.
    getattr(signal, name)
    for name in ("SIGINT", "SIGTERM", "SIGHUP")
    if hasattr(signal, name)
)
"""The signals that ask a program to end. SIGHUP comes when its terminal is closed."""


class StopSignals:
    """Turns the signals of `NUMBERS` into KeyboardInterrupt inside its ``with`` block.

    A second signal of the same kind ends the process at once, should an audio server hang while
    the first is being obeyed. Signals that were ignored from outside (``nohup``, ``&`` in a
    script) stay ignored. Outside the main thread, where Python allows no handlers, it does
    nothing.

    Parameters
    ----------
    afterwards
        The handler to leave behind, or None to put back what was there. A program about to exit
        leaves ``signal.SIG_DFL``, because a KeyboardInterrupt while the interpreter shuts down
        would print a traceback.
    """

    def __init__(self, *, afterwards: signal.Handlers | None = None) -> None:
        self._afterwards = afterwards
        self._before: dict[int, Any] = {}
        self.number: int | None = None
        """The signal that came, or None."""
        self.ends_listening = False
        """Whether a signal is the usual way to end this run, as it is for a microphone."""

    @property
    def status(self) -> int:
        """The exit status of a run that a signal ended."""
        return 0 if self.ends_listening else 128 + (self.number or signal.SIGINT)

    def check(self) -> None:
        """Raise KeyboardInterrupt again if a signal came and C code swallowed its exception."""
        if self.number is not None:
            raise KeyboardInterrupt

    def __enter__(self) -> Self:
        if threading.current_thread() is threading.main_thread():
            for number in NUMBERS:
                handler = signal.getsignal(number)
                if handler != signal.SIG_IGN:
                    self._before[number] = handler
                    signal.signal(number, self._interrupt)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler if self._afterwards is None else self._afterwards)

    def _interrupt(self, number: int, frame: FrameType | None) -> None:
        self.number = number
        signal.signal(number, signal.SIG_DFL)
        raise KeyboardInterrupt
