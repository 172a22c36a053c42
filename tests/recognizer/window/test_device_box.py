import threading

import pytest
import shiboken6

from recognizer.devices import DeviceInfo
from recognizer.errors import DeviceError
from recognizer.window.device_box import DEFAULT_TEXT, DeviceBox


def device(name, host_api="ALSA", *, default=False):
    return DeviceInfo(0, name, host_api, 2, 48_000.0, default)


DEVICES = [
    device("Built-in", default=True),
    device("Twin", "MME"),
    device("Twin", "WASAPI"),
]


class Lister:
    """Lists when it is let, and remembers in which threads it was asked."""

    def __init__(self):
        self.answer = DEVICES
        self.error = None
        self.threads = []
        self.gate = threading.Event()
        self.gate.set()

    def __call__(self):
        self.threads.append(threading.current_thread())
        assert self.gate.wait(10)
        if self.error is not None:
            raise self.error
        return self.answer


@pytest.fixture
def lister():
    lister = Lister()
    yield lister
    lister.gate.set()
    for thread in lister.threads:
        thread.join(10)


@pytest.fixture
def box(qtbot, lister):
    box = DeviceBox(list_devices=lister)
    qtbot.addWidget(box)
    box.told = []
    box.chosen.connect(box.told.append)
    return box


@pytest.fixture
def listed(qtbot, box):
    with qtbot.waitSignal(box.listed, timeout=20_000):
        box.refresh()
    return box


def entries(box):
    return [box._box.itemText(index) for index in range(box._box.count())]


def choose(box, index):
    box._box.setCurrentIndex(index)
    box._box.activated.emit(index)


def test_nothing_is_listed_before_it_is_asked(box, lister):
    assert lister.threads == []
    assert entries(box) == [DEFAULT_TEXT]


def test_names_that_are_there_twice_say_how_they_are_reached(listed):
    assert entries(listed) == [DEFAULT_TEXT, "Built-in", "Twin, MME", "Twin, WASAPI"]


def test_listing_is_done_in_another_thread_and_blocks_nothing(box, lister, qtbot):
    lister.gate.clear()
    box.refresh()
    box._button.click()
    box.refresh()
    assert box.is_listing
    assert not box._button.isEnabled()
    with qtbot.waitSignal(box.listed, timeout=20_000) as told:
        lister.gate.set()
    assert told.args == [DEVICES]
    assert not box.is_listing
    assert len(lister.threads) == 1
    assert lister.threads[0] is not threading.current_thread()
    assert lister.threads[0].daemon


def test_only_the_user_chooses(listed):
    listed.select("Twin, MME")
    assert listed.told == []
    assert listed._box.currentText() == "Twin, MME"
    choose(listed, 1)
    choose(listed, 1)
    choose(listed, 0)
    assert listed.told == ["Built-in, ALSA", None]
    assert listed.selected is None


def test_a_name_alone_is_enough_where_it_is_the_only_one(listed):
    listed.select("Built-in")
    assert listed.selected == "Built-in, ALSA"
    assert len(entries(listed)) == 4


def test_a_microphone_that_is_not_there_stays_selected(box, lister, qtbot):
    box.select("USB, ALSA")
    assert entries(box) == [DEFAULT_TEXT, "USB, ALSA (not connected)"]
    for answer, text in (
        (DEVICES, "USB, ALSA (not connected)"),
        ([*DEVICES, device("USB")], "USB"),
        (DEVICES, "USB, ALSA (not connected)"),
    ):
        lister.answer = answer
        with qtbot.waitSignal(box.listed, timeout=20_000):
            box.refresh()
        assert box._box.currentText() == text
        assert box.selected == "USB, ALSA"
    assert box.told == []
    choose(box, 0)
    assert entries(box)[-1] == "Twin, WASAPI"


def test_a_failure_is_told_and_another_try_may_follow(listed, lister, qtbot):
    lister.error = DeviceError("The sound system does not answer.")
    with qtbot.waitSignal(listed.trouble, timeout=20_000) as told:
        listed.refresh()
    assert told.args == ["The sound system does not answer."]
    assert not listed.is_listing
    assert len(entries(listed)) == 4


def test_a_bug_is_raised_in_the_windows_thread(box, lister, qtbot):
    lister.error = ZeroDivisionError("no")
    with qtbot.capture_exceptions() as raised:
        box.refresh()
        qtbot.waitUntil(lambda: not box.is_listing, timeout=20_000)
    assert [kind for kind, _, _ in raised] == [ZeroDivisionError]


def test_a_box_may_go_while_microphones_are_listed(lister, qtbot, qapp):
    box = DeviceBox(list_devices=lister)
    lister.gate.clear()
    before = len(qapp.children())
    box.refresh()
    shiboken6.delete(box)
    lister.gate.set()
    lister.threads[0].join(10)
    qtbot.waitUntil(lambda: len(qapp.children()) <= before, timeout=20_000)


def test_the_list_can_be_opened_and_is_named(listed, qtbot):
    with qtbot.waitExposed(listed):
        listed.show()
    listed.open_list()
    assert listed._box.view().isVisible()
    listed._box.hidePopup()
    assert listed._box.accessibleName()
    assert listed._button.accessibleName()
