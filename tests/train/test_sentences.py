import io
import shutil
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import soundfile
from rich.console import Console

from train import sentences
from train.corpora import read_audio
from train.errors import DataError
from train.sentences import (
    FLITE_EVERY,
    FOLDER,
    LENGTHS,
    Lexicon,
    draw_sentences,
    load_lexicon,
    read_aloud,
    read_dictionary,
    spoken_words,
)
from train.vocabulary import DIGITS

needs_espeak = pytest.mark.skipif(
    shutil.which("espeak-ng") is None, reason="needs the package espeak-ng"
)

WORDS = ("the", "house", "before", "green", "into", "table", "water", "maybe")


def lexicon(words=WORDS, partial=("before", "into"), prob=lambda words: 0):
    """Few words, alike likely in any order."""
    weights = np.full(len(words), 1.0 / len(words))
    return Lexicon(words, weights, partial, SimpleNamespace(prob=prob))


@pytest.fixture
def few_words(monkeypatch):
    monkeypatch.setattr(sentences, "load_lexicon", lambda keywords: lexicon())


def read(out, count=3, keywords=DIGITS, **options):
    return read_aloud(out, keywords, count=count, console=Console(file=io.StringIO()), **options)


@pytest.fixture(scope="module")
def digits():
    pytest.importorskip("pocketsphinx")
    return load_lexicon(DIGITS)


def test_sentences_hold_no_keyword_nor_what_sounds_exactly_like_one(digits):
    homophones = {"for", "fore", "four", "to", "too", "ate", "won", "wan", "nein", "sicks"}
    assert not set(digits.words) & (homophones | set(DIGITS))
    assert {"the", "house", "before", "into"} <= set(digits.words)


def test_words_that_sound_like_a_keyword_in_part_are_known(digits):
    assert set(digits.partial) < set(digits.words)
    assert {"before", "into", "create", "seventy", "forty"} <= set(digits.partial)
    assert not {"the", "house", "since"} & set(digits.partial)


def test_likely_words_come_first_and_most_often(digits):
    assert digits.words.index("the") < 10
    assert len(digits.words) == len(set(digits.words)) == len(digits.weights)
    assert digits.weights.sum() == pytest.approx(1.0)
    assert (np.diff(digits.weights) <= 0).all()
    assert digits.weights.min() > 0


def test_the_language_is_heeded(digits):
    """Drawn by their own weights alone, two words would fit each other far worse."""
    said = [spoken_words(one) for one in draw_sentences(digits, 60, seed=0)]
    drawn = [word for one in said for word in one]
    mixed = np.random.default_rng(0).permutation(drawn).tolist()

    def fit(words):
        pairs = zip(words[1:], words, strict=False)
        return np.mean([digits.model.prob([now, before]) for now, before in pairs])

    assert np.mean([fit(one) for one in said]) > fit(mixed)


def test_the_dictionary_is_read_with_every_pronunciation(tmp_path):
    path = tmp_path / "small.dict"
    path.write_text("zero Z IH R OW\nzero(2) Z IY R OW\nto T UW\n")
    assert read_dictionary(path) == {
        "zero": (("Z", "IH", "R", "OW"), ("Z", "IY", "R", "OW")),
        "to": (("T", "UW"),),
    }


@pytest.mark.parametrize(
    ("phones", "keyword", "holds"),
    [
        ("B IH F AO R", "F AO R", True),
        ("F AO R T IY", "F AO R", True),
        ("F AO R", "F AO R", True),
        # All but the first or the last sound of three.
        ("M AO R", "F AO R", True),
        ("F AO L", "F AO R", True),
        ("F R AO", "F AO R", False),
        ("AO R", "F AO R", True),
        ("AO", "F AO R", False),
        # Of a keyword of two sounds one alone is nothing.
        ("IH N T UW", "T UW", True),
        ("N UW", "T UW", False),
        ("T AH", "T UW", False),
        # "AO" is not "A" and "O": sounds are compared whole.
        ("F AO RD", "AO R", False),
        ("SF AO R", "F AO", False),
    ],
)
def test_a_word_holds_a_keyword(phones, keyword, holds):
    assert sentences._holds(phones.split(), [("K", "W", "K"), tuple(keyword.split())]) == holds


def test_a_missing_language_model_is_one_sentence_and_leaves_nothing(monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "pocketsphinx", None)
    with pytest.raises(DataError, match="pip install") as caught:
        read(tmp_path / "out")
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "out").exists()


def test_a_missing_synthesizer_is_named(few_words, monkeypatch, tmp_path):
    monkeypatch.setattr("train.synthesize.shutil.which", lambda name: None)
    with pytest.raises(DataError, match="sudo apt-get install espeak-ng"):
        read(tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_sentences_depend_on_the_seed_alone():
    drawn = draw_sentences(lexicon(), 12, seed=3)
    assert drawn == draw_sentences(lexicon(), 12, seed=3)
    assert drawn != draw_sentences(lexicon(), 12, seed=4)
    assert drawn[:5] == draw_sentences(lexicon(), 5, seed=3)


def test_sentences_are_punctuated_words_of_the_lexicon():
    drawn = draw_sentences(lexicon(), 300, seed=0)
    lengths = [len(spoken_words(one)) for one in drawn]
    assert (min(lengths), max(lengths)) == LENGTHS
    assert {one[-1] for one in drawn} == {".", "?", "!"}
    said = [word for one in drawn for word in spoken_words(one)]
    assert set(said) == set(WORDS)
    pauses = sum(one.count(",") for one in drawn) / (len(said) - len(drawn))
    assert pauses == pytest.approx(sentences.PAUSE_SHARE, abs=0.03)
    # A fifth among the two that hold a keyword, the rest among all eight.
    partial = sum(word in ("before", "into") for word in said) / len(said)
    assert partial == pytest.approx(0.2 + 0.8 * 0.25, abs=0.04)


def test_the_model_is_asked_with_the_latest_words_first():
    asked = []

    def prob(words):
        asked.append(words)
        return 0

    [sentence] = draw_sentences(lexicon(partial=(), prob=prob), 1, seed=0)
    said = spoken_words(sentence)
    for place in range(len(said)):
        before = list(said[max(0, place - 2) : place])[::-1]
        rows = asked[place * sentences.CANDIDATES : (place + 1) * sentences.CANDIDATES]
        assert [row[1:] for row in rows] == [before] * sentences.CANDIDATES
        assert said[place] in {row[0] for row in rows}


def test_keywords_that_no_other_word_sounds_like_can_be_left_out_too():
    # As for a made-up name that the dictionary does not have.
    drawn = draw_sentences(lexicon(partial=()), 20, seed=0)
    assert {word for one in drawn for word in spoken_words(one)} <= set(WORDS)


def test_punctuation_is_not_spoken():
    assert spoken_words("well, before the, house?") == ("well", "before", "the", "house")
    assert spoken_words("go!") == ("go",)


@pytest.fixture
def typists(monkeypatch):
    """Engines that write down what they are to say."""
    made = []

    def make(requests, out, **_):
        for request in requests:
            path = out / request.name
            if not path.exists():
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(request.text)
                made.append(request)

    monkeypatch.setattr(sentences, "make", make)
    monkeypatch.setattr(sentences, "voices", lambda: (["max", "Storm"], ("kal", "slt")))
    return made


def test_every_voice_reads_and_flite_now_and_then(few_words, typists, tmp_path):
    found = read(tmp_path, 40)
    assert len({one.path for one in found}) == len(typists) == 40
    engines = [request.engine for request in typists]
    assert [i for i, engine in enumerate(engines) if engine == "flite"] == [
        *range(FLITE_EVERY - 1, 40, FLITE_EVERY)
    ]
    assert {request.voice for request in typists if request.engine == "flite"} == {"kal", "slt"}
    assert {request.voice.partition("+")[2] for request in typists} == {"max", "Storm", ""}
    assert {request.longest_s for request in typists} == {sentences.LONGEST_S}


def test_without_flite_espeak_reads_everything(few_words, typists, tmp_path, monkeypatch):
    monkeypatch.setattr(sentences, "voices", lambda: (["max"], ()))
    read(tmp_path, 10)
    assert [request.engine for request in typists] == ["espeak-ng"] * 10


def test_a_reading_is_never_taken_for_one_of_other_words(typists, tmp_path, monkeypatch):
    """The same voice reads the same number of sentences for other keywords."""
    for words in (WORDS, ("one", "two"), WORDS):
        other = lexicon(words, partial=())
        monkeypatch.setattr(sentences, "load_lexicon", lambda keywords, other=other: other)
        found = read(tmp_path, 20)
        assert [spoken_words(one.path.read_text()) for one in found] == [
            one.transcript for one in found
        ]
        assert {word for one in found for word in one.transcript} <= set(words)
    assert len(typists) == 40


def test_more_sentences_keep_those_that_are_there(few_words, typists, tmp_path):
    fewer = read(tmp_path, 6)
    assert read(tmp_path, 10)[:6] == fewer
    assert len(typists) == 10


@needs_espeak
def test_readings_are_sound_files_of_running_speech(few_words, tmp_path):
    found = read(tmp_path, 5)
    expected = [spoken_words(one) for one in draw_sentences(lexicon(), 5, seed=0)]
    assert [one.transcript for one in found] == expected
    for one in found:
        info = soundfile.info(str(one.path))
        assert (info.samplerate, info.channels, info.format) == (16000, 1, "FLAC")
        # Longer than a word alone may be.
        assert 0.5 < info.duration < sentences.LONGEST_S
        assert 0.01 < np.abs(read_audio(one.path)).max() <= 1.0
        assert one.path.parent == tmp_path / FOLDER
        assert one.corpus == "synthetic speech"
        assert one.speaker.startswith(("espeak-ng-en", "flite-"))
        assert one.split in ("train", "validation")
        # Nobody knows where the words lie.
        assert one.words is None
    assert max(soundfile.info(str(one.path)).duration for one in found) > 1.5


@needs_espeak
def test_a_run_goes_on_where_it_stopped_and_makes_the_same(few_words, tmp_path):
    found = read(tmp_path)
    before = {one.path: one.path.read_bytes() for one in found}
    found[0].path.unlink()
    kept = found[1].path.stat().st_mtime_ns
    assert read(tmp_path) == found
    assert {one.path: one.path.read_bytes() for one in found} == before
    assert found[1].path.stat().st_mtime_ns == kept
    other = read(tmp_path, seed=1)
    assert sorted((tmp_path / FOLDER).iterdir()) == sorted(one.path for one in other)


@needs_espeak
def test_readings_too_long_are_left_out(few_words, tmp_path, monkeypatch):
    monkeypatch.setattr(sentences, "LONGEST_S", 0.2)
    assert read(tmp_path, 2) == []


def test_a_voice_is_in_the_same_part_reading_as_saying_words(few_words, typists, tmp_path):
    from train.corpora.synthetic import describe

    for one in read(tmp_path, 12):
        voice = one.path.stem.rpartition("_")[0]
        assert describe(Path(f"six/{voice}_1.flac")).split == one.split
