import io
import os
import subprocess
import sys
import threading

import pytest

from recognizer import native_stderr, portaudio
from recognizer.native_stderr import past_redirection, quiet_native_stderr


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


PROGRAM = """
import os, sys, threading, types
from recognizer import portaudio
from recognizer.level_meter import StatusLine

portaudio.load_sounddevice = lambda: None
status_line = StatusLine(sys.stderr)
inside, leave = threading.Event(), threading.Event()

class Patient(threading.Event):
    # Its time is counted from when the call has begun: one given up before is not made at all.
    def wait(self, timeout=None):
        inside.wait(20)
        return super().wait(timeout)

portaudio.threading = types.SimpleNamespace(**{**vars(threading), "Event": Patient})

def slow(sounddevice):
    os.write(2, b"native\\n")
    inside.set()
    assert leave.wait(20)
    os.write(2, b"native\\n")

def fail():
    raise KeyError("from a thread")

def call():
    try:
        portaudio.portaudio.call(slow, timeout_s=float(sys.argv[1]))
    except portaudio.DeviceError:
        print("given up", file=sys.stderr)

before = sys.stderr
caller = threading.Thread(target=call)
caller.start()
assert inside.wait(20)
if sys.argv[1] != "20":
    caller.join()
    leave.set()
    portaudio.portaudio.call(lambda _: None)
status_line.say("The microphone is gone.")
print("printed", file=sys.stderr)
failing = threading.Thread(target=fail)
failing.start()
failing.join()
leave.set()
caller.join()
assert sys.stderr is before
status_line.say("It is back.")
os.write(2, b"the end\\n")
"""


@pytest.mark.parametrize("timeout_s", ["20", "1"])
def test_what_the_program_says_during_a_call_is_seen_and_native_lines_are_not(timeout_s):
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, timeout_s],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    lines = done.stderr.splitlines()
    assert done.returncode == 0, done.stderr
    # Who has been given up is no longer kept quiet.
    assert lines.count("native") == (timeout_s != "20")
    assert "KeyError: 'from a thread'" in lines
    said = [line for line in lines if line.startswith(("recognizer: ", "printed", "the end"))]
    assert said == [
        "recognizer: The microphone is gone.",
        "printed",
        "recognizer: It is back.",
        "the end",
    ]
    assert ("given up" in lines) == (timeout_s != "20")


def test_only_what_writes_to_standard_error_is_replaced(tmp_path):
    assert past_redirection(None) is None
    stream = io.StringIO()
    assert past_redirection(stream) is stream
    with (tmp_path / "said").open("w") as file:
        assert past_redirection(file) is file


@pytest.mark.skipif(os.name != "posix", reason="on Windows the stream stays as it is")
def test_a_reader_that_is_behind_gets_the_rest_later():
    program = (
        "import os, sys\n"
        "from recognizer.native_stderr import past_redirection\n"
        "stream = past_redirection(sys.stderr)\n"
        "assert stream is not sys.stderr and stream.encoding == sys.stderr.encoding\n"
        "os.set_blocking(2, False)\n"
        "try:\n"
        "    while True:\n"
        "        os.write(2, b'x' * 4096)\n"
        "except BlockingIOError:\n"
        "    pass\n"
        "try:\n"
        "    print('later', file=stream)\n"
        "except BlockingIOError:\n"
        "    print('full', flush=True)\n"
        "input()\n"
        "os.set_blocking(2, True)\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        assert process.stdout.readline() == b"full\n"
        assert process.communicate(b"\n", timeout=60)[1].endswith(b"xlater\n")


@pytest.mark.skipif(os.name != "posix", reason="on Windows the stream stays as it is")
def test_without_free_descriptors_it_still_writes(capfd, monkeypatch):
    def no_more(_):
        raise OSError(24, "Too many open files")

    with open(2, "w", closefd=False) as standard:
        stream = past_redirection(standard)
    monkeypatch.setattr(os, "dup", no_more)
    print("Too many files are open.", file=stream)
    monkeypatch.undo()
    assert capfd.readouterr().err == "Too many files are open.\n"
