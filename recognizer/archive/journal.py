"""What is finished of many files, so that a run that was interrupted goes on where it was.

A journal is a text file with one JSON object a line: a heading, then each finished file with its
words. Lines are only ever added. One that was cut off, as by a full disk or ``kill -9``, is taken
away when the journal is opened, and its file recognized again.
"""

import contextlib
import hashlib
import json
import math
import os
import stat
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, Self, get_args

from recognizer import __version__
from recognizer.archive.one_file import Heard, Recipe
from recognizer.errors import RecognizerError
from recognizer.events import Detection, Rejection, RejectionReason

_HEADING = b'{"format": "keyword-recognizer journal", "version": 1}\n'


@dataclass(frozen=True, slots=True)
class _Entry:
    """Where a file's line lies in the journal, and which state of the file it is about."""

    offset: int
    length: int
    state: tuple[int, int]


class Journal:
    """The files that are finished, and their words. A context manager.

    Only what was recognized by this version of the program, with the same model and threshold,
    counts as finished, and only as long as the file keeps its size and its time of change.

    Parameters
    ----------
    path
        The journal; it is made if it is not there.
    recipe
        What the files are recognized with.

    Raises
    ------
    RecognizerError
        If the journal cannot be read or written, is another kind of file, or another run is
        using it.
    """

    def __init__(self, path: str | Path, recipe: Recipe) -> None:
        self._path = Path(path)
        made_with = f"{__version__} {recipe.checksum} {recipe.threshold!r}"
        self._recipe = hashlib.sha256(made_with.encode()).hexdigest()[:16]
        self._entries: dict[str, _Entry] = {}
        with contextlib.ExitStack() as opened, self._told():
            self._file: BinaryIO = opened.enter_context(_opened(self._path))
            self._lock()
            self._read()
            self._closing = opened.pop_all()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        with self._told():
            self._closing.close()

    def __contains__(self, path: str) -> bool:
        """Whether a file is finished and has not changed since."""
        entry = self._entries.get(_name(path))
        return entry is not None and entry.state == _state(path)

    def __getitem__(self, path: str) -> Heard:
        """Return what was heard in a finished file."""
        entry = self._entries[_name(path)]
        with self._told():
            self._file.seek(entry.offset)
            found = _heard(_values(self._file.read(entry.length)))
        assert found is not None
        return found

    def keep(self, path: str, heard: Heard) -> None:
        """Note that a file is finished; one with trouble is not, nor what is no regular file.

        Raises
        ------
        RecognizerError
            If the journal cannot be written.
        """
        state = _state(path)
        if heard.trouble is not None or state is None:
            return
        name = _name(path)
        words = [_to_json(word) for word in heard.words]
        values = {"file": name, "state": state, "recipe": self._recipe}
        line = json.dumps({**values, "seconds": heard.seconds, "words": words}).encode() + b"\n"
        with self._told():
            offset = self._file.seek(0, os.SEEK_END)
            self._file.write(line)
            self._file.flush()
        self._entries[name] = _Entry(offset, len(line), state)

    def _lock(self) -> None:
        try:
            import fcntl
        except ImportError:
            return
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise RecognizerError(
                f"Another run is writing to {self._path}; wait for its end, or name another file."
            ) from None

    def _read(self) -> None:
        heading = self._file.readline(len(_HEADING))
        if heading != _HEADING:
            # Empty, or cut off while it was being made.
            if not _HEADING.startswith(heading):
                raise RecognizerError(
                    f"{self._path} was not made by --resume, and is left as it is; name a new file."
                )
            self._file.seek(0)
            self._file.truncate()
            self._file.write(_HEADING)
            self._file.flush()
            return
        offset = len(heading)
        for line in self._file:
            if not line.endswith(b"\n"):
                self._file.truncate(offset)
                break
            values = _values(line)
            if values.get("recipe") == self._recipe and _heard(values) is not None:
                name, state = values.get("file"), values.get("state")
                if isinstance(name, str) and isinstance(state, list) and len(state) == 2:
                    self._entries[name] = _Entry(offset, len(line), (state[0], state[1]))
            offset += len(line)

    @contextlib.contextmanager
    def _told(self) -> Any:
        try:
            yield
        except OSError as error:
            reason = (error.strerror or str(error)).lower()
            raise RecognizerError(
                f"The journal {self._path} cannot be read and written: {reason}."
            ) from error


def _opened(path: Path) -> BinaryIO:
    # Neither "r+b" makes a file nor does "a+b" let one be written anywhere but at its end.
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_CLOEXEC", 0), 0o666)
    return os.fdopen(descriptor, "r+b")


def _name(path: str) -> str:
    return str(Path(path).absolute())


def _state(path: str) -> tuple[int, int] | None:
    """Return size and time of change of a regular file, else None."""
    try:
        status = Path(path).stat()
    except (OSError, ValueError):
        return None
    return (status.st_size, status.st_mtime_ns) if stat.S_ISREG(status.st_mode) else None


def _values(line: bytes) -> dict[str, Any]:
    try:
        values = json.loads(line)
    except (ValueError, RecursionError):
        return {}
    return values if isinstance(values, dict) else {}


def _to_json(word: Detection | Rejection) -> list[object]:
    reason = word.reason if isinstance(word, Rejection) else None
    return [reason, word.label, word.confidence, word.start, word.end, word.time]


def _heard(values: dict[str, Any]) -> Heard | None:
    """Return what a line says was heard, or None where it says nothing that can be used."""
    seconds, rows = values.get("seconds"), values.get("words")
    if seconds is None or not _is_number(seconds) or not isinstance(rows, list):
        return None
    words = tuple(word for row in rows if (word := _word(row)) is not None)
    return Heard(words, seconds) if len(words) == len(rows) else None


def _word(row: object) -> Detection | Rejection | None:
    if not isinstance(row, list) or len(row) != 6 or not all(map(_is_number, row[2:])):
        return None
    reason, label, *numbers = row
    if reason is None and isinstance(label, str):
        return Detection(label, *numbers)
    if reason in get_args(RejectionReason) and (label is None or isinstance(label, str)):
        return Rejection(reason, label, *numbers)
    return None


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
