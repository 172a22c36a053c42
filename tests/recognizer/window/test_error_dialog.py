import sys
import threading

import pytest
import shiboken6
from PySide6.QtCore import QTimer
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QWidget

from recognizer import __version__
from recognizer.window import error_dialog
from recognizer.window.error_dialog import KNOWN_PLACES, SHOWN_ERRORS, ErrorDialog


@pytest.fixture
def printed(monkeypatch):
    """The errors that reached the hooks that were there before."""
    printed = []
    monkeypatch.setattr(sys, "excepthook", lambda kind, error, trace: printed.append(kind))
    monkeypatch.setattr(threading, "excepthook", lambda args: printed.append(args.exc_type))
    return printed


@pytest.fixture
def window(qtbot):
    window = QWidget()
    qtbot.addWidget(window)
    return window


@pytest.fixture
def hook(printed, window):
    error_dialog.install_exception_hook(lambda: window)
    yield error_dialog._installed
    error_dialog.uninstall()


def fail(message="no"):
    raise ZeroDivisionError(message)


def report(message="no"):
    try:
        fail(message)
    except ZeroDivisionError as error:
        error_dialog.report(error)


def shown(qtbot, hook):
    qtbot.waitUntil(lambda: hook.dialog is not None and hook.dialog.isVisible())
    return hook.dialog


def test_an_exception_in_a_slot_opens_a_dialog_beside_the_window(qtbot, hook, window, printed):
    QTimer.singleShot(0, fail)
    dialog = shown(qtbot, hook)
    assert dialog.parent() is window
    assert not dialog.isModal()
    assert "ZeroDivisionError: no" in dialog.details
    assert __version__ in dialog.details
    assert printed == [ZeroDivisionError]


def test_one_in_another_thread_is_shown_too(qtbot, hook, printed):
    thread = threading.Thread(target=fail)
    thread.start()
    thread.join()
    assert hook.dialog is None
    assert "ZeroDivisionError: no" in shown(qtbot, hook).details
    assert printed == [ZeroDivisionError]


def test_repeated_ones_are_counted_and_printed_once(qtbot, hook, printed):
    for number in range(20):
        report(f"number {number}")
    dialog = shown(qtbot, hook)
    qtbot.waitUntil(lambda: "20 times" in dialog.details)
    assert dialog.details.count("Traceback") == 1
    assert printed == [ZeroDivisionError]


def test_a_closed_dialog_comes_back_for_other_errors_only(qtbot, hook):
    report()
    dialog = shown(qtbot, hook)
    dialog.reject()
    report()
    qtbot.waitUntil(lambda: "2 times" in dialog.details)
    assert not dialog.isVisible()
    QTimer.singleShot(0, fail)
    assert shown(qtbot, hook) is dialog
    assert "in 2 different places" in dialog.details


def test_a_new_dialog_is_made_when_the_old_one_went_with_its_window(qtbot, hook):
    report()
    shiboken6.delete(shown(qtbot, hook))
    assert hook.dialog is None
    report()
    shown(qtbot, hook)


def test_keyboard_interrupts_pass_through(qtbot, hook, printed):
    sys.excepthook(KeyboardInterrupt, KeyboardInterrupt(), None)
    threading.excepthook(threading.ExceptHookArgs((SystemExit, SystemExit(), None, None)))
    qtbot.wait(1)
    assert printed == [KeyboardInterrupt, SystemExit]
    assert hook.dialog is None


def test_an_error_in_showing_is_printed_and_leads_nowhere(qtbot, printed):
    error_dialog.install_exception_hook(fail)
    report()
    qtbot.waitUntil(lambda: len(printed) == 2)
    assert error_dialog._installed.dialog is None
    error_dialog.uninstall()


def test_uninstall_restores_the_hooks_and_may_be_repeated(printed, qapp):
    before = sys.excepthook, threading.excepthook
    error_dialog.install_exception_hook(lambda: None)
    error_dialog.install_exception_hook(lambda: None)
    assert sys.excepthook is not before[0]
    error_dialog.uninstall()
    error_dialog.uninstall()
    assert (sys.excepthook, threading.excepthook) == before


def test_uninstall_leaves_a_hook_that_came_later(printed, qapp, monkeypatch):
    error_dialog.install_exception_hook(lambda: None)
    monkeypatch.setattr(sys, "excepthook", fail)
    error_dialog.uninstall()
    assert sys.excepthook is fail


def test_the_details_can_be_copied(qtbot):
    dialog = ErrorDialog()
    qtbot.addWidget(dialog)
    dialog.add("place", "Traceback of it")
    dialog._copy.click()
    text = QGuiApplication.clipboard().text()
    assert text == dialog.details
    assert "Traceback of it" in text
    assert "It happened once." in text


def test_a_flood_of_different_errors_stays_small(qtbot):
    dialog = ErrorDialog()
    qtbot.addWidget(dialog)
    for number in range(KNOWN_PLACES + 10):
        assert dialog.add(f"place {number}", "Traceback") == (number < KNOWN_PLACES)
    assert dialog.details.count("Traceback") == SHOWN_ERRORS
    assert f"{KNOWN_PLACES + 10} times" in dialog.details
