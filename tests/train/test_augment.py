import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from train import augment

RATE = augment.SAMPLE_RATE


def noise(length, level=0.1, seed=0):
    return (level * np.random.default_rng(seed).standard_normal(length)).astype(np.float32)


def tone(hz, seconds=0.5):
    return (0.3 * np.sin(2 * np.pi * hz / RATE * np.arange(int(seconds * RATE)))).astype(np.float32)


def level_in_band(samples, low, high):
    power = np.square(np.abs(np.fft.rfft(samples)))
    hz = np.fft.rfftfreq(len(samples), 1 / RATE)
    return 10 * np.log10(power[(hz >= low) & (hz < high)].mean() + 1e-20)


def test_the_level_of_a_sine_of_full_scale_is_3_db_below_that_of_a_square():
    assert augment.rms_db(tone(1000.0) / 0.3) == pytest.approx(-3.01, abs=0.01)
    assert augment.rms_db(np.ones(100, np.float32)) == pytest.approx(0.0)


@pytest.mark.parametrize("length", [0, 100])
def test_silence_and_nothing_have_a_level(length):
    assert augment.rms_db(np.zeros(length, np.float32)) == pytest.approx(-120.0)


@given(st.floats(-60.0, 0.0))
@settings(deadline=None, max_examples=20)
def test_a_wanted_level_is_reached(wanted_db):
    samples = noise(4000)
    scaled = augment.at_level(samples, augment.rms_db(samples), wanted_db)
    assert scaled.dtype == np.float32
    assert augment.rms_db(scaled) == pytest.approx(wanted_db, abs=0.001)


@pytest.mark.parametrize("factor", [0.8, 1.0, 1.25])
def test_speed_changes_length_and_pitch_alike(factor):
    changed = augment.change_speed(tone(1000.0), factor)
    assert changed.dtype == np.float32
    assert len(changed) == pytest.approx(8000 / factor, abs=2)
    loudest = np.argmax(np.abs(np.fft.rfft(changed))) * RATE / len(changed)
    assert loudest == pytest.approx(1000.0 * factor, abs=5.0)


def response(delay=300, decay=200, length=1600):
    tail = np.exp(-np.arange(length - delay) / decay) * noise(length - delay, 0.2, seed=5)
    tail[0] = 1.0
    return np.concatenate((np.zeros(delay), tail)).astype(np.float32)


def test_the_direct_sound_keeps_its_place():
    samples = np.zeros(2000, np.float32)
    samples[700] = 1.0
    wet = augment.convolve(samples, response(delay=300))
    assert wet.dtype == np.float32
    assert len(wet) == 2000 + 1600 - 1 - 300
    assert np.argmax(np.abs(wet)) == 700
    assert np.abs(wet[:700]).max() < 1e-6


def test_energy_is_kept_in_a_room():
    samples = noise(RATE)
    wet = augment.convolve(samples, response())
    assert np.sum(np.square(wet)) == pytest.approx(np.sum(np.square(samples)), rel=0.05)


def test_a_room_of_one_sample_changes_nothing():
    samples = noise(1000)
    wet = augment.convolve(samples, np.array([0.0, 0.25], np.float32))
    np.testing.assert_allclose(wet, samples, atol=1e-6)


def test_color_keeps_length_and_never_brings_in_what_was_not_there():
    samples = tone(1000.0)
    for seed in range(20):
        colored = augment.color(np.random.default_rng(seed), samples)
        assert colored.shape == samples.shape
        assert colored.dtype == np.float32
        assert np.isfinite(colored).all()
        assert level_in_band(colored, 900, 1100) > level_in_band(colored, 3000, 4000) + 20
    assert len(augment.color(np.random.default_rng(0), samples[:0])) == 0


@pytest.mark.parametrize("length", [1, 500, 16000, 40001])
def test_noise_like_has_any_length_and_mean_square_1(length):
    made = augment.noise_like(np.random.default_rng(1), noise(3000), length)
    assert made.shape == (length,)
    assert made.dtype == np.float32
    assert augment.rms_db(made) == pytest.approx(0.0, abs=0.01)


def test_noise_like_has_the_spectrum_of_its_example():
    made = augment.noise_like(np.random.default_rng(1), tone(2000.0), RATE)
    assert level_in_band(made, 1950, 2050) > level_in_band(made, 4000, 7000) + 30


@pytest.mark.parametrize("length", [0, 100])
def test_noise_like_takes_even_the_shortest_example(length):
    made = augment.noise_like(np.random.default_rng(1), noise(length), 1000)
    assert np.isfinite(made).all()


def test_sloped_noise_is_of_many_slopes_and_mean_square_1():
    slopes = []
    for seed in range(20):
        made = augment.sloped_noise(np.random.default_rng(seed), RATE)
        assert augment.rms_db(made) == pytest.approx(0.0, abs=0.01)
        slopes.append(level_in_band(made, 4000, 6000) - level_in_band(made, 400, 600))
    assert min(slopes) < -10
    assert max(slopes) > 0


def test_an_excerpt_is_a_piece_of_the_recording():
    recording = np.arange(1000, dtype=np.float32)
    firsts = {
        int(augment.excerpt(np.random.default_rng(seed), recording, 100)[0]) for seed in range(50)
    }
    assert len(firsts) > 30
    assert max(firsts) <= 900
    whole = augment.excerpt(np.random.default_rng(0), recording, 1000)
    np.testing.assert_array_equal(whole, recording)


def test_a_short_recording_is_repeated():
    piece = augment.excerpt(np.random.default_rng(3), np.array([1, 2, 3], np.float32), 10)
    assert len(piece) == 10
    np.testing.assert_array_equal(piece[3:], piece[:-3])


@pytest.mark.parametrize(("length", "edge"), [(100, 10), (100, 1000), (3, 2), (1, 5), (0, 5)])
def test_a_fade_begins_and_ends_in_silence(length, edge):
    samples = np.ones(length, np.float32)
    faded = augment.fade(samples, edge)
    assert len(faded) == length
    assert (samples == 1).all()
    if length > 1:
        assert faded[0] == faded[-1] == 0
        assert (np.abs(faded) <= 1).all()
    if length == 100 and edge == 10:
        assert (faded[10:-10] == 1).all()


@pytest.mark.parametrize(
    "change",
    [
        augment.color,
        lambda rng, samples: augment.noise_like(rng, samples, 3000),
        lambda rng, samples: augment.sloped_noise(rng, len(samples)),
        lambda rng, samples: augment.excerpt(rng, samples, 500),
    ],
    ids=["color", "noise_like", "sloped_noise", "excerpt"],
)
def test_equal_seeds_give_equal_samples_and_others_do_not(change):
    samples = noise(2000)
    before = samples.copy()
    first, again, other = (change(np.random.default_rng(seed), samples) for seed in (4, 4, 5))
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)
    np.testing.assert_array_equal(samples, before)


@pytest.mark.parametrize("codec", augment.CODECS)
@pytest.mark.parametrize("length", [0, 1, 159, 16_001])
def test_a_telephone_keeps_length_and_place_and_nothing_above_4_khz(monkeypatch, codec, length):
    monkeypatch.setattr(augment, "CODECS", (codec,))
    times = np.arange(length) / 16_000
    low = (0.3 * np.sin(2 * np.pi * 500 * times)).astype(np.float32)
    high = (0.3 * np.sin(2 * np.pi * 6_000 * times)).astype(np.float32)
    heard = augment.telephone(np.random.default_rng(0), low + high)
    assert heard.shape == low.shape
    assert heard.dtype == np.float32
    if length > 1_000:
        middle = slice(500, -500)
        assert np.corrcoef(heard[middle], low[middle])[0, 1] > 0.98
        spectrum = np.abs(np.fft.rfft(heard * np.hanning(length)))
        hz = np.fft.rfftfreq(length, 1 / 16_000)
        assert spectrum[hz > 4_300].max() < spectrum.max() / 300


def test_what_is_too_loud_for_a_telephone_is_clipped():
    heard = augment.telephone(np.random.default_rng(1), np.full(4_000, 3.0, np.float32))
    assert np.abs(heard[500:-500]).max() < 1.2
