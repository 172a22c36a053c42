"""Long test streams put together from recordings of single words, of speech and of noise.

A stream is what a stranger's checking script would make: recordings pasted one behind another
with hard edges, whatever background they bring along, and quiet between them. Samples are 16
bit, so that a stream in memory and the same stream read back from a file are equal.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import soundfile

from train.corpora import SAMPLE_RATE

Float32Array = npt.NDArray[np.float32]
Int16Array = npt.NDArray[np.int16]

FRAME_S = 0.01
"""Frames in which a word's extent is looked for (seconds)."""
EXTENT_RANGE_DB = 30.0
"""A word reaches down to this far below its loudest frames (decibel)."""
EXTENT_ABOVE_FLOOR_DB = 6.0
"""A word lies at least this far above the clip's own noise (decibel)."""
EXTENT_LEAST_DB = 12.0
"""A word reaches down at least this far, however loud the clip's noise is (decibel)."""
CLOSURE_S = 0.2
"""Quiet of up to this length inside a word, as the closure of "six" (seconds)."""
SHORTEST_S = 0.05
"""What is loud for a shorter time is a click, not a word (seconds)."""
BUILD_SAMPLES = 1 << 20
"""A stream is put together in pieces of this many samples, so that an hour needs little memory."""


@dataclass(frozen=True, slots=True)
class Truth:
    """What was really said, and where."""

    label: str
    """The one word said alone; empty for running speech."""
    start: float
    """Where it begins (seconds from the start of the stream)."""
    end: float
    """Where it ends (seconds from the start of the stream)."""
    speaker: str = ""
    """Who said it, unique within the corpus; empty where nobody is named."""
    corpus: str = ""
    """The corpus of the recording."""
    source: str = ""
    """The recording, relative to the folder of the recordings."""
    transcript: tuple[str, ...] = ()
    """Running speech: the words of its transcript, without their places."""


@dataclass(frozen=True, slots=True, eq=False)
class Stream:
    """Samples and what was said in them."""

    name: str
    """The group of recordings it is made of."""
    samples: Int16Array
    """Mono at 16 kHz, shape ``[n]``."""
    truth: tuple[Truth, ...]
    """What was said, in order; nothing for noise."""
    split: str
    """The part of the speakers and noises it was made from."""
    content: str
    """What it is made of, for people."""
    clips: int
    """Recordings in it."""

    @property
    def seconds(self) -> float:
        """Length (seconds)."""
        return len(self.samples) / SAMPLE_RATE

    @property
    def speakers(self) -> int:
        """Number of people who are named."""
        return len({(one.corpus, one.speaker) for one in self.truth if one.speaker})

    def blocks(self, block_samples: int = 4096) -> Iterator[Float32Array]:
        """Yield the stream as the recognizer takes it: float32 in [-1, 1), shape ``[n]``."""
        for first in range(0, len(self.samples), block_samples):
            yield self.samples[first : first + block_samples].astype(np.float32) / 32768.0

    def write(self, path: Path) -> None:
        """Write the stream as a 16 bit sound file; the extension names the format."""
        soundfile.write(str(path), self.samples, SAMPLE_RATE, subtype="PCM_16")


def voiced_extent(samples: Float32Array, range_db: float = EXTENT_RANGE_DB) -> tuple[int, int]:
    """Find the word in a recording by its energy.

    The recording's floor is the 10th percentile of its frames' energies; its peak is the
    loudest three frames. What lies above a threshold between the two is loud; loud stretches
    with only a closure between them are one; the one with the most energy is the word.

    Parameters
    ----------
    samples
        float32 mono at 16 kHz, shape ``[n]``.
    range_db
        The word reaches down to this far below its loudest frames (decibel).

    Returns
    -------
    tuple of int
        First sample of the word and the sample behind its last; the whole recording where
        nothing stands out.

    """
    frame = round(FRAME_S * SAMPLE_RATE)
    count = len(samples) // frame
    if count < 3:
        return 0, len(samples)
    framed = (samples[: count * frame] - samples.mean()).reshape(count, frame)
    power = np.convolve(np.square(framed).mean(axis=1), np.full(3, 1 / 3), mode="same")
    energy_db = 10.0 * np.log10(power + 1e-10)
    peak_db, floor_db = energy_db.max(), np.percentile(energy_db, 10)
    threshold_db = max(
        peak_db - range_db,
        min(floor_db + EXTENT_ABOVE_FLOOR_DB, peak_db - EXTENT_LEAST_DB),
    )
    edges = np.flatnonzero(np.diff(np.r_[False, energy_db > threshold_db, False]))
    stretches: list[tuple[int, int]] = []
    for start, end in zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True):
        if stretches and start - stretches[-1][1] <= CLOSURE_S / FRAME_S:
            stretches[-1] = (stretches[-1][0], end)
        else:
            stretches.append((start, end))
    words = [one for one in stretches if one[1] - one[0] >= SHORTEST_S / FRAME_S]
    if not words:
        return 0, len(samples)
    start, end = max(words, key=lambda one: float(power[one[0] : one[1]].sum()))
    return start * frame, len(samples) if end == count else end * frame


def at_level(samples: Float32Array, level_db: float) -> Float32Array:
    """Scale a recording so that its voiced part has a root mean square of `level_db` (dBFS).

    A digitally silent recording stays as it is.
    """
    start, end = voiced_extent(samples)
    rms = float(np.sqrt(np.mean(np.square(samples[start:end], dtype=np.float64))))
    gain = 10.0 ** (level_db / 20.0) / rms if rms > 0 else 1.0
    return np.asarray(samples * np.float32(gain), np.float32)


def trimmed(samples: Float32Array, margin_s: float = 0.05) -> Float32Array:
    """Return the word of a recording with a little of what surrounds it."""
    start, end = voiced_extent(samples)
    margin = round(margin_s * SAMPLE_RATE)
    return samples[max(0, start - margin) : end + margin]


class StreamBuilder:
    """Pastes recordings one behind another, sample by sample.

    Parameters
    ----------
    random
        Where the noise of the quiet comes from.
    floor_db
        Root mean square of the white noise under the whole stream (dBFS), or None for digital
        silence where nothing is pasted.

    """

    def __init__(self, random: np.random.Generator, floor_db: float | None = -70.0) -> None:
        self._random = random
        self._floor_db = floor_db
        self._pieces: list[Float32Array] = []
        self._length = 0
        self._truth: list[Truth] = []
        self._clips = 0

    @property
    def seconds(self) -> float:
        """Length so far (seconds)."""
        return self._length / SAMPLE_RATE

    def add_quiet(self, seconds: float) -> None:
        """Go on with nothing but the floor."""
        self._append(np.zeros(round(seconds * SAMPLE_RATE), np.float32))

    def add_word(
        self,
        samples: Float32Array,
        label: str,
        *,
        speaker: str,
        corpus: str,
        source: str,
        extent: tuple[int, int] | None = None,
    ) -> None:
        """Paste a recording of one word; its place is where `voiced_extent` finds it.

        Where `extent` is given, first sample and the one behind the last, that is its place.
        """
        found = voiced_extent(samples) if extent is None else extent
        start, end = ((self._length + one) / SAMPLE_RATE for one in found)
        self._truth.append(Truth(label, start, end, speaker, corpus, source))
        self._add_recording(samples)

    def add_speech(
        self,
        samples: Float32Array,
        transcript: tuple[str, ...],
        *,
        speaker: str,
        corpus: str,
        source: str,
    ) -> None:
        """Paste a recording of running speech."""
        start, end = self.seconds, (self._length + len(samples)) / SAMPLE_RATE
        self._truth.append(Truth("", start, end, speaker, corpus, source, transcript))
        self._add_recording(samples)

    def add_noise(self, samples: Float32Array) -> None:
        """Paste a recording in which nothing is said."""
        self._add_recording(samples)

    def build(
        self, name: str, split: str, content: str, background: Float32Array | None = None
    ) -> Stream:
        """Put the stream together.

        Parameters
        ----------
        name, split, content
            As in `Stream`.
        background
            float32 samples that go on under the whole stream, repeated as needed; added as
            they are.

        """
        whole = np.empty(self._length, np.int16)
        at = 0
        for samples in _regrouped(self._pieces, BUILD_SAMPLES):
            if self._floor_db is not None:
                noise = self._random.standard_normal(len(samples), np.float32)
                samples += noise * np.float32(10.0 ** (self._floor_db / 20.0))
            if background is not None:
                samples += np.take(
                    background, np.arange(at, at + len(samples)) % len(background), mode="clip"
                )
            whole[at : at + len(samples)] = as_int16(samples)
            at += len(samples)
        return Stream(name, whole, tuple(self._truth), split, content, self._clips)

    def _add_recording(self, samples: Float32Array) -> None:
        self._append(samples)
        self._clips += 1

    def _append(self, samples: Float32Array) -> None:
        self._pieces.append(samples)
        self._length += len(samples)


def as_int16(samples: Float32Array) -> Int16Array:
    """Return float32 samples as 16 bit, rounded; what is too loud is clipped."""
    whole: Int16Array = np.clip(np.rint(samples * 32768.0), -32768, 32767).astype(np.int16)
    return whole


def _regrouped(pieces: list[Float32Array], size: int) -> Iterator[Float32Array]:
    """Yield the samples of all pieces in new arrays of `size` samples; the last may be shorter."""
    filled = np.empty(size, np.float32)
    count = 0
    for piece in pieces:
        while len(piece):
            taken = min(len(piece), size - count)
            filled[count : count + taken] = piece[:taken]
            piece, count = piece[taken:], count + taken
            if count == size:
                yield filled
                filled, count = np.empty(size, np.float32), 0
    if count:
        yield filled[:count]
