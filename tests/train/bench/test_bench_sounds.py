import numpy as np
import pytest

from train.bench.sounds import HUM_HARMONICS, at_rms, hum, music, tone
from train.corpora import SAMPLE_RATE


def rms_db(samples):
    return 10 * np.log10(np.mean(np.square(samples, dtype=np.float64)) + 1e-15)


def spectrum_db(samples, hz):
    """Power near a frequency (decibel)."""
    power = np.square(np.abs(np.fft.rfft(samples * np.hanning(len(samples)))))
    frequencies = np.fft.rfftfreq(len(samples), 1 / SAMPLE_RATE)
    return 10 * np.log10(power[np.abs(frequencies - hz) < 0.5].sum() + 1e-12)


def test_a_note_has_its_pitch_dies_away_and_does_not_click():
    note = tone(440.0, 1.0, (1.0, 0.5), decay_s=0.2)

    assert len(note) == SAMPLE_RATE
    assert spectrum_db(note, 440) > spectrum_db(note, 450) + 20
    assert abs(note[0]) < 1e-6
    assert abs(note[-1]) < 1e-3
    assert rms_db(note[: SAMPLE_RATE // 4]) > rms_db(note[SAMPLE_RATE // 2 :]) + 15


def test_partials_that_a_microphone_would_not_keep_are_left_out():
    # A third one at 9 kHz would be heard at 7.
    assert spectrum_db(tone(3000.0, 0.5, (1.0, 1.0, 1.0), decay_s=9.0), SAMPLE_RATE - 9000) < 0
    assert spectrum_db(tone(3000.0, 0.5, (1.0, 1.0), decay_s=9.0), 6000) > 40


def test_music_is_the_same_from_the_same_seed_and_other_from_another():
    pieces = [music(np.random.default_rng(seed), 4.0, 120) for seed in (1, 1, 2)]

    assert all(len(piece) == 4 * SAMPLE_RATE for piece in pieces)
    assert max(np.abs(pieces[0])) == pytest.approx(0.9)
    np.testing.assert_array_equal(pieces[0], pieces[1])
    assert not np.array_equal(pieces[0], pieces[2])


def test_the_drums_keep_the_tempo():
    piece = music(np.random.default_rng(3), 16.0, 120)
    energy = np.square(piece).reshape(-1, 160).mean(axis=1)
    onsets = np.maximum(np.diff(energy), 0)
    beats = np.abs(np.fft.rfft(onsets - onsets.mean()))
    hz = np.fft.rfftfreq(len(onsets), 0.01)

    # 120 beats a minute are two a second; a hat falls between them.
    near = [beats[np.abs(hz - one) < 0.1].max() for one in (2.0, 4.0, 2.7, 3.3)]
    assert min(near[:2]) > max(near[2:])


@pytest.mark.parametrize("mains_hz", [50.0, 60.0])
def test_the_hum_has_the_frequency_and_the_levels_that_were_asked_for(mains_hz):
    loud = hum(np.random.default_rng(0), 10.0, mains_hz, -30.0, -80.0)

    assert rms_db(loud) == pytest.approx(-30.0, abs=0.1)
    assert len(loud) == 10 * SAMPLE_RATE
    levels = [spectrum_db(loud, mains_hz * number) for number, _ in HUM_HARMONICS]
    for (_, wanted), level in zip(HUM_HARMONICS, levels, strict=True):
        assert level - levels[0] == pytest.approx(wanted, abs=1.0)
    other = 60.0 if mains_hz == 50.0 else 50.0
    assert spectrum_db(loud, other) < levels[0] - 40
    faint = hum(np.random.default_rng(0), 2.0, mains_hz, -90.0, -60.0)
    assert rms_db(faint) == pytest.approx(-60.0, abs=0.1)


def test_silence_has_no_level():
    assert not at_rms(np.zeros(100, np.float32), -20.0).any()
    assert rms_db(at_rms(np.ones(100, np.float32), -20.0)) == pytest.approx(-20.0, abs=0.01)
