import numpy as np
import pytest

from recognizer.decision import (
    AVERAGED,
    CUTS_KEPT,
    OUTSTANDING_DOUBT,
    REPEAT_GAP_FRAMES,
    SEEN_WHOLE,
    SPACING_FRAMES,
    TALK,
    Decision,
    Verdict,
)
from recognizer.voice_detector import Cut, Endpoint
from recognizer.voice_parameters import VoiceParameters

LABELS = ("silence", "unknown", "one", "two")
SURE = 0.95


def posteriors(**probabilities):
    """Posteriors with these probabilities, the rest is spread over the other labels."""
    others = [label for label in LABELS if label not in probabilities]
    rest = (1.0 - sum(probabilities.values())) / len(others)
    return np.array([probabilities.get(label, rest) for label in LABELS], np.float32)


class Scored:
    """Gives posteriors by the frame that a window ends at; remembers what was asked for."""

    def __init__(self, *given, default=None):
        self.given = list(given)
        self.default = posteriors(unknown=SURE) if default is None else default
        self.asked = []

    def __call__(self, end):
        self.asked.append(end)
        return self.given.pop(0) if self.given else self.default


def always(**probabilities):
    return Scored(default=posteriors(**probabilities))


def cut(now, start=100, end=140, alone=True, talk=0.0):
    return Cut(now, start, end, alone, talk)


def decide(decision, posterior, *cuts):
    return [verdict for one in cuts for verdict in decision.hear(one, posterior)]


def close(decision):
    return list(decision.close())


def test_word_that_reaches_the_threshold_is_taken_at_once():
    (verdict,) = decide(Decision(LABELS, 0.6), always(one=SURE), cut(152))
    assert verdict == Verdict("one", pytest.approx(SURE), None, 100, 140)


def test_word_is_taken_once():
    decision, posterior = Decision(LABELS, 0.6), always(one=SURE)
    assert len(decide(decision, posterior, *[cut(now) for now in range(152, 230, 8)])) == 1
    assert close(decision) == []


@pytest.mark.parametrize(
    ("talk", "confidence", "taken"),
    [
        (0.0, 0.61, True),
        (TALK[0], 0.61, True),
        (sum(TALK) / 2, 0.61, False),
        (sum(TALK) / 2, 0.80, True),
        (TALK[1], 0.95, False),
        (TALK[1], 0.97, True),
        (1.0, 0.97, True),
    ],
)
def test_in_the_middle_of_talk_a_keyword_must_be_surer(talk, confidence, taken):
    decision = Decision(LABELS, 0.6)
    verdicts = decide(decision, always(one=confidence), cut(152, talk=talk))
    assert [one.label for one in verdicts] == (["one"] if taken else [])
    if not taken:
        (verdict,) = close(decision)
        assert verdict.rejected == "low confidence"


def test_a_threshold_at_either_end_means_the_same_in_talk():
    assert decide(Decision(LABELS, 1.0), always(one=0.999), cut(152, talk=1.0)) == []
    # At 0 everything is wanted, but not in running speech.
    assert decide(Decision(LABELS, 0.0), always(one=0.5), cut(152, talk=0.0))
    assert not decide(Decision(LABELS, 0.0), always(one=0.5), cut(152, talk=1.0))


def test_half_seen_word_is_not_scored():
    decision, posterior = Decision(LABELS, 0.6), always(one=SURE)
    assert decide(decision, posterior, cut(120, alone=False), cut(128, alone=False)) == []
    assert close(decision) == []
    assert posterior.asked == []


def test_same_keyword_again_is_another_detection():
    decision, posterior = Decision(LABELS, 0.6), always(one=SURE)
    # A quarter of a second between the two, of which frames and smoothing take up to 30 ms.
    second = (140 + REPEAT_GAP_FRAMES, 200)
    heard = decide(decision, posterior, cut(152), cut(168, *second, alone=False))
    heard += decide(decision, posterior, cut(216, *second), cut(224, *second))
    assert [(v.label, v.start, v.end) for v in heard] == [("one", 100, 140), ("one", *second)]
    assert REPEAT_GAP_FRAMES <= 22


def test_sound_behind_a_keyword_that_is_still_in_view_does_not_repeat_it():
    decision, posterior = Decision(LABELS, 0.6, window_frames=98), always(one=SURE)
    breath = (175, 185)
    assert len(decide(decision, posterior, cut(152), cut(200, *breath), cut(216, *breath))) == 1
    assert close(decision) == []


def test_same_keyword_again_counts_once_the_first_has_left_the_view():
    decision, posterior = Decision(LABELS, 0.6, window_frames=98), always(one=SURE)
    second = (175, 205)
    cuts = [cut(now, *second) for now in (216, 224)]
    heard = decide(decision, posterior, cut(152), *cuts)
    assert [(v.start, v.end) for v in heard] == [(100, 140), second]


def test_rest_of_a_keyword_is_no_second_one():
    decision, posterior = Decision(LABELS, 0.6), always(one=SURE)
    rest = (140 + REPEAT_GAP_FRAMES - 1, 180)
    assert len(decide(decision, posterior, cut(152), cut(192, *rest), cut(200, *rest))) == 1
    assert close(decision) == []


def test_rest_of_the_rest_of_a_keyword_is_no_second_one():
    decision, posterior = Decision(LABELS, 0.6), always(one=SURE)
    assert len(decide(decision, posterior, cut(152), cut(182, 155, 170), cut(204, 185, 192))) == 1


def test_another_keyword_may_follow_sooner():
    decision = Decision(LABELS, 0.6)
    first = decide(decision, always(one=SURE), cut(152))
    second = decide(decision, always(two=SURE), cut(192, 158, 180))
    assert [verdict.label for verdict in first + second] == ["one", "two"]


def test_first_cut_averages_three_neighbouring_windows():
    posterior = Scored(posteriors(one=0.9), posteriors(one=0.6), posteriors(one=0.3))
    (verdict,) = decide(Decision(LABELS, 0.5), posterior, cut(152))
    assert AVERAGED == 3
    assert posterior.asked == [152 - 2 * SPACING_FRAMES, 152 - SPACING_FRAMES, 152]
    assert verdict.confidence == pytest.approx(0.6)


def test_one_window_alone_does_not_decide():
    posterior = Scored(posteriors(one=0.99), posteriors(unknown=SURE), posteriors(unknown=SURE))
    decision = Decision(LABELS, 0.6)
    assert decide(decision, posterior, cut(152)) == []
    (verdict,) = close(decision)
    assert verdict.rejected == "unknown"


def test_later_cuts_score_only_the_new_windows():
    weak = posteriors(one=0.3)
    posterior = Scored(weak, weak, weak, posteriors(one=0.9), posteriors(one=0.9))
    decision = Decision(LABELS, 0.6)
    (verdict,) = decide(decision, posterior, cut(152), cut(160))
    # The last three of the five.
    assert verdict.confidence == pytest.approx((0.3 + 0.9 + 0.9) / 3)
    assert posterior.asked[3:] == [156, 160]
    assert np.diff(posterior.asked).tolist() == [SPACING_FRAMES] * 4


def test_next_word_does_not_inherit_the_averages():
    decision = Decision(LABELS, 0.6)
    first = decide(decision, always(two=0.5), cut(152))
    posterior = always(one=SURE)
    second = decide(decision, posterior, cut(252, 200, 240))
    assert len(posterior.asked) == AVERAGED
    assert [verdict.rejected for verdict in first + second] == ["low confidence", None]
    assert second[-1].confidence == pytest.approx(SURE)


def test_word_below_the_threshold_is_rejected_once_it_has_passed():
    decision, posterior = Decision(LABELS, 0.6), always(one=0.5)
    assert decide(decision, posterior, cut(152), cut(160)) == []
    (verdict,) = decide(decision, posterior, cut(208, 180, 200, alone=False))
    assert verdict == Verdict("one", pytest.approx(0.5), "low confidence", 100, 140)
    assert close(decision) == []


def test_word_that_is_rather_no_keyword_is_unknown():
    decision = Decision(LABELS, 0.6)
    decide(decision, always(unknown=0.6, two=0.3), cut(152))
    (verdict,) = close(decision)
    assert verdict == Verdict("two", pytest.approx(0.3), "unknown", 100, 140)


def test_silence_is_never_the_label():
    decision = Decision(LABELS, 0.0)
    (verdict,) = decide(decision, always(silence=SURE), cut(152))
    assert verdict.label in ("one", "two")
    decision = Decision(LABELS, 0.6)
    assert decide(decision, always(silence=SURE), cut(152)) == []
    (verdict,) = close(decision)
    assert verdict.rejected == "unknown"
    assert verdict.label in ("one", "two")


def test_rejection_reports_the_best_average():
    strong, weak = posteriors(one=0.5), posteriors(unknown=SURE)
    decision = Decision(LABELS, 0.6)
    decide(decision, Scored(strong, strong, strong, default=weak), *map(cut, range(152, 200, 8)))
    (verdict,) = close(decision)
    assert verdict.confidence == pytest.approx(0.5)
    assert verdict.rejected == "low confidence"


def test_rejected_word_does_not_stop_the_next_of_the_same_label():
    decision = Decision(LABELS, 0.6)
    heard = decide(decision, always(one=0.4), cut(152))
    heard += decide(decision, always(one=SURE), cut(192, 155, 180))
    assert [verdict.rejected for verdict in heard] == ["low confidence", None]


def test_threshold_may_change_while_a_word_is_in_view():
    decision, posterior = Decision(LABELS, 0.6), always(one=0.5)
    assert decide(decision, posterior, cut(152)) == []
    decision.threshold = 0.4
    (verdict,) = decide(decision, posterior, cut(160))
    assert verdict.rejected is None
    decision.threshold = 0.6
    assert decide(decision, posterior, cut(352, 300, 340)) == []


def test_threshold_itself_is_enough():
    exact = np.array([0.0, 0.25, 0.75, 0.0], np.float32)
    assert decide(Decision(LABELS, 0.75), Scored(default=exact), cut(152))
    assert not decide(Decision(LABELS, 0.7501), Scored(default=exact), cut(152))


def test_close_without_a_word_says_nothing():
    assert close(Decision(LABELS, 0.6)) == []


def test_reset_forgets_the_word_and_what_was_said():
    decision = Decision(LABELS, 0.6)
    decide(decision, always(one=SURE), cut(152))
    decide(decision, always(two=0.4), cut(200, 160, 180))
    decision.reset()
    assert close(decision) == []
    assert len(decide(decision, always(one=SURE), cut(52, 0, 40))) == 1


def test_posteriors_are_not_changed():
    kept = posteriors(one=0.5)
    given = kept.copy()
    decide(Decision(LABELS, 0.6), Scored(default=given), cut(152), cut(160))
    np.testing.assert_array_equal(given, kept)


def test_place_of_the_keywords_among_the_labels_does_not_matter():
    labels = ("two", "silence", "one", "unknown")
    found = np.array([0.05, 0.0, 0.9, 0.05], np.float32)
    (verdict,) = decide(Decision(labels, 0.6), Scored(default=found), cut(152))
    assert (verdict.label, verdict.rejected) == ("one", None)


def voice(word=(130, 170), start=100, end=230, now=249, talk=0.0):
    """A voice that is too long for a word, and the word that stands out of it."""
    return Endpoint(start, end, now, word, talk)


def look_back(decision, posterior, over, cuts=range(104, 249, 8)):
    """Hear a voice, in no cut of which a word stands alone, to its end."""
    assert decide(decision, posterior, *[cut(now, 100, now, alone=False) for now in cuts]) == []
    assert posterior.asked == []
    return decision.look_back(over, posterior)


@pytest.mark.parametrize(
    ("threshold", "talk", "confidence", "taken"),
    [
        (0.6, 0.0, 0.79, False),
        (0.6, 0.0, 0.81, True),
        (0.2, 0.0, 0.59, False),
        (0.2, 0.0, 0.61, True),
        (0.6, TALK[1], 0.97, False),
        (0.6, TALK[1], 0.99, True),
        (1.0, 0.0, 0.999, False),
    ],
)
def test_a_word_that_something_runs_into_must_be_surer(threshold, talk, confidence, taken):
    decision = Decision(LABELS, threshold)
    verdict = look_back(decision, always(one=confidence), voice(talk=talk))
    if taken:
        assert verdict == Verdict("one", pytest.approx(confidence), None, 130, 170)
    else:
        assert verdict is None
    assert OUTSTANDING_DOUBT == 0.5
    assert close(decision) == []


def test_such_a_word_is_looked_at_in_the_cuts_that_showed_it_whole():
    posterior = always(one=SURE)
    assert look_back(Decision(LABELS, 0.6), posterior, voice()) is not None
    assert (SEEN_WHOLE.start, SEEN_WHOLE.stop) == (8, 32)
    # The cuts at 184, 192 and 200, of three windows each; none is scored twice.
    assert sorted(posterior.asked) == list(range(176, 201, SPACING_FRAMES))


def test_without_such_a_cut_it_is_not_decided():
    posterior = always(one=SURE)
    assert look_back(Decision(LABELS, 0.6), posterior, voice(), cuts=[104, 240]) is None
    assert posterior.asked == []


def test_the_cuts_of_the_longest_voice_are_remembered():
    voice_parameters = VoiceParameters()
    longest = voice_parameters.longest_voice + voice_parameters.hangover
    assert CUTS_KEPT * voice_parameters.cut_every > longest


def test_a_new_stream_has_none_of_the_old_ones_cuts():
    decision, posterior = Decision(LABELS, 0.6), always(one=SURE)
    look_back(decision, always(unknown=SURE), voice())
    decision.reset()
    assert decision.look_back(voice(), posterior) is None
    assert posterior.asked == []


def test_the_surest_of_the_looks_counts():
    class Early(Scored):
        def __call__(self, end):
            super().__call__(end)
            return posteriors(two=SURE) if end <= 184 else posteriors(unknown=SURE)

    verdict = look_back(Decision(LABELS, 0.6), Early(), voice())
    assert (verdict.label, verdict.confidence) == ("two", pytest.approx(SURE))


def test_where_nothing_stands_out_nothing_is_scored():
    posterior = always(one=SURE)
    decision = Decision(LABELS, 0.6)
    assert decide(decision, always(unknown=SURE), cut(152)) == []
    assert decision.look_back(voice(word=None), posterior) is None
    assert posterior.asked == []
    assert close(decision) == []


def test_the_rest_of_a_word_that_something_runs_into_is_no_second_one():
    decision = Decision(LABELS, 0.6)
    assert look_back(decision, always(one=SURE), voice()) is not None
    assert decide(decision, always(one=SURE), cut(264, 175, 190)) == []
