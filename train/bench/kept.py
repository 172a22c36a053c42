"""What was measured is kept, so that a bench that was broken off goes on where it stopped."""

import hashlib
import json
from collections.abc import Callable
from dataclasses import asdict
from functools import cache
from pathlib import Path

import train
from recognizer import recognizer as core
from train.evaluation.measuring import Job, Measured, measure
from train.files import replace_file

SOURCES = (
    *("augment", "splits", "synthesize", "voice_requests", "intervals"),
    *("evaluation/streams", "evaluation/stream_plan", "evaluation/stream_groups"),
    *("evaluation/snr_groups", "evaluation/folder_groups", "evaluation/listening"),
    *("evaluation/matching", "evaluation/scoring", "evaluation/class_scores", "evaluation/det"),
    *("evaluation/measuring", "evaluation/pocketsphinx_peer"),
    *("bench/groups", "bench/near_words", "bench/places", "bench/sounds"),
)
"""Modules of `train` that the figures depend on."""
CORE = (
    "recognizer",
    "stream",
    "decision",
    "voice_detector",
    "voice_parameters",
    "log_mel",
    "int8_network",
)
"""Modules of `recognizer` that they depend on."""


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
    folder, own = Path(train.__file__).parent, Path(core.__file__).parent
    paths = [folder / f"{name}.py" for name in SOURCES] + [own / f"{name}.py" for name in CORE]
    return hashlib.sha256(b"".join(path.read_bytes() for path in paths)).digest()
