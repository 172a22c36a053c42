"""The command line as a user meets it: whole processes, and main() with stand-ins for devices."""

import contextlib
import json
import os
import pty
import re
import select
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import soundfile

from recognizer.cli import main
from recognizer.errors import AudioError, DeviceError, ModelError
from tests.recognizer.command_line import WAIT_S, command, environment, pcm, seven_model, sound
from tests.recognizer.faults.programs import heed_signals

PLAIN_SEVEN = re.compile(r" *\d+\.\d\d  seven +\d+ %")
WORDS = 5


@pytest.fixture(scope="module")
def seven(tmp_path_factory):
    return seven_model(tmp_path_factory.mktemp("model") / "seven.tflite")


@pytest.fixture(scope="module")
def wav(tmp_path_factory):
    path = tmp_path_factory.mktemp("sound") / "words.wav"
    soundfile.write(path, sound(WORDS), 16_000)
    return str(path)


def run(*arguments, **settings):
    settings = {"text": True, "timeout": WAIT_S, "env": environment(), **settings}
    return subprocess.run(command(*arguments), capture_output=True, check=False, **settings)


@contextlib.contextmanager
def started(*arguments, **settings):
    """A running process, and the certainty that it is gone afterwards."""
    settings = {"stdin": subprocess.PIPE, "env": environment(), **settings}
    process = subprocess.Popen(
        command(*arguments), stdout=subprocess.PIPE, stderr=subprocess.PIPE, **settings
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait()
        for pipe in (process.stdin, process.stdout, process.stderr):
            with contextlib.suppress(BrokenPipeError):
                pipe.close()


def test_words_are_printed_one_a_line(seven, wav):
    done = run("--cli", "--model", seven, "--input", wav)
    lines = done.stdout.splitlines()
    assert (done.returncode, done.stderr, len(lines)) == (0, "", WORDS)
    assert all(PLAIN_SEVEN.fullmatch(line) for line in lines)
    assert [round(float(line.split()[0])) for line in lines] == [1, 3, 5, 7, 9]


def test_json_lines_follow_the_contract(seven, wav):
    done = run("--cli", "--model", seven, "--input", wav, "--json")
    words = [json.loads(line) for line in done.stdout.splitlines()]
    assert (done.returncode, done.stderr, len(words)) == (0, "", WORDS)
    for word in words:
        assert list(word) == ["label", "confidence", "start", "end", "time"]
        assert word["label"] == "seven"
        assert 0.0 <= word["start"] < word["end"] <= word["time"] <= 2 * WORDS + 1


def test_all_adds_the_rejected_words(seven, wav):
    arguments = ("--cli", "--model", seven, "--input", wav, "--threshold", "1", "--json")
    assert run(*arguments).stdout == ""
    words = [json.loads(line) for line in run(*arguments, "--all").stdout.splitlines()]
    assert [(word["label"], word["rejected"]) for word in words] == [
        ("seven", "low confidence")
    ] * WORDS


def test_standard_input_gives_the_files_words(seven, wav):
    file = run("--cli", "--model", seven, "--json", "--input", wav)
    with Path(wav).open("rb") as stream:
        piped = run("--cli", "--model", seven, "--json", "--input", "-", stdin=stream)
    raw = run(
        *("--cli", "--model", seven, "--json", "--input", "-", "--raw"),
        input=pcm(soundfile.read(wav)[0]),
        text=False,
    )
    assert piped.stdout == raw.stdout.decode() == file.stdout != ""


def test_verbose_speaks_on_standard_error_only(seven, wav):
    quiet = run("--cli", "--model", seven, "--input", wav)
    verbose = run("--cli", "--model", seven, "--input", wav, "--verbose")
    assert verbose.stdout == quiet.stdout
    lines = verbose.stderr.splitlines()
    assert all(line.startswith("recognizer: ") for line in lines)
    assert seven in lines[0]
    assert "zero, one, two" in lines[0]
    assert sum("voice from" in line for line in lines) == WORDS
    assert sum("voice ended" in line for line in lines) == WORDS


def test_the_demo_runs_through_the_same_pipeline(seven):
    done = run("--cli", "--model", seven, "--demo")
    assert done.returncode == 0
    assert done.stderr.startswith("recognizer: Reading the demo recording ")
    assert len(done.stdout.splitlines()) >= 5


def test_words_are_printed_while_the_sound_still_comes(seven):
    arguments = ("--cli", "--model", seven, "--input", "-", "--raw")
    with started(*arguments, bufsize=0) as process:
        process.stdin.write(pcm(sound(1)))
        assert PLAIN_SEVEN.fullmatch(process.stdout.readline().decode().rstrip())
        process.stdin.close()
        assert process.wait(WAIT_S) == 0
        assert process.stdout.read() + process.stderr.read() == b""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_listening_quietly(seven, number):
    arguments = ("--cli", "--model", seven, "--input", "-", "--raw")
    with started(*arguments, bufsize=0, preexec_fn=heed_signals) as process:
        process.stdin.write(pcm(sound(1)))
        process.stdout.readline()
        process.send_signal(number)
        assert process.wait(WAIT_S) == 0
        assert process.stdout.read() + process.stderr.read() == b""


def test_a_signal_that_was_ignored_from_outside_stays_ignored(seven):
    def ignore():
        signal.signal(signal.SIGINT, signal.SIG_IGN)

    arguments = ("--cli", "--model", seven, "--input", "-", "--raw")
    with started(*arguments, bufsize=0, preexec_fn=ignore) as process:
        process.stdin.write(pcm(sound(1)))
        process.stdout.readline()
        process.send_signal(signal.SIGINT)
        process.stdin.write(pcm(sound(1)))
        assert process.stdout.readline()


@pytest.mark.parametrize("arguments", [["--input", "WAV"], ["--demo"], ["--input", "WAV", "--all"]])
def test_a_reader_that_leaves_ends_it_quietly(seven, wav, arguments):
    arguments = [wav if argument == "WAV" else argument for argument in arguments]
    reading, writing = os.pipe()
    os.close(reading)
    try:
        done = subprocess.run(
            command("--cli", "--model", seven, *arguments),
            stdout=writing,
            stderr=subprocess.PIPE,
            env=environment(),
            timeout=WAIT_S,
            check=False,
        )
    finally:
        os.close(writing)
    assert done.returncode == 0
    assert all(b" demo recording " in line for line in done.stderr.splitlines())


@pytest.mark.parametrize("option", ["--help", "--version"])
def test_a_reader_that_leaves_before_the_help(option):
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run(
        command(option),
        stdout=writing,
        stderr=subprocess.PIPE,
        env=environment(),
        timeout=WAIT_S,
        check=False,
    )
    os.close(writing)
    assert (done.returncode, done.stderr) == (0, b"")


def test_a_reader_that_leaves_ends_listening_without_another_word(seven):
    with started("--cli", "--model", seven, "--input", "-", "--raw", bufsize=0) as process:
        process.stdin.write(pcm(sound(1)))
        process.stdout.readline()
        process.stdout.close()
        with contextlib.suppress(BrokenPipeError):
            process.stdin.write(bytes(32_000))
        assert process.wait(WAIT_S) == 0
        assert process.stderr.read() == b""


def test_a_terminal_shows_meter_and_words_without_mixing_them(seven):
    master, terminal = pty.openpty()
    process = subprocess.Popen(
        command("--cli", "--model", seven, "--input", "-", "--raw"),
        stdin=subprocess.PIPE,
        stdout=terminal,
        stderr=terminal,
        env=environment(TERM="xterm"),
    )
    os.close(terminal)
    try:
        samples = pcm(sound(2))
        for start in range(0, len(samples), 3_200):
            process.stdin.write(samples[start : start + 3_200])
            process.stdin.flush()
            time.sleep(0.005)
        process.stdin.close()
        shown = drained(master)
        assert process.wait(WAIT_S) == 0
    finally:
        process.kill()
        process.wait()
        os.close(master)
    assert shown.count("level -") >= 2
    lines = on_screen(shown)
    assert len(lines) == 3
    assert all(PLAIN_SEVEN.fullmatch(line) for line in lines[:2])
    assert lines[2] == ""


def drained(master):
    """Everything written to a terminal until its last writer is gone."""
    shown = b""
    while select.select([master], [], [], WAIT_S)[0]:
        try:
            part = os.read(master, 65_536)
        except OSError:
            break
        if not part:
            break
        shown += part
    return shown.decode()


def on_screen(text):
    """The lines that a terminal shows: carriage returns overwrite."""
    lines = []
    for line in text.replace("\r\n", "\n").split("\n"):
        cells = []
        for part in line.split("\r"):
            cells[: len(part)] = part
        lines.append("".join(cells).rstrip())
    return lines


def test_a_file_run_imports_nothing_it_does_not_need(seven, wav):
    code = (
        "import sys; from recognizer.cli import main; "
        f"assert main(['--cli', '--model', {seven!r}, '--input', {wav!r}]) == 0; "
        "heavy = ('sounddevice', 'soxr', 'scipy', 'librosa', 'tensorflow', 'matplotlib', "
        "'PySide6', 'train', 'recognizer.microphone', 'recognizer.listener'); "
        "print([name for name in heavy if name in sys.modules], file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        env=environment(),
        timeout=WAIT_S,
        check=False,
    )
    assert done.stderr.strip() == "[]"


def test_ctrl_c_while_the_program_is_being_imported_leaves_no_traceback():
    code = (
        "import os, signal, sys\n"
        "class Interrupt:\n"
        "    def find_spec(self, name, *_):\n"
        "        if name == 'recognizer.cli':\n"
        "            os.kill(os.getpid(), signal.SIGINT)\n"
        "sys.meta_path.insert(0, Interrupt())\n"
        "import recognizer.__main__\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        env=environment(),
        timeout=WAIT_S,
        check=False,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )
    assert (done.returncode, done.stderr) == (-signal.SIGINT, b"")


def test_help_and_version_import_no_numpy():
    code = (
        "import sys; from recognizer.cli import main; main(['--help']); main(['--version']); "
        "sys.exit('numpy' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        env=environment(),
        timeout=WAIT_S,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    for word in ("--input FILE", "--threshold", "exit status", "recognizer 0.1.0"):
        assert word in done.stdout
    assert "--demo-without-microphone" not in done.stdout


class FakeMicrophone:
    """Plays `sound` in blocks of 20 ms; what it was asked for stands in `asked`."""

    name = "USB mic"
    gather_s = 0.04
    failure = None
    ending = None
    asked = None

    def __init__(self, device=None, *, channel=None, on_notice=None):
        type(self).asked = (device, channel)
        self.on_notice = on_notice

    def __enter__(self):
        if self.failure is not None:
            raise self.failure
        return self

    def __exit__(self, *details):
        pass

    def __iter__(self):
        self.on_notice("The microphone USB mic is gone; waiting for it.")
        yield from np.split(sound(1), 150)
        if self.ending is not None:
            raise self.ending

    def take_lost(self):
        return 0

    def captured_at(self, sample):
        return time.monotonic() - 0.25


@pytest.fixture
def microphone(monkeypatch):
    class Microphone(FakeMicrophone):
        pass

    monkeypatch.setattr("recognizer.microphone.Microphone", Microphone)
    return Microphone


def test_the_microphone(seven, microphone, capsys):
    assert main(["--cli", "--model", seven, "--device", "usb", "--channel", "2"]) == 0
    printed, said = capsys.readouterr()
    assert microphone.asked == ("usb", 2)
    assert PLAIN_SEVEN.fullmatch(printed.rstrip())
    assert said.splitlines() == [
        "recognizer: Listening to USB mic; Ctrl-C ends it.",
        "recognizer: The microphone USB mic is gone; waiting for it.",
    ]


@pytest.mark.parametrize(("device", "asked"), [("3", 3), ("-1", "-1"), ("²", "²"), ("a 3", "a 3")])
def test_a_device_is_an_index_or_a_part_of_a_name(seven, microphone, device, asked):
    assert main(["--cli", "--model", seven, "--device", device]) == 0
    assert microphone.asked == (asked, None)


def test_a_microphones_words_have_their_latency(seven, microphone, capsys):
    assert main(["--cli", "--model", seven, "--json"]) == 0
    word = json.loads(capsys.readouterr().out)
    assert list(word) == ["label", "confidence", "start", "end", "time", "latency_ms"]
    assert isinstance(word["latency_ms"], int)
    assert word["latency_ms"] >= 250


def test_ctrl_c_is_the_usual_end_of_listening(seven, microphone, capsys):
    microphone.ending = KeyboardInterrupt
    assert main(["--cli", "--model", seven]) == 0
    assert "KeyboardInterrupt" not in capsys.readouterr().err


def test_ctrl_c_cuts_a_file_short(seven, wav, monkeypatch, capsys):
    def interrupt(recognizer, block):
        os.kill(os.getpid(), signal.SIGINT)
        return []

    monkeypatch.setattr("recognizer.recognizer.Recognizer.process", interrupt)
    before = signal.getsignal(signal.SIGINT)
    assert main(["--cli", "--model", seven, "--input", wav]) == 130
    assert signal.getsignal(signal.SIGINT) is before
    assert capsys.readouterr() == ("", "")


def test_no_microphone_names_what_works_without_one(seven, microphone, capsys):
    microphone.failure = DeviceError("There is no microphone.")
    assert main(["--cli", "--model", seven]) == 1
    assert capsys.readouterr() == (
        "",
        "recognizer: There is no microphone; `--input FILE` reads a sound file, "
        "`--demo` the demo recording.\n",
    )


def test_a_microphone_that_was_asked_for_is_not_there(seven, microphone, capsys):
    microphone.failure = DeviceError("No microphone's name contains 'usb'.")
    assert main(["--cli", "--model", seven, "--device", "usb"]) == 1
    assert capsys.readouterr().err == "recognizer: No microphone's name contains 'usb'.\n"


def test_the_demo_steps_in_for_a_microphone(seven, microphone, capsys):
    microphone.failure = DeviceError("There is no microphone.")
    assert main(["--cli", "--model", seven, "--demo-without-microphone"]) == 0
    printed, said = capsys.readouterr()
    assert len(printed.splitlines()) >= 5
    assert said.startswith(
        "recognizer: There is no microphone. Without a microphone, the demo runs instead.\n"
    )


def test_the_demo_stays_away_where_there_is_a_microphone(seven, microphone, capsys):
    assert main(["--cli", "--model", seven, "--demo-without-microphone"]) == 0
    printed, said = capsys.readouterr()
    assert len(printed.splitlines()) == 1
    assert "demo" not in said


def test_a_microphone_that_fails_later(seven, microphone, capsys):
    microphone.ending = DeviceError("The microphone broke.")
    assert main(["--cli", "--model", seven]) == 1
    assert capsys.readouterr().err.endswith("recognizer: The microphone broke.\n")


def test_the_devices_are_listed_without_a_model(monkeypatch, capsys):
    from recognizer.microphone import DeviceInfo

    device = DeviceInfo(
        index=3,
        name="USB mic",
        host_api="ALSA",
        channels=1,
        sample_rate=48_000,
        is_default=True,
    )
    monkeypatch.setattr("recognizer.microphone.list_devices", lambda: [device])
    assert main(["--list-devices"]) == 0
    assert capsys.readouterr() == ("3  USB mic  ALSA  1 channel  48000 Hz  default\n", "")


def test_no_devices_to_list(monkeypatch, capsys):
    monkeypatch.setattr("recognizer.microphone.list_devices", list)
    assert main(["--list-devices"]) == 1
    assert capsys.readouterr().err == "recognizer: There is no microphone to list; plug one in.\n"


@pytest.mark.parametrize("kind", [AudioError, ModelError])
def test_an_error_is_one_sentence_whatever_raises_it(seven, wav, monkeypatch, capsys, kind):
    def fail(recognizer, block):
        raise kind("It cannot\nbe done.")

    monkeypatch.setattr("recognizer.recognizer.Recognizer.process", fail)
    assert main(["--cli", "--model", seven, "--input", wav]) == 1
    assert capsys.readouterr() == ("", "recognizer: It cannot be done.\n")


def test_a_bug_keeps_its_traceback(seven, wav, monkeypatch):
    def fail(recognizer, block):
        raise ZeroDivisionError

    monkeypatch.setattr("recognizer.recognizer.Recognizer.process", fail)
    with pytest.raises(ZeroDivisionError):
        main(["--cli", "--model", seven, "--input", wav])
