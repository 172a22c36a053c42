"""One line a word on standard output: plain text for people, JSON for programs."""

import contextlib
import json
import os
import select
import stat
import time
from collections.abc import Callable, Iterator
from typing import TextIO

from recognizer.errors import RecognizerError
from recognizer.events import Detection, Rejection


class ReaderGoneError(Exception):
    """Nobody reads standard output any more; the program has nothing left to do."""


class OutputError(RecognizerError):
    """Standard output cannot be written to."""


def plain_line(event: Detection | Rejection, label_width: int = 0) -> str:
    """Format a word for people, in columns that are at least two spaces apart.

    Parameters
    ----------
    event
        The word.
    label_width
        The length of the longest label, so that the columns line up.

    Returns
    -------
    str
        Where the word begins in seconds, the label, and the confidence in percent. A rejected
        word has its label in parentheses (``-`` if none was scored) and ends with the reason.

    Examples
    --------
    >>> plain_line(Detection("seven", 0.98, 3.41, 3.9, 4.05))
    '    3.41  seven   98 %'
    """
    if isinstance(event, Detection):
        label, reason = event.label, ""
    else:
        label = "-" if event.label is None else f"({event.label})"
        reason = f"  rejected: {event.reason}"
    percent = round(100 * event.confidence)
    return f"{event.start:8.2f}  {label:<{label_width}}  {percent:3d} %{reason}"


def json_line(event: Detection | Rejection, latency_ms: float | None = None) -> str:
    """Format a word as one JSON object, keys in a fixed order, seconds with two decimals.

    Parameters
    ----------
    event
        The word.
    latency_ms
        From the word's last sample being captured to now (milliseconds); microphones only.

    Examples
    --------
    >>> json_line(Detection("seven", 0.98, 3.41, 3.9, 4.05))
    '{"label": "seven", "confidence": 0.98, "start": 3.41, "end": 3.90, "time": 4.05}'
    """
    fields = [
        f'"label": {json.dumps(event.label)}',
        f'"confidence": {event.confidence:.2f}',
        f'"start": {event.start:.2f}',
        f'"end": {event.end:.2f}',
        f'"time": {event.time:.2f}',
    ]
    if latency_ms is not None:
        fields.append(f'"latency_ms": {latency_ms:.0f}')
    if isinstance(event, Rejection):
        fields.append(f'"rejected": {json.dumps(event.reason)}')
    return "{" + ", ".join(fields) + "}"


class Printer:
    """Writes words to a text stream and flushes each line.

    Parameters
    ----------
    stream
        Usually ``sys.stdout``, which is None where the shell closed it (``>&-``).
    as_json
        JSON objects instead of plain text.
    label_width
        The length of the longest label.
    clock
        The monotonic clock that ``captured_at`` refers to (seconds).

    Raises
    ------
    OutputError
        From every method: the stream is closed or refuses the line (a full disk).
    ReaderGoneError
        From every method: the reader of a pipe has closed it.
    """

    def __init__(
        self,
        stream: TextIO | None,
        *,
        as_json: bool = False,
        label_width: int = 0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        if stream is None:
            raise OutputError("Standard output is closed, so there is nowhere to print to.")
        self._stream = stream
        self._as_json = as_json
        self._label_width = label_width
        self._clock = clock
        self._pipe = _pipe_of(stream)
        self.captured_at: Callable[[float], float] | None = None
        """Turns a place in the stream into the monotonic time at which it was captured (both
        seconds). Set for a microphone, whose JSON lines then carry their latency."""

    def write_event(self, event: Detection | Rejection) -> None:
        """Print one word as one line."""
        if self._as_json:
            latency_ms = None
            if self.captured_at is not None:
                captured = self.captured_at(event.end)
                latency_ms = 1000 * (self._clock() - captured)
            self.write_line(json_line(event, latency_ms))
        else:
            self.write_line(plain_line(event, self._label_width))

    def write_line(self, line: str) -> None:
        """Print one line, at once."""
        with _told_about_output():
            try:
                self._stream.write(line + "\n")
            except UnicodeEncodeError:
                encoding = self._stream.encoding
                readable = line.encode(encoding, "backslashreplace").decode(encoding)
                self._stream.write(readable + "\n")
            self._stream.flush()

    def check_reader(self) -> None:
        """Notice a reader that has gone without waiting for the next line to fail.

        A microphone may hear no word for hours after ``| head -1`` has had its line.
        """
        if self._pipe is not None and self._pipe.poll(0):
            raise ReaderGoneError


def abandon_output(stream: TextIO | None) -> None:
    """Point a stream that failed to nowhere, so that the interpreter's own flush cannot fail."""
    with contextlib.suppress(OSError, ValueError):
        if stream is not None:
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, stream.fileno())
            os.close(nowhere)


def abandon_stuck_output(stream: TextIO | None) -> None:
    """Abandon a stream that takes nothing now: a full pipe that is not read, a stopped terminal.

    To be used before a program ends early. What is still in the stream would else be written by
    the interpreter as it shuts down, and that waits for the reader for ever, or fails.
    """
    with contextlib.suppress(OSError, ValueError):
        if stream is None:
            return
        if not select.select([], [stream], [], 0)[1]:
            abandon_output(stream)
        try:
            stream.flush()
        except OSError:
            abandon_output(stream)


@contextlib.contextmanager
def _told_about_output() -> Iterator[None]:
    try:
        yield
    except BrokenPipeError as error:
        raise ReaderGoneError from error
    except OSError as error:
        raise OutputError(f"Standard output cannot be written to: {error.strerror}.") from error


def _pipe_of(stream: TextIO) -> "select.poll | None":
    if not hasattr(select, "poll"):
        return None
    try:
        descriptor = stream.fileno()
        mode = os.fstat(descriptor).st_mode
    except (OSError, ValueError):
        return None
    if not (stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode)):
        return None
    pipe = select.poll()
    # An empty mask: errors and hang-ups are reported whatever is asked for.
    pipe.register(descriptor, 0)
    return pipe
