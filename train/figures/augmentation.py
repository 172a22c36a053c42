"""What augmentation does to one recording."""

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from recognizer.log_mel import FrontendParameters
from recognizer.resampler import SAMPLE_RATE
from train import augment
from train.batches import blank, shift_bands
from train.compose import breathe
from train.evaluation.streams import voiced_extent
from train.figures import style
from train.figures.material import Material
from train.figures.spectra import below_peak, mel_db, spectrogram_db, word_of
from train.figures.words import draw_image, label_bands

Float32Array = npt.NDArray[np.float32]

LEAD_S = 0.3
"""Quiet before the word, in which a breath has its place (seconds)."""
SNR_DB = 15.0
"""How far below the word the noise lies (decibel)."""
REVERBERATION_S = 0.5
"""Time in which the room's sound falls by 60 dB (seconds)."""
HIGHEST_HZ = 3000.0
"""Up to here single harmonics are seen (Hertz)."""
COPIES_OF = "spectrogram-lstm"
"""The recipe whose copies are shown where the run has none."""


def live_steps(
    samples: Float32Array, frontend: FrontendParameters, seed: int
) -> Iterator[tuple[str, Float32Array]]:
    """Change a word in each way in which the training of the model that ships does.

    Parameters
    ----------
    samples
        A word with little around it, float32 ``[n]``.

    Yields
    ------
    tuple
        What was done, and float32 ``[window_frames, mel_bands]``, decibel.
    """
    clip, start, end = _in_a_window(samples, frontend)
    level = augment.rms_db(clip[start:end])

    def rng(step: int) -> np.random.Generator:
        return np.random.default_rng((seed, step))

    def seen(changed: Float32Array) -> Float32Array:
        whole = np.zeros(len(clip), np.float32)
        whole[: min(len(changed), len(clip))] = changed[: len(clip)]
        return below_peak(mel_db(whole, frontend), frontend.dynamic_range_db)

    def noise(step: int) -> Float32Array:
        return augment.at_level(augment.sloped_noise(rng(step), len(clip)), 0.0, level - SNR_DB)

    yield "As recorded", seen(clip)
    yield "Slower, deeper", seen(augment.change_speed(clip, 0.8))
    yield "Faster, higher", seen(augment.change_speed(clip, 1.25))
    yield "Another microphone", seen(augment.color(rng(1), clip))
    yield "In a room", seen(augment.convolve(clip, _room(rng(2))))
    yield f"Noise {SNR_DB:g} dB below", seen(clip + noise(3))
    yield "A breath before it", seen(_breath(clip, start, end, seed))
    mel = seen(clip)
    mean = mel.mean(axis=0)
    yield "Bands moved by two", _shifted(mel, rng(5))
    stripes = (mel - mean)[None]
    blank(rng(6), stripes)
    yield "Stripes blanked", stripes[0] + mean
    much = augment.convolve(augment.color(rng(1), augment.change_speed(clip, 0.8)), _room(rng(2)))
    mel = seen(much[: len(clip)] + noise(3))
    mean = mel.mean(axis=0)
    stripes = (mel - mean)[None]
    blank(rng(6), stripes)
    yield "Most of it together", stripes[0] + mean


def draw_augmentation(material: Material) -> style.Drawing:
    """Draw one word as the training of the model that ships changes it."""
    frontend = material.frontend
    word, samples = _one_word(material)
    steps = list(live_steps(samples, frontend, material.seed))
    figure = style.new_figure(
        12,
        5.2,
        f"What training does to “{style.shortened(word)}”",
        "Mel bands of one second, changed in each of the ways in which the training of the model "
        "that ships draws by lot.",
    )
    grid = figure.subplots(2, 5, sharex=True, sharey=True)
    for axes, (title, mel) in zip(grid.flat, steps, strict=True):
        draw_image(axes, mel, frontend, limits=(-frontend.dynamic_range_db, 0.0))
        axes.set_title(title)
    for axes in grid[:, 0]:
        label_bands(axes, frontend)
    for axes in grid[-1]:
        axes.set_xlabel("time (s)")
    figure.colorbar(
        grid[0, 0].images[0], ax=grid, label="below the loudest (dB)", pad=0.01, aspect=30
    )
    return style.Drawing(figure)


def draw_copies(material: Material) -> style.Drawing:
    """Draw the copies that ``train fit --augment`` makes of one word."""
    from train.systems.augment import augmented
    from train.systems.recipe import load_system

    frontend = material.frontend
    word, samples = _one_word(material)
    recipe = material.run.recipe if material.run is not None else None
    if recipe is None or recipe.augment is None:
        recipe = load_system(COPIES_OF)
    assert recipe.augment is not None
    stretches = sorted(recipe.augment["time_stretch"])
    shifts = sorted(recipe.augment["pitch_shift"], reverse=True)
    figure = style.new_figure(
        max(5.0, 1.2 + 3.1 * len(stretches)),
        1.2 + 1.9 * len(shifts),
        f"The copies of “{style.shortened(word)}” for {recipe.name} --augment",
        "Spectrograms: time stretch by pitch shift; neither changes the other.",
    )
    grid = figure.subplots(len(shifts), len(stretches), sharex=True, sharey=True, squeeze=False)
    top = round(HIGHEST_HZ * frontend.fft_size / SAMPLE_RATE)
    for row, semitones in zip(grid, shifts, strict=True):
        for axes, stretch in zip(row, stretches, strict=True):
            copy = augmented(samples, float(stretch), float(semitones))
            power = below_peak(spectrogram_db(copy, frontend), frontend.dynamic_range_db)
            draw_image(
                axes,
                power[:, :top],
                frontend,
                top=HIGHEST_HZ / 1000.0,
                limits=(-frontend.dynamic_range_db, 0.0),
            )
            axes.set_facecolor(style.EMPTY)
            axes.set_title(_copy_title(float(stretch), float(semitones)))
        row[0].set_ylabel("frequency (kHz)")
    for axes in grid[-1]:
        axes.set_xlabel("time (s)")
    slowest = len(samples) / SAMPLE_RATE / min(map(float, stretches))
    grid[0, 0].set_xlim(0, slowest)
    figure.colorbar(
        grid[0, 0].images[0], ax=grid, label="below the loudest (dB)", pad=0.01, aspect=30
    )
    return style.Drawing(figure)


def _copy_title(stretch: float, semitones: float) -> str:
    if (stretch, semitones) == (1.0, 0.0):
        return "as recorded"
    pace = f"{stretch:g} times as fast" if stretch != 1.0 else "same pace"
    pitch = f"{semitones:+g} semitone{'' if abs(semitones) == 1 else 's'}"
    return f"{pace}, {pitch if semitones else 'same pitch'}"


def _one_word(material: Material) -> tuple[str, Float32Array]:
    clip, samples = material.recordings.one()
    return clip.word, word_of(samples)


def _in_a_window(
    samples: Float32Array, frontend: FrontendParameters
) -> tuple[Float32Array, int, int]:
    """Put a word into a window's length; return it and the word's place."""
    clip = np.zeros(frontend.window_samples, np.float32)
    lead = round(LEAD_S * SAMPLE_RATE)
    part = samples[: len(clip) - lead]
    clip[lead : lead + len(part)] = part
    start, end = voiced_extent(part)
    return clip, lead + start, lead + end


def _breath(clip: Float32Array, start: int, end: int, seed: int) -> Float32Array:
    """Return the clip with the loudest of some breaths: many would hardly be seen."""
    drawn = [breathe(np.random.default_rng((seed, 4, n)), clip, start, end) for n in range(20)]
    return max(drawn, key=lambda one: augment.rms_db(one[:start]))


def _room(rng: np.random.Generator) -> Float32Array:
    """Make up a room's response: the direct sound, then noise that dies away."""
    times = np.arange(round(REVERBERATION_S * SAMPLE_RATE)) / SAMPLE_RATE
    tail = rng.standard_normal(len(times)) * 10.0 ** (-3.0 * times / REVERBERATION_S)
    response = 0.06 * tail
    response[0] = 1.0
    return response.astype(np.float32)


def _shifted(mel: Float32Array, rng: np.random.Generator) -> Float32Array:
    """Return what `train.batches.shift_bands` makes of a window where it moves it furthest."""
    windows = np.repeat(mel[None], 64, axis=0)
    shift_bands(rng, windows)
    changes = np.abs(windows - mel).sum(axis=(1, 2))
    return np.asarray(windows[int(changes.argmax())], np.float32)
