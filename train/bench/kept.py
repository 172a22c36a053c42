"""What was measured is kept, so that a bench that was broken off goes on where it stopped."""

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import asdict
from functools import cache
from pathlib import Path

import recognizer
import train
from train.evaluation.measuring import Job, Measured, measure
from train.files import replace_file

PACKAGES = (Path(recognizer.__file__).parent, Path(train.__file__).parent)
"""Whoever changes one of their modules measures anew: which of them the figures depend on is not
told by a list that somebody must think of."""


def measure_once(job: Job, folder: Path) -> Measured:
    """Measure a group, or return what was kept of it.

    Parameters
    ----------
    job
        The group.
    folder
        Gets a file for each group. It is used again where model, settings, names of the recordings'
        folder and the program's own sources are the same.

    Raises
    ------
    RecognizerError
        When the model, a corpus or a recording cannot be used, or the folder cannot be written.
    """
    path = folder / f"{job.name}-{_key(job)[:16]}.json"
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
        return Measured(**{**values, "left_out": tuple(values["left_out"])})
    except (OSError, ValueError, TypeError, KeyError):
        measured = measure(job)
    replace_file(path, json.dumps(asdict(measured)))
    return measured


def measuring(folder: Path | None) -> Callable[[Job], Measured]:
    """Return what measures a group: `measure`, or `measure_once` with a folder."""
    return measure if folder is None else _Once(folder)


class _Once:
    """`measure_once` with its folder, in a form that travels to other processes."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def __call__(self, job: Job) -> Measured:
        return measure_once(job, self._folder)


def _key(job: Job) -> str:
    settings = [
        *(job.name, job.split, job.keywords, job.seed, job.limit, job.threshold),
        *(job.thresholds, job.through_command_line, job.peer),
        str(getattr(job.recordings, "data", "")),
    ]
    digest = hashlib.sha256(json.dumps(settings).encode())
    digest.update(job.model.read_bytes())
    digest.update(_sources())
    return digest.hexdigest()


@cache
def _sources() -> bytes:
    return digest_of(PACKAGES)


def digest_of(folders: Sequence[Path]) -> bytes:
    """Return a digest of all modules in some folders, of their names and what is in them."""
    digest = hashlib.sha256()
    for folder in folders:
        for path in sorted(folder.rglob("*.py")):
            digest.update(f"{path.relative_to(folder.parent)}\0".encode())
            digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.digest()
