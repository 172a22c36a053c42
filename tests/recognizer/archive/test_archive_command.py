"""Many files as a user meets them: whole processes."""

import contextlib
import functools
import json
import os
import pty
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest
import soundfile

from recognizer.cli import main
from tests.local_cluster import cluster, worker_pids
from tests.recognizer.command_line import WAIT_S, command, environment, seven_model, sound
from tests.recognizer.faults.programs import heed_signals

__all__ = ["cluster"]

WORDS = {"c.wav": 3, "a.flac": 1, "b b.wav": 2, "quiet.wav": 0}


@pytest.fixture(scope="module")
def seven(tmp_path_factory):
    return seven_model(tmp_path_factory.mktemp("model") / "seven.tflite")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Files with the words of `WORDS`, one that is no sound, and one that is cut off."""
    folder = tmp_path_factory.mktemp("sounds")
    for name, words in WORDS.items():
        soundfile.write(folder / name, sound(words), 16_000)
    (folder / "text.wav").write_text("This is no sound.\n" * 100)
    (folder / "cut.wav").write_bytes((folder / "c.wav").read_bytes()[:130_000])
    return folder


@contextlib.contextmanager
def started(folder, *arguments, **settings):
    """A running process, and the certainty that it is gone afterwards."""
    settings = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True, **settings}
    settings = {"env": environment(), "cwd": folder, "preexec_fn": heed_signals, **settings}
    process = subprocess.Popen(command("--cli", *arguments), stdin=subprocess.DEVNULL, **settings)
    try:
        yield process
    finally:
        process.kill()
        process.wait()
        for pipe in (process.stdout, process.stderr):
            if pipe is not None:
                pipe.close()


def run(folder, *arguments, **settings):
    with started(folder, *arguments, **settings) as process:
        printed, said = process.communicate(timeout=WAIT_S)
        return process.returncode, printed, said


@pytest.fixture(scope="module")
def alone(seven, folder):
    """What a run of each file alone prints, by name and further options."""

    @functools.cache
    def lines(name, *options):
        return run(folder, "--model", seven, "--input", name, *options)[1].splitlines()

    return lines


@pytest.mark.parametrize(
    ("jobs", "options"),
    [(["--jobs", "3"], []), (["--jobs", "1"], ["--all"]), ([], ["--all", "--threshold", "1"])],
    ids=str,
)
def test_each_file_s_lines_are_those_of_a_run_of_its_own(seven, folder, alone, jobs, options):
    status, printed, said = run(
        folder, "--model", seven, *options, *jobs, "--input", *WORDS, "cut.wav"
    )
    expected = [f"{name}\t{line}" for name in [*WORDS, "cut.wav"] for line in alone(name, *options)]
    assert printed.splitlines() == expected
    assert len(expected) == 8 or "--threshold" in options
    assert (status, said.count("\n")) == (1, 1)
    assert said.startswith("recognizer: 'cut.wav' is cut off: ")


def test_json_has_the_file_first_and_the_rest_as_it_was(seven, folder, alone):
    status, printed, said = run(folder, "--json", "--model", seven, "--input", *WORDS)
    words = [json.loads(line) for line in printed.splitlines()]
    assert [(next(iter(word)), word.pop("file")) for word in words] == [
        ("file", name) for name, count in WORDS.items() for _ in range(count)
    ]
    assert words == [json.loads(line) for name in WORDS for line in alone(name, "--json")]
    assert (status, said) == (0, "")


def test_bad_files_are_told_of_at_the_end_and_stop_nothing(seven, folder):
    files = ["nothere.wav", "a.flac", "text.wav", "", ".", "c.wav"]
    status, printed, said = run(folder, "--model", seven, "--jobs", "2", "--input", *files)
    assert [line.split("\t")[0] for line in printed.splitlines()] == ["a.flac"] + 3 * ["c.wav"]
    assert status == 1
    assert said.splitlines() == [
        "recognizer: There is no file 'nothere.wav'.",
        "recognizer: 'text.wav' is no sound file of a kind that can be read (WAV, FLAC, Ogg, MP3, "
        "AIFF and others can).",
        "recognizer: The name of the sound file is empty.",
        "recognizer: '.' is a folder; name a sound file in it.",
    ]


@pytest.mark.parametrize("option", [["--jobs", "1"], ["--resume", "JOURNAL"]], ids=str)
def test_one_file_is_tagged_where_many_may_be_meant(seven, folder, alone, tmp_path, option):
    option = [str(tmp_path / word) if word == "JOURNAL" else word for word in option]
    status, printed, _ = run(folder, "--model", seven, "--input", "a.flac", *option)
    assert printed.splitlines() == [f"a.flac\t{line}" for line in alone("a.flac")]
    assert status == 0


def test_input_given_twice_is_both(seven, folder):
    _, printed, _ = run(folder, "--model", seven, "--input", "a.flac", "--input", "c.wav")
    assert [line.split("\t")[0] for line in printed.splitlines()] == ["a.flac"] + 3 * ["c.wav"]


def test_a_bad_model_is_one_sentence_and_ends_it(folder):
    status, printed, said = run(folder, "--model", "text.wav", "--input", "a.flac", "c.wav")
    assert (status, printed, said.count("\n")) == (1, "", 1)
    assert said.startswith("recognizer: ")
    assert "text.wav" in said


def test_a_second_run_prints_the_same_and_reads_only_what_is_new(seven, folder, tmp_path):
    journal = tmp_path / "journal"
    arguments = ("--model", seven, "--all", "--resume", journal, "--input")
    assert run(folder, *arguments, "c.wav", "text.wav")[0] == 1
    lines = journal.read_bytes().splitlines()
    assert len(lines) == 2
    first = run(folder, *arguments, *WORDS)
    assert journal.read_bytes().splitlines()[:2] == lines
    written = journal.read_bytes()
    assert len(written.splitlines()) == 1 + len(WORDS)
    assert run(folder, *arguments, *WORDS) == first
    assert journal.read_bytes() == written
    # Where all is finished, nobody reads: also not in another form.
    as_json = run(folder, "--json", *arguments, *WORDS)[1]
    assert as_json == run(folder, "--json", "--model", seven, "--all", "--input", *WORDS)[1]


@pytest.fixture
def held(folder, tmp_path):
    """A file that is not at its end before somebody writes to it."""
    path = tmp_path / "held.wav"
    os.mkfifo(path)
    return path


def wait_for_reader(path):
    """Open a pipe for writing as soon as somebody reads it."""
    deadline = time.monotonic() + WAIT_S
    while time.monotonic() < deadline:
        try:
            return os.open(path, os.O_WRONLY | os.O_NONBLOCK)
        except OSError:
            time.sleep(0.02)
    raise TimeoutError


def reader_of(path, above):
    """The process below another one that has a file open."""
    deadline = time.monotonic() + WAIT_S
    while time.monotonic() < deadline:
        for child in psutil.Process(above).children(recursive=True):
            with contextlib.suppress(OSError):
                links = [link.readlink() for link in Path(f"/proc/{child.pid}/fd").iterdir()]
                if path in links:
                    return child.pid
        time.sleep(0.02)
    raise TimeoutError


def kill(pid):
    """Kill a process, and wait until it has ended."""
    process = psutil.Process(pid)
    process.kill()
    psutil.wait_procs([process], timeout=WAIT_S)


def wait_until(condition):
    deadline = time.monotonic() + WAIT_S
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGKILL])
def test_a_signal_ends_it_and_what_it_has_started(seven, folder, held, tmp_path, number):
    journal = tmp_path / "journal"
    arguments = ("--model", seven, "--jobs", "2", "--resume", journal)
    files = ("a.flac", held, "c.wav")
    with started(folder, *arguments, "--input", *files, start_new_session=True) as process:
        assert process.stdout.readline().startswith("a.flac\t")
        pipe = wait_for_reader(held)
        wait_until(lambda: len(journal.read_bytes().splitlines()) == 3)
        below = psutil.Process(process.pid).children(recursive=True)
        assert len(below) >= 2
        # Ctrl-C and a closed terminal reach all processes.
        group = number in (signal.SIGINT, signal.SIGHUP)
        (os.killpg if group else os.kill)(process.pid, number)
        printed, said = process.communicate(timeout=WAIT_S)
        assert not psutil.wait_procs(below, timeout=WAIT_S)[1]
        os.close(pipe)
    if number != signal.SIGKILL:
        assert (process.returncode, printed, said) == (128 + number, "", "")
    # What was finished is kept.
    status, printed, _ = run(folder, *arguments, "--input", "a.flac", "c.wav")
    assert status == 0
    assert [line.split("\t")[0] for line in printed.splitlines()] == ["a.flac"] + 3 * ["c.wav"]
    assert len(journal.read_bytes().splitlines()) == 3


def wav_bytes(folder):
    return (folder / "c.wav").read_bytes()


def fill(pipe, folder):
    """Write a sound with three words to a pipe, and end it."""
    os.set_blocking(pipe, True)
    with os.fdopen(pipe, "wb") as writer:
        writer.write((folder / "c.wav").read_bytes())


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="needs /proc")
@pytest.mark.parametrize("kills", [1, 3])
def test_a_killed_process_s_file_is_read_again_a_few_times(seven, folder, held, kills):
    files = ("a.flac", held, "c.wav")
    with started(folder, "--model", seven, "--jobs", "2", "--input", *files) as process:
        for _ in range(kills):
            pipe = wait_for_reader(held)
            reader = reader_of(held, process.pid)
            # So that it does not see the end of the pipe, nor the next reader this pipe.
            os.kill(reader, signal.SIGSTOP)
            os.close(pipe)
            kill(reader)
        if kills == 1:
            fill(wait_for_reader(held), folder)
        printed, said = process.communicate(timeout=WAIT_S)
    names = [line.split("\t")[0] for line in printed.splitlines()]
    if kills == 1:
        assert (process.returncode, said) == (0, "")
        assert names == ["a.flac"] + 3 * [str(held)] + 3 * ["c.wav"]
    else:
        assert process.returncode == 1
        assert names == ["a.flac"] + 3 * ["c.wav"]
        assert said.count("\n") == 1
        assert f"'{held}' is left out: the process that read it was killed 3 times" in said


def test_a_reader_that_leaves_ends_it_quietly(seven, folder, held):
    files = ("a.flac", held)
    with started(folder, "--model", seven, "--jobs", "2", "--input", *files) as process:
        assert process.stdout.readline().startswith("a.flac\t")
        below = psutil.Process(process.pid).children(recursive=True)
        process.stdout.close()
        assert process.wait(WAIT_S) == 0
        assert process.stderr.read() == ""
        assert not psutil.wait_procs(below, timeout=WAIT_S)[1]


def test_a_terminal_shows_how_far_it_is(seven, folder):
    master, terminal = pty.openpty()
    arguments = ("--model", seven, "--input", "a.flac", "c.wav")
    with started(folder, *arguments, stderr=terminal, env=environment(TERM="xterm")) as process:
        os.close(terminal)
        shown = b""
        while part := read(master):
            shown += part
        assert process.wait(WAIT_S) == 0
        assert process.stdout.read().count("\n") == 4
    os.close(master)
    assert b" of 2 files" in shown
    assert shown.rpartition(b"\r")[2] == b""


def read(terminal):
    try:
        return os.read(terminal, 65_536)
    except OSError:
        return b""


def test_it_needs_no_numpy_before_its_processes_and_never_the_training():
    code = (
        "import sys; import recognizer.archive.processes, recognizer.archive.command; "
        "assert 'numpy' not in sys.modules; "
        "import recognizer.archive.run, recognizer.archive.cluster; "
        "sys.exit(any(n.split('.')[0] in ('train', 'distributed') for n in sys.modules))"
    )
    assert (
        subprocess.run([sys.executable, "-c", code], env=environment(), check=False).returncode == 0
    )


def test_the_frozen_program_is_its_own_processes():
    code = (
        "import multiprocessing, runpy, sys; sys.frozen = True; "
        "multiprocessing.freeze_support = lambda: sys.exit(7); "
        "sys.argv = ['recognizer', '--multiprocessing-fork']; "
        "runpy.run_module('recognizer', run_name='__main__')"
    )
    done = subprocess.run([sys.executable, "-c", code], env=environment(), check=False)
    assert done.returncode == 7


@pytest.mark.parametrize(
    ("arguments", "part"),
    [
        ("--input a.wav b.wav", "--input takes several files only together with --cli."),
        ("--jobs 2 --input a.wav", "--jobs works only together with --cli."),
        ("--cli --jobs 2", "--jobs is about files; name them with --input."),
        ("--cli --resume done --demo", "--resume is about files; name them with --input."),
        ("--cli --jobs 0 --input a.wav", "--jobs: must be a whole number from 1 to 9999, not '0'"),
        ("--cli --jobs x --input a.wav", "not 'x'"),
        ("--cli --jobs 99999 --input a.wav", "not '99999'"),
        ("--cli --jobs 2 --scheduler tcp://a:1 --input a.wav", "--jobs and --scheduler exclude"),
        ("--cli --input a.wav -", "--input - reads standard input, and goes with no other file"),
        ("--cli --jobs 2 --input -", "--input - reads standard input, and goes with no other"),
        ("--cli --raw --input a.wav b.wav", "--raw describes standard input"),
        ("--cli --channel 1 --input a.wav b.wav", "--channel chooses a microphone's channel"),
        ("--cli --demo --input a.wav b.wav", "--input and --demo exclude each other"),
    ],
)
def test_a_wrong_command_line(capsys, arguments, part):
    assert main(arguments.split()) == 2
    printed, said = capsys.readouterr()
    assert printed == ""
    assert said.startswith("recognizer: ")
    assert said.count("\n") == 1
    assert part in said


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="needs /proc")
def test_a_cluster_recognizes_the_same_and_a_killed_worker_loses_no_file(
    seven, folder, held, cluster
):
    files = ["a.flac", str(held), *WORDS, "text.wav", *WORDS]
    arguments = ("--scheduler", cluster.scheduler_address, "--input", *files)
    # What distributed does not say to users, it says to Python.
    settings = {"env": environment(PYTHONWARNINGS="default")}
    with started(folder, "--model", seven, *arguments, **settings) as process:
        pipe = wait_for_reader(held)
        reader = psutil.Process(reader_of(held, os.getpid()))
        assert reader.ppid() in worker_pids(cluster)
        worker = reader.ppid()
        reader.suspend()
        os.close(pipe)
        kill(worker)
        kill(reader.pid)
        fill(wait_for_reader(held), folder)
        printed, said = process.communicate(timeout=WAIT_S)
    files[1] = "c.wav"
    expected = run(folder, "--model", seven, "--input", *files)[1].splitlines()
    expected[1:4] = [line.replace("c.wav", str(held), 1) for line in expected[1:4]]
    assert printed.splitlines() == expected
    assert process.returncode == 1
    assert said.count("\n") == 1
    assert "text.wav' is no sound file of a kind that can be read" in said
