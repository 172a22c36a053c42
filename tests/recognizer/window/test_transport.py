import pytest
from PySide6.QtCore import QPoint
from PySide6.QtWidgets import QComboBox, QProgressBar, QPushButton

from recognizer.window.transport import PROGRESS_STEPS, Transport

SIGNALS = ("start_requested", "stop_requested", "open_requested", "cancel_requested")


@pytest.fixture
def transport(qtbot):
    transport = Transport()
    transport.resize(800, 60)
    qtbot.addWidget(transport)
    with qtbot.waitExposed(transport):
        transport.show()
    transport.told = []
    for name in SIGNALS:
        getattr(transport, name).connect(lambda *_, name=name: transport.told.append(name))
    transport.pace_changed.connect(transport.told.append)
    return transport


@pytest.mark.parametrize(
    ("state", "text", "pressed", "toggled"),
    [
        ("idle", "Start listening", ["start_requested"], ["start_requested"]),
        ("starting", "Stop", ["stop_requested"], ["stop_requested"]),
        ("listening", "Stop", ["stop_requested"], ["stop_requested"]),
        ("file", "Start listening", ["start_requested"], ["cancel_requested"]),
        ("stopping", "Stopping…", [], []),
    ],
)
def test_the_button_says_and_does_what_can_be_done(transport, state, text, pressed, toggled):
    transport.set_state(state)
    assert transport.state == state
    assert transport._button.text() == text
    transport._button.click()
    assert transport.told == pressed
    transport.told.clear()
    transport.toggle()
    assert transport.told == toggled


def test_the_focus_stays_where_the_space_bar_starts_and_stops(qtbot, transport):
    with qtbot.waitActive(transport):
        transport.activateWindow()
    transport.set_state("file")
    for control in (transport._button, transport._cancel):
        control.setFocus()
        transport.set_state("stopping")
        assert transport.focusWidget() is transport._button
        transport.set_state("idle")
        assert transport.focusWidget() is transport._button
        transport.set_state("file")


def test_a_file_has_a_name_a_bar_and_a_way_out(transport):
    assert not transport._file.isVisible()
    transport.set_file_name("talk.wav")
    transport.set_state("starting")
    transport.set_state("file")
    transport.set_progress(65.0, 260.0)
    assert transport._file.isVisible()
    assert transport._name.accessibleName() == "talk.wav"
    assert transport._bar.value() == PROGRESS_STEPS // 4
    assert transport._time.text() == "1:05 of 4:20"
    transport._cancel.click()
    assert transport.told == ["cancel_requested"]
    transport.set_state("idle")
    assert not transport._file.isVisible()
    transport.set_state("starting")
    assert not transport._file.isVisible()


@pytest.mark.parametrize(
    ("done", "total", "steps", "text"),
    [
        (-1.0, 10.0, 0, "0:00 of 0:10"),
        (11.0, 10.0, PROGRESS_STEPS, "0:11 of 0:10"),
        (3725.0, 7450.0, PROGRESS_STEPS // 2, "1:02:05 of 2:04:10"),
        (5.0, 0.0, 0, "0:05"),
    ],
)
def test_progress_stays_on_its_scale(transport, done, total, steps, text):
    transport.set_state("file")
    transport.set_progress(done, total)
    assert transport._bar.value() == steps
    assert transport._time.text() == text


def test_a_file_of_unknown_length_shows_its_time_alone(transport):
    transport.set_state("file")
    transport.set_progress(5.0, None)
    assert not transport._bar.isVisible()
    assert transport._time.text() == "0:05"


def test_the_pace_is_told_when_the_user_chooses_it(transport):
    assert transport.pace == "real time"
    transport.set_pace("fast")
    assert transport.pace == "fast"
    assert transport.told == []
    transport._pace.setCurrentIndex(0)
    transport._pace.activated.emit(0)
    assert transport.told == ["real time"]


def test_open_asks_for_a_file(transport):
    transport._open.click()
    assert transport.told == ["open_requested"]


def test_where_it_is_narrow_there_are_two_rows(transport, qtbot):
    transport.set_state("file")
    transport.set_file_name("a-very-long-name-of-a-recording-in-a-meeting.flac")

    def top(widget):
        return widget.mapTo(transport, QPoint(0, 0)).y()

    qtbot.waitUntil(lambda: abs(top(transport._cancel) - top(transport._button)) < 5)
    one_row = transport.minimumSizeHint()
    transport.resize(transport.minimumSizeHint().width(), 120)
    qtbot.waitUntil(lambda: top(transport._cancel) > top(transport._button) + 15)
    assert transport.minimumSizeHint().width() == one_row.width()
    assert transport.minimumSizeHint().height() > one_row.height()


def test_every_control_is_named(transport):
    for kind in (QPushButton, QComboBox, QProgressBar):
        for widget in transport.findChildren(kind):
            assert widget.accessibleName()
            assert widget.toolTip()
