"""The groups of recordings that the recognizer is tested on, each as one long stream.

See Also
--------
train.evaluation.folder_groups : the groups of any other folders.
train.evaluation.snr_groups : the same words in ever louder noise.
"""

from collections.abc import Collection
from functools import cached_property
from pathlib import Path

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
from train.evaluation.stream_plan import (
    FLOOR_DB,
    GAP_S,
    LEVEL_DB,
    NOISY_SPEECH_DB,
    Group,
    Plan,
    add_word,
    at_snr,
    build_group,
    corpora_of,
    noise_stream,
    speech_stream,
    word_stream,
)
from train.evaluation.streams import Float32Array, Stream, StreamBuilder, at_level, trimmed

__all__ = [
    "GROUPS",
    "LEVEL_DB",
    "Group",
    "Plan",
    "Recordings",
    "build_stream",
    "cafe",
    "crowd_keywords",
    "word_stream",
]

TWICE_GAP_S = (0.5, 0.8)
"""Quiet between a digit and the same digit again (seconds)."""
TWICE_MARGIN_S = 0.05
"""What is left of the recording on either side of such a digit, part of the quiet (seconds)."""
NOISY_SNR_DB = 10.0
"""How far the noise lies below the words of the group "noisy" (decibel)."""


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

    def read(self, path: Path) -> Float32Array:
        """Read a recording.

        Raises
        ------
        AudioError
            When it cannot be read: none of these corpora may be incomplete.
        """
        return read_audio(path)


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
    return build_group(
        group, kind, recordings, split=split, keywords=keywords, seed=seed, limit=limit
    )


def crowd_keywords(plan: Plan) -> list[Clip]:
    """Return the keywords that people said at their own microphones."""
    return _keywords(plan, "speech_commands")


def cafe(plan: Plan) -> tuple[Float32Array, str] | None:
    """Return the noise of a place that training never heard, and its name; None without any."""
    there = [one for one in plan.recordings.noise if one.split == plan.split]
    places = [one for one in there if one.corpus == "blanket"]
    places = places or [one for one in there if one.corpus == "background_noise"]
    if not places:
        return None
    samples = [plan.recordings.read(one.path) for one in places]
    return (
        np.concatenate([one for one in samples if one is not None]),
        ", ".join(one.path.stem for one in places),
    )


def _keywords(plan: Plan, corpus: str) -> list[Clip]:
    clips = plan.recordings.isolated
    return [one for one in clips if one.corpus == corpus and one.word in plan.keywords]


def _crowd(name: str, plan: Plan) -> Stream | None:
    return word_stream(name, plan, crowd_keywords(plan))


def _crowd_in_silence(name: str, plan: Plan) -> Stream | None:
    note = ", digital silence between them"
    return word_stream(name, plan, crowd_keywords(plan), floor_db=None, note=note)


def _close_talk(name: str, plan: Plan) -> Stream | None:
    return word_stream(name, plan, _keywords(plan, "fsdd"))


def _accented(name: str, plan: Plan) -> Stream | None:
    # The validation split must not even list them.
    if plan.split != "test":
        return None
    assert isinstance(plan.recordings, Recordings)
    return word_stream(name, plan, plan.recordings.testing_only)


def _other_words(name: str, plan: Plan) -> Stream | None:
    clips = [one for one in plan.recordings.isolated if one.word not in plan.keywords]
    return word_stream(name, plan, clips)


def _noisy(name: str, plan: Plan) -> Stream | None:
    noise = cafe(plan)
    if noise is None:
        return None
    return word_stream(
        name,
        plan,
        crowd_keywords(plan),
        background=at_snr(noise[0], NOISY_SNR_DB),
        level_db=NOISY_SPEECH_DB,
        note=f" over {noise[1]} at {NOISY_SNR_DB:g} dB",
    )


def _twice(name: str, plan: Plan) -> Stream | None:
    chosen = plan.choose(crowd_keywords(plan) + _keywords(plan, "fsdd"))
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
            add_word(builder, plan, clip, samples)
            builder.add_quiet(plan.random.uniform(*gap_s) - 2 * TWICE_MARGIN_S)
    low, high = TWICE_GAP_S
    note = f"{corpora_of(chosen)}, each digit twice, {low} to {high} s apart"
    return builder.build(name, plan.split, note)


def _running_speech(name: str, plan: Plan) -> Stream | None:
    return speech_stream(
        name, plan, [one for one in plan.recordings.utterances if one.corpus == "librispeech"]
    )


def _commands(name: str, plan: Plan) -> Stream | None:
    return speech_stream(
        name,
        plan,
        [
            one
            for one in plan.recordings.utterances
            if one.corpus == "an4" and not plan.keywords.intersection(one.transcript)
        ],
    )


def _household(name: str, plan: Plan) -> Stream | None:
    return noise_stream(name, plan, plan.recordings.noise)


GROUPS: dict[str, Group] = {
    "crowd": Group("digits, crowd microphones", _crowd),
    "crowd_in_silence": Group(
        "the same, digital silence between", _crowd_in_silence, "crowd", again=True
    ),
    "close_talk": Group("digits, close microphone", _close_talk),
    "accented": Group("digits, accented speakers", _accented),
    "noisy": Group("digits in café noise, 10 dB", _noisy, again=True),
    "twice": Group("each digit said twice", _twice, again=True),
    "other_words": Group("other words", _other_words),
    "running_speech": Group("running speech, read books", _running_speech),
    "commands": Group("running speech, short commands", _commands),
    "household": Group("household noise", _household),
}
"""The groups by name."""
