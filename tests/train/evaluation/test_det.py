import pytest

from train.evaluation.det import duration, misses_at, trade_off
from train.intervals import proportion, rate


def group(hours, counts, *, said=0, others=0):
    """What `summarize` and the runs at other thresholds give; counts: right, called, alarms."""
    return {
        "hours": hours,
        "keywords": {"said": said},
        "other_words": {"said": others},
        "thresholds": [
            {"threshold": threshold, "right": right, "wrong": 0, "called": called}
            | {"false_alarms": alarms}
            for threshold, (right, called, alarms) in counts.items()
        ],
    }


DIGITS = group(0.5, {0.3: (98, 0, 7), 0.5: (95, 0, 3), 0.7: (90, 0, 0)}, said=100)
TALK = group(1.0, {0.3: (0, 0, 8), 0.5: (0, 0, 2), 0.7: (0, 0, 0)})
NOISE = group(1.0, {0.3: (0, 0, 4), 0.5: (0, 0, 2), 0.7: (0, 0, 0)})
CATS = group(0.5, {0.3: (0, 6, 1), 0.5: (0, 2, 0), 0.7: (0, 1, 0)}, others=50)


def test_false_alarms_are_counted_where_no_word_is_said_alone():
    det = trade_off({"digits": DIGITS, "talk": TALK, "noise": NOISE, "cats": CATS})

    assert det["false_alarms_in"] == ["talk", "noise"]
    assert det["other_words_count"] is False
    assert (det["hours"], det["finest_per_hour"]) == (2.0, 0.5)
    assert [row["per_hour"] for row in det["alarms"]] == [6.0, 2.0, 0.0]
    assert [row["share"] for row in det["misses"]["digits"]] == pytest.approx([0.02, 0.05, 0.1])
    assert list(det["misses"]) == ["digits"]
    assert [row["share"] for row in det["called"]["cats"]] == pytest.approx([0.12, 0.04, 0.02])


def test_without_talk_and_noise_other_words_called_a_keyword_are_false_alarms():
    det = trade_off({"digits": DIGITS, "cats": CATS})

    assert det["false_alarms_in"] == ["cats"]
    assert det["other_words_count"] is True
    assert [row["count"] for row in det["alarms"]] == [7, 2, 1]


def test_where_only_keywords_were_heard_there_is_no_rate():
    det = trade_off({"digits": DIGITS})

    assert det["false_alarms_in"] == []
    assert det["finest_per_hour"] is None
    assert {row["miss"] for row in det["at"]["digits"]} == {None}
    assert "nothing was heard without keywords" in det["at"]["digits"][0]["reason"]


def test_groups_that_were_run_at_one_threshold_only_are_left_out():
    once = {**NOISE, "thresholds": []}

    assert trade_off({"digits": once}) is None
    assert trade_off({"digits": DIGITS, "talk": TALK, "noise": once})["hours"] == 1.0


def rows(*counted, hours):
    return [{"threshold": threshold, **rate(count, hours)} for threshold, count in counted]


def missed(*counted, of=100):
    return [{"threshold": threshold, **proportion(count, of)} for threshold, count in counted]


def test_between_two_thresholds_the_misses_are_interpolated():
    alarms = rows((0.3, 24), (0.5, 8), (0.7, 0), hours=4.0)
    half, one, five = misses_at(alarms, missed((0.3, 2), (0.5, 6), (0.7, 10)), 4.0)

    # 5 an hour lies a quarter of the way from 6 to 2; 1 lies half way from 2 to 0.
    assert five["miss"] == pytest.approx(0.03)
    assert five["threshold"] == pytest.approx(0.35)
    assert one["miss"] == pytest.approx(0.08)
    assert half["miss"] == pytest.approx(0.09)
    assert (one["low"], one["high"]) == pytest.approx((0.041, 0.150), abs=1e-3)
    assert {row["reason"] for row in (half, one, five)} == {None}


def test_a_rate_finer_than_one_false_alarm_in_the_time_heard_is_not_told():
    half, one, five = misses_at(rows((0.5, 0), hours=0.4), missed((0.5, 7)), 0.4)

    assert half["miss"] is None
    assert one["miss"] is None
    assert one["reason"] == "not to be seen in 24 minutes: one false alarm is 2.5 an hour"
    assert five["miss"] == pytest.approx(0.07)


def test_a_rate_that_no_threshold_keeps_is_not_reached():
    points = misses_at(rows((0.3, 90), (0.9, 60), hours=10.0), missed((0.3, 1), (0.9, 2)), 10.0)

    assert [row["miss"] for row in points] == [None, None, None]
    assert points[2]["reason"] == "not reached: 6.0 an hour even at a threshold of 0.9"


def test_where_every_threshold_keeps_the_rate_the_lowest_one_counts():
    points = misses_at(rows((0.3, 1), (0.9, 0), hours=10.0), missed((0.3, 1), (0.9, 50)), 10.0)

    assert [(row["miss"], row["threshold"]) for row in points] == [(0.01, 0.3)] * 3


def test_a_rate_that_rises_again_further_up_does_not_count_as_kept():
    alarms = rows((0.3, 0), (0.5, 20), (0.7, 0), hours=2.0)
    points = misses_at(alarms, missed((0.3, 1), (0.5, 5), (0.7, 9)), 2.0)

    assert points[2]["miss"] == pytest.approx(0.07)


@pytest.mark.parametrize(("hours", "text"), [(0.4, "24 minutes"), (12.04, "12.0 hours")])
def test_lengths_are_for_people(hours, text):
    assert duration(hours) == text
