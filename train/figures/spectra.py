"""What figures show of a recording: its word, spectrogram, mel bands and cepstrum.

All through the live frontend's own frames, filters and functions (`recognizer.log_mel`).
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from recognizer.log_mel import POWER_FLOOR, FrontendParameters, log_mel
from recognizer.resampler import SAMPLE_RATE
from train.evaluation.streams import voiced_extent

Float32Array = npt.NDArray[np.float32]

MARGIN_S = 0.1
"""How much is shown before and behind a word, where there is so much (seconds)."""

COEFFICIENTS = 13
"""Cepstral coefficients of a frame, the zeroth (the level) included."""

DB_PER_NEPER = 10.0 / np.log(10.0)
"""Decibel per natural logarithm of power."""


def word_of(samples: Float32Array) -> Float32Array:
    """Return the word in a recording with a little of what surrounds it."""
    start, end = voiced_extent(samples)
    margin = round(MARGIN_S * SAMPLE_RATE)
    return samples[max(0, start - margin) : end + margin]


def spectrogram_db(samples: Float32Array, frontend: FrontendParameters) -> Float32Array:
    """Power spectrum of the frontend's frames before the mel filters.

    Parameters
    ----------
    samples
        float32 ``[n]``; shorter ones are padded to one frame.

    Returns
    -------
    numpy.ndarray
        float32 ``[frames, fft_size // 2 + 1]``, decibel, not below what `log_mel` keeps.
    """
    length, hop = frontend.frame_samples, frontend.hop_samples
    frames = np.lib.stride_tricks.sliding_window_view(_padded(samples, frontend), length)[::hop]
    hann = 0.5 - 0.5 * np.cos(2.0 * np.pi * np.arange(length) / length)
    power = np.square(np.abs(np.fft.rfft(frames * hann, frontend.fft_size)))
    return (10.0 * np.log10(np.maximum(power, POWER_FLOOR))).astype(np.float32)


def mel_db(samples: Float32Array, frontend: FrontendParameters) -> Float32Array:
    """Mel bands as the recognizer hears them, float32 ``[frames, mel_bands]``, decibel."""
    return np.asarray(log_mel(_padded(samples, frontend), frontend) * DB_PER_NEPER, np.float32)


def mfcc(samples: Float32Array, frontend: FrontendParameters) -> Float32Array:
    """Mel frequency cepstral coefficients: the cosine transform of the log-mel bands [1]_.

    The orthonormal transform of type II, as librosa's, here of the live frontend's bands, none
    further below the loudest than the network sees.

    Returns
    -------
    numpy.ndarray
        float32 ``[frames, COEFFICIENTS]``, decibel; the zeroth coefficient is the level.

    References
    ----------
    .. [1] S. Davis, P. Mermelstein, "Comparison of parametric representations for monosyllabic
       word recognition in continuously spoken sentences", IEEE Trans. ASSP 28(4), 1980.
    """
    bands = below_peak(mel_db(samples, frontend), frontend.dynamic_range_db)
    count = bands.shape[1]
    places = (np.arange(count) + 0.5)[:, None] * np.arange(min(COEFFICIENTS, count))
    waves = np.sqrt(2.0 / count) * np.cos(np.pi / count * places)
    waves[:, 0] /= np.sqrt(2.0)
    return np.asarray(bands @ waves, np.float32)


def below_peak(decibel: Float32Array, range_db: float) -> Float32Array:
    """Return levels relative to the loudest, none further below it than ``range_db``."""
    return np.asarray(np.maximum(decibel - decibel.max(), -range_db), np.float32)


def _padded(samples: Float32Array, frontend: FrontendParameters) -> Float32Array:
    missing = frontend.frame_samples - len(samples)
    return np.pad(samples, (0, missing)) if missing > 0 else samples


def standardized(parts: Sequence[Float32Array]) -> list[Float32Array]:
    """Return each column's deviation from its mean over all parts, in standard deviations.

    Parameters
    ----------
    parts
        Arrays ``[n, columns]``; a column that never changes becomes zeros.
    """
    together = np.concatenate(parts)
    mean, deviation = together.mean(axis=0), together.std(axis=0)
    deviation[deviation < 1e-6] = 1.0
    return [np.asarray((part - mean) / deviation, np.float32) for part in parts]
