"""What the program says on standard error: sentences, and a live level meter on a terminal."""

import contextlib
import math
import os
import threading
import time
from collections.abc import Callable
from typing import TextIO

from recognizer.native_stderr import past_redirection
from recognizer.printer import abandon_output

LOWEST_DB = -90.0
"""The left end of the bar (dBFS); full scale is the right end."""
REDRAW_S = 0.1
"""The shortest time between two drawings (seconds)."""
WIDEST_BAR = 60
"""The longest bar (characters)."""


def meter_text(level_db: float, floor_db: float, columns: int) -> str:
    """Draw the level of the sound as one line of plain characters.

    Parameters
    ----------
    level_db
        The level now (dBFS).
    floor_db
        The noise floor, marked in the bar (dBFS).
    columns
        The width of the terminal (characters). The last column stays free, because writing
        into it wraps the line on some terminals.

    Examples
    --------
    >>> meter_text(-45.0, -72.0, 60)
    'level -45 dB  floor -72 dB  [#####|########...............]'
    """
    level_db, floor_db = _on_scale(level_db), _on_scale(floor_db)
    numbers = f"level {level_db:3.0f} dB  floor {floor_db:3.0f} dB"
    width = min(columns - 1 - len(numbers) - len("  []"), WIDEST_BAR)
    if width < 1:
        return numbers[: max(columns - 1, 0)]
    filled = round(width * (1 - level_db / LOWEST_DB))
    bar = list("#" * filled + "." * (width - filled))
    bar[min(int(width * (1 - floor_db / LOWEST_DB)), width - 1)] = "|"
    return f"{numbers}  [{''.join(bar)}]"


def _on_scale(decibels: float) -> float:
    return LOWEST_DB if math.isnan(decibels) else min(max(decibels, LOWEST_DB), 0.0)


class StatusLine:
    """Sentences on a text stream, with a meter on its last line where that is a terminal.

    Sentences may come from any thread (a microphone tells of a lost device from its own); the
    meter is drawn and cleared by one. A stream that fails is left alone: there is nobody else
    to tell.

    Parameters
    ----------
    stream
        Usually ``sys.stderr``, which is None where the shell closed it. What is said while
        PortAudio is kept quiet is seen all the same.
    clock
        Monotonic seconds.
    """

    def __init__(
        self, stream: TextIO | None, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._stream = past_redirection(stream)
        self._clock = clock
        self._lock = threading.Lock()
        self._drawn = 0
        self._next_draw = -math.inf
        self.is_terminal = _is_terminal(stream)
        """Whether the meter is drawn at all."""

    @property
    def columns(self) -> int:
        """The width of the terminal, 80 where there is none (characters)."""
        return self._columns()

    def draw(self, level_db: float, floor_db: float, before: str = "") -> None:
        """Draw the meter, unless it was drawn just now or the stream is no terminal.

        Parameters
        ----------
        level_db, floor_db
            See `meter_text`.
        before
            What stands before it on its line.
        """
        if not self.is_terminal or self._clock() < self._next_draw:
            return
        with self._lock:
            self._next_draw = self._clock() + REDRAW_S
            columns = self._columns()
            text = (before + meter_text(level_db, floor_db, columns - len(before)))[: columns - 1]
            self._write("\r" + text + " " * (self._drawn - len(text)))
            self._drawn = len(text)

    def clear(self) -> None:
        """Take the meter away, so that a line can be printed where it was."""
        with self._lock:
            self._clear()

    def say(self, sentence: str) -> None:
        """Write ``recognizer: sentence`` on a line of its own."""
        self.write(f"recognizer: {' '.join(sentence.splitlines())}")

    def write(self, text: str) -> None:
        """Write text on lines of its own, without the program's name before it."""
        with self._lock:
            self._clear()
            self._write(text + "\n")

    def _clear(self) -> None:
        if self._drawn:
            self._write("\r" + " " * self._drawn + "\r")
            self._drawn = 0
            self._next_draw = -math.inf

    def _write(self, text: str) -> None:
        if self._stream is None:
            return
        with contextlib.suppress(ValueError):
            try:
                self._stream.write(text)
                self._stream.flush()
            except BlockingIOError:
                pass
            except OSError:
                # Its terminal is closed, or its disk full. What stays in the stream would fail
                # once more, and loudly, as the interpreter shuts down.
                abandon_output(self._stream)

    def _columns(self) -> int:
        with contextlib.suppress(OSError, ValueError):
            if self._stream is not None:
                # A terminal that does not know its width says 0.
                return os.get_terminal_size(self._stream.fileno()).columns or 80
        return 80


def _is_terminal(stream: TextIO | None) -> bool:
    if stream is None or os.environ.get("TERM") == "dumb":
        return False
    with contextlib.suppress(OSError, ValueError):
        return stream.isatty()
    return False
