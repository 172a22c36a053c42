"""The examples a system is trained and measured on."""

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from recognizer.model_metadata import SILENCE, UNKNOWN
from train.corpora import Clip, Split
from train.splits import lot
from train.systems.augment import UNCHANGED, copies
from train.systems.near_misses import KINDS
from train.systems.recipe import SystemRecipe
from train.systems.shards import Job, Shards
from train.systems.words import CORRECTIONS, NO_KEYWORDS, labels_of, read_words

if TYPE_CHECKING:
    from train.tasks import Tasks

__all__ = ["Examples", "labels_of", "make_examples", "read_words"]

Float32Array = npt.NDArray[np.float32]

LARGEST_BYTES = 2 << 30
"""Examples that come to more than this are kept in a temporary file instead of in memory."""

NO_WORD = "no word is heard in it"
"""Why a recording in which the live voice detector finds nothing is left out."""

_NOISES_PER_CLIP = 2.0
"""Pieces of noise for each recording of a word; in about half, the voice detector hears nothing."""
_MOST_NOISES = 4000


@dataclass(frozen=True, slots=True)
class Examples:
    """What a network is given, and what it should answer."""

    features: Float32Array
    """``[n, *shape]``."""
    labels: npt.NDArray[np.int32]
    """``[n]``, indices into the labels."""
    clip: npt.NDArray[np.int32]
    """``[n]``, indices into the recordings that were given; -1 for noise that was made up."""
    left_out: list[str]
    """``path: reason`` of each recording that cannot be read, or in which no word is heard."""

    def __len__(self) -> int:
        return len(self.labels)


def make_examples(
    clips: Sequence[Clip],
    recipe: SystemRecipe,
    labels: tuple[str, ...],
    *,
    augment: bool = False,
    negatives: Split | None = None,
    tasks: "Tasks",
    title: str,
    cache: Path | None = None,
) -> Examples:
    """Make the examples of some recordings, in their order.

    Equal arguments give equal examples, however many processes make them.

    Parameters
    ----------
    clips
        The recordings. What is no keyword is "unknown" to systems that have that label, and left
        out for the others; noises count only among the `negatives`.
    recipe
        The system.
    labels
        See `labels_of`.
    augment
        Whether there is a copy for every stretch and shift of the recipe.
    negatives
        For systems with the labels "silence" and "unknown": the part ("train", "validation") for
        which examples without a keyword are to be added. "silence" is pieces of the noises among
        `clips`, else of made-up noise, at many levels. "unknown" is, besides other words (at most
        as many as there are keywords), every second keyword by half or backwards.
    tasks, title
        Who makes them, and what the progress bar says.
    cache
        A folder in which what is made is kept, and found again.

    Returns
    -------
    train.systems.dataset.Examples
        In memory up to `LARGEST_BYTES`, else mapped from a temporary file that goes away with it.

    Raises
    ------
    DataError
        If the recipe cannot be augmented.
    """
    pairs = copies(recipe) if augment else [UNCHANGED]
    wanted = _jobs(clips, labels, pairs, negatives)
    jobs = [job for job, _, _ in wanted]
    shards = Shards(jobs, recipe.features, tasks=tasks, title=title, cache=cache)
    counts = np.array([found.count for found in shards.found], np.int64)
    ends = np.cumsum(counts)
    features = _room((int(counts.sum()), *shards.shape), cache)
    for of_jobs, made in shards:
        for number, found in of_jobs:
            end = int(ends[number])
            features[end - found.count : end] = made[found.first : found.first + found.count]
    return Examples(
        features,
        np.repeat(np.array([label for _, label, _ in wanted], np.int32), counts),
        np.repeat(np.array([clip for _, _, clip in wanted], np.int32), counts),
        _left_out(shards, jobs),
    )


def _jobs(
    clips: Sequence[Clip],
    labels: tuple[str, ...],
    pairs: list[tuple[float, float]],
    negatives: Split | None,
) -> list[tuple[Job, int, int]]:
    """Return what is to be made, the index of its label, and that of its recording."""
    index = {label: number for number, label in enumerate(labels)}
    has_unknown = UNKNOWN in index
    said = [i for i, clip in enumerate(clips) if clip.word != SILENCE]
    keywords = [i for i in said if clips[i].word in index and clips[i].word not in NO_KEYWORDS]
    if not has_unknown:
        said = keywords
    elif negatives is not None:
        said = sorted([*keywords, *_drawn_others(clips, set(said) - set(keywords), len(keywords))])
    jobs = [
        (Job(clips[i].path, "clip", *pair), index.get(clips[i].word, index.get(UNKNOWN, -1)), i)
        for i in said
        for pair in pairs
    ]
    if not has_unknown or negatives is None:
        return jobs
    for place, i in enumerate(keywords[::2]):
        kind = KINDS[place % len(KINDS)]
        jobs += [(Job(clips[i].path, kind, *pair), index[UNKNOWN], i) for pair in pairs]
    keyword_count = len(labels) - len(NO_KEYWORDS)
    count = round(_NOISES_PER_CLIP * len(pairs) * len(keywords) / max(1, keyword_count))
    noises: list[int] = [i for i, clip in enumerate(clips) if clip.word == SILENCE]
    for number in range(min(count, _MOST_NOISES)):
        i = noises[number % len(noises)] if noises else -1
        path = clips[i].path if noises else None
        jobs.append((Job(path, "noise", seed=f"{negatives} {number}"), index[SILENCE], i))
    return jobs


def _drawn_others(clips: Sequence[Clip], others: set[int], most: int) -> list[int]:
    """Draw other words; what the user corrected is always among them."""
    corrected = sorted(i for i in others if clips[i].corpus == CORRECTIONS)
    ranked = sorted(
        others.difference(corrected),
        key=lambda i: (lot(f"{clips[i].corpus}:{clips[i].word}/{clips[i].path.name}"), i),
    )
    return [*corrected, *ranked[:most]]


def _left_out(shards: Shards, jobs: list[Job]) -> list[str]:
    reasons: dict[str, None] = {}
    for found, job in zip(shards.found, jobs, strict=True):
        # Of a noise, or of half a word, nothing need be heard.
        if found.trouble:
            reasons[f"{job.path}: {found.trouble}"] = None
        elif job.kind == "clip" and not found.count and (job.stretch, job.semitones) == UNCHANGED:
            reasons[f"{job.path}: {NO_WORD}"] = None
    return list(reasons)


def _room(shape: tuple[int, ...], folder: Path | None) -> Float32Array:
    size = 4 * int(np.prod(shape))
    if size <= LARGEST_BYTES:
        return np.zeros(shape, np.float32)
    with tempfile.TemporaryFile(dir=folder) as file:
        file.truncate(size)
        return np.memmap(file, np.float32, "r+", shape=shape)
