from itertools import pairwise

import pytest

from recognizer.errors import ModelError
from recognizer.log_mel import FrontendParameters
from recognizer.model_metadata import ModelMetadata
from recognizer.takes.order import (
    Order,
    WordError,
    checked_speaker,
    checked_word,
    checked_words,
)

WORDS = ("yes", "no", "maybe", "stop", "go")


def said(order):
    """The words in the order in which they are said, each take being good."""
    spoken = []
    while (word := order.next(spoken[-1] if spoken else None)) is not None:
        spoken.append(word)
        order.counts[word] += 1
    return spoken


def test_every_round_has_each_word_once_in_another_order():
    spoken = said(Order(WORDS, 10, done={}))
    rounds = [tuple(spoken[first : first + 5]) for first in range(0, 50, 5)]
    assert all(sorted(one) == sorted(WORDS) for one in rounds)
    assert len(set(rounds)) > 7
    assert all(one != other for one, other in pairwise(spoken))


def test_the_order_is_the_same_each_time_and_another_with_another_seed():
    assert said(Order(WORDS, 4, done={})) == said(Order(WORDS, 4, done={}))
    assert said(Order(WORDS, 4, done={})) != said(Order(WORDS, 4, done={}, seed=1))


def test_whoever_comes_back_goes_on_where_it_stopped():
    whole = said(Order(WORDS, 6, done={}))
    for stopped in (0, 5, 7, 23, 30):
        done = {word: whole[:stopped].count(word) for word in WORDS}
        order = Order(WORDS, 6, done=done)
        assert order.missing == 30 - stopped
        before = whole[stopped - 1] if stopped else None
        rest = []
        while (word := order.next(before)) is not None:
            rest.append(word)
            order.counts[word] += 1
            before = word
        assert rest == whole[stopped:]


def test_words_that_lag_behind_catch_up_first():
    order = Order(("yes", "no"), 5, done={"yes": 4, "no": 1})
    assert order.next() == "no"
    assert order.missing == 5
    assert order.total == 10


def test_the_only_word_left_is_said_twice_in_a_row():
    assert said(Order(("yes",), 3, done={})) == ["yes"] * 3


def test_a_skipped_word_is_not_asked_for():
    order = Order(("yes", "no"), 3, done={})
    order.skip("yes")
    assert order.missing == 3
    assert said(order) == ["no"] * 3


def test_more_takes_than_wanted_are_no_harm():
    order = Order(("yes", "no"), 2, done={"yes": 7, "other": 3})
    assert order.missing == 2
    assert said(order) == ["no", "no"]


@pytest.mark.parametrize(
    ("text", "word"),
    [("Yes", "yes"), (" turn left ", "turn left"), ("ACHT", "acht"), ("gro\u0308ße", "größe")],
)
def test_a_word_is_known_as_the_model_will_know_it(text, word):
    assert checked_word(text) == word
    metadata = ModelMetadata(("silence", "unknown", word), FrontendParameters(), 0.5)
    assert ModelMetadata.from_json(metadata.to_json()).keywords == (word,)


@pytest.mark.parametrize(
    "text",
    [
        *("", " ", ".", "..", ".yes", "a/b", "a\\b", "../yes", "a\nb", "a_b"),
        *("_background_noise_", "-", "nul", "C:", "x" * 65, "\0", "𒀀" * 64, "yes!"),
    ],
)
def test_a_word_that_makes_no_safe_folder_is_refused(text):
    with pytest.raises(WordError, match="no folder can be named like that"):
        checked_word(text)


@pytest.mark.parametrize("text", ["silence", "Unknown", "UNKNOWN "])
def test_the_labels_of_what_is_no_word_are_refused(text):
    with pytest.raises(WordError, match="every model has it"):
        checked_word(text)
    with pytest.raises(ModelError):
        ModelMetadata.from_json(
            ModelMetadata(
                ("silence", "unknown", text.strip().lower()), FrontendParameters(), 0.5
            ).to_json()
        )


def test_words_are_taken_once():
    assert checked_words(["No", "yes", "no"]) == ("no", "yes")
    with pytest.raises(WordError, match="at least one"):
        checked_words([])


def test_a_speaker_stands_in_a_file_s_name():
    assert checked_speaker(" Anna Maria ") == "Anna Maria"
    for name in ("", "a_b", "../x", "a/b", ".x", "con"):
        with pytest.raises(WordError, match="speaker"):
            checked_speaker(name)
