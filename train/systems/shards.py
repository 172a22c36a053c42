"""The features of many recordings, made in pieces that can be kept, and are not made twice.

A *job* is what is made of one recording. Jobs that were not done before are done in shards of
`SHARD_JOBS`, each by one task. In a cache folder a finished shard is one file, found again by the
jobs in it, whoever asks for them and in whatever company: the folds of a comparison share it, and
what an interrupted run had finished is there for the next.
"""

import hashlib
import json
import os
import zipfile
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache as cached
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from recognizer.errors import AudioError
from train.corpora import read_audio
from train.errors import DataError
from train.systems.augment import UNCHANGED, augmented
from train.systems.features import Features, make_features
from train.systems.near_misses import KINDS, near_miss, noise_burst

if TYPE_CHECKING:
    from train.tasks import Tasks

Float32Array = npt.NDArray[np.float32]

FRONTEND = ("log_mel.py", "voice_detector.py", "voice_parameters.py", "resampler.py")
"""Modules of `recognizer` that turn samples into features, and so decide what may be kept."""

SHARD_JOBS = 200
"""Recordings in a shard."""

EXAMPLES_PER_CLIP = 5
"""The live cutter cuts some fifteen windows of a word, 40 milliseconds apart, a third of them
twice. As many as this are kept, evenly spread from the first to the last."""


@dataclass(frozen=True, slots=True)
class Job:
    """What is made of one recording."""

    path: Path | None
    """The recording; None for a noise that is made up."""
    kind: str = "clip"
    """"clip" for the recording as it is, "noise" for a piece of it, or one of
    `train.systems.near_misses.KINDS`."""
    stretch: float = UNCHANGED[0]
    """How many times as fast."""
    semitones: float = UNCHANGED[1]
    """How much higher."""
    seed: str = ""
    """Chooses the piece of a noise."""


@dataclass(frozen=True, slots=True)
class Shard:
    """The examples of some jobs, one behind another."""

    features: Float32Array
    """``[n, *shape]``."""
    counts: npt.NDArray[np.int32]
    """How many of them each job gave."""
    trouble: tuple[str, ...]
    """Why a job gave none, for each job; empty where there is nothing to tell."""


@dataclass(frozen=True, slots=True)
class Found:
    """Where the examples of a job are."""

    shard: int
    first: int
    count: int
    trouble: str


class Shards:
    """The examples of a list of jobs.

    Parameters
    ----------
    jobs
        What is to be made.
    options
        ``[features]`` of the recipe.
    tasks, title
        Who does it, and what the progress bar says.
    cache
        The folder of finished shards; None keeps them in memory.

    Raises
    ------
    DataError
        If the options are wrong, or the cache folder cannot be written.
    """

    def __init__(
        self,
        jobs: Sequence[Job],
        options: dict[str, Any],
        *,
        tasks: "Tasks",
        title: str,
        cache: Path | None = None,
    ) -> None:
        self.shape = make_features(options).shape
        """Of one example."""
        self._loaders: list[Callable[[], Float32Array]] = []
        self._found: dict[str, Found] = {}
        self._keys = [_key(job, options) for job in jobs]
        folder = None if cache is None else cache / str(options["kind"])
        if folder is not None:
            self._find(folder)
        missing: dict[str, Job] = {
            key: job for key, job in zip(self._keys, jobs, strict=True) if key not in self._found
        }
        self._make(missing, options, folder, tasks, title)

    def __len__(self) -> int:
        return len(self._keys)

    @property
    def found(self) -> list[Found]:
        """Where the examples of each job are, in the order of the jobs."""
        return [self._found[key] for key in self._keys]

    def __iter__(self) -> Iterator[tuple[list[tuple[int, Found]], Float32Array]]:
        """Go through the examples, one shard after the other, each loaded once.

        Yields
        ------
        tuple
            The jobs (by number) that have examples in a shard, with their places in it, and the
            shard's examples, float32 ``[n, *shape]``.
        """
        users: dict[int, list[tuple[int, Found]]] = defaultdict(list)
        for number, found in enumerate(self.found):
            if found.count:
                users[found.shard].append((number, found))
        for shard, of_jobs in sorted(users.items()):
            yield of_jobs, self._loaders[shard]()

    def _find(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        wanted = set(self._keys)
        for path in sorted(folder.glob("*.npz")):
            try:
                with path.open("rb") as file, np.load(file) as content:
                    keys = [str(key) for key in content["keys"]]
                    counts = content["counts"]
            except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
                # Damaged by a full or broken disk, or no shard: made again.
                continue
            if wanted.intersection(keys):
                self._add(keys, counts, ("",) * len(keys), _loader(path))

    def _make(
        self,
        missing: dict[str, Job],
        options: dict[str, Any],
        folder: Path | None,
        tasks: "Tasks",
        title: str,
    ) -> None:
        keys = list(missing)
        groups = [keys[i : i + SHARD_JOBS] for i in range(0, len(keys), SHARD_JOBS)]
        if not groups:
            return
        work = [(tuple(missing[key] for key in group), options) for group in groups]
        for group, shard in zip(groups, tasks.map(_make_shard, work, title), strict=True):
            if folder is None:
                features = shard.features
                loader: Callable[[], Float32Array] = lambda features=features: features  # type: ignore[misc]  # noqa: E731
            else:
                loader = _loader(_write(folder, group, shard))
            self._add(group, shard.counts, shard.trouble, loader)

    def _add(
        self,
        keys: list[str],
        counts: npt.NDArray[np.int32],
        trouble: Sequence[str],
        loader: Callable[[], Float32Array],
    ) -> None:
        first = 0
        for key, count, why in zip(keys, counts.tolist(), trouble, strict=True):
            if key:
                self._found.setdefault(key, Found(len(self._loaders), first, count, why))
            first += count
        self._loaders.append(loader)


def _make_shard(work: tuple[tuple[Job, ...], dict[str, Any]]) -> Shard:
    """Do some jobs: one task."""
    jobs, options = work
    features = make_features(options)
    made: list[Float32Array] = []
    trouble = []
    for job in jobs:
        try:
            examples = _examples(job, features)
            trouble.append("")
        except AudioError as error:
            examples = np.zeros((0, *features.shape), np.float32)
            trouble.append(_reason(error, job.path))
        made.append(examples)
    return Shard(
        np.concatenate(made), np.array([len(one) for one in made], np.int32), tuple(trouble)
    )


def _examples(job: Job, features: Features) -> Float32Array:
    samples = None if job.path is None else read_audio(job.path)
    if job.kind == "noise":
        samples = noise_burst(samples, job.seed)
    assert samples is not None
    samples = augmented(samples, job.stretch, job.semitones)
    if job.kind in KINDS:
        samples = near_miss(samples, job.kind)
    examples = features(samples)
    if not np.isfinite(examples).all():
        raise AudioError("its features are no numbers; record it again.")
    if len(examples) > EXAMPLES_PER_CLIP:
        examples = examples[
            np.linspace(0, len(examples) - 1, EXAMPLES_PER_CLIP).round().astype(int)
        ]
    return examples


def _reason(error: AudioError, path: Path | None) -> str:
    """Return why a recording cannot be used, without naming it again."""
    text = str(error).removeprefix(f"{path} ").rstrip(".")
    if text.startswith("Cannot read "):
        return f"cannot be read ({text.rpartition(': ')[2].lower()})"
    return text


def _loader(path: Path) -> Callable[[], Float32Array]:
    def load() -> Float32Array:
        try:
            with path.open("rb") as file, np.load(file) as content:
                features: Float32Array = content["features"]
                return features
        except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
            path.unlink(missing_ok=True)
            raise DataError(
                f"The features kept in {path} were damaged, and are removed; repeat the command."
            ) from error

    return load


def _write(folder: Path, keys: list[str], shard: Shard) -> Path:
    name = hashlib.sha256("".join(keys).encode()).hexdigest()[:24]
    path = folder / f"{name}.npz"
    temporary = folder / f".{name}.{os.getpid()}.part"
    # What could not be read may be readable the next time.
    kept = ["" if why else key for key, why in zip(keys, shard.trouble, strict=True)]
    try:
        with temporary.open("wb") as file:
            np.savez(
                file, features=shard.features, counts=shard.counts, keys=np.array(kept, np.str_)
            )
        return temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def _key(job: Job, options: dict[str, Any]) -> str:
    about: list[Any] = [_code(), options, job.kind, job.stretch, job.semitones, job.seed]
    if job.path is not None:
        try:
            status = job.path.stat()
            about += [str(job.path.absolute()), status.st_size, status.st_mtime_ns]
        except OSError:
            about += [str(job.path.absolute()), "unreadable"]
    text = json.dumps(about, sort_keys=True)
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()


@cached
def _code() -> str:
    """Return a digest of what turns samples into features: with other code they are others."""
    train = Path(__file__).parents[1]
    recognizer = train.parent / "recognizer"
    files = [
        *sorted((train / "systems" / "features").glob("*.py")),
        *(train / "systems" / name for name in ("augment.py", "near_misses.py", "shards.py")),
        *(train / name for name in ("augment.py", "compose.py", "corpora/files.py")),
        *(recognizer / name for name in FRONTEND),
    ]
    digest = hashlib.sha256()
    for file in files:
        digest.update(file.read_bytes())
    return digest.hexdigest()
