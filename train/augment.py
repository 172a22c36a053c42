"""What rooms, microphones and people do to a word, drawn at random from a seeded generator."""

import io

import numpy as np
import numpy.typing as npt
import soundfile
import soxr

from recognizer.resampler import SAMPLE_RATE

Float32Array = npt.NDArray[np.float32]


def rms_db(samples: Float32Array) -> float:
    """Root mean square level (dBFS; -120 for silence)."""
    mean_square = float(np.mean(np.square(samples, dtype=np.float64))) if len(samples) else 0.0
    return 10.0 * float(np.log10(max(mean_square, 1e-12)))


def at_level(samples: Float32Array, now_db: float, wanted_db: float) -> Float32Array:
    """Scale samples whose level is ``now_db`` to ``wanted_db`` (dBFS)."""
    return samples * np.float32(10.0 ** ((wanted_db - now_db) / 20.0))


def change_speed(samples: Float32Array, factor: float) -> Float32Array:
    """Play ``factor`` times as fast, pitch and formants going along."""
    changed = soxr.resample(samples, SAMPLE_RATE * factor, SAMPLE_RATE, quality="LQ")
    return np.asarray(changed, np.float32)


def convolve(samples: Float32Array, response: Float32Array) -> Float32Array:
    """Put samples into a room: the direct sound keeps its place, energy is kept.

    Parameters
    ----------
    samples
        float32 ``[n]``.
    response
        The room's impulse response, float32 ``[m]``.

    Returns
    -------
    numpy.ndarray
        float32 ``[n + m - 1 - delay]``: the reverberation goes on behind the samples.
    """
    length = len(samples) + len(response) - 1
    size = 1 << (length - 1).bit_length()
    wet = np.fft.irfft(np.fft.rfft(samples, size) * np.fft.rfft(response, size), size)[:length]
    delay = int(np.argmax(np.abs(response)))
    wet = wet[delay:] / max(float(np.sqrt(np.sum(np.square(response)))), 1e-9)
    return wet.astype(np.float32)


def color(rng: np.random.Generator, samples: Float32Array) -> Float32Array:
    """Filter as a cheap microphone might: tilt, bumps, a low cut and a high cut."""
    if len(samples) == 0:
        return samples
    size = 1 << (len(samples) - 1).bit_length()
    hz = np.fft.rfftfreq(size, 1.0 / SAMPLE_RATE)
    octaves = np.log2(np.maximum(hz, 20.0) / 1000.0)
    gain_db = rng.normal(0.0, 2.0) * octaves
    points = np.linspace(-5.5, 3.0, 9)
    gain_db = gain_db + np.interp(octaves, points, rng.normal(0.0, 3.0, len(points)))
    if rng.random() < 0.5:
        low = np.exp(rng.uniform(np.log(60.0), np.log(400.0)))
        gain_db -= 12.0 * np.maximum(0.0, np.log2(low / np.maximum(hz, 10.0)))
    if rng.random() < 0.4:
        high = rng.choice([3400.0, 3800.0, rng.uniform(3200.0, 7800.0)])
        gain_db -= rng.uniform(24.0, 120.0) * np.maximum(0.0, np.log2(np.maximum(hz, 1.0) / high))
    gain = 10.0 ** (np.maximum(gain_db, -100.0) / 20.0)
    filtered = np.fft.irfft(np.fft.rfft(samples, size) * gain, size)[: len(samples)]
    return filtered.astype(np.float32)


TELEPHONE_RATE = 8_000
"""Samples a second of a telephone (Hertz)."""
CODECS = ("PCM_16", "ULAW", "GSM610")
"""What speech is kept as on its way: linear, as on a land line, as on an old mobile one."""


def telephone(rng: np.random.Generator, samples: Float32Array) -> Float32Array:
    """Send samples over a telephone: 8 kHz, through one of `CODECS`.

    Returns
    -------
    numpy.ndarray
        float32, as long as ``samples``; what exceeds full scale is clipped.
    """
    narrow = np.clip(soxr.resample(samples, SAMPLE_RATE, TELEPHONE_RATE), -1.0, 1.0)
    line = io.BytesIO()
    codec = CODECS[int(rng.integers(len(CODECS)))]
    soundfile.write(line, narrow, TELEPHONE_RATE, format="WAV", subtype=codec)
    line.seek(0)
    heard, _ = soundfile.read(line, dtype="float32")
    wide = soxr.resample(heard, TELEPHONE_RATE, SAMPLE_RATE)[: len(samples)]
    padded: Float32Array = np.pad(wide, (0, len(samples) - len(wide))).astype(np.float32)
    return padded


def noise_like(rng: np.random.Generator, sample: Float32Array, length: int) -> Float32Array:
    """Steady noise with the spectrum of a short recording, of any length and mean square 1.

    Random phases under the recording's smoothed magnitude spectrum.
    """
    frame = 512
    if len(sample) < frame:
        sample = np.resize(sample, frame) if len(sample) else np.ones(frame, np.float32)
    starts = range(0, len(sample) - frame + 1, frame // 2)
    window = np.hanning(frame)
    power = np.mean(
        [np.square(np.abs(np.fft.rfft(sample[s : s + frame] * window))) for s in starts], axis=0
    )
    size = 1 << max(9, (length - 1).bit_length())
    magnitude = np.interp(
        np.fft.rfftfreq(size), np.fft.rfftfreq(frame), np.sqrt(np.maximum(power, 1e-20))
    )
    phases = np.exp(2j * np.pi * rng.random(len(magnitude)))
    noise = np.fft.irfft(magnitude * phases, size)[:length]
    return (noise / max(float(np.sqrt(np.mean(np.square(noise)))), 1e-12)).astype(np.float32)


def sloped_noise(rng: np.random.Generator, length: int) -> Float32Array:
    """Steady noise between brown and violet, of mean square 1."""
    hz = np.maximum(np.fft.rfftfreq(512, 1.0 / SAMPLE_RATE), 30.0)
    slope = rng.uniform(-1.2, 0.3)
    shape = np.fft.irfft(hz**slope)
    return noise_like(rng, np.roll(shape, 256).astype(np.float32), length)


def excerpt(rng: np.random.Generator, recording: Float32Array, length: int) -> Float32Array:
    """Take a random piece of a recording, repeated where it is shorter."""
    if len(recording) < length:
        recording = np.tile(recording, -(-length // max(1, len(recording))))
    first = int(rng.integers(0, len(recording) - length + 1))
    return recording[first : first + length]


def fade(samples: Float32Array, edge: int) -> Float32Array:
    """Ramp both ends over ``edge`` samples."""
    edge = min(edge, len(samples) // 2)
    faded = samples.copy()
    if edge:
        ramp = np.linspace(0.0, 1.0, edge, dtype=np.float32)
        faded[:edge] *= ramp
        faded[-edge:] *= ramp[::-1]
    return faded
