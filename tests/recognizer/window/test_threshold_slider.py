import pytest
from PySide6.QtCore import QPoint, Qt

from recognizer.window.theme import DARK
from recognizer.window.threshold_slider import KEPT_SCORES, ThresholdSlider


@pytest.fixture
def slider(qtbot):
    slider = ThresholdSlider()
    slider.set_default(0.65)
    slider.set_value(0.65)
    slider.resize(500, 40)
    qtbot.addWidget(slider)
    with qtbot.waitExposed(slider):
        slider.show()
    slider.told = []
    slider.changed.connect(slider.told.append)
    return slider


def place(slider, value):
    inner = slider._slider
    return QPoint(round(inner._x(value)), inner.height() // 2)


def picture(slider):
    return slider._slider.grab().toImage()


def test_setting_it_shows_it_and_tells_nobody(slider):
    slider.set_value(0.7)
    assert slider.value == 0.7
    assert slider._label.text() == "0.70"
    assert slider.told == []


@pytest.mark.parametrize("value", [-0.01, 1.01, float("nan")])
def test_it_refuses_what_is_no_probability(slider, value):
    with pytest.raises(ValueError, match="not between 0 and 1"):
        slider.set_value(value)
    with pytest.raises(ValueError, match="not between 0 and 1"):
        slider.set_default(value)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        (Qt.Key.Key_Right, 0.66),
        (Qt.Key.Key_Left, 0.64),
        (Qt.Key.Key_PageUp, 0.75),
        (Qt.Key.Key_PageDown, 0.55),
        (Qt.Key.Key_Home, 0.0),
        (Qt.Key.Key_End, 1.0),
    ],
)
def test_keys_move_it(slider, qtbot, key, value):
    qtbot.keyClick(slider._slider, key)
    assert slider.told == [pytest.approx(value)]
    assert slider.value == pytest.approx(value)


def test_dragging_tells_at_once(slider, qtbot):
    inner = slider._slider
    qtbot.mousePress(inner, Qt.MouseButton.LeftButton, pos=place(slider, 0.65))
    assert slider.told == []
    for value in (0.5, 0.4):
        qtbot.mouseMove(inner, place(slider, value))
        assert slider.told[-1] == pytest.approx(value, abs=0.011)
    qtbot.mouseRelease(inner, Qt.MouseButton.LeftButton, pos=place(slider, 0.4))
    told = list(slider.told)
    qtbot.mouseMove(inner, place(slider, 0.9))
    assert slider.told == told


def test_a_click_on_the_groove_moves_it_there(slider, qtbot):
    qtbot.mouseClick(slider._slider, Qt.MouseButton.LeftButton, pos=place(slider, 0.2))
    assert slider.told == [pytest.approx(0.2, abs=0.011)]
    qtbot.mouseClick(slider._slider, Qt.MouseButton.RightButton, pos=place(slider, 0.9))
    assert len(slider.told) == 1


@pytest.mark.parametrize("way", ["double click", "button"])
def test_the_models_own_threshold_comes_back_exactly(slider, qtbot, way):
    # Between two steps: the slider cannot stand there, but the value can.
    slider.set_default(0.655)
    slider.set_value(0.66)
    if way == "button":
        slider._reset.click()
    else:
        qtbot.mouseDClick(slider._slider, Qt.MouseButton.LeftButton, pos=place(slider, 0.66))
    assert slider.told == [0.655]
    assert not slider._reset.isEnabled()
    slider.reset()
    assert slider.told == [0.655]


def test_the_last_scores_are_drawn_where_they_fell(slider):
    slider.set_value(0.9)
    empty = picture(slider)
    spot = place(slider, 0.4)
    slider.add_score(0.4, True)
    accepted = picture(slider)
    assert accepted.pixelColor(spot) != empty.pixelColor(spot)
    slider.clear_scores()
    assert picture(slider) == empty
    slider.add_score(0.4, False)
    assert picture(slider) not in (accepted, empty)


def test_older_scores_fade_and_the_oldest_go(slider):
    slider.set_value(0.9)
    empty = picture(slider)
    spot = place(slider, 0.3)
    slider.add_score(0.3, True)
    fresh = picture(slider).pixelColor(spot)
    for _ in range(KEPT_SCORES - 1):
        slider.add_score(0.6, True)
    assert picture(slider).pixelColor(spot) not in (fresh, empty.pixelColor(spot))
    slider.add_score(0.6, True)
    assert picture(slider).pixelColor(spot) == empty.pixelColor(spot)


def test_another_theme_looks_otherwise(slider):
    light = picture(slider)
    slider.set_theme(DARK)
    assert picture(slider) != light


def test_it_is_a_slider_to_screen_readers(slider):
    assert slider._slider.accessibleName()
    assert slider._slider.toolTip()
    assert slider._reset.accessibleName()
    assert slider.focusProxy() is slider._slider
