"""The bars: their order, their lengths, and how old scores fade."""

import numpy as np
import pytest
from PySide6.QtGui import QColor

from recognizer.window.score_bars import ScoreBars
from recognizer.window.theme import LIGHT

LABELS = (
    *("silence", "unknown", "zero", "one", "two", "three"),
    *("four", "five", "six", "seven", "eight", "nine"),
)


@pytest.fixture
def bars(qtbot):
    bars = ScoreBars()
    qtbot.addWidget(bars)
    bars.set_labels(LABELS)
    bars.resize(300, 200)
    bars.show()
    return bars


def posteriors(**scores):
    return np.array([scores.get(label, 0.0) for label in LABELS], np.float32)


def colors(bars: ScoreBars) -> np.ndarray:
    image = bars.grab().toImage()
    return np.frombuffer(image.constBits(), np.uint32).reshape(image.height(), -1).copy()


def count(bars: ScoreBars, color: str) -> np.ndarray:
    """Pixels of a colour in each row of bars."""
    found = colors(bars) == np.uint32(QColor(color).rgb())
    return np.array([part.sum(axis=1).max() for part in np.array_split(found, len(LABELS))])


def test_words_come_first_and_what_is_none_last(bars):
    assert bars.labels == [*LABELS[2:], "unknown", "silence"]
    bars.set_scores(posteriors(seven=0.75, unknown=0.2))
    assert bars.scores[bars.labels.index("seven")] == np.float32(0.75)
    assert bars.scores[bars.labels.index("unknown")] == np.float32(0.2)


def test_the_highest_is_highlighted_at_its_length(bars):
    bars.set_scores(posteriors(three=0.8, six=0.1))
    bars.redraw()
    strong = count(bars, LIGHT.accent)
    row = bars.labels.index("three")
    assert strong.argmax() == row
    assert np.delete(strong, row).max() < 5
    bars.set_scores(posteriors(three=0.4))
    bars.redraw()
    # The threshold's line and rounding cost a pixel or two.
    assert count(bars, LIGHT.accent)[row] == pytest.approx(strong[row] / 2, abs=2)


def test_a_rejecting_class_is_grey(bars):
    bars.set_scores(posteriors(unknown=0.9))
    bars.redraw()
    assert count(bars, LIGHT.accent).max() == 0
    assert count(bars, LIGHT.rejected).argmax() == bars.labels.index("unknown")


def test_the_threshold_is_a_line_through_all_rows(bars):
    columns = []
    for threshold in (0.25, 0.75):
        bars.set_threshold(threshold)
        found = colors(bars) == np.uint32(QColor(LIGHT.onset).rgb())
        columns.append(int(found.all(axis=0).argmax()))
        assert found.all(axis=0).sum() == 1
    bars.set_threshold(0.5)
    found = colors(bars) == np.uint32(QColor(LIGHT.onset).rgb())
    assert int(found.all(axis=0).argmax()) == pytest.approx(sum(columns) / 2, abs=1)


def test_old_scores_fade_away_and_then_nothing_is_repainted(bars, qtbot, monkeypatch):
    bars.set_scores(posteriors(one=1.0))
    bars.redraw()
    bars.set_scores(None)
    assert bars.scores.max() == 1.0
    for _ in range(15):
        bars.redraw()
    assert 0.0 < bars.scores.max() < 0.05
    for _ in range(15):
        bars.redraw()
    assert bars.scores.max() == 0.0
    updates = []
    monkeypatch.setattr(bars, "update", lambda: updates.append(1))
    bars.redraw()
    assert updates == []
    bars.set_scores(posteriors(two=1.0))
    bars.redraw()
    assert updates == [1]


def test_twelve_classes_fit_in_200_pixels(bars):
    assert bars.minimumSizeHint().height() <= 200
    # No label is cut off: each row has ink left of the bars.
    left = colors(bars)[:, :30]
    rows = np.array_split(left != left[0, 0], len(LABELS))
    assert all(row.any() and not row[0].any() and not row[-1].any() for row in rows)


def test_scores_of_another_model_are_refused(bars):
    with pytest.raises(ValueError, match="12 scores"):
        bars.set_scores(np.zeros(5, np.float32))


def test_no_classes_are_no_trouble(bars):
    bars.set_labels(())
    bars.set_scores(np.zeros(0, np.float32))
    bars.redraw()
    bars.grab()
