"""Sounds with known levels and places, put together from noise and tones."""

import numpy as np

RATE = 16_000


def noise(seconds, level_db, seed=0, low_hz=0.0, high_hz=8_000.0):
    """Noise of a band and a level (root mean square, dBFS)."""
    count = round(seconds * RATE)
    spectrum = np.fft.rfft(np.random.default_rng([seed, count]).standard_normal(count))
    hz = np.fft.rfftfreq(count, 1 / RATE)
    spectrum[(hz < low_hz) | (hz > high_hz)] = 0.0
    return at_level(np.fft.irfft(spectrum, count), level_db)


def hum(seconds, level_db, hz=50.0):
    """Mains hum: a fundamental and one weak harmonic."""
    phase = 2 * np.pi * hz * np.arange(round(seconds * RATE)) / RATE
    return at_level(np.sin(phase) + 0.1 * np.sin(2 * phase + 1.0), level_db)


def vowel(seconds, level_db, pitch_hz=120.0, ramp_s=0.01):
    """A buzz with three formants, its edges faded."""
    time = np.arange(round(seconds * RATE)) / RATE
    samples = np.zeros(len(time))
    for harmonic in np.arange(pitch_hz, 4_000, pitch_hz):
        weight = sum(np.exp(-(((harmonic - f) / 150) ** 2)) for f in (500, 1_500, 2_500)) + 0.02
        samples += weight * np.sin(2 * np.pi * harmonic * time + harmonic)
    return faded(at_level(samples, level_db), ramp_s)


def fricative(seconds, level_db, seed=0, ramp_s=0.01):
    """The hiss of an "s" or an "f"."""
    return faded(noise(seconds, level_db, seed, low_hz=2_500, high_hz=7_000), ramp_s)


def click(seconds, level_db, seed=0):
    """A key: a burst of noise that dies away."""
    samples = noise(seconds, 0.0, seed, low_hz=500)
    return at_level(samples * np.exp(-4 * np.arange(len(samples)) / len(samples)), level_db)


def babble(seconds, level_db, seed=0):
    """Speech-like sound: vowels and hisses of drawn lengths and levels, short pauses between."""
    random = np.random.default_rng(seed)
    parts, length = [], 0.0
    while length < seconds:
        for _ in range(random.integers(3, 8)):
            below_db = random.uniform(0.0, 8.0)
            syllable = vowel(
                random.uniform(0.1, 0.25), level_db - below_db, random.uniform(90, 220)
            )
            onset = fricative(random.uniform(0.03, 0.1), level_db - below_db - 12, len(parts))
            closure = np.zeros(round(random.uniform(0.0, 0.08) * RATE))
            parts += [onset, syllable, closure]
        parts.append(np.zeros(round(random.uniform(0.2, 0.4) * RATE)))
        length = sum(map(len, parts)) / RATE
    return np.concatenate(parts)[: round(seconds * RATE)]


def at_level(samples, level_db):
    """Scale to a root mean square (dBFS)."""
    return samples * (10 ** (level_db / 20) / np.sqrt(np.mean(np.square(samples))))


def faded(samples, ramp_s):
    """Fade the edges in and out."""
    ramp = np.minimum(1.0, (np.arange(len(samples)) + 1) / max(1, round(ramp_s * RATE)))
    return samples * ramp * ramp[::-1]


def scene(seconds, *placed, floor_db=-70.0, seed=99):
    """Sounds at their places (seconds), added over white noise; None for digital silence."""
    count = round(seconds * RATE)
    samples = np.zeros(count) if floor_db is None else noise(seconds, floor_db, seed)
    for at_s, sound in placed:
        first = round(at_s * RATE)
        part = sound[: count - first]
        samples[first : first + len(part)] += part
    return np.clip(samples, -1.0, 1.0).astype(np.float32)
