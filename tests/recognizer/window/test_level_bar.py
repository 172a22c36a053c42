import pytest
from PySide6.QtGui import QColor

from recognizer.window.level_bar import FALL_DB_PER_S, HOLD_S, LOWEST_DB, LevelBar
from recognizer.window.theme import DARK, LIGHT


class Clock:
    def __init__(self):
        self.now_s = 100.0

    def __call__(self):
        return self.now_s


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def bar(qtbot, clock):
    bar = LevelBar(clock=clock)
    bar.resize(323, 20)
    qtbot.addWidget(bar)
    with qtbot.waitExposed(bar):
        bar.show()
    return bar


def color(bar, decibels, y=None):
    image = bar.grab().toImage()
    return image.pixelColor(bar._x(decibels), bar.height() // 2 if y is None else y)


def test_the_bar_reaches_to_the_level(bar):
    bar.set_levels(-40.0, -70.0, -60.0)
    assert color(bar, -42.0) == QColor(LIGHT.level)
    assert color(bar, -30.0) == QColor(LIGHT.panel)


def test_the_marks_stand_where_floor_and_onset_are(bar):
    bar.set_levels(-40.0, -70.0, -55.0)
    assert color(bar, -70.0, y=2) == QColor(LIGHT.floor)
    assert color(bar, -55.0, y=2) == QColor(LIGHT.onset)
    assert color(bar, -62.0, y=2) == QColor(LIGHT.panel)


def test_the_peak_is_held_and_then_falls_to_the_level(bar, clock):
    bar.set_levels(-20.0, -70.0, -60.0)
    bar.set_levels(-60.0, -70.0, -60.0)
    clock.now_s += HOLD_S
    bar.redraw()
    assert bar.peak_db == -20.0
    assert color(bar, -20.0) == QColor(LIGHT.level)
    for _ in range(10):
        clock.now_s += 0.1
        bar.redraw()
    assert bar.peak_db == pytest.approx(-20.0 - FALL_DB_PER_S)
    clock.now_s += 60.0
    bar.redraw()
    assert bar.peak_db == -60.0


@pytest.mark.parametrize(("level", "peak"), [(-0.5, None), (-9.0, -0.2)])
def test_it_warns_for_a_while_of_sound_that_is_too_loud(bar, clock, level, peak):
    bar.set_levels(level, -70.0, -60.0, peak_db=peak)
    bar.set_levels(-30.0, -70.0, -60.0, peak_db=-20.0)
    assert bar.is_clipping
    assert color(bar, -75.0) == QColor(LIGHT.warning)
    clock.now_s += HOLD_S
    bar.redraw()
    assert not bar.is_clipping
    assert color(bar, -75.0) == QColor(LIGHT.level)


def test_loud_is_not_yet_too_loud(bar):
    bar.set_levels(-1.1, -70.0, -60.0)
    assert not bar.is_clipping


@pytest.mark.parametrize("level", [float("nan"), float("-inf"), -300.0])
def test_what_is_off_the_scale_is_at_its_end(bar, level):
    bar.set_levels(level, level, level)
    assert bar.peak_db == LOWEST_DB
    bar.set_levels(12.0, level, level)
    assert bar.peak_db == 0.0


def test_idle_is_empty(bar):
    empty = bar.grab().toImage()
    bar.set_levels(0.0, -70.0, -60.0)
    assert bar.grab().toImage() != empty
    bar.set_idle()
    assert bar.grab().toImage() == empty


def test_it_repaints_only_when_it_looks_different(bar, clock, monkeypatch):
    asked = []
    bar.set_levels(-40.0, -70.0, -60.0)
    clock.now_s += HOLD_S
    bar.grab()
    monkeypatch.setattr(bar, "update", lambda: asked.append(True))
    bar.set_levels(-40.0, -70.0, -60.0)
    bar.set_levels(-40.01, -70.01, -60.01)
    clock.now_s += 0.03
    bar.redraw()
    assert asked == []
    bar.set_levels(-35.0, -70.0, -60.0)
    assert asked


def test_going_idle_or_back_repaints_even_where_no_mark_moves(bar, monkeypatch):
    asked = []
    bar.grab()
    monkeypatch.setattr(bar, "update", lambda: asked.append(True))
    bar.set_levels(LOWEST_DB, LOWEST_DB, LOWEST_DB)
    assert asked


def test_another_theme_looks_otherwise(bar):
    bar.set_levels(-40.0, -70.0, -60.0)
    bar.set_theme(DARK)
    assert color(bar, -42.0) == QColor(DARK.level)
