"""The log file: what is in it, what is not, and that it never ends the program."""

import errno
import io
import logging
import os
import re
import subprocess
import sys
import threading

import pytest

from recognizer import log_file
from recognizer.errors import DeviceError, RecognizerError
from recognizer.log import LOG
from recognizer.log_file import LogError, UnexpectedError, log_to
from recognizer.printer import ReaderGoneError

LINE = re.compile(
    r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z (INFO|WARNING|ERROR|CRITICAL|DEBUG) \[\d+ [^]]+\] .+"
)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "run.log"


@pytest.fixture
def said():
    return []


def messages(path):
    return [line.partition("] ")[2] for line in path.read_text(encoding="utf-8").splitlines()]


def test_beginning_and_end_are_in_the_log_with_the_versions(path, said):
    with log_to(path, say=said.append, arguments=["--cli", "--device", "usb"]):
        LOG.info("Something.")
    lines = path.read_text(encoding="utf-8").splitlines()
    assert all(LINE.fullmatch(line) for line in lines)
    begun, something, ended = messages(path)
    assert begun.startswith("Begun: recognizer --cli --device usb; keyword-recognizer ")
    assert "Python 3." in begun
    assert "numpy " in begun
    assert something == "Something."
    assert re.fullmatch(r"Ended after \d+\.\d s\.", ended)
    assert said == []


def test_times_are_universal(path, said, monkeypatch):
    monkeypatch.setattr(log_file.time, "localtime", lambda *_: pytest.fail("local time"))
    with log_to(path, say=said.append):
        pass
    assert path.read_text(encoding="utf-8").count("Z INFO") == 2


def test_a_log_is_appended_to(path, said):
    for _ in range(2):
        with log_to(path, say=said.append):
            pass
    assert sum("Begun" in message for message in messages(path)) == 2


def test_words_are_logged_only_when_asked_for(path, said):
    with log_to(path, say=said.append):
        LOG.debug("seven")
    assert "seven" not in path.read_text(encoding="utf-8")
    with log_to(path, say=said.append, with_words=True):
        LOG.debug("seven")
    assert "seven" in path.read_text(encoding="utf-8")


def test_a_message_of_several_lines_takes_one(path, said):
    with log_to(path, say=said.append):
        LOG.info("%s", "a device\nwith a strange\rname")
    assert messages(path)[1] == "a device with a strange name"


def test_what_cannot_be_encoded_is_escaped(path, said):
    with log_to(path, say=said.append):
        LOG.info("%s", "\udcff.wav")
    assert messages(path)[1] == "\\udcff.wav"


def test_repeated_warnings_are_counted(path, said):
    with log_to(path, say=said.append):
        for number in range(50):
            LOG.warning("%d samples were lost.", number)
    assert messages(path)[1:3] == [
        "0 samples were lost.",
        "49 samples were lost. (49 times since this was last said.)",
    ]
    assert messages(path)[3].startswith("Ended")


def test_tracebacks_of_one_place_are_counted_those_of_another_are_told(path, said):
    def fail(where):
        try:
            if where:
                raise ValueError("here")
            raise ValueError("there")
        except ValueError:
            LOG.error("An error.", exc_info=True)

    with log_to(path, say=said.append):
        for number in range(20):
            fail(number % 2)
    assert path.read_text(encoding="utf-8").count("Traceback") == 4


def test_the_log_rotates_and_keeps_three_files(path, said, monkeypatch):
    monkeypatch.setattr(log_file, "LARGEST_BYTES", 2_000)
    with log_to(path, say=said.append):
        for number in range(400):
            LOG.info("Line %d.", number)
    kept = sorted(path.parent.iterdir())
    assert [each.name for each in kept] == ["run.log", "run.log.1", "run.log.2"]
    assert all(each.stat().st_size <= 2_000 for each in kept)
    assert "Line 399." in path.read_text(encoding="utf-8")
    assert "Ended" in path.read_text(encoding="utf-8")


def test_three_megabytes_are_the_limit():
    assert (log_file.LARGEST_BYTES, log_file.OLD_FILES) == (1_000_000, 2)


@pytest.mark.parametrize("name", ["no/such/folder/run.log", ".", "pipe", "nul\0"])
def test_a_log_that_cannot_be_written_is_one_sentence(tmp_path, said, name):
    os.mkfifo(tmp_path / "pipe")
    one_sentence = pytest.raises(LogError, match=r"^The log file .* cannot be written: .+\.$")
    with one_sentence, log_to(tmp_path / name, say=said.append):
        pytest.fail("It began.")
    assert LOG.level == logging.NOTSET


def test_errors_that_a_user_can_mend_are_logged_and_raised(path, said):
    with pytest.raises(DeviceError), log_to(path, say=said.append):
        raise DeviceError("There is no microphone: plug one in.")
    text = path.read_text(encoding="utf-8")
    assert "ERROR" in text
    assert "There is no microphone" in text
    assert "Traceback" not in text


@pytest.mark.parametrize("ends", [KeyboardInterrupt, ReaderGoneError])
def test_usual_ends_are_no_errors(path, said, ends):
    with pytest.raises(ends), log_to(path, say=said.append):
        raise ends
    assert "ERROR" not in path.read_text(encoding="utf-8")
    assert len(messages(path)) == 3


def test_an_unexpected_error_is_one_sentence_and_a_traceback_in_the_log(path, said):
    with pytest.raises(UnexpectedError) as caught, log_to(path, say=said.append):
        raise ZeroDivisionError("division\nby zero")
    assert isinstance(caught.value, RecognizerError)
    assert str(caught.value) == (
        "Something went wrong that should not (ZeroDivisionError: division by zero); the log "
        f"{path} has the details."
    )
    text = path.read_text(encoding="utf-8")
    assert "CRITICAL" in text
    assert "Traceback" in text
    assert "test_log_file.py" in text


def test_an_unexpected_error_in_a_thread_is_logged_and_said(path, said):
    def fail():
        raise ValueError("in a thread")

    before = sys.excepthook, threading.excepthook
    with log_to(path, say=said.append):
        thread = threading.Thread(target=fail)
        thread.start()
        thread.join(30)
    assert "Traceback" in path.read_text(encoding="utf-8")
    assert len(said) == 1
    assert "ValueError: in a thread" in said[0]
    assert (sys.excepthook, threading.excepthook) == before


def test_an_unexpected_error_in_a_call_of_qt_is_logged_and_said(path, said):
    with log_to(path, say=said.append):
        try:
            raise ValueError("in a slot")
        except ValueError as error:
            sys.excepthook(type(error), error, error.__traceback__)
    assert "Traceback" in path.read_text(encoding="utf-8")
    assert len(said) == 1


def test_ctrl_c_in_a_hook_is_no_unexpected_error(path, said, monkeypatch):
    passed = []
    monkeypatch.setattr(sys, "excepthook", lambda *args: passed.append(args[0]))
    with log_to(path, say=said.append):
        sys.excepthook(KeyboardInterrupt, KeyboardInterrupt(), None)
    assert passed == [KeyboardInterrupt]
    assert said == []


class FullDisk(io.StringIO):
    def write(self, text):
        raise OSError(errno.ENOSPC, "No space left on device")


class NoClose(io.StringIO):
    tried = False

    def close(self):
        if not self.tried:
            self.tried = True
            raise OSError(errno.EIO, "Input/output error")
        super().close()


def test_a_full_disk_is_said_once_and_logging_goes_on_later(path, said, monkeypatch):
    with log_to(path, say=said.append):
        (handler,) = [each for each in LOG.handlers if isinstance(each, log_file.LogFile)]
        handler.stream.close()
        monkeypatch.setattr(handler, "stream", FullDisk())
        with monkeypatch.context() as full:
            full.setattr(handler, "_open", FullDisk)
            for number in range(10):
                LOG.info("Lost %d.", number)
        assert len(said) == 1
        assert "No space left on device" in said[0]
        LOG.info("There is room again.")
    texts = messages(path)
    assert texts[1:3] == [
        "10 messages are missing here: the file could not be written.",
        "There is room again.",
    ]
    assert len(texts) == 4


def test_a_file_that_cannot_be_closed_ends_nothing(path, said, monkeypatch):
    """A network drive may tell of its trouble only then."""
    with log_to(path, say=said.append):
        (handler,) = [each for each in LOG.handlers if isinstance(each, log_file.LogFile)]
        handler.stream.close()
        monkeypatch.setattr(handler, "stream", NoClose())
    assert LOG.level == logging.NOTSET


@pytest.mark.skipif(sys.platform == "win32", reason="there is no limit to set")
def test_a_file_that_may_not_grow_ends_nothing(path):
    """The real thing: writing fails in the kernel, also when the file is closed."""
    program = (
        "import resource, sys\n"
        "from pathlib import Path\n"
        "from recognizer.log import LOG\n"
        "from recognizer.log_file import log_to\n"
        "with log_to(Path(sys.argv[1]), say=print):\n"
        "    resource.setrlimit(resource.RLIMIT_FSIZE, (700, 700))\n"
        "    for number in range(200):\n"
        "        LOG.warning('Line %d.', number)\n"
        "        LOG.info('Line %d.', number)\n"
        "print('done')\n"
    )
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", program, str(path)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    said, end = done.stdout.splitlines()
    assert "cannot be written now: File too large." in said
    assert end == "done"
    assert path.stat().st_size <= 700


def test_nothing_reaches_the_terminal_without_a_log():
    program = (
        "import recognizer.microphone\n"
        "from recognizer.log import LOG\n"
        "LOG.critical('heard by nobody')\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
