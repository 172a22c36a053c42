import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QFont, QGuiApplication
from PySide6.QtWidgets import QPushButton

from recognizer.window import said as module
from recognizer.window.said import Said
from recognizer.window.theme import DARK, LIGHT


@pytest.fixture
def said(qtbot):
    widget = Said()
    qtbot.addWidget(widget)
    widget.resize(400, 150)
    widget.show()
    return widget


def say(said, text):
    return [said.add(word) for word in text.split()]


def button(said, name):
    return next(one for one in said.findChildren(QPushButton) if one.text() == name)


def test_digits_are_figures_and_words_stand_apart(said):
    say(said, "four one five nine")
    assert said.text() == "4159"
    say(said, "left right zero zero stop two")
    assert said.text() == "4159 left right 00 stop 2"


def test_a_correction_changes_its_word_only(said):
    tokens = say(said, "four one four")
    said.replace(tokens[0], "five")
    assert said.text() == "514"
    said.replace(tokens[1], None)
    assert said.text() == "54"
    said.replace(tokens[1], "nine")
    assert said.text() == "594"
    said.replace(12345, "zero")
    assert said.text() == "594"


def test_a_rejected_word_keeps_its_place(said):
    token = say(said, "one")[0] and said.add(None)
    say(said, "three")
    assert said.text() == "13"
    said.replace(token, "two")
    assert said.text() == "123"


def test_undo_takes_back_a_word_or_brings_everything_back(said):
    tokens = say(said, "one two three")
    said.undo()
    assert said.text() == "12"
    said.clear()
    assert said.text() == ""
    said.replace(tokens[0], "nine")
    later = said.add("five")
    said.undo()
    assert said.text() == ""
    said.undo()
    assert said.text() == "92"
    said.replace(later, "six")
    assert said.text() == "926"
    said.undo()
    assert said.text() == "92"
    said.undo()
    said.undo()
    said.undo()
    assert said.text() == ""
    assert not button(said, "Undo").isEnabled()


def test_clearing_nothing_forgets_nothing(said):
    say(said, "one two")
    said.clear()
    said.clear()
    said.undo()
    assert said.text() == "12"


def test_only_so_many_words_are_kept(said, monkeypatch):
    monkeypatch.setattr(module, "KEPT_WORDS", 3)
    first = say(said, "one two three four")[0]
    said.replace(first, "nine")
    assert said.text() == "234"


def test_the_string_is_told_when_it_changes(qtbot, said):
    texts = []
    said.changed.connect(texts.append)
    token = said.add("one")
    said.add(None)
    said.replace(token, "one")
    said.clear()
    assert texts == ["1", ""]


@pytest.mark.parametrize(
    ("name", "keys", "before", "after"),
    [("Undo", Qt.Key.Key_Z, "12", "1"), ("Clear", Qt.Key.Key_L, "12", "")],
)
def test_buttons_and_keys(qtbot, said, name, keys, before, after):
    for way in ("mouse", "keys"):
        said.clear()
        say(said, "one two")
        assert said.text() == before
        if way == "mouse":
            qtbot.mouseClick(button(said, name), Qt.MouseButton.LeftButton)
        else:
            qtbot.keyClick(said, keys, Qt.KeyboardModifier.ControlModifier)
        assert said.text() == after


def test_copying(qtbot, said):
    clipboard = QGuiApplication.clipboard()
    line = said.findChild(module._Line)
    control, shift = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier
    clipboard.setText("before")
    assert not button(said, "Copy").isEnabled()
    line.setFocus()
    qtbot.keyClick(line, Qt.Key.Key_C, control)
    assert clipboard.text() == "before"
    say(said, "four two")
    with qtbot.waitSignal(said.copied):
        qtbot.keyClick(line, Qt.Key.Key_C, control)
    assert clipboard.text() == "42"
    say(said, "seven")
    qtbot.keyClick(said, Qt.Key.Key_C, control | shift)
    assert clipboard.text() == "427"
    clipboard.setText("")
    qtbot.mouseClick(button(said, "Copy"), Qt.MouseButton.LeftButton)
    assert clipboard.text() == "427"


@pytest.mark.parametrize("theme", [LIGHT, DARK])
def test_the_newest_stays_in_view(said, theme):
    said.set_theme(theme)
    line = said.findChild(module._Line)
    tokens = say(said, "left " * 200 + "one")
    before = line.grab().toImage()
    colors = {before.pixelColor(x, line.height() // 2).name() for x in range(line.width())}
    assert {theme.text, theme.panel} <= colors
    said.replace(tokens[0], "right")
    assert line.grab().toImage() == before
    said.replace(tokens[-1], "nine")
    assert line.grab().toImage() != before


def test_it_is_read_out_and_every_button_is_named(said):
    line = said.findChild(module._Line)
    assert line.accessibleName() == "What was said: nothing yet"
    say(said, "one")
    assert line.accessibleName() == "What was said: 1"
    for widget in [line, *said.findChildren(QPushButton)]:
        assert widget.accessibleName()
        assert widget.toolTip()
        assert widget.focusPolicy() & Qt.FocusPolicy.TabFocus


def test_the_font_follows_the_rest_and_the_room(said):
    line = said.findChild(module._Line)
    say(said, "one")
    font = said.font()
    size = line.font().pointSizeF()
    assert size > 2 * font.pointSizeF()
    said.setFont(QFont(font.family(), 30))
    assert line.font().pointSizeF() >= 1.8 * 30
    said.setFont(font)
    assert line.font().pointSizeF() == pytest.approx(size)
    say(said, "one " * 50)
    assert 1.5 * font.pointSizeF() < line.font().pointSizeF() < size
    assert said.minimumSizeHint().width() < 300
