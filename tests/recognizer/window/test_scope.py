"""The scope: what it shows after each call, looked up in its pixels."""

import sys

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QColor, QFont
from PySide6.QtWidgets import QWidget

from recognizer.events import Observation
from recognizer.log_mel import FrontendParameters, mel_centers
from recognizer.window.level_trace import BOTTOM_DB, coverage
from recognizer.window.scope import Scope
from recognizer.window.scope_axes import frequency_ticks, time_ticks
from recognizer.window.spectrogram import spread
from recognizer.window.theme import DARK, LIGHT

BANDS = 40
HOP_S = 0.01
QUIET = -70.0 * np.log(10.0) / 10.0
LOUD = 30.0 * np.log(10.0) / 10.0


def observation(first, count, *, log_mel=QUIET, energy=-60.0, floor=-65.0, bands=BANDS):
    return Observation(
        start=first * HOP_S,
        hop=HOP_S,
        log_mel=np.broadcast_to(np.asarray(log_mel, np.float32), (count, bands)),
        energies_db=np.full(count, energy, np.float32),
        peak=0.5,
        floor_db=floor,
        onset_threshold_db=floor + 9.0,
        posteriors=None,
        time=(first + count) * HOP_S,
    )


@pytest.fixture
def scope(qtbot):
    scope = Scope()
    qtbot.addWidget(scope)
    scope.resize(900, 500)
    scope.show()
    qtbot.waitExposed(scope)
    return scope


def shown(scope, pane):
    """Pixels of a pane as it is on the screen, [height, width]."""
    scope.redraw()
    image = scope.grab().toImage()
    pixels = np.frombuffer(image.constBits(), np.uint32).reshape(image.height(), -1)
    ratio = image.devicePixelRatio()
    left, top, right, bottom = (round(x * ratio) for x in pane.geometry().getCoords())
    return pixels[top:bottom, left:right].copy()


def rgb(color):
    return np.uint32(QColor(color).rgb())


def channels(pixels):
    """Red, green and blue of pixels, [n, 3]."""
    return (pixels[:, None] >> np.uint32([16, 8, 0]) & np.uint32(255)).astype(int)


def map_color(theme, index):
    red, green, blue = theme.colors[index].tolist()
    return rgb(QColor(red, green, blue).name())


def blank(scope):
    scope.clear()
    return shown(scope, scope.spectrogram)[5, 5]


def test_sound_scrolls_in_from_the_right(scope):
    nothing = blank(scope)
    scope.add(observation(0, 200))
    picture = shown(scope, scope.spectrogram)
    width = picture.shape[1]
    sound = (picture != nothing).all(axis=0)
    assert np.flatnonzero(sound)[0] == pytest.approx(0.8 * width, abs=3)
    assert sound[-1]


def test_scrolling_moves_the_picture_and_leaves_it_otherwise_alone(scope):
    rng = np.random.default_rng(1)
    for first in range(0, 1200, 4):
        scope.add(observation(first, 4, log_mel=rng.uniform(QUIET, LOUD, (4, BANDS))))
        if first % 12 == 0:
            scope.redraw()
            scope.grab()
    bit_by_bit = shown(scope, scope.spectrogram).copy()
    scope.spectrogram.forget()
    np.testing.assert_array_equal(bit_by_bit, shown(scope, scope.spectrogram))
    levels = shown(scope, scope.levels).copy()
    scope.levels.forget()
    np.testing.assert_array_equal(levels, shown(scope, scope.levels))


def test_a_tone_lies_at_its_tick(scope):
    parameters = FrontendParameters()
    scope.set_frontend(parameters)
    for place, name in frequency_ticks(parameters):
        band = int(np.abs(mel_centers(parameters) - 1000.0 * float(name)).argmin())
        mel = np.full(BANDS, QUIET)
        mel[band] = LOUD
        scope.clear()
        scope.add(observation(0, 300, log_mel=mel))
        column = channels(shown(scope, scope.spectrogram)[:, -10])
        height = len(column)
        darkest = column.sum(axis=1).argmin()
        assert darkest == pytest.approx(height * (1.0 - place / BANDS), abs=height / BANDS)


def test_lost_sound_leaves_an_empty_stretch(scope):
    nothing = blank(scope)
    scope.add(observation(0, 1000))
    scope.add(observation(1300, 200))
    empty = (shown(scope, scope.spectrogram) == nothing).all(axis=0)
    assert empty.mean() == pytest.approx(0.3, abs=0.01)
    assert not empty[:-2].all()
    assert not empty[-1]


def test_a_new_stream_clears_the_old_one_with_its_marks(scope):
    nothing = blank(scope)
    scope.add(observation(0, 1000))
    scope.mark_voice(8.0, None)
    scope.mark_word(8.0, 8.5, "seven", False)
    scope.add(observation(0, 100))
    assert scope.words.texts() == []
    picture = shown(scope, scope.spectrogram)
    assert (picture == nothing).all(axis=0).mean() == pytest.approx(0.9, abs=0.01)
    assert (picture[:, -50:] == map_color(LIGHT, 0)).all()


def test_voice_is_shaded_where_it_was(scope):
    scope.add(observation(0, 1000))
    plain = map_color(LIGHT, 0)
    width = shown(scope, scope.spectrogram).shape[1]
    scope.mark_voice(6.0, None)
    shaded = (shown(scope, scope.spectrogram) != plain).all(axis=0)
    assert np.flatnonzero(shaded)[0] == pytest.approx(0.6 * width, abs=2)
    assert shaded[-1]
    scope.add(observation(1000, 100))
    assert (shown(scope, scope.spectrogram) != plain).all(axis=0)[-1]
    scope.mark_voice(6.0, 8.0)
    shaded = (shown(scope, scope.spectrogram) != plain).all(axis=0)
    extent = np.flatnonzero(shaded)
    assert [extent[0], extent[-1]] == pytest.approx([0.5 * width, 0.7 * width], abs=2)
    assert shaded.sum() == np.ptp(extent) + 1
    # The level trace is shaded at the same places.
    ground = shown(scope, scope.levels)[2]
    assert (ground[extent[3:-3]] != rgb(LIGHT.panel)).all()
    assert (ground[extent[-1] + 3 :] == rgb(LIGHT.panel)).all()


def test_a_word_stands_above_its_place_and_moves_with_it(scope):
    scope.add(observation(0, 1000))
    scope.mark_word(5.0, 5.4, "seven", False)
    centers = []
    for newest in (1000, 1200):
        scope.add(observation(newest, 4))
        lane = shown(scope, scope.words)
        assert "7" in scope.words.texts()
        ink = np.flatnonzero((lane == rgb(LIGHT.accent)).any(axis=0))
        centers.append(ink.mean() / lane.shape[1])
    assert centers[0] == pytest.approx(0.52, abs=0.01)
    assert centers[1] == pytest.approx(0.32, abs=0.01)


def test_words_out_of_sight_are_forgotten(scope):
    scope.add(observation(0, 100))
    for second in range(5):
        scope.mark_word(float(second), second + 0.4, "one", False)
    scope.add(observation(100, 5000))
    shown(scope, scope.words)
    assert len(scope.words.texts()) <= 1


def test_reasons_are_shortened_so_that_none_overlaps(scope):
    scope.add(observation(0, 1000))
    for second in (4.0, 4.5, 5.0, 7.0):
        scope.mark_word(second, second + 0.3, "low confidence", True)
    lane = shown(scope, scope.words)
    texts = scope.words.texts()
    assert texts[-2:] == ["low confidence"] * 2
    assert all(text.endswith("…") and text.startswith("l") for text in texts[:2])
    # Between two texts there is a gap at every word's start.
    ink = (lane != rgb(LIGHT.window)).any(axis=0)
    for second in (4.5, 5.0, 7.0):
        start = round(second / 10.0 * len(ink))
        assert not ink[start - 4 : start].any()


def test_the_level_trace_shows_level_floor_and_threshold_at_their_heights(scope):
    scope.add(observation(0, 1000, energy=-30.0, floor=-70.0))
    column = channels(shown(scope, scope.levels)[:, -20])
    height = len(column)
    for color, level in ((LIGHT.level, -30.0), (LIGHT.floor, -70.0), (LIGHT.onset, -61.0)):
        expected = level / BOTTOM_DB * height
        around = np.arange(round(expected) - 6, round(expected) + 6)
        distance = np.abs(column[around] - QColor(color).getRgb()[:3]).sum(axis=1)
        assert around[distance.argmin()] == pytest.approx(expected - 0.5, abs=1.0), color
        assert distance.min() < 0.6 * np.median(distance), color


def test_redraw_repaints_only_what_has_changed(scope, qtbot):
    class Paints(QObject):
        count = 0
        left = 0

        def eventFilter(self, watched, event):  # noqa: N802
            if event.type() == QEvent.Type.Paint:
                Paints.count += 1
                Paints.left = event.rect().left()
            return False

    scope.add(observation(0, 1000))
    scope.redraw()
    qtbot.wait(50)
    paints = Paints()
    scope._view.viewport().installEventFilter(paints)
    for _ in range(5):
        scope.redraw()
        qtbot.wait(1)
    assert Paints.count == 0
    scope.add(observation(1000, 4))
    scope.redraw()
    qtbot.wait(20)
    assert Paints.count == 1
    # The axes are spared.
    assert Paints.left > scope._hertz.geometry().right() + 0.5


def test_axes_are_not_painted_again_with_the_pictures(scope, qtbot, monkeypatch):
    painted = []
    for axis in (scope._hertz, scope._decibel, scope._time):
        monkeypatch.setattr(axis, "drawPicture", painted.append)
    scope.add(observation(0, 100))
    scope.redraw()
    qtbot.wait(20)
    assert painted == []


def test_the_hint_goes_when_sound_comes(scope):
    scope.set_hint("Start listening")
    assert len(np.unique(shown(scope, scope.spectrogram))) > 2
    scope.add(observation(0, 2000))
    assert len(np.unique(shown(scope, scope.spectrogram))) == 1


def test_another_theme_changes_every_color(scope):
    scope.add(observation(0, 1000, log_mel=LOUD))
    light = shown(scope, scope.spectrogram)[5, 5], shown(scope, scope.levels)[2, -2]
    scope.set_theme(DARK)
    dark = shown(scope, scope.spectrogram)[5, 5], shown(scope, scope.levels)[2, -2]
    assert light == (map_color(LIGHT, 255), rgb(LIGHT.panel))
    assert dark == (map_color(DARK, 255), rgb(DARK.panel))


def test_another_model_may_have_other_bands(scope):
    scope.add(observation(0, 1000))
    scope.set_frontend(FrontendParameters(mel_bands=64))
    scope.add(observation(0, 100))  # still on its way from the old model
    assert scope.frames.empty
    scope.add(observation(0, 100, bands=64))
    assert scope.frames.newest == 100
    shown(scope, scope.spectrogram)


def test_the_span_can_be_set(scope):
    scope.seconds = 4.0
    nothing = blank(scope)
    scope.add(observation(0, 100))
    empty = (shown(scope, scope.spectrogram) == nothing).all(axis=0)
    assert empty.mean() == pytest.approx(0.75, abs=0.01)
    with pytest.raises(ValueError, match="-1"):
        scope.seconds = -1.0


def test_any_size_is_painted(scope, qtbot):
    scope.add(observation(0, 400))
    for size in ((1, 1), (60, 40), (2560, 300), (300, 1440)):
        scope.resize(*size)
        scope.redraw()
        scope.grab()


def test_large_fonts_get_their_room(scope, qtbot):
    lane, level = scope.words.size().height(), scope.levels.size().height()
    font = QFont(scope.font())
    font.setPointSizeF(2.5 * font.pointSizeF())
    scope.setFont(font)
    qtbot.waitUntil(lambda: scope.words.size().height() != lane)
    assert scope.words.size().height() > 2.0 * lane
    assert scope.levels.size().height() > level


def test_mouse_and_keyboard_pass_it_by(scope, qtbot):
    for widget in scope.findChildren(QWidget):
        assert widget.focusPolicy() == Qt.FocusPolicy.NoFocus or not widget.isVisible()
        assert not widget.acceptDrops()
    assert scope.childAt(450, 250) is None
    assert scope.accessibleName()


def test_a_failing_pane_is_reported_once_and_the_program_lives(scope, monkeypatch):
    reported = []
    monkeypatch.setattr(sys, "excepthook", lambda *what: reported.append(what[0]))
    monkeypatch.setattr(scope.spectrogram, "columns", lambda *args: int("x"))
    for first in range(0, 40, 4):
        scope.add(observation(first, 4))
        scope.redraw()
        scope.grab()
    assert reported == [ValueError]


def test_ticks_lie_between_the_bands_they_name():
    parameters = FrontendParameters()
    ticks = {name: place for place, name in frequency_ticks(parameters)}
    assert list(ticks) == ["0.25", "0.5", "1", "2", "4", "7"]
    centers = mel_centers(parameters)
    for name, place in ticks.items():
        below, above = centers[int(place - 0.5)], centers[int(place - 0.5) + 1]
        assert below <= 1000.0 * float(name) <= above
    assert "7" not in [name for _, name in frequency_ticks(FrontendParameters(high_hz=4000.0))]


@pytest.mark.parametrize(
    ("seconds", "names"),
    [
        (10.0, ["now", "-2 s", "-4 s", "-6 s", "-8 s", "-10 s"]),
        (3.0, ["now", "-1 s", "-2 s", "-3 s"]),
    ],
)
def test_time_ticks_are_round(seconds, names):
    ticks = time_ticks(seconds)
    assert [name for _, name in ticks] == names
    assert all(-seconds <= place <= 0.0 for place, _ in ticks)


def test_bands_are_spread_evenly_from_bottom_to_top():
    rows = spread(np.array([[0.0, 100.0, 200.0]], np.float32), 30)[:, 0]
    assert rows[0] == 200
    assert rows[-1] == 0
    assert rows[14:16].tolist() == pytest.approx([100, 100], abs=6)
    assert (np.diff(rows) <= 0).all()


def test_a_line_covers_its_thickness_and_nothing_where_there_is_none():
    rows = np.array([[5.0, 5.0, 9.0, np.nan, np.nan]], np.float32)
    covered = coverage(rows, np.array([1.5], np.float32), 12)[0]
    assert covered.sum(axis=0).tolist() == pytest.approx([1.5, 5.5, 1.5, 0.0])
    assert covered[:, 0].argmax() in (4, 5)
