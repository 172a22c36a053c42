import json
from dataclasses import replace
from itertools import pairwise

import librosa
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recognizer.errors import ModelError
from recognizer.log_mel import (
    GROUP_FRAMES,
    FrontendParameters,
    LogMel,
    energies_db,
    log_mel,
    mel_centers,
    mel_filters,
    mel_to_hz,
    normalize,
)
from tests.recognizer.made_sounds import noise, vowel

PARAMETERS = FrontendParameters()
OTHER = FrontendParameters(
    frame_samples=480, hop_samples=200, fft_size=1024, mel_bands=24, low_hz=60.0, high_hz=4_000.0
)


def sound(count, seed=0):
    """A tone over noise that swells by 60 dB, some of it digitally silent."""
    random = np.random.default_rng([seed, count])
    time = np.arange(count)
    samples = 0.3 * np.sin(0.2 * time) + random.normal(0.0, 0.1, count)
    samples *= 10 ** (-3 * np.abs(np.sin(time / 9_000)))
    samples[count // 3 : count // 3 + 1_500] = 0.0
    return samples.astype(np.float32)


def streamed(samples, sizes, parameters=PARAMETERS):
    stream = LogMel(parameters)
    edges = np.cumsum([0, *sizes])
    parts = [stream.process(samples[a:b]) for a, b in pairwise(edges)]
    parts.append(stream.process(samples[edges[-1] :]))
    assert all(len(part) % GROUP_FRAMES == 0 for part in parts)
    return np.concatenate(parts)


def assert_streams_alike(samples, sizes, parameters=PARAMETERS):
    batch = log_mel(samples, parameters)
    stream = streamed(samples, sizes, parameters)
    assert stream.dtype == batch.dtype == np.float32
    assert 0 <= len(batch) - len(stream) < GROUP_FRAMES
    np.testing.assert_array_equal(stream, batch[: len(stream)])


@pytest.mark.parametrize("parameters", [PARAMETERS, OTHER])
@pytest.mark.parametrize("size", [1, 160, 333, 4096, 1_000_000])
def test_streaming_gives_the_bits_of_batch(size, parameters):
    samples = sound(8_000 if size == 1 else 50_001)
    assert_streams_alike(samples, [size] * (len(samples) // size), parameters)


@settings(deadline=None, max_examples=60)
@given(st.lists(st.integers(0, 3_000), max_size=12), st.integers(0, 9_000))
def test_streaming_gives_the_bits_of_batch_in_any_blocks(sizes, count):
    assert_streams_alike(sound(count), sizes)


def test_reset_forgets_the_carried_samples():
    stream, samples = LogMel(), sound(16_000)
    first = stream.process(samples)
    stream.process(samples[:777])
    stream.reset()
    np.testing.assert_array_equal(stream.process(samples), first)


def test_blocks_are_not_kept_nor_changed():
    stream, block = LogMel(), sound(1_000)
    kept = block.copy()
    stream.process(block)
    np.testing.assert_array_equal(block, kept)
    block[:] = np.nan
    assert np.isfinite(stream.process(sound(2_000))).all()


@pytest.mark.parametrize(("count", "frames"), [(0, 0), (399, 0), (400, 1), (559, 1), (560, 2)])
def test_number_of_frames(count, frames):
    assert log_mel(sound(count)).shape == (frames, 40)


def test_a_window_of_frames_spans_its_samples():
    assert PARAMETERS.window_samples == 15_920
    assert len(log_mel(sound(PARAMETERS.window_samples))) == PARAMETERS.window_frames


def test_memory_of_a_stream_stays_bounded():
    stream = LogMel()
    for _ in range(200):
        stream.process(sound(1_000))
        assert len(stream._carried) < GROUP_FRAMES * 160 + 400
        assert stream._carried.base is None


def test_as_librosa():
    samples = sound(48_000)
    # librosa puts the 400 samples into the middle of the transform's 512.
    theirs = librosa.feature.melspectrogram(
        y=np.pad(samples, 56),
        sr=16_000,
        n_fft=512,
        win_length=400,
        hop_length=160,
        center=False,
        n_mels=40,
        htk=True,
        norm=None,
        fmin=20.0,
        fmax=7_600.0,
    )
    theirs = np.log(np.maximum(theirs, 1e-10)).T
    ours = log_mel(samples)
    assert ours.shape == theirs.shape
    assert np.abs(ours - theirs).max() <= 1e-4


@pytest.mark.parametrize("parameters", [PARAMETERS, OTHER])
def test_filters_as_librosa(parameters):
    theirs = librosa.filters.mel(
        sr=parameters.sample_rate,
        n_fft=parameters.fft_size,
        n_mels=parameters.mel_bands,
        fmin=parameters.low_hz,
        fmax=parameters.high_hz,
        htk=True,
        norm=None,
    )
    np.testing.assert_allclose(mel_filters(parameters), theirs.T, atol=1e-6)


def test_a_tone_is_loudest_in_the_band_around_it():
    centers = mel_centers(PARAMETERS)
    assert centers.shape == (40,)
    assert centers[0] > 20.0
    assert centers[-1] < 7_600.0
    assert mel_to_hz(1_000.0) == pytest.approx(1_000.0, rel=1e-3)
    for band in (10, 20, 35):
        tone = np.sin(2 * np.pi * centers[band] * np.arange(2_000) / 16_000).astype(np.float32)
        assert np.all(log_mel(tone).argmax(axis=1) == band)


def test_parameters_survive_json():
    for parameters in (PARAMETERS, OTHER):
        values = json.loads(json.dumps(parameters.to_json()))
        assert FrontendParameters.from_json(values) == parameters


@pytest.mark.parametrize("values", [None, [], "log-mel", 40])
def test_frontend_that_is_no_table_is_refused(values):
    with pytest.raises(ModelError, match="not a table"):
        FrontendParameters.from_json(values)


@pytest.mark.parametrize("name", sorted(PARAMETERS.to_json()))
def test_missing_and_unknown_parameters_are_named(name):
    values = PARAMETERS.to_json()
    del values[name]
    with pytest.raises(ModelError, match=f"'{name}' is missing"):
        FrontendParameters.from_json(values)
    with pytest.raises(ModelError, match="'pre_emphasis' is unknown"):
        FrontendParameters.from_json({**PARAMETERS.to_json(), "pre_emphasis": 0.97})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("sample_rate", 8_000),
        ("sample_rate", "16000"),
        ("sample_rate", True),
        ("sample_rate", 16_000.5),
        ("frame_samples", 513),
        ("frame_samples", 0),
        ("hop_samples", 0),
        ("hop_samples", 401),
        ("fft_size", 1 << 20),
        ("mel_bands", 0),
        ("mel_bands", 10**9),
        ("mel_bands", None),
        ("low_hz", -1.0),
        ("low_hz", 7_600.0),
        ("low_hz", float("nan")),
        ("high_hz", 8_001.0),
        ("high_hz", float("inf")),
        ("window_frames", 0),
        ("window_frames", 10**9),
        ("dynamic_range_db", 0.0),
        ("dynamic_range_db", [60.0]),
        ("normalization", "global mean"),
        ("normalization", 3),
    ],
)
def test_parameters_out_of_range_are_refused_by_name(name, value):
    with pytest.raises(ModelError) as caught:
        FrontendParameters.from_json({**PARAMETERS.to_json(), name: value})
    sentence = str(caught.value)
    assert repr(name) in sentence
    assert repr(value) in sentence
    assert sentence.endswith(".")


def window(seed=0):
    samples = sound(PARAMETERS.window_samples, seed)
    return log_mel(samples)


def test_normalizing_takes_each_band_to_zero_mean():
    normalized = normalize(window())
    assert normalized.shape == (98, 40)
    assert normalized.dtype == np.float32
    assert np.abs(normalized.mean(axis=0)).max() < 1e-5


def test_normalizing_a_stack_is_normalizing_each():
    windows = np.stack([window(seed) for seed in range(5)])
    kept = windows.copy()
    together = normalize(windows)
    np.testing.assert_array_equal(windows, kept)
    for one, expected in zip(windows, together, strict=True):
        np.testing.assert_array_equal(normalize(one), expected)


@pytest.mark.parametrize("gain_db", [-40.0, -20.0, 20.0])
def test_normalizing_takes_the_level_away(gain_db):
    samples = sound(PARAMETERS.window_samples)
    louder = (samples * 10 ** (gain_db / 20)).astype(np.float32)
    np.testing.assert_allclose(normalize(log_mel(louder)), normalize(log_mel(samples)), atol=2e-3)


def test_normalizing_takes_a_microphones_color_away():
    color = np.linspace(-2.0, 2.0, 40, dtype=np.float32)
    # No band may fall below the dynamic range, which the color shifts.
    flat = np.maximum(window(), window().max() - 8.0)
    np.testing.assert_allclose(normalize(flat + color), normalize(flat), atol=1e-5)


def test_digital_silence_around_a_word_looks_like_a_quiet_room():
    word = np.zeros(PARAMETERS.window_samples)
    word[5_000:9_000] = vowel(0.25, -20.0)
    room = word + noise(len(word) / 16_000, -90.0)
    silent, quiet = (normalize(log_mel(one.astype(np.float32))) for one in (word, room))
    # Where the word itself leaves a band 60 dB below its loudest, the room fills it up a little.
    assert np.abs(silent - quiet).max() < 1.0
    assert np.abs(silent - quiet).mean() < 0.02


def test_all_digital_silence_is_zero():
    silent = log_mel(np.zeros(PARAMETERS.window_samples, np.float32))
    assert np.isfinite(silent).all()
    np.testing.assert_allclose(normalize(silent), 0.0, atol=1e-4)


@pytest.mark.parametrize("level_db", [-3.0, -20.0, -50.0, -70.0])
def test_energies_are_root_mean_squares(level_db):
    samples = noise(3.0, level_db).astype(np.float32)
    energies = energies_db(log_mel(samples))
    assert energies.shape == (298,)
    assert energies.dtype == np.float32
    mean = 10 * np.log10(np.mean(10 ** (energies / 10)))
    assert mean == pytest.approx(level_db, abs=1.0)


def test_energies_of_digital_silence_are_finite_and_low():
    energies = energies_db(log_mel(np.zeros(4_000, np.float32)))
    assert np.isfinite(energies).all()
    assert energies.max() < -100.0


def test_energies_do_not_depend_on_how_many_frames_come_together():
    mel = log_mel(sound(30_000))
    together = energies_db(mel)
    for size in (1, 4, 7):
        parts = [energies_db(mel[first : first + size]) for first in range(0, len(mel), size)]
        np.testing.assert_array_equal(np.concatenate(parts), together)


@pytest.mark.parametrize(("hz", "less_db"), [(0.0, 45.0), (50.0, 35.0), (60.0, 26.0)])
def test_offset_and_mains_hum_are_hardly_heard(hz, less_db):
    disturbance = np.cos(2 * np.pi * hz * np.arange(16_000) / 16_000)
    level_db = 20 * np.log10(np.sqrt(np.mean(np.square(disturbance))))
    assert energies_db(log_mel(disturbance.astype(np.float32))).max() < level_db - less_db


@pytest.mark.parametrize("hz", [0.0, 50.0, 60.0])
def test_offset_and_mains_hum_do_not_disturb_the_energies(hz):
    room = noise(2.0, -55.0)
    disturbed = room + 0.03 * np.cos(2 * np.pi * hz * np.arange(len(room)) / 16_000)
    clean, disturbed = (energies_db(log_mel(one.astype(np.float32))) for one in (room, disturbed))
    assert np.abs(disturbed - clean).max() < 3.0


def test_other_parameters_give_the_same_energies():
    samples = noise(2.0, -30.0, high_hz=3_500.0).astype(np.float32)
    wide = replace(OTHER, hop_samples=160)
    mean = energies_db(log_mel(samples, wide), wide).mean()
    assert mean == pytest.approx(energies_db(log_mel(samples)).mean(), abs=1.0)
