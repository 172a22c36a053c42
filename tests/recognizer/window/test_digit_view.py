"""The last digit: what it says, how it fades, and that it fits."""

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QObject

from recognizer.window.digit_view import FADING_S, DigitView, tone_of
from recognizer.window.theme import DARK, LIGHT


class Repaints(QObject):
    """Counts the repaints of a widget."""

    def __init__(self, widget):
        super().__init__(widget)
        self.count = 0
        widget.installEventFilter(self)

    def eventFilter(self, watched, event):  # noqa: N802
        self.count += event.type() == QEvent.Type.Paint
        return False


@pytest.fixture
def view(qtbot):
    view = DigitView()
    qtbot.addWidget(view)
    view.resize(200, 200)
    view.show()
    qtbot.waitExposed(view)
    return view


def ink(view: DigitView) -> np.ndarray:
    """Where the picture differs from its ground: rows and columns of the ink."""
    image = view.grab().toImage()
    assert image.depth() == 32
    pixels = np.frombuffer(image.constBits(), np.uint32).reshape(image.height(), -1)
    return np.argwhere(pixels != pixels[0, 0])


def luminance(color: str) -> float:
    c = np.array(list(bytes.fromhex(color[1:]))) / 255.0
    linear = np.where(c <= 0.04045, c / 12.92, ((c + 0.055) / 1.055) ** 2.4)
    return float(linear @ [0.2126, 0.7152, 0.0722])


def test_digits_become_figures_and_screen_readers_are_told(view):
    view.show_word("seven", 0.978)
    assert view.text == "7"
    assert view.caption == "seven · 98 %"
    assert view.accessibleDescription() == "seven, 98 %"


def test_other_words_are_shown_themselves(view):
    view.show_word("hello", 0.5)
    assert view.text == "hello"
    assert view.caption == "50 %"


@pytest.mark.parametrize("size", [(100, 70), (200, 200), (90, 600), (900, 120)])
@pytest.mark.parametrize("label", ["seven", "Übergangsgeld"])
def test_a_word_fills_the_widget_and_stays_inside(view, size, label):
    view.resize(*size)
    view.show_word(label, 1.0)
    places = ink(view)
    assert places.min() > 0
    assert (places.max(axis=0) < [size[1] - 1, size[0] - 1]).all()
    extent = np.ptp(places, axis=0)
    assert extent[0] > 0.6 * size[1] or extent[1] > 0.3 * size[0]


def test_fading_repaints_only_for_a_new_tone(view, qtbot):
    view.show_word("one", 0.9)
    qtbot.wait(1)
    repaints = Repaints(view)
    tones = set()
    for age in np.linspace(0.0, 3.0 * FADING_S, 400):
        view.redraw(float(age))
        tones.add(view.tone)
        qtbot.wait(0)
    assert view.tone == 1.0
    assert 10 < len(tones) < 40
    assert repaints.count <= len(tones)
    view.show_word("one", 0.9)
    assert view.tone == 0.0


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=["light", "dark"])
def test_the_faintest_tone_can_still_be_read(theme):
    high, low = sorted((luminance(tone_of(theme, 1.0)), luminance(theme.window)), reverse=True)
    assert (high + 0.05) / (low + 0.05) >= 3.0
    assert tone_of(theme, 0.0) == theme.accent


def test_an_empty_view_shows_its_hint(view):
    view.show_word("one", 0.9)
    view.show_nothing("Say a digit")
    assert view.text == ""
    assert view.accessibleDescription() == "Say a digit"
    assert len(ink(view)) > 0
    view.show_nothing("")
    assert len(ink(view)) == 0
