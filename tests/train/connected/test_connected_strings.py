"""Strings composed for training, and strings to measure on."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from recognizer.connected.labels import part_labels
from recognizer.log_mel import FrontendParameters, energies_db, log_mel
from recognizer.model_metadata import UNKNOWN
from tests.made_recordings import RATE, burst, make_training_recordings
from train.connected.recipe import load_connected_recipe
from train.connected.strings import Composer, frame_labels
from train.connected.strings_said import alone, crowd_clips, joined_strings, spoken_strings
from train.errors import DataError
from train.live_windows import Placed
from train.model import RECIPES
from train.sources import Pool, Recording, Sentence, Sources

WORDS = ("one", "two", "oh")
RECIPE = load_connected_recipe(RECIPES / "connected.toml").compose
FRONTEND = FrontendParameters()


def int16(samples):
    return (samples * 32767).astype(np.int16)


@pytest.fixture(scope="module")
def sources():
    pools = {}
    for number, label in enumerate((*WORDS, UNKNOWN)):
        pools[label] = Pool(
            Recording(int16(burst(10 * number + speaker)), label, 3200, 9600, "an4", str(speaker))
            for speaker in range(3)
        )
    rows = [
        (("one", 0.2, 0.6), ("two", 0.6, 0.9), (UNKNOWN, 1.0, 1.4)),
        ((UNKNOWN, 0.1, 0.8), (UNKNOWN, 0.8, 1.5)),
    ]
    sentences = [
        Sentence(int16(burst(70 + i, word_s=1.5)), row, "an4", "s") for i, row in enumerate(rows)
    ]
    noises = [int16(burst(90 + i, word_s=2.0)) for i in range(2)]
    room = np.zeros(400, np.float32)
    room[20], room[200] = 1.0, 0.2
    return Sources(pools, sentences, noises, [room])


def only(kind):
    return replace(RECIPE, share={kind: 1.0})


@pytest.mark.parametrize("kind", ["joined", "sentences", "other", "noise"])
def test_a_string_is_the_same_for_the_same_seed(sources, kind):
    composer = Composer(sources, WORDS, only(kind))
    first, truth = composer.compose(np.random.default_rng(4))
    again, same = composer.compose(np.random.default_rng(4))
    assert np.array_equal(first, again)
    assert truth == same
    assert first.dtype == np.float32
    assert np.abs(first).max() <= 1.0
    labels = {one.label for one in truth}
    digits = labels - {UNKNOWN}
    assert bool(digits) == (kind in ("joined", "sentences"))


def test_joined_words_lie_where_there_is_sound(sources):
    recipe = replace(only("joined"), rooms=0.0, clean=1.0, other_words=0.0)
    composer = Composer(sources, WORDS, recipe)
    loud, quiet = [], []
    for seed in range(20):
        samples, truth = composer.compose(np.random.default_rng(seed))
        energies = energies_db(log_mel(samples, FRONTEND), FRONTEND)
        labels = frame_labels(truth, len(energies), FRONTEND, part_labels(WORDS))
        loud.append(energies[labels == labels[labels > 0].min()].mean())
        quiet.append(energies[labels == 0].mean() if (labels == 0).any() else -80.0)
    assert np.mean(loud) > np.mean(quiet) + 20.0


def test_most_strings_have_no_pause_between_their_words(sources):
    recipe = replace(only("joined"), rooms=0.0, clean=1.0)
    composer = Composer(sources, WORDS, recipe)
    gaps = []
    for seed in range(40):
        _, truth = composer.compose(np.random.default_rng(seed))
        gaps += [b.start - a.end for a, b in pairwise(truth)]
    assert np.mean(np.array(gaps) <= 0.0) > 0.4
    assert max(gaps) < 0.7


def test_a_word_has_as_many_frames_of_each_part():
    truth = [Placed("two", 0.5, 0.8), Placed(UNKNOWN, 0.8, 1.0)]
    labels = frame_labels(truth, 120, FRONTEND, part_labels(WORDS))
    names = [part_labels(WORDS)[label] for label in labels]
    assert [names.count(f"two {part}") for part in (1, 2, 3)] == [10, 10, 10]
    assert names.count("unknown") == 20
    # A frame belongs to where its middle lies.
    assert names.index("two 1") == 49
    assert names[48] == "silence"


def test_without_sentences_to_draw_one_sentence_says_so(sources):
    empty = replace(sources, sentences=[])
    with pytest.raises(DataError, match="no aligned sentence that holds digits"):
        Composer(empty, WORDS, only("sentences")).compose(np.random.default_rng(0))


def test_strings_to_measure_on_are_of_one_speaker_without_pauses(tmp_path):
    make_training_recordings(tmp_path)
    clips = crowd_clips(tmp_path, "test")
    strings = list(joined_strings(clips, 0))
    assert sorted(word for one in strings for word in one.words) == sorted(
        clip.word for clip in clips
    )
    for one in strings:
        speakers = {name.partition("_")[0] for name in one.source.split("+")}
        assert len(speakers) == 1
        energies = energies_db(log_mel(one.samples, FRONTEND), FRONTEND)
        voiced = np.flatnonzero(energies > energies.max() - 20)
        assert np.diff(voiced).max() < 10
        assert len(one.samples) / RATE == pytest.approx(1.0 + 0.4 * len(one.words), abs=0.3)
    assert [one.words for one in joined_strings(clips, 0)] == [one.words for one in strings]
    assert [one.words for one in joined_strings(clips, 1)] != [one.words for one in strings]


def test_spoken_strings_are_digits_only(tmp_path):
    make_training_recordings(tmp_path)
    assert [one.words for one in spoken_strings(tmp_path, "test")] == [("one", "five")]


def test_a_digit_alone_is_a_string_of_one(tmp_path):
    make_training_recordings(tmp_path)
    clips = crowd_clips(tmp_path, "validation")
    strings = list(alone(clips, 0))
    assert [one.words for one in strings] == [(clip.word,) for clip in clips]
    assert all(1.2 < len(one.samples) / RATE < 1.8 for one in strings)
