import numpy as np
import pytest
from PySide6.QtCore import QModelIndex, QPoint, Qt
from PySide6.QtGui import QColor, QContextMenuEvent, QFont
from PySide6.QtWidgets import QApplication, QMenu, QPushButton, QTableView

from recognizer.window import history_model
from recognizer.window.history import Heard, HistoryView
from recognizer.window.history_model import KEPT_ROWS, KEPT_SOUNDS, HistoryModel
from recognizer.window.theme import DARK, LIGHT

WORDS = ("zero", "one", "two", "stop & go")


def heard(label="one", *, confidence=0.98, rejected=None, start=1.0):
    samples = np.full(16, start, np.float32)
    return Heard(label, confidence, rejected, start, start + 0.4, start + 0.51, samples)


def cells(model, row):
    return [model.index(row, column).data() for column in range(model.columnCount())]


@pytest.fixture
def view(qtbot):
    widget = HistoryView()
    qtbot.addWidget(widget)
    widget.set_keywords(WORDS)
    widget.resize(420, 160)
    widget.show()
    return widget


@pytest.fixture
def signals(view):
    told: list = []
    view.replay.connect(lambda heard: told.append(heard))
    view.correct.connect(lambda heard, word: told.append((heard, word)))
    return told


def table(view):
    return view.findChild(QTableView)


def button(view, name):
    return next(one for one in view.findChildren(QPushButton) if one.text() == name)


def that_was(view):
    return button(view, "That was…").menu()


def choose(view, text):
    menu = that_was(view)
    menu.aboutToShow.emit()
    next(action for action in menu.actions() if action.text() == text).trigger()


def test_a_row_says_when_what_how_sure_and_how_late(view):
    view.add(heard("one", start=59.96))
    view.add(heard("two", confidence=0.604, start=605.04))
    assert cells(view.model, 0) == ["1:00.0", "one", "98 %", "0.11 s"]
    assert cells(view.model, 1) == ["10:05.0", "two", "60 %", "0.11 s"]
    headers = [view.model.headerData(n, Qt.Orientation.Horizontal) for n in range(4)]
    assert headers == ["Time", "Word", "Confidence", "Delay"]


def test_rejected_words_are_shown_in_grey_when_asked_for(view):
    for theme in (DARK, LIGHT):
        view.set_theme(theme)
    view.add(heard("one"))
    view.add(heard("two", confidence=0.4, rejected="low confidence"))
    view.add(heard("two", confidence=0.03, rejected="unknown"))
    view.add(heard(None, confidence=0.0, rejected="too long"))
    assert view.model.rowCount() == 1
    view.set_show_rejected(True)
    words = [cells(view.model, row)[1:3] for row in range(4)]
    assert words == [
        ["one", "98 %"],
        ["two? low confidence", "40 %"],
        ["unknown", "3 %"],
        ["too long", ""],
    ]
    colors = [view.model.index(row, 1).data(Qt.ItemDataRole.ForegroundRole) for row in range(4)]
    assert colors == [None, *[QColor(LIGHT.rejected)] * 3]
    view.set_show_rejected(False)
    assert view.model.rowCount() == 1


def test_a_correction_is_shown_in_its_row(view, tmp_path):
    words = [heard("one"), heard("one"), heard("one"), heard("two", rejected="low confidence")]
    view.set_show_rejected(True)
    for one in words:
        view.add(one)
    with_file = tmp_path / "mine_1.wav"
    view.mark_corrected(words[0], "two", with_file)
    view.mark_corrected(words[1], None)
    view.mark_corrected(words[2], "one")
    view.mark_corrected(words[3], "two")
    shown = [cells(view.model, row)[1] for row in range(4)]
    assert shown == ["one ✎ was two", "one ✎ was nothing", "one ✓", "two? ✎ was two"]
    row = view.row(words[0])
    assert (row.is_corrected, row.word, row.example) == (True, "two", with_file)
    assert str(with_file) in view.model.index(0, 0).data(Qt.ItemDataRole.ToolTipRole)
    view.model.unmark(words[0])
    assert cells(view.model, 0)[1] == "one"
    view.mark_corrected(heard("one"), "two")


def test_the_model_keeps_qts_rules(qtmodeltester, monkeypatch):
    monkeypatch.setattr(history_model, "KEPT_ROWS", 5)
    model = HistoryModel()
    qtmodeltester.check(model)
    for number in range(12):
        word = model.add(heard(rejected=None if number % 3 else "unknown")).heard
        model.mark_corrected(word, "two")
        model.set_show_rejected(number % 4 > 1)
    assert 0 < model.rowCount() <= 5
    assert model.rowCount(model.index(0, 0)) == model.columnCount(model.index(0, 0)) == 0
    assert model.data(QModelIndex()) is None


def test_memory_is_bounded(view, signals):
    words = [heard("one", start=float(start)) for start in range(KEPT_ROWS + 10)]
    rows = [view.add(word, token) for token, word in enumerate(words)]
    assert view.model.rowCount() == KEPT_ROWS
    assert cells(view.model, 0)[0] == "0:10.0"
    assert sum(row.has_sound for row in rows) == KEPT_SOUNDS
    assert rows[-KEPT_SOUNDS].heard is words[-KEPT_SOUNDS]
    assert view.row(words[5]) is None
    assert view.row(words[-1]).token == KEPT_ROWS + 9
    table(view).selectRow(0)
    assert not button(view, "Replay").isEnabled()
    choose(view, "&2  two")
    table(view).entered.emit()
    assert signals == []


def test_a_click_or_enter_plays_a_word_again(qtbot, view, signals):
    words = [heard("one", start=float(start)) for start in range(3)]
    for word in words:
        view.add(word)
    place = table(view).visualRect(view.model.index(1, 1)).center()
    qtbot.mouseClick(table(view).viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert signals == [words[1]]
    qtbot.keyClick(table(view), Qt.Key.Key_Down)
    assert signals == [words[1]]
    qtbot.keyClick(table(view), Qt.Key.Key_Return)
    qtbot.keyClick(table(view), Qt.Key.Key_Enter)
    qtbot.mouseClick(button(view, "Replay"), Qt.MouseButton.LeftButton)
    assert signals == [words[1], words[2], words[2], words[2]]


def test_the_last_word_is_meant_where_none_is_selected(qtbot, view, signals):
    words = [heard("one", start=float(start)) for start in range(2)]
    for word in words:
        view.add(word)
    choose(view, "&0  zero")
    assert signals == [(words[1], "zero")]


def test_a_word_that_comes_while_the_menu_is_open_changes_nothing(qtbot, view, signals):
    first = heard("one")
    view.add(first)
    that_was(view).aboutToShow.emit()
    view.add(heard("two"))
    that_was(view).actions()[-1].trigger()
    assert signals == [(first, None)]


def test_the_menu_offers_every_keyword_and_nothing(view):
    texts = [action.text() for action in that_was(view).actions()]
    figures = ["&0  zero", "&1  one", "&2  two"]
    assert texts == [*figures, "stop && go", "", "&Nothing (no keyword)"]
    view.set_keywords(("left",))
    texts = [action.text() for action in that_was(view).actions()]
    assert texts == ["left", "", "&Nothing (no keyword)"]


def test_correcting_by_keyboard_alone(qtbot, view, signals):
    word = heard("one")
    view.add(word)
    qtbot.keyClick(view, Qt.Key.Key_K, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(that_was(view).isVisible)
    qtbot.keyClick(that_was(view), Qt.Key.Key_2)
    assert signals == [(word, "two")]
    assert not that_was(view).isVisible()


def test_the_menu_key_opens_the_menu(qtbot, view, signals):
    def ask(reason, place):
        event = QContextMenuEvent(reason, place, table(view).viewport().mapToGlobal(place))
        QApplication.sendEvent(table(view).viewport(), event)
        return [menu for menu in view.findChildren(QMenu) if menu.isVisible()]

    assert ask(QContextMenuEvent.Reason.Keyboard, QPoint(0, 0)) == []
    view.add(heard("one"))
    table(view).selectRow(0)
    (menu,) = ask(QContextMenuEvent.Reason.Keyboard, QPoint(0, 0))
    assert [action.text() for action in menu.actions()] == ["&Replay", "That &was…"]
    menu.actions()[0].trigger()
    assert len(signals) == 1
    menu.close()


def test_it_follows_the_newest_unless_the_user_scrolled_up(qtbot, view):
    bar = table(view).verticalScrollBar()
    for _ in range(40):
        view.add(heard())
    qtbot.waitUntil(lambda: bar.maximum() > 0 and bar.value() == bar.maximum())
    bar.setValue(bar.maximum() // 2)
    there, most = bar.value(), bar.maximum()
    for _ in range(10):
        view.add(heard())
    qtbot.waitUntil(lambda: bar.maximum() > most)
    assert bar.value() == there
    bar.setValue(bar.maximum())
    most = bar.maximum()
    view.add(heard())
    qtbot.waitUntil(lambda: bar.maximum() > most)
    assert bar.value() == bar.maximum()
    view.resize(420, 120)
    qtbot.waitUntil(lambda: bar.value() == bar.maximum())


def test_the_empty_table_says_what_it_is_for(view):
    def darkest():
        image = table(view).viewport().grab().toImage()
        return min(
            image.pixelColor(x, y).lightness()
            for x in range(image.width())
            for y in range(image.height())
        )

    view.set_theme(LIGHT)
    assert darkest() < 160
    view.add(heard("one", rejected="unknown"))
    assert darkest() < 160
    assert not button(view, "That was…").isEnabled()


def test_a_narrow_table_keeps_the_word(view):
    assert not table(view).isColumnHidden(3)
    view.resize(260, 160)
    assert table(view).isColumnHidden(3)
    assert table(view).columnWidth(1) > 80
    view.resize(600, 160)
    assert not table(view).isColumnHidden(3)
    height = table(view).verticalHeader().defaultSectionSize()
    # The table's own: under an application's style sheet its parent's font does not reach it.
    table(view).setFont(QFont(view.font().family(), 24))
    assert table(view).verticalHeader().defaultSectionSize() > 1.5 * height
    assert table(view).isColumnHidden(3)


def test_who_comes_by_keyboard_sees_where_he_is(qtbot, view, signals):
    view.add(heard("one"))
    view.add(heard("two"))
    button(view, "That was…").setFocus()
    table(view).setFocus(Qt.FocusReason.TabFocusReason)
    assert table(view).currentIndex().row() == 1
    qtbot.keyClick(table(view), Qt.Key.Key_Return)
    assert len(signals) == 1
    qtbot.keyClick(table(view), Qt.Key.Key_Tab)
    assert button(view, "Replay").hasFocus()


def test_everything_is_named_and_reachable(view):
    for widget in (table(view), *view.findChildren(QPushButton)):
        assert widget.accessibleName()
        assert widget.focusPolicy() & Qt.FocusPolicy.TabFocus
        assert widget.toolTip() or widget is table(view)
    assert "Ctrl+K" in button(view, "That was…").toolTip()
