"""Asked to end, by whatever signal and in whatever state, the program ends soon and in order."""

import contextlib
import fcntl
import os
import pty
import signal
import struct
import subprocess
import sys
import termios
import time

import pytest
import soundfile

from recognizer.cli import main
from recognizer.stop_signals import NUMBERS, StopSignals
from tests.recognizer.command_line import WAIT_S, environment, pcm, sound
from tests.recognizer.faults.listening import BURST
from tests.recognizer.faults.programs import ENDS_S, Program, heed_signals

WORD = pcm(sound(1))
ROOMY = {"bufsize": 0, "pipesize": 2 * len(WORD)}
"""Pipes that hold the whole word, should the program take none of it."""
NAMES = [signal.Signals(number).name for number in NUMBERS]


@pytest.fixture
def stdin_arguments(seven):
    return ("--model", seven, "--input", "-", "--raw")


def test_a_closed_terminal_is_among_them():
    assert signal.SIGHUP in NUMBERS
    stop = StopSignals()
    stop.number = signal.SIGHUP
    assert stop.status == 129


@pytest.mark.parametrize("number", NUMBERS, ids=NAMES)
def test_real_listening(virtual_microphone, seven, number):
    with Program("--model", seven, variables=virtual_microphone.variables) as program:
        program.wait_until_it_listens()
        virtual_microphone.play(BURST)
        program.word()
        assert program.end(number) == 0
        assert [line.partition(":")[0] for line in program.all_said()] == ["recognizer"]


@pytest.mark.parametrize("number", NUMBERS, ids=NAMES)
def test_waiting_for_standard_input(stdin_arguments, number):
    with Program(*stdin_arguments, bufsize=0) as program:
        program.process.stdin.write(WORD)
        program.word()
        assert program.end(number) == 0
        assert program.all_said() == []


@pytest.mark.parametrize("number", NUMBERS, ids=NAMES)
def test_while_numpy_is_being_imported(number):
    """Its C code makes an ImportError, with advice on installing it, of what interrupts it."""
    code = (
        "import os, sys\n"
        "class Interrupted:\n"
        "    def find_spec(self, name, *_):\n"
        "        if name == 'numpy':\n"
        "            try:\n"
        f"                os.kill(os.getpid(), {int(number)})\n"
        "            except KeyboardInterrupt as error:\n"
        "                raise ImportError('PyCapsule_Import could not import') from error\n"
        "sys.meta_path.insert(0, Interrupted())\n"
        "from recognizer.cli import main\n"
        "sys.exit(main(['--cli', '--demo']))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        env=environment(),
        timeout=WAIT_S,
        check=False,
        preexec_fn=heed_signals,
    )
    assert (done.returncode, done.stdout, done.stderr) == (128 + number, b"", b"")


def test_an_import_that_fails_by_itself_keeps_its_traceback(monkeypatch):
    def fail(argv, status_line, stop):
        raise ImportError("no numpy")

    monkeypatch.setattr("recognizer.cli._status_of", fail)
    with pytest.raises(ImportError, match="no numpy"):
        main(["--cli"])


@pytest.mark.parametrize("number", NUMBERS, ids=NAMES)
def test_a_file_cut_short(seven, tmp_path, number):
    """The exit status says that there was more."""
    path = str(tmp_path / "long.wav")
    with soundfile.SoundFile(path, "w", 16_000, 1, "PCM_16") as file:
        for _ in range(100):
            file.write(sound(10))
    with Program("--model", seven, "--input", path) as program:
        program.word()
        assert program.end(number) == 128 + number
        assert program.all_said() == []


def test_nobody_reads_the_words(stdin_arguments):
    """A pipe that is full, as of `less` at its first page, must not hold the program."""
    reading, writing = os.pipe()
    fill(writing)
    with Program(*stdin_arguments, stdout=writing, **ROOMY) as program:
        os.close(writing)
        program.process.stdin.write(WORD)
        wait_until_stuck(program)
        assert program.end() == 0
        assert program.all_said() == []
    os.close(reading)


def test_a_terminal_that_is_stopped(stdin_arguments):
    """As with Ctrl-S, or where whatever shows the terminal hangs."""
    master, terminal = pty.openpty()
    fill(terminal)
    settings = {"stdout": terminal, "stderr": terminal, "variables": {"TERM": "xterm"}, **ROOMY}
    with Program(*stdin_arguments, **settings) as program:
        os.close(terminal)
        program.process.stdin.write(WORD)
        wait_until_stuck(program)
        assert program.end() == 0
    os.close(master)


def fill(descriptor):
    """Write until nothing more goes in."""
    os.set_blocking(descriptor, False)
    # A terminal makes room once more when the system has carried on what was written.
    looks_in_vain = 0
    while looks_in_vain < 10:
        looks_in_vain += 1
        for size in (512, 1):
            with contextlib.suppress(BlockingIOError):
                while True:
                    os.write(descriptor, bytes(size))
                    looks_in_vain = 0
        time.sleep(0.02)
    os.set_blocking(descriptor, True)


def wait_until_stuck(program):
    """Wait until the program has taken some of its standard input, but takes no more."""
    give_up_s = time.monotonic() + WAIT_S
    before = unread = len(WORD)
    while unread == len(WORD) or unread != before:
        assert time.monotonic() < give_up_s
        before = unread
        time.sleep(0.5)
        unread = unread_bytes(program)
    assert unread > 0


def unread_bytes(program):
    """How much of its standard input the program has not taken yet."""
    return struct.unpack("i", fcntl.ioctl(program.process.stdin, termios.FIONREAD, bytes(4)))[0]


class Terminal:
    """A terminal of the program's own, as a terminal emulator makes it."""

    def __init__(self):
        self.master, self._terminal = pty.openpty()

    def settings(self):
        def become_leader():
            os.setsid()
            fcntl.ioctl(self._terminal, termios.TIOCSCTTY, 0)

        return {"stdout": self._terminal, "stderr": self._terminal, "preexec_fn": become_leader}

    def opened(self):
        os.close(self._terminal)

    def read_until(self, part):
        shown = b""
        while part not in shown:
            shown += os.read(self.master, 4096)

    def hang_up(self):
        os.close(self.master)


def test_a_terminal_that_is_closed(stdin_arguments):
    terminal = Terminal()
    settings = terminal.settings()
    become_leader = settings["preexec_fn"]

    def prepare():
        heed_signals()
        become_leader()

    settings["preexec_fn"] = prepare
    with Program(*stdin_arguments, bufsize=0, **settings) as program:
        terminal.opened()
        program.process.stdin.write(WORD)
        terminal.read_until(b'"seven"')
        terminal.hang_up()
        assert program.process.wait(ENDS_S) == 0


def test_nohup_outlives_its_terminal_until_there_is_a_word_to_print(stdin_arguments):
    terminal = Terminal()
    settings = terminal.settings()
    become_leader = settings["preexec_fn"]

    def prepare():
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
        become_leader()

    settings["preexec_fn"] = prepare
    with Program(*stdin_arguments, bufsize=0, **settings) as program:
        terminal.opened()
        program.process.stdin.write(WORD)
        terminal.read_until(b'"seven"')
        terminal.hang_up()
        program.process.stdin.write(bytes(32_000))
        # It goes on reading.
        while unread_bytes(program):
            assert program.process.poll() is None
            time.sleep(0.01)
        program.process.stdin.write(WORD)
        assert program.process.wait(ENDS_S) == 1
