"""What every group of test recordings is put together with: levels, gaps, choice, pasting.

Words stand 0.7 to 1.6 s apart at -32 to -18 dBFS, over a floor of -70 dBFS; noise keeps the level
it was published with.
"""

import zlib
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, TypeVar

import numpy as np

from train.corpora import Clip, Split, Utterance
from train.evaluation.streams import Float32Array, Stream, StreamBuilder, at_level

GAP_S = (0.7, 1.6)
"""Quiet between two recordings of words (seconds)."""
LEVEL_DB = (-32.0, -18.0)
"""Root mean square of a recording's voiced part (dBFS)."""
FLOOR_DB = -70.0
"""White noise under a stream (dBFS)."""
SPEECH_GAP_S = (0.3, 0.8)
"""Quiet between two utterances of running speech, and between two noises (seconds)."""
NOISY_SPEECH_DB = -28.0
"""Level of the words in noise (dBFS)."""

Recording = TypeVar("Recording", Clip, Utterance)


class Source(Protocol):
    """Where the recordings of a group come from."""

    @property
    def isolated(self) -> Sequence[Clip]:
        """Single words."""

    @property
    def utterances(self) -> Sequence[Utterance]:
        """Running speech."""

    @property
    def noise(self) -> Sequence[Clip]:
        """Sounds in which nothing is said."""

    def name(self, path: Path) -> str:
        """Return what a recording is called in the tables."""

    def read(self, path: Path) -> Float32Array | None:
        """Read a recording, mono at 16 kHz; None where it is to be left out."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What a group is to be made from."""

    recordings: Source
    """Where the recordings are."""
    split: Split
    """The part of the speakers and noises to use."""
    keywords: frozenset[str]
    """The words to detect."""
    random: np.random.Generator
    """The group's own."""
    limit: int | None
    """The most recordings to use; None takes them all."""

    def choose(self, recordings: Sequence[Recording]) -> list[Recording]:
        """Return this split's recordings in random order."""
        fitting = [one for one in recordings if one.split == self.split]
        order = self.random.permutation(len(fitting))
        return [fitting[index] for index in order[: self.limit]]

    def level_db(self) -> float:
        """Draw the level of a recording (dBFS)."""
        return float(self.random.uniform(*LEVEL_DB))


@dataclass(frozen=True, slots=True)
class Group:
    """One kind of recordings."""

    title: str
    """What it is, for people."""
    build: Callable[[str, Plan], Stream | None]
    """Makes the stream, or None where the split has no such recordings."""
    seed_name: str = ""
    """Draw as the group of this name does; empty for its own draw."""
    again: bool = False
    """Whether it stays out of sums: another group has the same recordings, which would count twice,
    or nobody recorded it."""
    sweep: bool = True
    """Whether it is also heard at other thresholds, and belongs to the curves."""


def build_group(
    name: str,
    kind: Group,
    recordings: Source,
    *,
    split: Split = "test",
    keywords: Collection[str],
    seed: int = 0,
    limit: int | None = None,
) -> Stream | None:
    """Make a group's stream, the same every time.

    Every group is drawn from its own seed, so that adding a group, or choosing some of them,
    leaves the others as they are.

    Parameters
    ----------
    name, kind
        The group, and what it is called.
    recordings
        The recordings.
    split
        The part of the speakers and noises to use: "test", or "validation" to tune on.
    keywords
        The words to detect.
    seed
        Chooses order, gaps and levels.
    limit
        The most recordings to use; None takes them all.

    Returns
    -------
    Stream or None
        None where the split has no recordings of this kind.

    Raises
    ------
    DataError
        When a corpus is missing.
    AudioError
        When a recording cannot be read and must not be left out.

    """
    draw = zlib.crc32((kind.seed_name or name).encode())
    plan = Plan(recordings, split, frozenset(keywords), np.random.default_rng([seed, draw]), limit)
    return kind.build(name, plan)


def word_stream(
    name: str,
    plan: Plan,
    clips: Sequence[Clip],
    *,
    floor_db: float | None = FLOOR_DB,
    background: Float32Array | None = None,
    level_db: float | None = None,
    note: str = "",
) -> Stream | None:
    """Make a stream of single words.

    Parameters
    ----------
    name, plan
        The group, and what it is made from.
    clips
        The words to choose from.
    floor_db
        White noise under the stream (dBFS), or None for digital silence between the words.
    background
        float32 samples that go on under the whole stream.
    level_db
        The level of every word (dBFS); None draws one for each.
    note
        What else there is to say about the content.

    """
    chosen = plan.choose(clips)
    if not chosen:
        return None
    builder = StreamBuilder(plan.random, floor_db)
    builder.add_quiet(plan.random.uniform(*GAP_S))
    used = []
    for clip in chosen:
        samples = plan.recordings.read(clip.path)
        if samples is None:
            continue
        used.append(clip)
        level = plan.level_db() if level_db is None else level_db
        add_word(builder, plan, clip, at_level(samples, level))
        builder.add_quiet(plan.random.uniform(*GAP_S))
    if not used:
        return None
    return builder.build(name, plan.split, corpora_of(used) + note, background)


def speech_stream(name: str, plan: Plan, utterances: Sequence[Utterance]) -> Stream | None:
    """Make a stream of running speech."""
    chosen = plan.choose(utterances)
    if not chosen:
        return None
    builder = StreamBuilder(plan.random, FLOOR_DB)
    builder.add_quiet(plan.random.uniform(*SPEECH_GAP_S))
    used = []
    for one in chosen:
        samples = plan.recordings.read(one.path)
        if samples is None:
            continue
        used.append(one)
        builder.add_speech(
            at_level(samples, plan.level_db()),
            one.transcript,
            speaker=one.speaker,
            corpus=one.corpus,
            source=plan.recordings.name(one.path),
        )
        builder.add_quiet(plan.random.uniform(*SPEECH_GAP_S))
    return builder.build(name, plan.split, corpora_of(used)) if used else None


def noise_stream(name: str, plan: Plan, clips: Sequence[Clip]) -> Stream | None:
    """Make a stream of sounds in which nothing is said."""
    builder = StreamBuilder(plan.random, FLOOR_DB)
    used = []
    for clip in plan.choose(clips):
        samples = plan.recordings.read(clip.path)
        if samples is None:
            continue
        used.append(clip)
        builder.add_noise(samples)
        builder.add_quiet(plan.random.uniform(*SPEECH_GAP_S))
    if not used:
        return None
    return builder.build(name, plan.split, ", ".join(sorted({one.corpus for one in used})))


def add_word(
    builder: StreamBuilder,
    plan: Plan,
    clip: Clip,
    samples: Float32Array,
    extent: tuple[int, int] | None = None,
) -> None:
    """Paste a recording of one word; `extent` as for `StreamBuilder.add_word`."""
    builder.add_word(
        samples,
        clip.word,
        speaker=clip.speaker,
        corpus=clip.corpus,
        source=plan.recordings.name(clip.path),
        extent=extent,
    )


def at_snr(noise: Float32Array, snr_db: float) -> Float32Array:
    """Scale noise so that words at `NOISY_SPEECH_DB` lie `snr_db` above it (decibel).

    Both are root mean squares: of a word's voiced part, and of the whole noise.
    """
    rms = np.sqrt(np.mean(np.square(noise, dtype=np.float64)))
    return noise * np.float32(10.0 ** ((NOISY_SPEECH_DB - snr_db) / 20.0) / max(rms, 1e-9))


def corpora_of(recordings: Sequence[Clip] | Sequence[Utterance]) -> str:
    """Name the corpora of some recordings."""
    return " and ".join(sorted({one.corpus for one in recordings}))
