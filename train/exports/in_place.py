"""Keeping a better model: what lies where an export is to go is measured before it is replaced."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from recognizer.errors import ModelError, RecognizerError
from recognizer.model_file import read_model, write_model
from recognizer.model_metadata import SILENCE
from train.corpora import Clip
from train.errors import DataError
from train.exports.c_source import read_c_source
from train.exports.float_file import read_float
from train.exports.measure import HeldOut, float_answers, right_recordings

if TYPE_CHECKING:
    from train.tasks import Tasks


@dataclass(frozen=True, slots=True)
class Rival:
    """A model, the one in place or the new one."""

    words: tuple[str, ...]
    """The words it knows."""
    flatbuffer: bytes
    """The network."""
    right: Callable[[], int]
    """Counts the sounds it gets right. Raises RecognizerError where it cannot be measured."""


_WAYS_OUT = "name another file with --out, or replace it with --force."


def refuse_other_words(out: Path, read: Callable[[], Rival], words: Sequence[str]) -> Rival | None:
    """Refuse to replace a model that knows other words, or what is none.

    Parameters
    ----------
    out
        Where a new model is to go.
    read
        Reads what is there. Raises RecognizerError where that is no model.
    words
        What the new model knows.

    Returns
    -------
    Rival or None
        The model that is there, if there is anything.

    Raises
    ------
    DataError
        With the reason, in one sentence.
    """
    if not out.exists():
        return None
    try:
        old = read()
    except RecognizerError as error:
        raise DataError(
            f"{out} is there and cannot be compared: {_reason(error)}; {_WAYS_OUT}"
        ) from error
    if set(old.words) != set(words):
        raise DataError(
            f"{out} knows other words ({_listed(old.words)}) than the new model "
            f"({_listed(words)}); {_WAYS_OUT}"
        )
    return old


def refuse_better(out: Path, read: Callable[[], Rival], new: Rival, sounds: int | None) -> None:
    """Refuse to replace a model that does better on the same sounds, and as `refuse_other_words`.

    Parameters
    ----------
    out
        Where the new model is to go; there may be nothing.
    read
        Reads what is there. Raises RecognizerError where that is no model.
    new
        The new model.
    sounds
        On how many sounds both are measured; None where there are no recordings.

    Raises
    ------
    DataError
        With the reason, in one sentence.
    """
    old = refuse_other_words(out, read, new.words)
    if old is None or old.flatbuffer == new.flatbuffer:
        return
    if sounds is None:
        raise DataError(
            f"{out} is there, and without recordings nobody can say which model is better; name "
            "some with --data, or replace it with --force."
        )
    try:
        before = old.right()
    except RecognizerError as error:
        raise DataError(
            f"{out} is there and cannot be measured: {_reason(error)}; {_WAYS_OUT}"
        ) from error
    after = new.right()
    if before > after:
        raise DataError(
            f"{out} is better than the new model: of {sounds:,} sounds it gets {before:,} "
            f"right ({before / sounds:.1%}), the new one {after:,} ({after / sounds:.1%}); "
            f"{_WAYS_OUT}"
        )


def live_rival(path: Path, clips: Sequence[Clip], *, tasks: "Tasks") -> Rival:
    """Read a model file, to be measured through the features it was made for.

    Raises
    ------
    ModelError
        If it is none.
    """
    flatbuffer, metadata = read_model(path)
    said = recordings_of_words(clips)
    return Rival(metadata.keywords, flatbuffer, lambda: right_recordings(path, said, tasks=tasks))


def c_rival(header: Path, folder: Path, clips: Sequence[Clip], *, tasks: "Tasks") -> Rival:
    """Read C source as `live_rival` a model file, by way of a file in a folder.

    Raises
    ------
    ModelError
        If it is none.
    """
    old = folder / "old.tflite"
    write_model(old, *read_c_source(header))
    return live_rival(old, clips, tasks=tasks)


def float_rival(path: Path, features: dict[str, Any], held: HeldOut) -> Rival:
    """Read a float file, to be measured on examples that are made already.

    Raises
    ------
    ModelError
        If it is none, or takes other features.
    """
    old = read_float(path)
    if old.features != features or set(old.labels) != set(held.labels):
        raise ModelError(f"{path.name} takes or gives something else.")

    def right() -> int:
        posteriors = float_answers(old.flatbuffer)(held.examples.features)
        columns = [old.labels.index(label) for label in held.labels]
        return sum(count for count, _ in held.right(posteriors[:, columns]).values())

    return Rival(old.words, old.flatbuffer, right)


def recordings_of_words(clips: Sequence[Clip]) -> list[Clip]:
    """Leave out the noises."""
    return [clip for clip in clips if clip.word != SILENCE]


def _reason(error: RecognizerError) -> str:
    return str(error).rstrip(".")


def _listed(words: Sequence[str]) -> str:
    return ", ".join(words[:12]) + (", …" if len(words) > 12 else "")
