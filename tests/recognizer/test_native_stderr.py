import os
import threading

import pytest

from recognizer import native_stderr, portaudio
from recognizer.native_stderr import quiet_native_stderr


def test_unwanted_lines_go_and_the_others_stay(capfd):
    with quiet_native_stderr(b"INFO: ", b"NOTE: "):
        os.write(2, b"INFO: delegate\nERROR: bad model\nNOTE: this\nno line end")
        assert capfd.readouterr().err == ""
    assert capfd.readouterr().err == "ERROR: bad model\nno line end"


def test_nothing_is_unwanted_by_default(capfd):
    with quiet_native_stderr():
        os.write(2, b"INFO: delegate\n")
    assert capfd.readouterr().err == "INFO: delegate\n"


def test_an_exception_passes_and_standard_error_is_back(capfd):
    @quiet_native_stderr(b"INFO: ")
    def fail():
        os.write(2, b"before\n")
        raise KeyError

    with pytest.raises(KeyError):
        fail()
    os.write(2, b"INFO: after\n")
    assert capfd.readouterr().err == "before\nINFO: after\n"


def test_more_than_a_pipe_holds(capfd):
    with quiet_native_stderr(b"INFO: "):
        os.write(2, b"x" * 300_000)
    assert len(capfd.readouterr().err) == 300_000


def test_threads_take_turns(capfd):
    def work():
        for _ in range(20):
            with quiet_native_stderr(b"INFO: "):
                os.write(2, b"INFO: a\nkept\n")

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert capfd.readouterr().err == "kept\n" * 80


def test_without_standard_error(monkeypatch):
    def closed(_):
        raise OSError(9, "Bad file descriptor")

    monkeypatch.setattr(os, "dup", closed)
    with quiet_native_stderr(b"INFO: "):
        pass


def test_while_another_redirects_nothing_is_held_back_and_nobody_waits_for_ever(capfd, monkeypatch):
    monkeypatch.setattr(native_stderr, "WAIT_S", 0.01)
    with native_stderr.redirecting, quiet_native_stderr(b"INFO: "):
        os.write(2, b"INFO: seen\n")
    assert capfd.readouterr().err == "INFO: seen\n"
    with quiet_native_stderr(b"INFO: "):
        os.write(2, b"INFO: held back\n")
    assert capfd.readouterr().err == ""


def test_portaudio_and_a_model_never_redirect_at_once(capfd, monkeypatch):
    monkeypatch.setattr(portaudio, "load_sounddevice", lambda: None)
    inside, leave = threading.Event(), threading.Event()

    def slow(sounddevice):
        inside.set()
        assert leave.wait(20)

    caller = threading.Thread(target=lambda: portaudio.PortAudio().call(slow))
    caller.start()
    assert inside.wait(20)
    assert not native_stderr.redirecting.acquire(blocking=False)
    leave.set()
    caller.join()
    with quiet_native_stderr():
        pass
    os.write(2, b"still there\n")
    assert capfd.readouterr().err == "still there\n"
