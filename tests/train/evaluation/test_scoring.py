import numpy as np
import pytest

from recognizer.events import Detection, Rejection, VoiceEnded
from train.evaluation.scoring import THRESHOLDS, score, summarize
from train.evaluation.streams import Stream, Truth

DIGITS = ("one", "two")


def stream_of(*truth, seconds=3600):
    samples = np.broadcast_to(np.int16(0), seconds * 16000)
    return Stream("made", samples, truth, "test", "nothing", len(truth))


def said(label, start, **more):
    return Truth(label, start, start + 0.5, "ann", "made", f"{label}.wav", **more)


def heard(label, start, confidence=0.9, delay=0.2):
    return Detection(label, confidence, start, start + 0.5, start + 0.5 + delay)


def refused(reason, label, start, confidence):
    return Rejection(reason, label, confidence, start, start + 0.5, start + 0.7)


def test_every_kind_of_outcome_is_counted_once():
    stream = stream_of(
        *(said(label, start) for label, start in [("one", 1), ("one", 3), ("two", 5), ("two", 7)]),
        said("cat", 9),
        said("dog", 11),
    )
    words = [
        heard("one", 1.1),
        heard("two", 3.0),
        refused("low confidence", "two", 5.0, 0.5),
        heard("one", 9.0),
        refused("unknown", None, 11.0, 0.0),
        heard("one", 100.0),
    ]
    voices = [VoiceEnded(start, start + 0.5, start + 1) for start in (1, 3, 5, 9, 11)]

    figures = summarize(score(stream, words, DIGITS, voices))

    keywords = figures["keywords"]
    assert [keywords[one]["count"] for one in ("right", "wrong", "missed")] == [1, 1, 2]
    assert keywords["right"]["of"] == 4
    assert keywords["missed_because"] == {"low confidence": 1, "no voice": 1}
    assert figures["other_words"]["called_a_keyword"]["count"] == 1
    assert figures["other_words"]["said"] == 2
    assert figures["false_alarms"]["count"] == 1
    assert figures["false_alarms"]["per_hour"] == pytest.approx(1.0)
    assert figures["voice_found"] == pytest.approx(
        {"count": 5, "of": 6, "share": 5 / 6, "low": 0.4365, "high": 0.9699}, abs=1e-4
    )
    assert figures["delay_s"] == pytest.approx({"median": 0.2, "percentile_95": 0.2})
    assert figures["delay_from_true_end_s"]["median"] == pytest.approx(0.3)
    assert figures["by_word"]["one"]["heard_as"] == {"two": 1}
    assert [row["source"] for row in figures["to_hear"]] == [
        *("one.wav", "two.wav", "two.wav", "cat.wav")
    ]


def test_a_word_detected_twice_is_right_and_a_false_alarm():
    result = score(stream_of(said("one", 1)), [heard("one", 1.0), heard("one", 1.3)], DIGITS)

    assert [one.result for one in result.outcomes] == ["right"]
    assert [one.start for one in result.false_alarms] == [1.3]


def test_a_word_that_is_also_taken_for_another_is_wrong():
    result = score(stream_of(said("one", 1)), [heard("one", 1.0), heard("two", 1.3)], DIGITS)

    assert [one.result for one in result.outcomes] == ["wrong"]
    assert result.false_alarms == []


def test_a_report_goes_to_the_word_it_overlaps_most():
    result = score(stream_of(said("one", 1), said("two", 1.6)), [heard("two", 1.5)], DIGITS)

    assert [one.result for one in result.outcomes] == ["missed", "right"]


@pytest.mark.parametrize(("start", "result"), [(1.69, "right"), (1.71, "missed")])
def test_a_report_may_lie_a_little_outside_its_word(start, result):
    assert score(stream_of(said("one", 1)), [heard("one", start)], DIGITS).outcomes[0].result == (
        result
    )


def test_keywords_of_running_speech_are_no_false_alarms_as_often_as_they_are_said():
    speech = Truth("", 0, 10, "ann", "made", "x.wav", ("no", "one", "knew"))
    words = [heard("one", 2.0), heard("one", 5.0), heard("two", 7.0), heard("one", 20.0)]

    result = score(stream_of(speech), words, DIGITS)

    assert [one.start for one in result.said] == [2.0]
    assert [one.start for one in result.false_alarms] == [5.0, 7.0, 20.0]


def test_the_curve_is_the_outcome_at_every_threshold():
    stream = stream_of(said("one", 1), said("two", 3), said("cat", 5))
    words = [
        heard("one", 1.0, 0.8),
        refused("low confidence", "one", 3.0, 0.4),
        refused("low confidence", "two", 5.0, 0.32),
        refused("unknown", "two", 7.0, 0.99),
        refused("low confidence", "one", 9.0, 0.22),
    ]
    points = {one["threshold"]: one for one in summarize(score(stream, words, DIGITS))["curve"]}

    assert tuple(points) == THRESHOLDS
    shown = ("right", "wrong", "called_a_keyword", "false_alarms_per_hour")
    expected = {0.2: (0.5, 0.5, 1, 1), 0.3: (0.5, 0.5, 1, 0), 0.35: (0.5, 0.5, 0, 0)}
    expected |= {0.6: (0.5, 0, 0, 0), 0.8: (0.5, 0, 0, 0), 0.85: (0, 0, 0, 0)}
    for threshold, values in expected.items():
        assert tuple(points[threshold][one] for one in shown) == pytest.approx(values)


def test_an_empty_stream_has_no_shares():
    figures = summarize(score(stream_of(seconds=0), [], DIGITS))

    assert figures["keywords"]["right"]["share"] is None
    assert figures["false_alarms"]["per_hour"] is None
    assert figures["voice_found"] is None
    assert figures["delay_s"] is None
