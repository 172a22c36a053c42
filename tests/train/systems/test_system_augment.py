from dataclasses import replace

import numpy as np
import pytest

from tests.made_recordings import RATE, burst
from train.errors import DataError
from train.systems.augment import augmented, copies, for_copies
from train.systems.recipe import load_system


def tone(hz, samples):
    return (0.3 * np.sin(2 * np.pi * hz * np.arange(samples) / RATE)).astype(np.float32)


def loudest_hz(samples):
    spectrum = np.abs(np.fft.rfft(samples * np.hanning(len(samples))))
    return np.fft.rfftfreq(len(samples), 1 / RATE)[spectrum.argmax()]


def test_nine_copies_of_which_the_first_is_unchanged():
    pairs = copies(load_system("spectrogram-lstm"))
    assert pairs[0] == (1.0, 0.0)
    assert len(pairs) == len(set(pairs)) == 9
    assert set(pairs) == {(a, b) for a in (0.7, 1.0, 1.3) for b in (-1.0, 0.0, 1.0)}


def test_the_unchanged_clip_is_there_even_if_it_is_not_listed():
    recipe = load_system("mfcc-mlp")
    other = replace(recipe, augment={"time_stretch": [1, 2, 2.0], "pitch_shift": [3]})
    assert copies(other) == [(1.0, 0.0), (1.0, 3.0), (2.0, 3.0)]


def test_a_recipe_without_copies():
    recipe = replace(load_system("mfcc-mlp"), augment=None)
    with pytest.raises(DataError, match=r"^The recipe mfcc-mlp cannot be augmented: .*\.$"):
        copies(recipe)


def test_an_epoch_of_nine_copies_is_nine_epochs():
    recipe = load_system("spectrogram-lstm")
    training = for_copies(recipe).training
    assert training.epochs == -(-recipe.training.epochs // 9)
    assert training.patience == 2
    assert training.batch == recipe.training.batch


def test_stretch_changes_the_length_and_not_the_pitch():
    clip = tone(500.0, RATE)
    for stretch in (0.7, 1.3):
        changed = augmented(clip, stretch, 0.0)
        assert changed.dtype == np.float32
        assert len(changed) == round(RATE / stretch)
        assert abs(loudest_hz(changed) - 500.0) < 5.0
        # To the end: no silence behind it.
        assert np.abs(changed[-800:-400]).max() > 0.1


def test_shift_changes_the_pitch_and_not_the_length():
    clip = tone(500.0, RATE)
    for semitones in (-1.0, 1.0, 12.0):
        changed = augmented(clip, 1.0, semitones)
        assert len(changed) == RATE
        assert loudest_hz(changed) == pytest.approx(500.0 * 2 ** (semitones / 12), rel=0.01)


def test_both_at_once_and_the_same_every_time():
    clip = burst(3)
    before = clip.copy()
    changed = augmented(clip, 1.3, -1.0)
    assert len(changed) == round(len(clip) / 1.3)
    np.testing.assert_array_equal(augmented(clip, 1.3, -1.0), changed)
    np.testing.assert_array_equal(clip, before)


def test_nothing_changed_are_the_same_samples():
    clip = burst(3)
    assert augmented(clip, 1.0, 0.0) is clip


@pytest.mark.parametrize("length", [0, 1, 100, 2047, 2048, 2700, 40_000])
def test_clips_of_any_length(length):
    clip = np.random.default_rng(length).uniform(-1.0, 1.0, length).astype(np.float32)
    for stretch, semitones in copies(load_system("simple-cnn")):
        changed = augmented(clip, stretch, semitones)
        assert len(changed) == round(length / stretch)
        assert changed.dtype == np.float32
        assert np.isfinite(changed).all()
        assert length == 0 or np.abs(changed).max() <= 1.0


def test_silence_stays_silent():
    assert not augmented(np.zeros(RATE, np.float32), 0.7, 1.0).any()
