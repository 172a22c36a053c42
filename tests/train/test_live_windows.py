import pytest

from recognizer.log_mel import FrontendParameters
from recognizer.model_metadata import SILENCE, UNKNOWN
from recognizer.voice_detector import Cut
from train.live_windows import Placed, label_window

FRONTEND = FrontendParameters()


def cut_at(now, start, end, alone):
    return Cut(now, start, end, alone)


# A word from 0.5 to 0.9 s; a window shows the 98 frames of 10 ms (and 15 ms more) before its end.
WORD = Placed("one", 0.5, 0.9)
BESIDE = Placed(UNKNOWN, 1.0, 1.3)


@pytest.mark.parametrize(
    ("end", "label"),
    [
        (92, "one"),
        (110, "one"),
        (86, "one"),
        (85, None),
        (73, None),
        (72, UNKNOWN),
        (60, UNKNOWN),
        (150, "one"),
        (151, None),
        (163, None),
        (165, UNKNOWN),
        (180, UNKNOWN),
    ],
)
def test_a_keyword_counts_when_it_is_in_view(end, label):
    assert label_window(cut_at(end, 50, 90, True), end, [WORD], FRONTEND) == label


@pytest.mark.parametrize(
    ("truth", "label"),
    [
        ([], SILENCE),
        ([Placed("one", 3.0, 3.4)], SILENCE),
        ([Placed(UNKNOWN, 0.2, 0.4)], UNKNOWN),
        ([Placed("one", 0.2, 0.4)], None),
        ([Placed("one", 0.2, 0.4), Placed(UNKNOWN, 1.0, 1.2)], None),
    ],
)
def test_a_cut_of_noise_is_silence_unless_a_word_is_in_view(truth, label):
    assert label_window(cut_at(110, 50, 90, True), 110, truth, FRONTEND) == label


@pytest.mark.parametrize("alone", [True, False])
def test_other_words_are_unknown_seen_wholly_or_not(alone):
    said = [Placed(UNKNOWN, 0.5, 0.7), Placed(UNKNOWN, 0.72, 0.9)]
    for end in (60, 92, 110, 170):
        assert label_window(cut_at(end, 50, 90, alone), end, said[:1], FRONTEND) == UNKNOWN
        assert label_window(cut_at(end, 50, 90, alone), end, said, FRONTEND) == UNKNOWN


def test_a_keyword_glued_to_its_neighbours_is_not_one():
    glued = [Placed(UNKNOWN, 0.2, 0.48), WORD]
    assert label_window(cut_at(110, 20, 90, False), 110, glued, FRONTEND) == UNKNOWN
    # A cut that claims to be alone and holds two words is the cutter's mistake: nobody can say.
    assert label_window(cut_at(110, 20, 90, True), 110, glued, FRONTEND) is None
    three = [*glued, Placed("two", 0.95, 1.05)]
    assert label_window(cut_at(110, 20, 105, True), 110, three, FRONTEND) == UNKNOWN


def test_neighbours_that_the_cut_leaves_out_do_not_matter():
    assert label_window(cut_at(140, 50, 90, True), 140, [WORD, BESIDE], FRONTEND) == "one"
    # 30 ms of a neighbour is how exact boundaries are, and not a word glued to this one.
    assert label_window(cut_at(140, 50, 102, True), 140, [WORD, BESIDE], FRONTEND) == "one"
    assert label_window(cut_at(140, 50, 104, True), 140, [WORD, BESIDE], FRONTEND) is None


def test_a_cut_that_holds_little_of_the_keyword_says_nothing():
    assert label_window(cut_at(110, 75, 90, True), 110, [WORD], FRONTEND) is None
    assert label_window(cut_at(110, 73, 90, True), 110, [WORD], FRONTEND) == "one"
