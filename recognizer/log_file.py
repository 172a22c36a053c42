"""The log file of ``--log``: what befell a run, for whoever has to find out why later.

Every module logs through `recognizer.log.LOG`. Words are logged at the level DEBUG, and the file
takes that level only where the user has asked for it: by default it says when the microphone was
lost, and never what was said.
"""

import contextlib
import logging
import platform
import stat
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from logging.handlers import RotatingFileHandler
from pathlib import Path
from types import TracebackType

from recognizer.doctor_versions import versions
from recognizer.errors import RecognizerError
from recognizer.log import LOG
from recognizer.printer import ReaderGoneError
from recognizer.throttle import Throttle, counted

LARGEST_BYTES = 1_000_000
"""A log file that would become larger is set aside (bytes)."""
OLD_FILES = 2
"""How many are kept that were set aside: FILE.1 and FILE.2."""

_LINE = "%(asctime)s.%(msecs)03dZ %(levelname)s [%(process)d %(threadName)s] %(message)s"
_TIME = "%Y-%m-%dT%H:%M:%S"


class LogError(RecognizerError):
    """A log file that cannot be written; ``str(error)`` is one sentence."""


class UnexpectedError(RecognizerError):
    """An error that only a bug can cause, told in one sentence; the log has the rest."""


class _Formatter(logging.Formatter):
    """One line a message, in UTC; only a traceback takes more."""

    def formatTime(self, record: logging.LogRecord, datefmt: str | None = None) -> str:  # noqa: N802
        return time.strftime(datefmt or _TIME, time.gmtime(record.created))

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802
        record.message = counted(
            " ".join(record.message.splitlines()), getattr(record, "stands_for", 1)
        )
        return super().formatMessage(record)


class LogFile(RotatingFileHandler):
    """A log file that rotates, holds back repeated warnings, and never stops the program.

    Parameters
    ----------
    path
        The file, which is appended to.
    say
        Takes one sentence when the file can no longer be written.

    Raises
    ------
    OSError
        If the file cannot be written. Later no such error is raised: lines are left out until
        the file can be written again.
    """

    def __init__(self, path: Path, say: Callable[[str], object]) -> None:
        # Looked at before it is opened: opening a named pipe waits for ever.
        with contextlib.suppress(FileNotFoundError):
            if not stat.S_ISREG(path.stat().st_mode):
                raise OSError("it is no file")
        self._say = say
        self._left_out = 0
        super().__init__(
            path,
            maxBytes=LARGEST_BYTES,
            backupCount=OLD_FILES,
            encoding="utf-8",
            errors="backslashreplace",
        )
        self.setFormatter(_Formatter(_LINE, _TIME))
        self._repeated: Throttle[logging.LogRecord] = Throttle(self._write)

    def handle(self, record: logging.LogRecord) -> bool:
        """Write a record; warnings of one kind only once in a while."""
        if record.levelno < logging.WARNING:
            self._write(record, 1)
        else:
            self._repeated.offer(_kind(record), record)
        return True

    def emit(self, record: logging.LogRecord) -> None:
        """Write a record, before it how many could not be written (inside the handler's lock)."""
        left_out = self._left_out
        if left_out:
            text = f"{left_out} messages are missing here: the file could not be written."
            super().emit(logging.LogRecord(LOG.name, logging.ERROR, "", 0, text, (), None))
            if self._left_out > left_out:
                return
            self._left_out = 0
        super().emit(record)

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802
        """Go on without the file: a full disk must not end recognition."""
        error = sys.exc_info()[1]
        self._left_out += 1
        # What could not be written would stay in the stream; the next line opens the file anew.
        stream, self.stream = self.stream, None
        if stream is not None:
            with contextlib.suppress(OSError, ValueError):
                stream.close()
        if self._left_out == 1:
            reason = getattr(error, "strerror", None) or error
            self._say(f"The log file {self.baseFilename} cannot be written now: {reason}.")

    def write_held(self) -> None:
        """Write the warnings that are held back."""
        self._repeated.flush()

    def close(self) -> None:
        """Write what is held back, and close the file."""
        self.write_held()
        with contextlib.suppress(OSError, ValueError):
            super().close()

    def _write(self, record: logging.LogRecord, count: int) -> None:
        record.stands_for = count
        super().handle(record)


@contextlib.contextmanager
def log_to(
    path: Path,
    *,
    say: Callable[[str], object],
    arguments: Sequence[str] = (),
    with_words: bool = False,
) -> Iterator[None]:
    """Write a log file while the context lasts: its beginning, its end, and what went wrong.

    An exception that only a bug can cause goes into the log with its traceback, from whatever
    thread it comes, and the user is told one sentence.

    Parameters
    ----------
    path
        The file, which is appended to.
    say
        Takes sentences for the user.
    arguments
        The command line, for the first line.
    with_words
        Whether the words that are recognized are logged, too.

    Raises
    ------
    LogError
        If the file cannot be written.
    UnexpectedError
        In place of an exception that only a bug can cause.
    """
    try:
        file = LogFile(path, say)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise LogError(f"The log file {path} cannot be written: {reason}.") from error
    level = LOG.level
    LOG.addHandler(file)
    LOG.setLevel(logging.DEBUG if with_words else logging.INFO)
    named = ", ".join(f"{name} {version}" for name, version in versions().items() if version)
    LOG.info("Begun: recognizer %s; %s; %s", " ".join(arguments), named, platform.platform())
    begun_s = time.monotonic()
    try:
        with _hooks(path, say):
            yield
    except RecognizerError as error:
        LOG.error(str(error))
        raise
    except KeyboardInterrupt:
        LOG.info("A signal came.")
        raise
    except ReaderGoneError:
        LOG.info("Nobody reads standard output any more.")
        raise
    except Exception as error:
        LOG.critical("An unexpected error.", exc_info=True)
        raise UnexpectedError(_unexpected(error, path)) from error
    finally:
        file.write_held()
        LOG.info("Ended after %.1f s.", time.monotonic() - begun_s)
        LOG.removeHandler(file)
        LOG.setLevel(level)
        file.close()


@contextlib.contextmanager
def _hooks(path: Path, say: Callable[[str], object]) -> Iterator[None]:
    """Log what Python would print a traceback of: errors in other threads and in Qt's calls."""

    def log(error: BaseException, trace: TracebackType | None) -> None:
        LOG.critical("An unexpected error.", exc_info=(type(error), error, trace))
        told.offer((type(error), _place(trace)), _unexpected(error, path))

    def on_exception(
        kind: type[BaseException], error: BaseException, trace: TracebackType | None
    ) -> None:
        if isinstance(error, Exception):
            log(error, trace)
        else:
            before(kind, error, trace)

    def on_thread_exception(args: threading.ExceptHookArgs) -> None:
        if isinstance(args.exc_value, Exception):
            log(args.exc_value, args.exc_traceback)
        else:
            before_in_threads(args)

    told: Throttle[str] = Throttle(lambda sentence, count: say(counted(sentence, count)))
    before, before_in_threads = sys.excepthook, threading.excepthook
    sys.excepthook, threading.excepthook = on_exception, on_thread_exception
    try:
        yield
    finally:
        sys.excepthook, threading.excepthook = before, before_in_threads
        told.flush()


def _unexpected(error: BaseException, path: Path) -> str:
    what = " ".join(f"{type(error).__name__}: {error}".split()).rstrip(".: ")
    return f"Something went wrong that should not ({what}); the log {path} has the details."


def _kind(record: logging.LogRecord) -> tuple[object, ...]:
    """Return what makes a warning the same as another: its words without the figures in them."""
    trace = record.exc_info[2] if record.exc_info else None
    return record.levelno, record.msg, _place(trace)


def _place(trace: TracebackType | None) -> tuple[str, int] | None:
    if trace is None:
        return None
    while trace.tb_next is not None:
        trace = trace.tb_next
    return trace.tb_frame.f_code.co_filename, trace.tb_lineno
