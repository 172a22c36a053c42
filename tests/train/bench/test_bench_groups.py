import shutil

import numpy as np
import pytest
import soundfile

from tests.made_recordings import RATE, make_training_recordings
from train.augment import convolve
from train.bench import groups as made
from train.bench import near_words
from train.bench.groups import BENCH_GROUPS
from train.bench.names import PLACES, VOICES, Scene, scene_of
from train.bench.near_words import NEAR_WORDS, held_voices, requests
from train.corpora import load_rooms
from train.evaluation.snr_groups import SNRS_DB, snr_of
from train.evaluation.stream_groups import GROUPS, Recordings
from train.evaluation.stream_plan import NOISY_SPEECH_DB, build_group
from train.splits import synthetic_split
from train.vocabulary import DIGITS

KEYWORDS = ("one", "three", "five")


@pytest.fixture(scope="module")
def recordings(tmp_path_factory):
    data = tmp_path_factory.mktemp("data")
    make_training_recordings(data)
    random = np.random.default_rng(9)
    for number, name in ((5, "010 - Fire crackling"), (5, "005 - Clock tick"), (1, "005 - Clock")):
        folder = data / "noise" / "esc10" / name
        folder.mkdir(parents=True, exist_ok=True)
        sound = 0.1 * random.standard_normal(RATE).astype(np.float32)
        soundfile.write(folder / f"{number}-7-A.wav", sound, RATE)
    return Recordings(data)


def build(name, recordings, **options):
    options = {"keywords": KEYWORDS, **options}
    return build_group(name, BENCH_GROUPS[name], recordings, **options)


def rms_db(samples):
    return 10 * np.log10(np.mean(np.square(samples, dtype=np.float64)) + 1e-12)


def test_every_voice_is_heard_at_every_place_and_step():
    names = [name for name in BENCH_GROUPS if snr_of(name) is not None]

    assert len(names) == len(VOICES) * (1 + len(PLACES) * (len(SNRS_DB) - 1))
    assert all(scene_of(snr_of(name)[0]) is not None for name in names)
    assert scene_of("crowd_") == Scene("crowd", None)
    assert scene_of("accented_kitchen_") == Scene("accented", "kitchen")
    assert scene_of("accented_kitchen_").title == "accented speakers, kitchen"
    assert scene_of("") is None
    assert scene_of("folder_") is None
    assert not set(BENCH_GROUPS) & set(GROUPS)


@pytest.mark.parametrize("place", PLACES)
def test_the_same_words_lie_over_each_place_so_far_above_the_noise(recordings, place):
    clean = build("crowd_snr_clean", recordings)
    noisy = build(f"crowd_{place}_snr_5", recordings)

    assert noisy.truth == clean.truth
    assert len(clean.truth) >= 4
    noise = (noisy.samples.astype(float) - clean.samples) / 32768
    # The stream is short, and its piece of the noise may be louder than the whole.
    assert rms_db(noise) == pytest.approx(NOISY_SPEECH_DB - 5, abs=3)
    assert noisy.content.endswith("at 5 dB")


def test_a_place_whose_recordings_are_missing_has_no_stream(recordings, tmp_path):
    shutil.copytree(recordings.data, tmp_path / "data")
    shutil.rmtree(tmp_path / "data" / "noise" / "esc10" / "010 - Fire crackling")
    there = Recordings(tmp_path / "data")

    assert build("crowd_kitchen_snr_5", there) is None
    assert build("crowd_cafe_snr_5", there) is not None


def test_only_rooms_that_training_never_saw_are_heard(recordings, monkeypatch):
    read = []

    def read_audio(path):
        read.append(path.stem)
        return np.ones(1)

    monkeypatch.setattr(made, "read_audio", read_audio)
    stream = build("crowd_rooms", recordings)

    rooms = {one.path.stem: one.split for one in load_rooms(recordings.data)}
    assert {"train", "test"} == set(rooms.values())
    assert len(read) == len(stream.truth)
    assert {rooms[name] for name in read} == {"test"}


def test_a_word_in_a_room_ends_where_its_speaker_ends(recordings, monkeypatch):
    tail = np.exp(-np.arange(RATE) / 4000).astype(np.float32)
    monkeypatch.setattr(made, "read_audio", lambda path: tail)
    stream = build("crowd_rooms", recordings)

    # The room rings for a second, and the made-up words last 0.4 s.
    assert all(one.end - one.start == pytest.approx(0.4, abs=0.05) for one in stream.truth)
    first = stream.truth[0]
    behind = stream.samples[round((first.end + 0.05) * RATE) : round((first.end + 0.2) * RATE)]
    assert rms_db(behind / 32768) > -50
    assert len(convolve(np.ones(10, np.float32), tail)) == RATE + 9


def test_without_rooms_there_is_no_stream(tmp_path, recordings):
    shutil.copytree(recordings.data, tmp_path / "data")
    shutil.rmtree(tmp_path / "data" / "rooms")

    assert build("crowd_rooms", Recordings(tmp_path / "data")) is None


def test_eleven_and_twelve_stand_apart(recordings):
    assert {one.label for one in build("eleven_twelve", recordings).truth} == {"eleven"}


@pytest.mark.parametrize("name", BENCH_GROUPS)
def test_nothing_for_testing_alone_and_nothing_computed_is_tuned_on(recordings, name):
    if name.startswith(("crowd", "close_talk")):
        return
    assert build(name, recordings, split="validation") is None


def test_music_and_hum_are_as_long_as_they_say_and_nobody_speaks(recordings, monkeypatch):
    monkeypatch.setattr(made, "MUSIC_PIECE_S", 2.0)
    monkeypatch.setattr(made, "HUM_PIECE_S", 2.0)
    for name, pieces in (("music", 12), ("hum", 12)):
        whole, short = build(name, recordings), build(name, recordings, limit=2)

        assert whole.truth == ()
        assert whole.seconds == 2 * pieces
        assert short.seconds == 4
        np.testing.assert_array_equal(whole.samples[: 2 * RATE], short.samples[: 2 * RATE])
        assert rms_db(whole.samples / 32768) < -10


def test_an_hour_of_hum_is_an_hour():
    assert made.HUM_PIECE_S * len(made.HUM_DB) * len(made.HUM_FLOOR_DB) * 2 == 3600


def test_near_words_are_said_by_voices_that_training_never_heard(monkeypatch):
    variants = [f"voice{number}" for number in range(80)]
    monkeypatch.setattr(near_words, "voices", lambda: (variants, ("slt",)))

    kept = held_voices()
    assert 0 < len(kept) < len(variants)
    assert all(synthetic_split(one) != "train" for one in kept)
    wanted = requests(NEAR_WORDS, kept)
    assert {one.word for one in wanted} == set(NEAR_WORDS)
    assert {one.voice.rpartition("+")[2] for one in wanted} == set(kept)
    assert {one.engine for one in wanted} == {"espeak-ng"}
    assert not set(NEAR_WORDS) & set(DIGITS)


@pytest.mark.skipif(shutil.which("espeak-ng") is None, reason="espeak-ng is not installed")
def test_near_words_are_heard_one_after_another(recordings, monkeypatch):
    monkeypatch.setattr(near_words, "CLIPS_OF_EACH", 1)
    stream = build("near", recordings)
    again = build("near", recordings)

    assert {one.label for one in stream.truth} == set(NEAR_WORDS)
    assert all(one.corpus == "synthetic" for one in stream.truth)
    assert stream.truth[0].source.startswith(f"synthetic/{stream.truth[0].label}/espeak-ng-")
    np.testing.assert_array_equal(stream.samples, again.samples)


def test_without_espeak_there_are_no_near_words(recordings, monkeypatch):
    monkeypatch.setattr(shutil, "which", lambda name: None)

    assert build("near", recordings) is None
