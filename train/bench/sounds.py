"""Sounds that nobody recorded: music of chords, melody and drums, and the hum of the mains.

All of it is computed from a seed. It stands for what a microphone hears where nobody speaks; it is
no substitute for recorded music, in which people sing.
"""

from functools import cache

import numpy as np
import numpy.typing as npt

from train.augment import sloped_noise
from train.corpora import SAMPLE_RATE
from train.evaluation.streams import Float32Array

TEMPOS = (66, 84, 100, 116, 132, 160)
"""Beats a minute of the pieces, one after another."""
PROGRESSIONS = ((0, 4, 5, 3), (0, 5, 3, 4), (5, 3, 0, 4), (0, 3, 4, 0))
"""The degrees of the scale that the chords of four bars stand on."""
SCALES = ((0, 2, 4, 5, 7, 9, 11), (0, 2, 3, 5, 7, 8, 10))
"""Major and natural minor, in semitones."""
VIBRATO_HZ = 5.5

HUM_HARMONICS = ((1, 0.0), (2, -12.0), (3, -6.0), (4, -20.0), (5, -12.0), (7, -18.0), (9, -24.0))
"""Number and level (decibel) of the partials of a transformer's hum: the odd ones are strong."""
HUM_DRIFT_HZ = 0.03
"""How far the frequency of the mains wanders about its nominal value (Hertz)."""


def tone(
    hz: float, seconds: float, harmonics: tuple[float, ...], *, decay_s: float, vibrato: float = 0.0
) -> Float32Array:
    """Return a note that begins at once and dies away.

    Parameters
    ----------
    hz
        Its pitch; partials above 7 kHz are left out.
    seconds
        Its length.
    harmonics
        Amplitude of each partial, the fundamental first.
    decay_s
        After this time it has fallen to 1/e (seconds).
    vibrato
        How far the pitch swings, as a share of it.

    Returns
    -------
    numpy.ndarray
        float32 ``[n]``.
    """
    time = np.arange(round(seconds * SAMPLE_RATE)) / SAMPLE_RATE
    swing = vibrato / (2 * np.pi * VIBRATO_HZ) * np.sin(2 * np.pi * VIBRATO_HZ * time)
    phase = 2 * np.pi * hz * (time + swing)
    sound = np.zeros(len(time))
    for number, amplitude in enumerate(harmonics, 1):
        if hz * number < 7000:
            sound += amplitude * np.sin(number * phase)
    # A few milliseconds at both ends, so that it neither clicks in nor out.
    edge = np.minimum(1.0, np.minimum(time, seconds - time) / 0.006)
    return np.asarray(sound * np.exp(-time / decay_s) * np.maximum(edge, 0.0), np.float32)


def music(random: np.random.Generator, seconds: float, tempo: float) -> Float32Array:
    """Compose a piece: chords, a bass, a melody and drums.

    Parameters
    ----------
    random
        Chooses key, chords, tunes and instruments.
    seconds
        Its length.
    tempo
        Beats a minute.

    Returns
    -------
    numpy.ndarray
        float32 ``[n]`` with a peak of 0.9.
    """
    beat = 60.0 / tempo
    scale = SCALES[int(random.integers(len(SCALES)))]
    chords = PROGRESSIONS[int(random.integers(len(PROGRESSIONS)))]
    root = int(random.integers(45, 57))
    strings, lead, low = (_timbre(random, count) for count in (8, 10, 5))
    drums = _drums(random)
    sound = np.zeros(round(seconds * SAMPLE_RATE) + SAMPLE_RATE, np.float32)

    # A tune comes back to its notes: each is computed once.
    @cache
    def note(instrument: str, degree: int, beats: float) -> Float32Array:
        hz, long = _hz(root, scale, degree), beats * beat
        if instrument == "strings":
            return 0.16 * tone(hz, long, strings, decay_s=2 * beat)
        if instrument == "bass":
            return 0.3 * tone(hz / 2, long, low, decay_s=beat)
        return 0.28 * tone(hz, long, lead, decay_s=0.8, vibrato=0.006)

    degree = 7
    for number in range(int(seconds / beat)):
        at, place = number * beat, number % 4
        bar = chords[number // 4 % len(chords)]
        if place == 0:
            for step in (0, 2, 4):
                _add(sound, at, note("strings", bar + step, 4))
        if place in (0, 2):
            _add(sound, at, note("bass", bar, 1))
        for half in range(2):
            if random.random() < 0.6:
                degree = int(np.clip(degree + random.integers(-2, 3), 4, 14))
                long = float(random.choice([0.5, 1.0, 1.5]))
                _add(sound, at + half * beat / 2, note("lead", degree, long))
            _add(sound, at + half * beat / 2, 0.12 * drums["hat"])
        _add(sound, at, 0.5 * drums["snare" if place % 2 else "kick"])
    sound = sound[: round(seconds * SAMPLE_RATE)]
    return np.asarray(0.9 * sound / max(float(np.abs(sound).max(initial=0.0)), 1e-9), np.float32)


def hum(
    random: np.random.Generator, seconds: float, mains_hz: float, hum_db: float, floor_db: float
) -> Float32Array:
    """Return silence with mains hum over a noise floor.

    Parameters
    ----------
    random
        Draws phases, the wandering of the frequency, and the floor.
    seconds
        Length.
    mains_hz
        50 or 60.
    hum_db, floor_db
        Root mean squares of the hum and of the floor (dBFS).

    Returns
    -------
    numpy.ndarray
        float32 ``[n]``.
    """
    count = round(seconds * SAMPLE_RATE)
    time = np.arange(count) / SAMPLE_RATE
    # One slow swing a piece: the mains keeps its frequency to a few hundredths of a Hertz.
    slow_hz = float(random.uniform(0.01, 0.05))
    start = float(random.uniform(0.0, 2 * np.pi))
    swing = HUM_DRIFT_HZ / slow_hz * np.sin(2 * np.pi * slow_hz * time + start)
    phase = 2 * np.pi * mains_hz * time + swing
    sound = np.zeros(count, np.float32)
    for number, level_db in HUM_HARMONICS:
        shift = float(random.uniform(0.0, 2 * np.pi))
        sound += np.float32(10.0 ** (level_db / 20.0)) * np.sin(
            (number * phase + shift).astype(np.float64)
        ).astype(np.float32)
    noise = random.standard_normal(count, np.float32)
    return at_rms(sound, hum_db) + at_rms(noise, floor_db)


def ventilation(random: np.random.Generator, seconds: float) -> Float32Array:
    """Return the rush of a fan: steady noise, of mean square 1."""
    return sloped_noise(random, round(seconds * SAMPLE_RATE))


def at_rms(samples: Float32Array, level_db: float) -> Float32Array:
    """Scale samples to a root mean square (dBFS); digital silence stays as it is."""
    rms = float(np.sqrt(np.mean(np.square(samples, dtype=np.float64)))) if len(samples) else 0.0
    gain = 10.0 ** (level_db / 20.0) / rms if rms > 0 else 1.0
    return np.asarray(samples * np.float32(gain), np.float32)


def _add(sound: Float32Array, at_s: float, note: npt.NDArray[np.floating]) -> None:
    first = round(at_s * SAMPLE_RATE)
    room = sound[first : first + len(note)]
    room += note[: len(room)]


def _hz(root: int, scale: tuple[int, ...], degree: int) -> float:
    """Return the pitch of a degree of a scale; `root` as in MIDI, where 69 is 440 Hz."""
    octave, step = divmod(degree, len(scale))
    return float(440.0 * 2 ** ((root + 12 * octave + scale[step] - 69) / 12))


def _timbre(random: np.random.Generator, partials: int) -> tuple[float, ...]:
    """Draw an instrument: how strong its partials are."""
    slope = float(random.uniform(0.6, 1.8))
    return tuple(
        float(random.uniform(0.4, 1.0)) / number**slope for number in range(1, partials + 1)
    )


def _drums(random: np.random.Generator) -> dict[str, Float32Array]:
    time = np.arange(round(0.3 * SAMPLE_RATE)) / SAMPLE_RATE
    noise = random.standard_normal(len(time))
    falling = 2 * np.pi * (48 * time + 4.0 * (1 - np.exp(-time / 0.03)))
    bright = np.diff(noise, prepend=0.0)
    return {
        name: np.asarray(sound, np.float32)
        for name, sound in (
            ("kick", np.sin(falling) * np.exp(-time / 0.09)),
            ("snare", (0.5 * noise + np.sin(2 * np.pi * 185 * time)) * np.exp(-time / 0.06)),
            ("hat", bright * np.exp(-time / 0.025)),
        )
    }
