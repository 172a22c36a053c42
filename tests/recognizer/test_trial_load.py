"""A model that takes the interpreter down takes nothing else down."""

import json
import os
import signal
import subprocess
import sys
import time

import pytest

from recognizer import trial_load, trial_process
from recognizer.cli import main
from recognizer.errors import ModelError
from recognizer.model_file import default_model_path, read_model
from recognizer.trial_load import TrialLoad, load_untrusted
from tests.model_fixture import tiny_flatbuffer, tiny_model
from tests.recognizer.command_line import ROOT, WAIT_S, command, environment

# What the process of a trial is replaced by: a little program that misbehaves.
READ = "import sys; sys.stdin.buffer.read();"
CRASH = f"{READ} import os, signal; os.kill(os.getpid(), signal.SIGSEGV)"
ALARM = f"{READ} import os, signal; os.kill(os.getpid(), signal.SIGALRM)"


@pytest.fixture(autouse=True)
def nothing_tried(monkeypatch):
    monkeypatch.setattr(trial_load, "_passed", set())


@pytest.fixture
def misbehave(monkeypatch):
    def replace(program):
        monkeypatch.setattr(trial_load, "_command", lambda: [sys.executable, "-c", program])

    return replace


def refusal(path="mine.tflite", flatbuffer=b"model"):
    with TrialLoad() as trial, pytest.raises(ModelError) as caught:
        trial(flatbuffer, path)
    sentence = str(caught.value)
    assert sentence.endswith(".")
    assert "\n" not in sentence
    return sentence


def test_a_good_model_is_tried_and_loaded(tmp_path):
    path = tiny_model(tmp_path / "mine.tflite")
    assert load_untrusted(path).path == str(path)
    assert len(trial_load._passed) == 1


def test_the_same_model_is_tried_once(tmp_path, misbehave):
    path = tiny_model(tmp_path / "mine.tflite")
    load_untrusted(path)
    misbehave(CRASH)
    load_untrusted(path)
    other = tiny_model(tmp_path / "other.tflite", ("silence", "unknown", "yes"))
    with pytest.raises(ModelError, match="SIGSEGV"):
        load_untrusted(other)


def test_the_one_that_ships_is_not_tried(misbehave):
    misbehave(CRASH)
    load_untrusted(None)
    load_untrusted(default_model_path())
    load_untrusted(os.path.relpath(default_model_path()))


@pytest.mark.parametrize(
    ("program", "says"),
    [
        (CRASH, "mine.tflite cannot be used: it crashes the interpreter (SIGSEGV)"),
        (ALARM, "mine.tflite cannot be used: it takes too long to load and run"),
        (f"{READ} sys.exit(3)", "failed (status 3)"),
        (READ, "failed (status 0)"),
        (f"{READ} print('it is odd')", "cannot load the model file mine.tflite: it is odd"),
        ("import os; os._exit(1)", "failed (status 1)"),
    ],
)
def test_whatever_becomes_of_the_process(misbehave, program, says):
    misbehave(program)
    assert says in refusal(flatbuffer=bytes(10_000_000))


def test_a_process_that_never_answers_is_ended(misbehave, monkeypatch):
    monkeypatch.setattr(trial_load, "_PATIENCE_S", 0.3)
    misbehave("import time; time.sleep(1000)")
    assert "more than 0 s" in refusal()


def test_a_process_that_cannot_be_started(monkeypatch):
    monkeypatch.setattr(trial_load, "_command", lambda: ["/nowhere/python"])
    assert "cannot be started: No such file" in refusal()


def test_no_process_is_left_behind(misbehave):
    misbehave(READ)
    trial = TrialLoad()
    trial.start()
    process = trial._process
    trial.start()
    assert trial._process is process
    trial.close()
    trial.close()
    assert process.returncode is not None
    assert process.stdin.closed
    assert process.stdout.closed


def test_a_missing_file_is_its_own_sentence(tmp_path):
    with pytest.raises(ModelError, match="There is no model file"):
        load_untrusted(tmp_path / "none.tflite")


# The process itself


def tried(flatbuffer, program=""):
    """Run it, with something changed before."""
    code = (
        f"import sys; sys.path.insert(0, {str(ROOT)!r})\n"
        f"from recognizer import trial_process\n{program}\nsys.exit(trial_process.main())"
    )
    return subprocess.run(
        [sys.executable, "-c", code],
        input=flatbuffer,
        capture_output=True,
        timeout=WAIT_S,
        check=False,
    )


def test_the_process_says_ok():
    done = tried(tiny_flatbuffer())
    assert (done.returncode, done.stdout) == (0, b"ok\n")
    assert tried(read_model(default_model_path())[0]).stdout == b"ok\n"


def test_nothing_to_try_is_no_error():
    done = tried(b"")
    assert (done.returncode, done.stdout) == (0, b"")


def test_what_the_interpreter_refuses_is_told():
    done = tried(b"\x1c\0\0\0TFL3" + bytes(100))
    assert done.returncode == 0
    assert done.stdout.count(b"\n") == 1
    assert done.stdout.strip() not in (b"", b"ok")


def test_a_hang_ends_itself():
    hang = (
        "import time; trial_process.TRIAL_S = 1; trial_process._tried = lambda *_: time.sleep(99)"
    )
    assert tried(b"x", hang).returncode == -signal.SIGALRM


def test_a_slow_network_is_refused():
    done = tried(tiny_flatbuffer(), "trial_process.LONGEST_RUN_S = -1.0")
    assert done.stdout.startswith(b"one look at a second of sound takes it 0.0 s")


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux keeps to the limit")
def test_memory_is_bounded():
    greedy = "trial_process._tried = lambda *_: str(len(bytes(700 << 20)))"
    assert tried(b"x", greedy).stdout == b"it takes more than 500 MiB of memory\n"


def test_memory_is_measured():
    greedy = (
        "trial_process._bound_this_process = lambda: None\n"
        "trial_process._tried, kept = lambda *_: trial_process._too_large() if "
        "trial_process.peak_bytes() > 600 << 20 else 'little', bytearray(b'x') * (610 << 20)"
    )
    assert tried(b"x", greedy).stdout == b"it takes more than 500 MiB of memory\n"
    assert trial_process.peak_bytes() > 10 << 20


def test_it_writes_no_file(tmp_path):
    path = tmp_path / "written"
    program = f"trial_process._tried = lambda *_: open({str(path)!r}, 'wb').write(bytes(99999))"
    assert b"File too large" in tried(b"x", program).stdout
    assert path.stat().st_size == 0


# The programs


def test_the_command_line_says_one_sentence(tmp_path, capsys, misbehave):
    path = tiny_model(tmp_path / "mine.tflite")
    misbehave(CRASH)
    assert main(["--cli", "--model", str(path), "--demo"]) == 1
    printed, said = capsys.readouterr()
    assert printed == ""
    assert said.count("\n") == 1
    assert "mine.tflite cannot be used: it crashes the interpreter (SIGSEGV)." in said


def test_modules_in_the_current_folder_are_not_run(tmp_path):
    model = tiny_model(tmp_path / "mine.tflite")
    for name in ("numpy", "json", "ai_edge_litert", "struct"):
        (tmp_path / f"{name}.py").write_text("open('run', 'w')")
    (command_line,) = [trial_load._command()]
    done = subprocess.run(
        command_line,
        cwd=tmp_path,
        env=environment(PYTHONPATH=""),
        input=read_model(model)[0],
        capture_output=True,
        timeout=WAIT_S,
        check=False,
    )
    assert done.stdout == b"ok\n"
    assert not (tmp_path / "run").exists()


def test_a_whole_run_with_a_model_of_ones_own(tmp_path):
    model = tmp_path / "mine.tflite"
    model.write_bytes(default_model_path().read_bytes())
    done = subprocess.run(
        command("--cli", "--model", model, "--demo", "--json"),
        env=environment(),
        capture_output=True,
        timeout=WAIT_S,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert len([json.loads(line) for line in done.stdout.splitlines()]) == 10


def test_the_frozen_program_starts_itself(monkeypatch):
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    assert trial_load._command() == [sys.executable, "--trial-load"]
    done = subprocess.run(
        [sys.executable, "-m", "recognizer", trial_load.FROZEN_ARGUMENT],
        env=environment(),
        input=tiny_flatbuffer(),
        capture_output=True,
        timeout=WAIT_S,
        check=False,
    )
    assert (done.returncode, done.stdout) == (0, b"ok\n")


def test_the_window_tries_it_too(tmp_path, misbehave):
    runner = pytest.importorskip("recognizer.window.runner")
    path = tiny_model(tmp_path / "mine.tflite")
    misbehave(CRASH)
    made = runner.Runner()
    made.set_model(path)
    with pytest.raises(ModelError, match="SIGSEGV"):
        made._load()
    made.close()


def test_ctrl_c_leaves_no_process(tmp_path, misbehave, monkeypatch):
    # Once it has read the model, somebody waits for its answer.
    misbehave(
        f"{READ} import os, signal, time; os.kill(os.getppid(), signal.SIGALRM); time.sleep(1000)"
    )
    started = []
    popen = subprocess.Popen

    def start(*arguments, **settings):
        started.append(popen(*arguments, **settings))
        return started[-1]

    def interrupt(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(trial_load.subprocess, "Popen", start)
    before = signal.signal(signal.SIGALRM, interrupt)
    try:
        with pytest.raises(KeyboardInterrupt):
            load_untrusted(tiny_model(tmp_path / "mine.tflite"))
    finally:
        signal.signal(signal.SIGALRM, before)
    deadline_s = time.monotonic() + WAIT_S
    while started[0].poll() is None and time.monotonic() < deadline_s:
        time.sleep(0.01)
    assert started[0].returncode == -signal.SIGKILL
