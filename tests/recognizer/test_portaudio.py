import os
import threading

import pytest

from recognizer import portaudio as module
from recognizer.errors import DeviceError
from recognizer.portaudio import PortAudio


@pytest.fixture(autouse=True)
def sounddevice(monkeypatch):
    monkeypatch.setattr(module, "load_sounddevice", lambda: "the module")


def test_calls_are_made_by_one_other_thread_in_their_order():
    portaudio = PortAudio()
    threads = [portaudio.call(lambda _: threading.current_thread()) for _ in range(3)]
    assert len(set(threads)) == 1
    assert threads[0] is not threading.current_thread()
    assert threads[0].daemon
    assert portaudio.call(lambda given: given) == "the module"


def test_exceptions_come_out_in_the_calling_thread():
    def fail(_):
        raise KeyError("x")

    portaudio = PortAudio()
    with pytest.raises(KeyError):
        portaudio.call(fail)
    assert portaudio.call(lambda _: 1) == 1


def patient(begun):
    """An event whose wait is counted from when something has begun: before, it is not made."""

    class Patient(threading.Event):
        def wait(self, timeout=None):
            begun.wait(30)
            return super().wait(timeout)

    return Patient


def test_a_call_that_hangs_is_given_up_and_its_late_result_discarded(monkeypatch):
    portaudio = PortAudio()
    begun, hang, discarded = threading.Event(), threading.Event(), threading.Event()

    def late(_):
        begun.set()
        hang.wait(30)
        return "late"

    results = []

    def discard(result):
        results.append(result)
        discarded.set()

    portaudio.call(lambda _: None)
    with monkeypatch.context() as patch:
        patch.setattr("recognizer.portaudio.threading.Event", patient(begun))
        with pytest.raises(DeviceError, match=r"has not answered for 0\.05 s"):
            portaudio.call(late, timeout_s=0.05, discard=discard)
    # Calls behind it are given up as well, and are then not made at all.
    with pytest.raises(DeviceError, match="has not answered"):
        portaudio.call(results.append, timeout_s=0.05)
    hang.set()
    assert discarded.wait(10)
    assert portaudio.call(lambda _: "fine") == "fine"
    assert results == ["late"]


def test_an_interrupted_caller_leaves_nothing_behind(monkeypatch):
    portaudio = PortAudio()
    begun, hang, discarded = threading.Event(), threading.Event(), threading.Event()
    portaudio.call(lambda _: None)

    def late(_):
        begun.set()
        hang.wait(30)

    class Interrupted(threading.Event):
        def wait(self, timeout=None):
            begun.wait(30)
            raise KeyboardInterrupt

    monkeypatch.setattr("recognizer.portaudio.threading.Event", Interrupted)
    with pytest.raises(KeyboardInterrupt):
        portaudio.call(late, discard=lambda _: discarded.set())
    monkeypatch.undo()
    hang.set()
    assert discarded.wait(10)


def test_what_libraries_print_does_not_reach_standard_error(capfd):
    portaudio = PortAudio()
    portaudio.call(lambda _: os.write(2, b"ALSA lib pcm.c: (snd_pcm_open) Unknown PCM\n"))
    os.write(2, b"heard\n")
    assert capfd.readouterr().err == "heard\n"


def test_standard_error_comes_back_while_a_call_hangs(capfd):
    portaudio = PortAudio()
    hang = threading.Event()
    with pytest.raises(DeviceError):
        portaudio.call(lambda _: hang.wait(30), timeout_s=0.05)
    os.write(2, b"heard\n")
    hang.set()
    portaudio.call(lambda _: None)
    os.write(2, b"again\n")
    assert capfd.readouterr().err == "heard\nagain\n"


def test_what_closes_something_runs_even_when_nobody_waits_any_more():
    portaudio = PortAudio()
    begun, hang = threading.Event(), threading.Event()
    closed, dropped = threading.Event(), threading.Event()

    def hold(_):
        begun.set()
        hang.wait(30)

    holder = threading.Thread(target=lambda: portaudio.call(hold, timeout_s=30))
    holder.start()
    assert begun.wait(20)
    with pytest.raises(DeviceError):
        portaudio.call(lambda _: dropped.set(), timeout_s=0.01)
    with pytest.raises(DeviceError):
        portaudio.call(lambda _: closed.set(), timeout_s=0.01, must_run=True)
    hang.set()
    holder.join()
    assert closed.wait(20)
    assert not dropped.is_set()
