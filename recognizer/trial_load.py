"""Trying a model that did not come with the program, in a process that may die of it.

`recognizer.model_check` finds a damaged file; what it cannot know is whether the interpreter's
native code survives a file that was made to break it. So such a model is loaded and run once in a
process of its own, bounded in time and memory, before this process loads it.

This holds off crashes. It is no sandbox: code that takes over the other process has the rights of
the user.
"""

import contextlib
import hashlib
import os
import signal
import subprocess
import sys
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

from recognizer.errors import ModelError

if TYPE_CHECKING:
    from recognizer.classifier import Classifier

FROZEN_ARGUMENT = "--trial-load"
"""Makes the frozen program, which has no Python beside it, the process of a trial."""

_PATIENCE_S = 30.0
"""The process ends itself long before; this is for a system that hardly runs (seconds)."""

_passed: set[bytes] = set()
"""Digests of what has been tried in this process and was good."""


class TrialLoad:
    """A process that waits for a model to try.

    To be called with a flatbuffer, as `Classifier`'s ``before_load``. Started early, it starts
    while this process does something else.

    Examples
    --------
    >>> with TrialLoad() as trial:  # doctest: +SKIP
    ...     trial.start()
    ...     classifier = Classifier("mine.tflite", before_load=trial)
    """

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start the process, unless it runs.

        Raises
        ------
        ModelError
            If it cannot be started.
        """
        if self._process is not None:
            return
        try:
            self._process = subprocess.Popen(
                _command(),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
            )
        except OSError as error:
            raise ModelError(
                f"The process that tries a model cannot be started: {error.strerror}."
            ) from error

    def __call__(self, flatbuffer: bytes, path: str) -> None:
        """Try a model; what has been good before is not tried again.

        Parameters
        ----------
        flatbuffer
            The model, without what is appended to it.
        path
            What an error calls it.

        Raises
        ------
        ModelError
            If it crashes the interpreter, is refused by it, or takes too long or too much memory.
        """
        digest = hashlib.sha256(flatbuffer).digest()
        if digest in _passed:
            return
        self.start()
        assert self._process is not None
        try:
            answer, _ = self._process.communicate(flatbuffer, timeout=_PATIENCE_S)
        except subprocess.TimeoutExpired as error:
            raise ModelError(
                f"The model file {path} cannot be used: trying it took more than "
                f"{_PATIENCE_S:.0f} s."
            ) from error
        status = self._process.returncode
        self.close()
        reason = answer.decode(errors="replace").strip()
        if status != 0 or not reason:
            raise ModelError(f"The model file {path} cannot be used: {_ended(status)}.")
        if reason != "ok":
            raise ModelError(f"The interpreter cannot load the model file {path}: {reason}.")
        _passed.add(digest)

    def close(self) -> None:
        """End the process, if it runs still."""
        process, self._process = self._process, None
        if process is None:
            return
        process.kill()
        for pipe in (process.stdin, process.stdout):
            # What a process that has died did not read cannot be flushed.
            with contextlib.suppress(OSError):
                if pipe is not None:
                    pipe.close()
        process.wait()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def load_untrusted(path: str | os.PathLike[str] | None) -> "Classifier":
    """Load a model that a user named, after a trial if it is not the one that ships.

    Parameters
    ----------
    path
        The model file; None stands for the one that ships.

    Raises
    ------
    ModelError, RecognizerError
        As `Classifier`; ModelError also if the trial fails.
    """
    with TrialLoad() as trial:
        if path is not None and not _passed:
            trial.start()
        # Behind the start, since it takes as long.
        from recognizer.classifier import Classifier

        return Classifier(path, before_load=None if _is_shipped(path) else trial)


def _is_shipped(path: str | os.PathLike[str] | None) -> bool:
    from recognizer.model_file import default_model_path

    if path is None:
        return True
    try:
        return Path(path).samefile(default_model_path())
    except (OSError, ValueError):
        return False


def _command() -> list[str]:
    if getattr(sys, "frozen", False):
        return [sys.executable, FROZEN_ARGUMENT]
    # -P: nothing is imported from beside the file, nor from the current folder.
    return [sys.executable, "-P", str(Path(__file__).with_name("trial_process.py"))]


def _ended(status: int) -> str:
    """Say how the process ended that should not have."""
    if status == -getattr(signal, "SIGALRM", 0):
        return "it takes too long to load and run"
    if status < 0:
        with contextlib.suppress(ValueError):
            return f"it crashes the interpreter ({signal.Signals(-status).name})"
    return f"trying it in a process of its own failed (status {status})"
