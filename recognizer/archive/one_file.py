"""One file of many: recognized in whatever process or machine it is given to."""

import hashlib
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from recognizer.errors import AudioError, ModelError, RecognizerError
from recognizer.events import Detection, Rejection
from recognizer.model_file import default_model_path

if TYPE_CHECKING:
    from recognizer.recognizer import Recognizer


@dataclass(frozen=True, slots=True)
class Recipe:
    """What all files of a run are recognized with."""

    model: str | None
    """Path of the model file; None for the one that comes with the program."""
    checksum: str
    """What `checksum_of` gave for the model file where the run began."""
    threshold: float
    """The least confidence that makes a detection (0 to 1)."""


@dataclass(frozen=True, slots=True)
class FileTask:
    """One file, and what it is recognized with."""

    path: str
    """The sound file."""
    recipe: Recipe
    """The same for all files."""


@dataclass(frozen=True, slots=True)
class Heard:
    """What was heard in one file."""

    words: tuple[Detection | Rejection, ...]
    """In the order in which they were decided, rejected ones included."""
    seconds: float
    """How much sound could be read (seconds)."""
    trouble: str | None = None
    """One sentence that says why the file could not be read, or not to its end."""


def checksum_of(model: str | Path | None) -> str:
    """Return the SHA-256 of a model file, None for the one that comes with the program.

    Raises
    ------
    ModelError
        If it cannot be read.
    """
    path = default_model_path() if model is None else Path(model)
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise ModelError(f"The model file {path} cannot be read: {reason}.") from error


def recognize_file(task: FileTask) -> Heard:
    """Recognize one file from its beginning to its end.

    The words are those of ``recognizer --cli --all --input FILE``.

    Parameters
    ----------
    task
        The file.

    Returns
    -------
    Heard
        Also where the file is no sound, or damaged: what was read until then, and the trouble.

    Raises
    ------
    ModelError
        If the model cannot be used, or is not the one with which the run began.
    RecognizerError
        If no TFLite interpreter is installed.
    """
    recognizer = _recognizer(task.recipe)
    recognizer.reset()
    try:
        return _read(recognizer, task.path)
    except RecognizerError:
        raise
    except Exception as error:  # noqa: BLE001
        # A night's work does not end for one file, however odd it is.
        what = " ".join(f"{type(error).__name__}: {error}".split()).rstrip(".")
        trouble = f"'{task.path}' fails inside this program ({what}); please report it."
        return Heard((), 0.0, trouble)


def _read(recognizer: "Recognizer", path: str) -> Heard:
    from recognizer.audio_file import AudioFile

    events = []
    trouble = None
    try:
        with AudioFile(path) as sound:
            for block in sound:
                events += recognizer.process(block)
    except AudioError as error:
        trouble = str(error)
    seconds = recognizer.time
    events += recognizer.finish()
    words = tuple(event for event in events if isinstance(event, Detection | Rejection))
    return Heard(words, seconds, trouble)


_loaded = threading.local()
"""The recognizer of each thread: a model is loaded once, not for each file."""


def _recognizer(recipe: Recipe) -> "Recognizer":
    if getattr(_loaded, "recipe", None) != recipe:
        from recognizer.recognizer import Recognizer

        if checksum_of(recipe.model) != recipe.checksum:
            path = default_model_path() if recipe.model is None else recipe.model
            raise ModelError(
                f"The model file {path} is not the same any more as when this run began, or "
                "differs between the machines; run it again with one model."
            )
        _loaded.recognizer = Recognizer(recipe.model, threshold=recipe.threshold)
        _loaded.recipe = recipe
    recognizer: Recognizer = _loaded.recognizer
    return recognizer
