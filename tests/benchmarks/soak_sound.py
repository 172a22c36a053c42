"""Sound for days: speech, tones, noise, silence and jumps of the level, made minute by minute.

Each minute depends on its number and the seed alone, so that any one can be made again.
"""

from collections.abc import Callable, Iterator
from functools import cache

import numpy as np
import numpy.typing as npt

from recognizer.audio_file import AudioFile
from recognizer.model_file import demo_path
from recognizer.resampler import SAMPLE_RATE

Float32Array = npt.NDArray[np.float32]

MINUTE_SAMPLES = 60 * SAMPLE_RATE
"""Samples in a minute. In frames it is a multiple of every period inside the recognizer."""


def minute(index: int, seed: int = 0) -> Float32Array:
    """Return one minute of the stream.

    Parameters
    ----------
    index
        Which one, from 0.
    seed
        Of the whole stream.

    Returns
    -------
    numpy.ndarray
        float32 ``[MINUTE_SAMPLES]`` in [-1, 1], mono at `SAMPLE_RATE`.
    """
    random = np.random.default_rng([seed, index])
    samples = np.zeros(MINUTE_SAMPLES, np.float32)
    at = 0
    # Speech first, so that even a short stream has words.
    pieces: Iterator[Callable[[np.random.Generator], Float32Array]]
    pieces = iter([_speech, *random.permutation(np.array(_PIECES, object)).tolist()] * 4)
    while at < MINUTE_SAMPLES:
        piece = next(pieces)(random)[: MINUTE_SAMPLES - at]
        samples[at : at + len(piece)] = piece
        at += len(piece)
    return np.clip(samples, -1.0, 1.0, out=samples)


@cache
def _demo() -> Float32Array:
    return np.concatenate(list(AudioFile(demo_path())))


def _speech(random: np.random.Generator) -> Float32Array:
    """Return the demo's ten digits and two other words, loud or soft, in more or less noise."""
    demo = _demo()
    gain_db, noise_db = random.uniform(-15.0, 6.0), random.uniform(-75.0, -35.0)
    return demo * _gain(gain_db) + _white(random, len(demo)) * _gain(noise_db)


def _tones(random: np.random.Generator) -> Float32Array:
    """Return beeps as long as words, over the noise of a room."""
    samples = _white(random, 8 * SAMPLE_RATE) * _gain(-65.0)
    for second in range(8):
        length = int(random.uniform(0.1, 0.9) * SAMPLE_RATE)
        phase = 2.0 * np.pi * random.uniform(80.0, 6_000.0) / SAMPLE_RATE * np.arange(length)
        tone = np.hanning(length) * np.sin(phase) * _gain(random.uniform(-40.0, -3.0))
        samples[second * SAMPLE_RATE :][:length] += tone.astype(np.float32)
    return samples


def _noise(random: np.random.Generator) -> Float32Array:
    """Return noise that does not change."""
    count = int(random.uniform(2.0, 10.0) * SAMPLE_RATE)
    return _white(random, count) * _gain(random.uniform(-80.0, -20.0))


def _silence(random: np.random.Generator) -> Float32Array:
    """Return digital silence."""
    return np.zeros(int(random.uniform(1.0, 8.0) * SAMPLE_RATE), np.float32)


def _jumps(random: np.random.Generator) -> Float32Array:
    """Return noise whose level jumps, up to full scale and beyond."""
    parts = [
        _white(random, int(random.uniform(0.05, 1.5) * SAMPLE_RATE))
        * _gain(random.uniform(-80.0, 6.0))
        for _ in range(12)
    ]
    return np.concatenate(parts)


_PIECES = (_tones, _noise, _silence, _jumps, _speech)


def _white(random: np.random.Generator, count: int) -> Float32Array:
    return random.standard_normal(count, np.float32)


def _gain(level_db: float) -> np.float32:
    return np.float32(10.0 ** (level_db / 20.0))
