import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAccessible, QColor
from PySide6.QtWidgets import QLineEdit, QPushButton, QVBoxLayout, QWidget

from recognizer.window import trouble_bar
from recognizer.window.theme import DARK, LIGHT
from recognizer.window.trouble_bar import TroubleBar


@pytest.fixture
def window(qtbot):
    window = QWidget()
    window.field = QLineEdit(window)
    window.bar = TroubleBar()
    column = QVBoxLayout(window)
    column.addWidget(window.bar)
    column.addWidget(window.field)
    column.addStretch(1)
    window.resize(600, 400)
    qtbot.addWidget(window)
    with qtbot.waitExposed(window):
        window.show()
    return window


def sentence(bar):
    return bar._sentence.text().replace("\N{ZERO WIDTH SPACE}", "")


def buttons(bar):
    return [b for b in bar.findChildren(QPushButton) if b.isVisible()]


def test_it_is_hidden_while_there_is_no_trouble(window):
    assert not window.bar.isVisible()
    window.bar.show_trouble("microphone", "There is no microphone.")
    assert window.bar.isVisible()
    window.bar.dismiss("microphone")
    assert not window.bar.isVisible()
    assert window.bar.shown_key is None
    window.bar.dismiss("microphone")


def test_the_same_key_replaces_in_its_place(window):
    bar = window.bar
    bar.show_trouble("lost", "1 sample lost.")
    bar.show_trouble("model", "No model.")
    bar.show_trouble("lost", "2 samples lost.")
    assert (bar.shown_key, sentence(bar)) == ("model", "No model.")
    bar._older.click()
    assert (bar.shown_key, sentence(bar)) == ("lost", "2 samples lost.")


def test_the_newest_is_shown_and_the_others_wait_behind_it(window):
    bar = window.bar
    for key in "abc":
        bar.show_trouble(key, f"Trouble {key}.")
    assert (bar.shown_key, bar._count.text()) == ("c", "1 of 3")
    assert not bar._newer.isEnabled()
    bar._older.click()
    bar._older.click()
    assert (bar.shown_key, bar._count.text()) == ("a", "3 of 3")
    assert not bar._older.isEnabled()
    bar._newer.click()
    assert bar.shown_key == "b"
    bar.dismiss("b")
    assert (bar.shown_key, bar._count.text()) == ("c", "1 of 2")
    bar.dismiss("c")
    assert sentence(bar) == "Trouble a."
    assert not bar._count.isVisible()


def test_a_button_does_what_its_own_trouble_says(window):
    pressed = []
    bar = window.bar
    bar.show_trouble("a", "A.", buttons=[("Retry", lambda: pressed.append("old"))])
    # Looks the same, does something else.
    bar.show_trouble("a", "A.", buttons=[("Retry", lambda: pressed.append("new"))])
    bar.show_trouble("b", "B.", buttons=[("One", pressed.clear), ("Two", print)])
    bar.dismiss("b")
    assert [button.text() for button in buttons(bar)] == ["Retry"]
    buttons(bar)[0].click()
    assert pressed == ["new"]
    assert bar.shown_key == "a"


def test_a_button_may_dismiss_its_own_trouble(window):
    window.bar.show_trouble("a", "A.", buttons=[("Retry", lambda: window.bar.dismiss("a"))])
    buttons(window.bar)[0].click()
    assert not window.bar.isVisible()


@pytest.mark.parametrize("way", ["button", "escape"])
def test_the_user_closes_what_is_shown(window, qtbot, way):
    window.bar.show_trouble("a", "A.")
    window.bar.show_trouble("b", "B.", buttons=[("Retry", print)])
    with qtbot.waitSignal(window.bar.dismissed) as told:
        if way == "button":
            window.bar._close.click()
        else:
            qtbot.keyClick(buttons(window.bar)[0], Qt.Key.Key_Escape)
    assert told.args == ["b"]
    assert window.bar.shown_key == "a"


def test_it_does_not_take_the_focus(window, qtbot):
    window.activateWindow()
    window.field.setFocus()
    qtbot.waitUntil(window.field.hasFocus)
    window.bar.show_trouble("a", "A.", buttons=[("Retry", print)])
    assert window.field.hasFocus()


def test_a_long_sentence_wraps_and_does_not_widen_the_window(window, qtbot):
    window.bar.show_trouble("a", "Short.")
    qtbot.wait(1)
    low, narrow = window.bar.height(), window.minimumSizeHint().width()
    path = "/home" + "/somewhere-very-far-away" * 20 + "/digits.tflite"
    window.bar.show_trouble("a", f"The model file {path} cannot be used.")
    qtbot.waitUntil(lambda: window.bar.height() > 2 * low)
    assert window.minimumSizeHint().width() < 2 * narrow
    assert window.width() == 600
    assert window.bar.accessibleName() == f"The model file {path} cannot be used."


def test_screen_readers_are_told_once(window, monkeypatch):
    told = []

    class FakeAccessible(QAccessible):
        @staticmethod
        def isActive():  # noqa: N802
            return True

        @staticmethod
        def updateAccessibility(event):  # noqa: N802
            told.append(event)

    monkeypatch.setattr(trouble_bar, "QAccessible", FakeAccessible)
    window.bar.show_trouble("a", "A.")
    window.bar.show_trouble("a", "A.")
    assert [event.type() for event in told] == [
        FakeAccessible.Event.Alert,
        FakeAccessible.Event.Announcement,
    ]
    assert told[1].message() == "A."
    assert told[1].politeness() == FakeAccessible.AnnouncementPoliteness.Assertive


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=lambda theme: theme.name)
@pytest.mark.parametrize("severity", ["warning", "notice"])
def test_its_colours_are_the_themes(window, theme, severity):
    window.bar.show_trouble("a", "A.", severity=severity)
    window.bar.set_theme(theme)
    ground, text = (
        (theme.warning, theme.on_warning) if severity == "warning" else (theme.panel, theme.text)
    )
    image = window.bar.grab().toImage()
    assert image.pixelColor(image.width() // 2, 3) == QColor(ground)
    assert window.bar._sentence.palette().windowText().color() == QColor(text)
