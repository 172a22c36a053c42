"""The groups of recordings that the recognizer is tested on, each as one long stream.

Every group is drawn from its own seed, so that adding a group, or choosing some of them, leaves
the others as they are. Words stand 0.7 to 1.6 s apart at -32 to -18 dBFS, over a floor of
-70 dBFS; noise keeps the level it was published with.
"""

import zlib
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TypeVar

import numpy as np

from train.corpora import (
    Clip,
    Split,
    Utterance,
    load_isolated,
    load_noise,
    load_testing_only,
    load_utterances,
    read_audio,
)
from train.errors import DataError
from train.streams import Float32Array, Stream, StreamBuilder, at_level, trimmed

GAP_S = (0.7, 1.6)
"""Quiet between two recordings of words (seconds)."""
LEVEL_DB = (-32.0, -18.0)
"""Root mean square of a recording's voiced part (dBFS)."""
FLOOR_DB = -70.0
"""White noise under a stream (dBFS)."""
TWICE_GAP_S = (0.5, 0.8)
"""Quiet between a digit and the same digit again (seconds)."""
TWICE_MARGIN_S = 0.05
"""What is left of the recording on either side of such a digit, part of the quiet (seconds)."""
SPEECH_GAP_S = (0.3, 0.8)
"""Quiet between two utterances of running speech, and between two noises (seconds)."""
NOISY_SPEECH_DB = -28.0
"""Level of the words in noise (dBFS)."""
NOISY_SNR_DB = 10.0
"""How far the noise lies below those words (decibel)."""

Recording = TypeVar("Recording", Clip, Utterance)


class Recordings:
    """The corpora of a data folder, each listed when it is first asked for.

    Parameters
    ----------
    data
        The folder of the recordings.

    """

    def __init__(self, data: Path) -> None:
        self.data = data

    @cached_property
    def isolated(self) -> list[Clip]:
        """Single words."""
        return load_isolated(self.data)

    @cached_property
    def utterances(self) -> list[Utterance]:
        """Running speech."""
        return load_utterances(self.data)

    @cached_property
    def noise(self) -> list[Clip]:
        """Sounds in which nothing is said."""
        return load_noise(self.data)

    @cached_property
    def testing_only(self) -> list[Clip]:
        """Words that may be tested on and used for nothing else."""
        return load_testing_only(self.data)

    def name(self, path: Path) -> str:
        """Return a recording's path relative to the data folder, with slashes."""
        return path.relative_to(self.data).as_posix()


@dataclass(frozen=True, slots=True)
class Plan:
    """What a group is to be made from."""

    recordings: Recordings
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


def build_stream(
    group: str,
    recordings: Recordings,
    *,
    split: Split = "test",
    keywords: Collection[str],
    seed: int = 0,
    limit: int | None = None,
) -> Stream | None:
    """Make a group's stream, the same every time.

    Parameters
    ----------
    group
        One of `GROUPS`.
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
        When there is no such group, or a corpus is missing.
    AudioError
        When a recording cannot be read.

    """
    kind = GROUPS.get(group)
    if kind is None:
        raise DataError(f"There is no group {group!r}; the groups are {', '.join(GROUPS)}.")
    draw = zlib.crc32((kind.seed_name or group).encode())
    plan = Plan(recordings, split, frozenset(keywords), np.random.default_rng([seed, draw]), limit)
    return kind.build(group, plan)


def _words(
    name: str,
    plan: Plan,
    clips: Sequence[Clip],
    *,
    floor_db: float | None = FLOOR_DB,
    background: Float32Array | None = None,
    level_db: float | None = None,
    note: str = "",
) -> Stream | None:
    chosen = plan.choose(clips)
    if not chosen:
        return None
    builder = StreamBuilder(plan.random, floor_db)
    builder.add_quiet(plan.random.uniform(*GAP_S))
    for clip in chosen:
        level = plan.level_db() if level_db is None else level_db
        _add_word(builder, plan, clip, at_level(read_audio(clip.path), level))
        builder.add_quiet(plan.random.uniform(*GAP_S))
    corpora = " and ".join(sorted({one.corpus for one in chosen}))
    return builder.build(name, plan.split, corpora + note, background)


def _add_word(builder: StreamBuilder, plan: Plan, clip: Clip, samples: Float32Array) -> None:
    builder.add_word(
        samples,
        clip.word,
        speaker=clip.speaker,
        corpus=clip.corpus,
        source=plan.recordings.name(clip.path),
    )


def _keywords(plan: Plan, corpus: str) -> list[Clip]:
    clips = plan.recordings.isolated
    return [one for one in clips if one.corpus == corpus and one.word in plan.keywords]


def _crowd(name: str, plan: Plan) -> Stream | None:
    return _words(name, plan, _keywords(plan, "speech_commands"))


def _crowd_in_silence(name: str, plan: Plan) -> Stream | None:
    clips = _keywords(plan, "speech_commands")
    return _words(name, plan, clips, floor_db=None, note=", digital silence between them")


def _close_talk(name: str, plan: Plan) -> Stream | None:
    return _words(name, plan, _keywords(plan, "fsdd"))


def _accented(name: str, plan: Plan) -> Stream | None:
    # The validation split must not even list them.
    return _words(name, plan, plan.recordings.testing_only) if plan.split == "test" else None


def _other_words(name: str, plan: Plan) -> Stream | None:
    clips = [one for one in plan.recordings.isolated if one.word not in plan.keywords]
    return _words(name, plan, clips)


def _noisy(name: str, plan: Plan) -> Stream | None:
    noises = [one for one in plan.recordings.noise if one.split == plan.split]
    places = [one for one in noises if one.corpus == "blanket"]
    places = places or [one for one in noises if one.corpus == "background_noise"]
    if not places:
        return None
    noise = np.concatenate([read_audio(one.path) for one in places])
    rms = np.sqrt(np.mean(np.square(noise, dtype=np.float64)))
    noise *= np.float32(10.0 ** ((NOISY_SPEECH_DB - NOISY_SNR_DB) / 20.0) / max(rms, 1e-9))
    return _words(
        name,
        plan,
        _keywords(plan, "speech_commands"),
        background=noise,
        level_db=NOISY_SPEECH_DB,
        note=f" over {', '.join(one.path.stem for one in places)} at {NOISY_SNR_DB:g} dB",
    )


def _twice(name: str, plan: Plan) -> Stream | None:
    chosen = plan.choose(_keywords(plan, "speech_commands") + _keywords(plan, "fsdd"))
    if not chosen:
        return None
    takes: dict[tuple[str, str, str], list[Clip]] = {}
    for clip in chosen:
        takes.setdefault((clip.corpus, clip.speaker, clip.word), []).append(clip)
    builder = StreamBuilder(plan.random, FLOOR_DB)
    builder.add_quiet(plan.random.uniform(*GAP_S))
    for clips in takes.values():
        level_db = plan.level_db()
        # Two takes where the speaker has them, the same one again where not.
        for clip, gap_s in ((clips[0], TWICE_GAP_S), (clips[-1], GAP_S)):
            samples = trimmed(at_level(read_audio(clip.path), level_db), TWICE_MARGIN_S)
            _add_word(builder, plan, clip, samples)
            builder.add_quiet(plan.random.uniform(*gap_s) - 2 * TWICE_MARGIN_S)
    corpora = " and ".join(sorted({one.corpus for one in chosen}))
    low, high = TWICE_GAP_S
    return builder.build(name, plan.split, f"{corpora}, each digit twice, {low} to {high} s apart")


def _speech(name: str, plan: Plan, corpus: str, *, without_keywords: bool) -> Stream | None:
    chosen = plan.choose(
        [
            one
            for one in plan.recordings.utterances
            if one.corpus == corpus
            and not (without_keywords and plan.keywords.intersection(one.transcript))
        ]
    )
    if not chosen:
        return None
    builder = StreamBuilder(plan.random, FLOOR_DB)
    builder.add_quiet(plan.random.uniform(*SPEECH_GAP_S))
    for one in chosen:
        builder.add_speech(
            at_level(read_audio(one.path), plan.level_db()),
            one.transcript,
            speaker=one.speaker,
            corpus=one.corpus,
            source=plan.recordings.name(one.path),
        )
        builder.add_quiet(plan.random.uniform(*SPEECH_GAP_S))
    return builder.build(name, plan.split, corpus)


def _running_speech(name: str, plan: Plan) -> Stream | None:
    return _speech(name, plan, "librispeech", without_keywords=False)


def _commands(name: str, plan: Plan) -> Stream | None:
    return _speech(name, plan, "an4", without_keywords=True)


def _household(name: str, plan: Plan) -> Stream | None:
    chosen = plan.choose(plan.recordings.noise)
    if not chosen:
        return None
    builder = StreamBuilder(plan.random, FLOOR_DB)
    for clip in chosen:
        builder.add_noise(read_audio(clip.path))
        builder.add_quiet(plan.random.uniform(*SPEECH_GAP_S))
    return builder.build(name, plan.split, ", ".join(sorted({one.corpus for one in chosen})))


GROUPS: dict[str, Group] = {
    "crowd": Group("digits, crowd microphones", _crowd),
    "crowd_in_silence": Group("the same, digital silence between", _crowd_in_silence, "crowd"),
    "close_talk": Group("digits, close microphone", _close_talk),
    "accented": Group("digits, accented speakers", _accented),
    "noisy": Group("digits in café noise, 10 dB", _noisy),
    "twice": Group("each digit said twice", _twice),
    "other_words": Group("other words", _other_words),
    "running_speech": Group("running speech, read books", _running_speech),
    "commands": Group("running speech, short commands", _commands),
    "household": Group("household noise", _household),
}
"""The groups by name."""
