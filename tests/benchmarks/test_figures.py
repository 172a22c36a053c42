import numpy as np
import pytest

from tests.benchmarks.figures import count, percent, row
from tests.benchmarks.window import Span, demo_over_and_over, longest_gap_s, worked_s
from tests.benchmarks.window_soak import drift_per_redraw, warm


def test_a_row_tells_whether_the_limit_is_kept():
    assert row("cost", 0.12, 0.15, percent) == ("cost", "12.0 %", "15.0 %", "kept")
    assert row("cost", 0.151, 0.15, percent)[-1] == "MISSED"
    assert row("lost", 0, 0, count) == ("lost", "0", "0", "kept")
    assert row("delay", 1.234, None) == ("delay", "1.23 s", "", "")


def test_gaps_at_both_ends_of_a_span_count():
    span = Span(10.0, 12.0, 0.1)
    assert longest_gap_s(span, [10.1, 10.4, 11.9]) == pytest.approx(1.5)
    assert longest_gap_s(span, [11.0, 11.5]) == pytest.approx(1.0)
    assert longest_gap_s(span, [10.1, 11.0]) == pytest.approx(1.0)
    assert longest_gap_s(span, [1.0, 10.5, 11.0, 13.0]) == pytest.approx(1.0)
    assert longest_gap_s(span, []) == pytest.approx(2.0)


def test_the_work_in_the_longest_gap_is_told():
    span = Span(10.0, 12.0, 0.1)
    ticks = [(9.0, 0.0), (10.5, 0.5), (10.6, 0.7), (11.5, 0.71), (11.9, 1.0), (13.0, 2.0)]
    assert worked_s(span, ticks) == pytest.approx(0.01)


def test_the_demo_goes_on_for_as_long_as_it_must():
    samples = demo_over_and_over(40.0)
    assert samples.shape == (640_000,)
    assert samples.dtype == np.float32
    assert np.abs(samples[-300_000:]).max() > 0.1


def mark(minute, words, paints, none):
    return {
        "time_s": 60.0 * minute,
        "words": words,
        "paints": paints,
        "references": {"None": none},
    }


def test_growth_counts_from_when_the_history_is_full():
    marks = [mark(4, 220, 1, 0), mark(5, 190, 2, 0), mark(6, 230, 3, 0), mark(7, 260, 4, 0)]
    assert warm(marks) is marks[2]
    with pytest.raises(RuntimeError, match="too short"):
        warm(marks[:3])


def test_references_lost_are_told_for_each_redraw():
    assert drift_per_redraw(mark(5, 200, 1000, 9000), mark(9, 300, 3000, 5000), "None") == -2.0
