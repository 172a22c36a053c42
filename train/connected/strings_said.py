"""Strings to measure on: digits in one breath by people that training never heard."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from recognizer.connected.labels import SAID_FOR
from train import augment
from train.corpora import (
    SAMPLE_RATE,
    Clip,
    Split,
    load_isolated,
    load_testing_only,
    load_utterances,
    read_audio,
)
from train.evaluation.streams import trimmed, voiced_extent
from train.vocabulary import DIGITS

Float32Array = npt.NDArray[np.float32]

LONGEST_STRING = 8
QUIET_S = 0.5
"""Quiet before and behind a joined string (seconds)."""
FLOOR_DB = -70.0
"""Level of the noise in that quiet (dBFS)."""


@dataclass(frozen=True, slots=True, eq=False)
class Said:
    """One recording of digits, or of no digit."""

    samples: Float32Array
    """Mono at 16 kHz, ``[n]``."""
    words: tuple[str, ...]
    """The digits said, in order."""
    speaker: str
    """Who said them."""
    source: str
    """What it was made of."""


def spoken_strings(data: Path, split: Split) -> Iterator[Said]:
    """Return AN4's utterances that are digits only, as they were recorded."""
    for utterance in load_utterances(data):
        if (
            utterance.corpus == "an4"
            and utterance.split == split
            and set(utterance.transcript) <= {*DIGITS, *SAID_FOR}
        ):
            yield Said(
                read_audio(utterance.path),
                tuple(SAID_FOR.get(word, word) for word in utterance.transcript),
                utterance.speaker,
                utterance.path.relative_to(data).as_posix(),
            )


def joined_strings(clips: Sequence[Clip], seed: int) -> Iterator[Said]:
    """Join each speaker's clips to strings without pauses, every clip used once.

    Each clip is cut to its voiced part (`train.evaluation.streams.voiced_extent`), brought to one
    level, and put right behind the one before it.

    Parameters
    ----------
    clips
        Words said alone.
    seed
        What order and lengths, 2 to `LONGEST_STRING` digits, are drawn from.
    """
    rng = np.random.default_rng(seed)
    by_speaker: dict[str, list[Clip]] = defaultdict(list)
    for clip in clips:
        by_speaker[f"{clip.corpus}/{clip.speaker}"].append(clip)
    for speaker in sorted(by_speaker):
        left = [by_speaker[speaker][i] for i in rng.permutation(len(by_speaker[speaker]))]
        while left:
            length = int(rng.integers(2, LONGEST_STRING + 1))
            chosen, left = left[:length], left[length:]
            if len(chosen) > 1:
                yield _joined(chosen, speaker, rng)


def _joined(chosen: Sequence[Clip], speaker: str, rng: np.random.Generator) -> Said:
    pieces = []
    for clip in chosen:
        samples = read_audio(clip.path)
        start, end = voiced_extent(samples)
        piece = samples[start:end]
        pieces.append(augment.at_level(piece, augment.rms_db(piece), -26.0))
    return Said(
        _quiet_around(np.concatenate(pieces), rng),
        tuple(clip.word for clip in chosen),
        speaker,
        "+".join(clip.path.stem for clip in chosen),
    )


def _quiet_around(samples: Float32Array, rng: np.random.Generator) -> Float32Array:
    quiet = int(QUIET_S * SAMPLE_RATE)
    padded = np.pad(samples, (quiet, quiet))
    noise = rng.standard_normal(len(padded)) * 10.0 ** (FLOOR_DB / 20.0)
    return np.asarray(np.clip(padded + noise, -1.0, 1.0), np.float32)


def accented_clips(data: Path) -> list[Clip]:
    """Return the digits of the accented speakers, for testing and nothing else."""
    return [clip for clip in load_testing_only(data) if clip.word in DIGITS]


def crowd_clips(data: Path, split: Split) -> list[Clip]:
    """Return the digits that people recorded on their own microphones."""
    return [
        clip
        for clip in load_isolated(data)
        if clip.corpus == "speech_commands" and clip.split == split and clip.word in DIGITS
    ]


def alone(clips: Sequence[Clip], seed: int) -> Iterator[Said]:
    """Return clips as strings of one digit, with a little of what surrounds it."""
    rng = np.random.default_rng(seed)
    for clip in clips:
        samples = _quiet_around(trimmed(read_audio(clip.path)), rng)
        yield Said(samples, (clip.word,), f"{clip.corpus}/{clip.speaker}", clip.path.stem)
