import hashlib
from collections import Counter

import numpy as np
import pytest
import soundfile

from recognizer.errors import AudioError
from recognizer.model_metadata import UNKNOWN
from tests.made_recordings import (
    RATE,
    SENTENCE,
    an4_speaker,
    burst,
    make_training_recordings,
    speech_commands_speaker,
)
from train import sources as loading
from train.corpora import Clip, Utterance, Word, load_testing_only, load_utterances
from train.corpora.alignments import write_alignments
from train.errors import DataError
from train.sources import CUT_MARGIN_S, Pool, Recording, load_sources
from train.vocabulary import DIGITS


def recording(corpus="an4", speaker="a", label="one"):
    return Recording(np.zeros(10, np.int16), label, 0, 10, corpus, speaker)


def everything(pool):
    return [one for corpus in pool._tree.values() for speaker in corpus for one in speaker]


def words(sources):
    return [one for pool in sources.pools.values() for one in everything(pool)]


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    data = tmp_path_factory.mktemp("data")
    return data, make_training_recordings(data)


@pytest.fixture(scope="module")
def train(made):
    return load_sources(made[0], "train", alignments=made[1])


@pytest.fixture(scope="module")
def validation(made):
    return load_sources(made[0], "validation", alignments=made[1])


def test_samples_are_read_as_float():
    samples = np.array([-32768, 0, 16384], np.int16)
    one = Recording(samples, "one", 0, 3, "an4", "a")
    assert one.read().dtype == np.float32
    np.testing.assert_array_equal(one.read(), [-1.0, 0.0, 0.5])


def test_a_speaker_of_many_recordings_is_drawn_no_more_than_one_of_one():
    pool = Pool([*[recording(speaker="many") for _ in range(50)], recording(speaker="one")])
    rng = np.random.default_rng(0)
    drawn = Counter(pool.draw(rng).speaker for _ in range(1000))
    assert drawn["many"] == pytest.approx(500, abs=60)
    assert drawn["one"] == pytest.approx(500, abs=60)


def test_every_recording_of_a_speaker_is_drawn():
    recordings = [recording() for _ in range(5)]
    rng = np.random.default_rng(0)
    pool = Pool(recordings)
    assert {id(pool.draw(rng)) for _ in range(100)} == {id(one) for one in recordings}


def test_a_corpus_of_few_speakers_is_drawn_less_than_its_weight():
    few = [recording("an4", f"few {i}") for i in range(10)]
    many = [recording("speech_commands", f"many {i}") for i in range(160)]
    rng = np.random.default_rng(0)
    pool = Pool([*few, *many])
    drawn = Counter(pool.draw(rng).corpus for _ in range(1500))
    # Both weigh 1; a quarter of forty speakers halves it, more than forty add nothing.
    assert drawn["an4"] == pytest.approx(500, abs=70)


def test_draws_depend_on_the_seed_alone():
    pool = Pool([recording(corpus, str(i)) for corpus in ("an4", "fsdd") for i in range(20)])
    first, again, other = (
        [pool.draw(rng).speaker for _ in range(20)]
        for rng in (np.random.default_rng(seed) for seed in (1, 1, 2))
    )
    assert first == again != other


def test_one_more_of_the_same_speaker_is_drawn():
    own = [recording("an4", "a", UNKNOWN), recording("an4 pieces", "a", UNKNOWN)]
    others = [recording("an4", str(i), UNKNOWN) for i in range(9)]
    # Another corpus may name another person the same.
    namesake = recording("fsdd", "a", UNKNOWN)
    pool = Pool([*others, *own, namesake])
    rng = np.random.default_rng(0)
    said = {id(pool.draw_like(rng, recording("an4", "a"))) for _ in range(60)}
    assert said == {id(one) for one in own}
    said = {id(pool.draw_like(rng, recording("an4 pieces", "a"))) for _ in range(60)}
    assert said == {id(one) for one in own}


def test_one_of_anybody_is_drawn_where_the_speaker_says_nothing_else():
    recordings = [recording("an4", str(i), UNKNOWN) for i in range(9)]
    pool = Pool(recordings)
    rng = np.random.default_rng(0)
    said = {pool.draw_like(rng, recording("fsdd", "3")).speaker for _ in range(200)}
    assert said == {one.speaker for one in recordings}


def test_there_is_a_pool_for_every_digit_and_for_the_rest(train):
    assert set(train.pools) == {*DIGITS, UNKNOWN}
    for label, pool in train.pools.items():
        assert all(one.label == label for one in everything(pool))
    unknown = {one.corpus for one in everything(train.pools[UNKNOWN])}
    assert {"speech_commands", "an4", "an4 pieces", "librispeech pieces"} <= unknown


def test_the_word_lies_where_it_stands_out(train):
    for one in words(train):
        assert 0 <= one.start < one.end <= len(one.samples)
        if one.corpus == "speech_commands" and len(one.samples) < RATE:
            assert one.start / RATE == pytest.approx(0.2, abs=0.03)
            assert one.end / RATE == pytest.approx(0.6, abs=0.03)


@pytest.mark.parametrize("split", ["train", "validation"])
def test_only_the_parts_own_speakers_are_loaded(split, request):
    sources = request.getfixturevalue(split)
    an4 = {an4_speaker(split), *({"ftrain"} if split == "train" else ())}
    of_corpus = {
        "speech_commands": {speech_commands_speaker(split, number) for number in range(3)},
        "an4": an4,
        "an4 pieces": an4,
        "fsdd": {"jackson"} if split == "train" else set(),
        "librispeech pieces": {"19"} if split == "train" else set(),
    }
    for one in words(sources):
        assert one.speaker in of_corpus.get(one.corpus, {""})
    assert {one.speaker for one in sources.sentences} <= of_corpus["an4"] | {"19"}


def test_no_recording_is_in_two_parts(train, validation):
    def prints(sources):
        samples = [one.samples for one in (*words(sources), *sources.sentences)]
        return {one.tobytes() for one in (*samples, *sources.noises)}

    assert prints(train)
    assert prints(validation)
    assert not prints(train) & prints(validation)


def test_rooms_for_training_serve_both_parts(train, validation):
    assert len(train.rooms) == len(validation.rooms) == 2


def test_sentences_carry_labels_and_places(train):
    found = [one for one in train.sentences if one.speaker == an4_speaker("train")]
    assert [one.words for one in found] == [
        ((UNKNOWN, 0.3, 0.7), ("three", 0.9, 1.3), (UNKNOWN, 1.4, 1.6))
    ]
    for one in train.sentences:
        if one.corpus == "librispeech":
            assert one.words == ((UNKNOWN, 0.0, len(one.samples) / RATE),)


def test_a_sentence_with_a_keyword_somewhere_is_left_out(made, tmp_path):
    write_alignments(tmp_path / "none.json", {})
    sources = load_sources(made[0], "train", alignments=tmp_path / "none.json")
    speakers = {(one.corpus, one.speaker) for one in sources.sentences}
    # "Three" is somewhere in it, and nobody knows where.
    assert ("an4", an4_speaker("train")) not in speakers
    assert ("librispeech", "19") in speakers
    assert all(one.label == UNKNOWN for one in words(sources) if one.corpus.startswith("an4"))


def test_words_are_cut_out_of_sentences_with_a_margin(train):
    cut = {
        one.label: one
        for one in words(train)
        if (one.corpus, one.speaker) == ("an4", an4_speaker("train"))
    }
    margin = int(CUT_MARGIN_S * RATE)
    three = cut["three"]
    assert (three.start, three.end) == pytest.approx((margin, margin + 0.4 * RATE), abs=1)
    assert len(three.samples) == pytest.approx(0.4 * RATE + 2 * margin, abs=1)
    assert three.samples[0] == three.samples[-1] == 0
    assert three.samples[three.start : three.end].std() > 1000
    assert three.samples[: three.start].std() < 100


def test_pieces_hold_no_keyword(train, made):
    """At most 40 % of a keyword is in a piece; the word's own noise tells where it is from."""
    [said] = [one for one in train.sentences if one.speaker == an4_speaker("train")]
    first, last = round(SENTENCE[1].start * RATE), round(SENTENCE[1].end * RATE)
    rng = np.random.default_rng(0)
    pieces = [piece for _ in range(40) for piece in loading._cut_pieces(said, DIGITS, rng)]
    assert len(pieces) > 30
    for piece in pieces:
        assert piece.label == UNKNOWN
        assert (piece.start, piece.end) == (0, len(piece.samples))
        assert 0.14 <= len(piece.samples) / RATE <= 0.76
        middle = piece.samples[RATE // 60 : RATE // 60 + 400]
        at = next(
            i
            for i in range(len(said.samples) - 400)
            if said.samples[i] == middle[0] and np.array_equal(said.samples[i : i + 400], middle)
        )
        start, end = at - RATE // 60, at - RATE // 60 + len(piece.samples)
        assert min(end, last) - max(start, first) <= 0.4 * (last - first) + 2


def test_what_cannot_be_read_or_holds_no_word_is_named(made):
    data, alignments = made
    broken, short = data / "broken.wav", data / "short.wav"
    broken.write_text("no sound")
    soundfile.write(short, burst(7, before_s=0, word_s=0.03, after_s=0), RATE)
    clips = [
        Clip(path, "synthetic", "one", "a", "train", "none") for path in (broken, short, broken)
    ]
    other = Clip(broken, "synthetic", "one", "a", "validation", "none")
    sources = load_sources(data, "train", alignments=alignments, synthetic=[*clips, other])
    assert len(sources.unreadable) == 3
    assert sources.unreadable[0].startswith(f"{broken}: ")
    assert sources.unreadable[1] == f"{short}: no word found"


def test_synthetic_voices_are_drawn_with_the_others(made):
    path = made[0] / "synthetic.wav"
    soundfile.write(path, burst(8), RATE)
    clips = [Clip(path, "synthetic", word, "v", "train", "none") for word in ("two", "hello")]
    sources = load_sources(made[0], "train", alignments=made[1], synthetic=clips)
    for label in ("two", UNKNOWN):
        assert "synthetic" in {one.corpus for one in everything(sources.pools[label])}


def test_near_words_are_told_from_others(made):
    path = made[0] / "near.wav"
    soundfile.write(path, burst(8), RATE)
    clips = [
        Clip(path, "synthetic", word, "v", "train", "none") for word in ("sick", "tree", "hello")
    ]
    sources = load_sources(made[0], "train", alignments=made[1], synthetic=clips)
    assert "sick" in sources.near
    assert "hello" not in sources.near
    # Some say "three" so; they are not to be refused.
    assert "tree" in sources.words
    assert "tree" not in sources.near
    assert set(sources.near) <= set(sources.words)


def test_readings_are_running_speech_of_their_own_part(made):
    def reading(name, split, transcript):
        path = made[0] / f"{name}.flac"
        soundfile.write(path, burst(9, word_s=3.0), RATE)
        return Utterance(path, "synthetic speech", name, split, "none", transcript, None)

    readings = [
        reading("read", "train", ("before", "noon")),
        reading("held out", "validation", ("before", "noon")),
        # Somebody else's keywords may have been read.
        reading("keyword", "train", ("before", "nine")),
    ]
    for split, name in (("train", "read"), ("validation", "held out")):
        sources = load_sources(made[0], split, alignments=made[1], readings=readings)
        [read] = [one for one in sources.sentences if one.corpus == "synthetic speech"]
        assert read.speaker == name
        assert read.words == ((UNKNOWN, 0.0, len(read.samples) / RATE),)
        pieces = [one for one in words(sources) if one.corpus.startswith("synthetic speech")]
        assert {(one.corpus, one.speaker) for one in pieces} == {("synthetic speech pieces", name)}
        assert {one.label for one in pieces} == {UNKNOWN}


def test_other_keywords_make_the_digits_unknown(made):
    sources = load_sources(made[0], "train", alignments=made[1], keywords=("cat",))
    assert set(sources.pools) == {"cat", UNKNOWN}
    assert len(everything(sources.pools["cat"])) == 2


def test_a_keyword_that_nobody_says_is_refused(made):
    with pytest.raises(DataError, match="'xylophone'"):
        load_sources(made[0], "train", alignments=made[1], keywords=("one", "xylophone"))


def test_silent_noises_are_left_out(made):
    path = made[0] / "noise" / "esc10" / "001 - Dog bark" / "1-200-A.wav"
    before = len(load_sources(made[0], "train", alignments=made[1]).noises)
    soundfile.write(path, np.zeros(RATE), RATE)
    try:
        sources = load_sources(made[0], "train", alignments=made[1])
    finally:
        path.unlink()
    assert len(sources.noises) == before


def test_missing_alignments_are_named(made, tmp_path):
    with pytest.raises(DataError, match="train align"):
        load_sources(made[0], "train", alignments=tmp_path / "none.json")


@pytest.fixture(scope="module")
def read_for(data_folder, tmp_path_factory):
    """The files of the real corpora that each part reads; their sound is not needed."""
    alignments = tmp_path_factory.mktemp("alignments") / "made.json"
    aligned = {
        one.path.relative_to(data_folder).as_posix(): tuple(
            Word(w, 0.2, 0.6) for w in one.transcript
        )
        for one in load_utterances(data_folder)
    }
    write_alignments(alignments, aligned)
    sample = burst(1)
    read = {}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(loading, "voiced_extent", lambda samples, range_db: (3200, 9600))
        for split in ("train", "validation"):
            paths = read[split] = []

            def note(path, paths=paths):
                paths.append(path.relative_to(data_folder))
                return sample

            patch.setattr(loading, "read_audio", note)
            load_sources(data_folder, split, alignments=alignments)
    return read


def hundredth(name):
    """Where the lot of a name falls, computed apart from `train.splits`."""
    return int(hashlib.sha1(name.encode()).hexdigest()[:8], 16) / 16**8


@pytest.mark.data
def test_no_test_speaker_is_ever_trained_on(read_for):
    for split, (low, high) in {"train": (0.3, 1.0), "validation": (0.2, 0.3)}.items():
        paths = read_for[split]
        assert len(paths) > 300
        for path in paths:
            corpus, stem = path.parts[0], path.stem
            assert corpus != "testing_only"
            if corpus == "speech_commands" and path.parts[1] != "_background_noise_":
                assert low <= hundredth(stem.partition("_nohash_")[0]) < high
            elif corpus == "fsdd":
                assert split == "train"
                assert "theo" not in stem
            elif corpus == "an4":
                assert "an4test_clstk" not in path.parts
                lot = hundredth(f"an4:{path.parent.name}")
                assert (lot < 0.1) == (split == "validation")
            elif corpus == "running_speech":
                assert split == "train"
                assert path.parent.name != "26"
            elif path.parts[:2] == ("noise", "esc10"):
                assert stem[0] in {"train": "123", "validation": "4"}[split]
            elif corpus == "rooms":
                assert int(stem.split("_")[1]) % 5 != 0
            else:
                assert stem not in {"coffee-shop", "running_tap", "eg-oreo"}
    assert not {*read_for["train"]} & {
        path for path in read_for["validation"] if path.parts[0] != "rooms"
    }


@pytest.mark.data
def test_what_is_for_testing_only_is_never_read(read_for, data_folder):
    kept_apart = {clip.path.relative_to(data_folder) for clip in load_testing_only(data_folder)}
    assert kept_apart
    assert not kept_apart & {*read_for["train"], *read_for["validation"]}


def test_a_sentence_that_cannot_be_read_is_named(made, monkeypatch):
    def refuse(path):
        raise AudioError(f"Cannot read {path} as a sound file: it is broken")

    monkeypatch.setattr(loading, "read_audio", refuse)
    with pytest.raises(AudioError, match="an4"):
        load_sources(made[0], "train", alignments=made[1])
