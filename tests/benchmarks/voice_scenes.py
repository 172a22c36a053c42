"""Speech in noise to measure voice detectors on, with a reference made from the clean speech."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
import numpy.typing as npt

from recognizer.log_mel import FrontendParameters, energies_db, log_mel
from tests.benchmarks.bench import ROOM_DB, TALK_DB, Float32Array, NotHereError
from train.corpora import (
    SAMPLE_RATE,
    an4,
    blanket,
    default_data_folder,
    esc10,
    keyboards,
    librispeech,
    read_audio,
)
from train.errors import DataError

Labels = npt.NDArray[np.int8]
BoolArray = npt.NDArray[np.bool_]

VOICE, PAUSE, LEFT_OUT = 1, 0, -1

VOICE_RANGE_DB = 30.0
"""What lies less far below an utterance's loud parts is voice (decibel)."""
PAUSE_RANGE_DB = 45.0
"""What lies further below is pause (decibel)."""
CLOSURE_FRAMES = 18
"""Shorter gaps belong to the voice around them: what the detectors' hangover bridges (frames)."""
SHORTEST_FRAMES = 7
"""What is loud for fewer frames is a click to our detector (frames)."""
EDGE_FRAMES = 3
"""Voice that is nearer to its edge is left out: one block of silero-vad (frames)."""
FLANK_FRAMES = 30
"""Pause that is nearer to voice is left out: pre-roll and hangover (frames)."""

PAUSE_S = (1.5, 3.5)
"""Length of the pause before each utterance (seconds)."""
SETTLE_S = 3.0
"""So much of a stream is left out, in which a detector learns the room (seconds)."""
NOISE_CLIP_S = 5.0
"""A noise lasts so long at a time before the next recording of its kind (seconds)."""


@dataclass(frozen=True, slots=True, eq=False)
class Scene:
    """A stream and what is true of its frames."""

    samples: Float32Array
    """Mono, 16 kHz, shape ``[n]``."""
    labels: Labels
    """`VOICE`, `PAUSE` or `LEFT_OUT`, shape ``[frames]``."""


def runs(flags: BoolArray) -> list[tuple[int, int]]:
    """Return first and behind-last index of each run of True."""
    edges = np.flatnonzero(np.diff(np.concatenate(([False], flags, [False])).astype(np.int8)))
    return [(int(first), int(last)) for first, last in edges.reshape(-1, 2)]


def without_gaps(flags: BoolArray, shorter_than: int) -> BoolArray:
    """Return the flags with the short gaps between runs of True filled."""
    filled = flags.copy()
    found = runs(flags)
    for (_, end), (start, _) in pairwise(found):
        if start - end < shorter_than:
            filled[end:start] = True
    return filled


def reference(energies: Float32Array) -> Labels:
    """Return the label of each frame of an utterance.

    Parameters
    ----------
    energies
        float32 ``[frames]`` of the clean utterance, decibel.
    """
    level = np.convolve(np.pad(energies, 1, "edge"), np.full(3, 1.0 / 3.0), "valid")
    loud_db = np.percentile(level, 95)
    voice = without_gaps(level >= loud_db - VOICE_RANGE_DB, CLOSURE_FRAMES)
    labels = np.where(level < loud_db - PAUSE_RANGE_DB, PAUSE, LEFT_OUT).astype(np.int8)
    for start, end in runs(voice):
        labels[max(0, start - FLANK_FRAMES) : end + FLANK_FRAMES] = LEFT_OUT
    for start, end in runs(voice):
        labels[start + EDGE_FRAMES : end - EDGE_FRAMES] = VOICE
    return labels


class Scenes:
    """Speakers and noises that nothing is trained on, the same in every run.

    Parameters
    ----------
    quick
        Few utterances.

    Raises
    ------
    NotHereError
        If the recordings are missing.
    """

    def __init__(self, *, quick: bool = False) -> None:
        data = default_data_folder()
        random = np.random.default_rng(0)
        try:
            spoken = [one for one in an4.load(data) if one.split == "test"]
            read = [one.path for one in librispeech.load(data) if one.split == "test"]
            noises = {
                "café": [one.path for one in blanket.load(data) if one.split == "test"],
                "ESC-10": [one.path for one in esc10.load(data) if one.split == "test"],
                "keyboards": [one.path for one in keyboards.load(data) if one.split == "test"],
            }
        except DataError as error:
            raise NotHereError(str(error)) from error
        speakers = sorted({one.speaker for one in spoken})
        paths = [
            path
            for name in speakers
            for path in random.permutation(
                np.array([one.path for one in spoken if one.speaker == name], object)
            )[: 1 if quick else 2]
        ]
        paths += read[: 0 if quick else 2]
        self.speech = f"{len(speakers)} test speakers of AN4" + (
            "" if quick else " and one of LibriSpeech"
        )
        """Who speaks."""
        self.noises = tuple(noises)
        """The kinds of noise."""
        self._clean = _joined([read_audio(path) for path in paths], random)
        length = len(self._clean.samples)
        self._noises = {kind: _noise(paths, length, random) for kind, paths in noises.items()}
        room = random.standard_normal(length, np.float32)
        self._room = room * np.float32(10.0 ** (ROOM_DB / 20.0))

    @property
    def seconds(self) -> float:
        """How long each scene is (seconds)."""
        return len(self._clean.samples) / SAMPLE_RATE

    @property
    def labels(self) -> Labels:
        """The labels of every scene: the noise does not change them."""
        return self._clean.labels

    def scene(self, noise: str | None, snr_db: float) -> Scene:
        """Return the speech in a noise, or in a quiet room where that is None."""
        samples = self._clean.samples + self._room
        if noise is not None:
            gain = 10.0 ** ((TALK_DB - snr_db) / 20.0)
            samples = samples + self._noises[noise] * np.float32(gain)
        return Scene(np.clip(samples, -1.0, 1.0), self._clean.labels)


def _joined(utterances: Sequence[Float32Array], random: np.random.Generator) -> Scene:
    """Put utterances in a row, each after a pause and at the level `TALK_DB`."""
    p = FrontendParameters()
    settle = round(SETTLE_S * SAMPLE_RATE / p.hop_samples)
    pieces = [np.zeros(settle * p.hop_samples, np.float32)]
    labels = [np.full(settle, LEFT_OUT, np.int8)]
    for samples in utterances:
        energies = energies_db(log_mel(samples, p), p)
        found = reference(energies)
        power = np.mean(10.0 ** (energies[found == VOICE].astype(np.float64) / 10.0))
        samples = samples * np.float32(10.0 ** (TALK_DB / 20.0) / np.sqrt(power))
        # Whole frames: so each piece's labels begin where its samples do.
        pause = round(random.uniform(*PAUSE_S) * SAMPLE_RATE / p.hop_samples)
        hops = len(samples) // p.hop_samples
        pieces += [np.zeros(pause * p.hop_samples, np.float32), samples[: hops * p.hop_samples]]
        labels += [np.full(pause, PAUSE, np.int8), np.full(hops, LEFT_OUT, np.int8)]
        labels[-1][: len(found)] = found[:hops]
        # The recording's own noise begins and ends there.
        labels[-2][-FLANK_FRAMES:] = LEFT_OUT
        labels[-2][:FLANK_FRAMES] = LEFT_OUT
    return Scene(np.concatenate(pieces), np.concatenate(labels))


def _noise(paths: Sequence[Path], length: int, random: np.random.Generator) -> Float32Array:
    """Return recordings of a noise in a row, each of mean square 1."""

    def clips() -> Iterator[Float32Array]:
        left = length
        recordings = [read_audio(path) for path in paths]
        recordings = [one for one in recordings if one.any()]
        while left > 0:
            recording = recordings[int(random.integers(len(recordings)))]
            wanted = min(round(NOISE_CLIP_S * SAMPLE_RATE), len(recording))
            first = int(random.integers(len(recording) - wanted + 1))
            clip = recording[first : first + wanted][:left]
            rms = float(np.sqrt(np.mean(np.square(clip, dtype=np.float64))))
            if rms > 0.0:
                left -= len(clip)
                yield clip / np.float32(rms)

    return np.concatenate(list(clips()))
