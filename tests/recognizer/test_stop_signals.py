"""Ctrl-C and SIGTERM."""

import os
import signal
import threading

import pytest

from recognizer.stop_signals import StopSignals

NUMBERS = [signal.SIGINT, signal.SIGTERM]


@pytest.fixture(autouse=True)
def handlers():
    """Whatever a test leaves behind, the next one finds what was there."""
    before = {number: signal.getsignal(number) for number in NUMBERS}
    yield before
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.parametrize("number", NUMBERS)
def test_a_signal_interrupts_and_the_next_one_kills(number, handlers):
    with StopSignals() as stop:
        stop.check()
        with pytest.raises(KeyboardInterrupt):
            os.kill(os.getpid(), number)
        assert stop.number == number
        assert signal.getsignal(number) == signal.SIG_DFL
        with pytest.raises(KeyboardInterrupt):
            stop.check()
    assert {number: signal.getsignal(number) for number in NUMBERS} == handlers


@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_the_exit_status_tells_listening_from_work_cut_short(number, status):
    stop = StopSignals()
    stop.number = number
    assert stop.status == status
    stop.ends_listening = True
    assert stop.status == 0


def test_an_interrupt_from_elsewhere_counts_as_ctrl_c():
    assert StopSignals().status == 130


def test_what_the_caller_ignored_stays_ignored():
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with StopSignals(afterwards=signal.SIG_DFL):
        assert signal.getsignal(signal.SIGINT) == signal.SIG_IGN
    assert signal.getsignal(signal.SIGINT) == signal.SIG_IGN


def test_a_program_about_to_exit_leaves_the_systems_handlers():
    with StopSignals(afterwards=signal.SIG_DFL):
        pass
    assert [signal.getsignal(number) for number in NUMBERS] == [signal.SIG_DFL] * 2


def test_another_thread_changes_nothing(handlers):
    seen = []

    def run():
        with StopSignals():
            seen.append({number: signal.getsignal(number) for number in NUMBERS})

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    assert seen == [handlers]
