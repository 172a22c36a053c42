"""`--log` and throttled warnings as a user meets them: what the log of a run holds."""

import io
import re
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
import soundfile

from recognizer.audio_file import AudioFile
from recognizer.cli import main
from recognizer.events import SamplesLost
from recognizer.headless import Headless
from recognizer.level_meter import StatusLine
from recognizer.model_file import demo_path
from recognizer.stop_signals import StopSignals
from tests.recognizer.command_line import WAIT_S, command, environment, seven_model, sound
from tests.recognizer.faults.programs import heed_signals
from tests.virtual_microphone import VirtualMicrophone


@pytest.fixture(scope="module")
def seven(tmp_path_factory):
    return seven_model(tmp_path_factory.mktemp("model") / "seven.tflite")


@pytest.fixture(scope="module")
def wav(tmp_path_factory):
    path = tmp_path_factory.mktemp("sound") / "words.wav"
    soundfile.write(path, sound(3), 16_000)
    return str(path)


@pytest.fixture
def log(tmp_path):
    return tmp_path / "run.log"


def run(*arguments):
    return subprocess.run(
        command(*arguments),
        env=environment(),
        capture_output=True,
        text=True,
        timeout=WAIT_S,
        check=False,
    )


def test_words_are_not_in_the_log_unless_asked_for(seven, wav, log):
    arguments = ("--cli", "--model", seven, "--input", wav, "--log", log)
    quiet = run(*arguments)
    assert (quiet.returncode, quiet.stderr, quiet.stdout.count("seven")) == (0, "", 3)
    # The model's file is named like the word.
    assert "  seven  " not in log.read_text(encoding="utf-8")
    assert "Begun: recognizer --cli --model" in log.read_text(encoding="utf-8")
    verbose = run(*arguments, "--verbose")
    assert verbose.stdout == quiet.stdout
    assert log.read_text(encoding="utf-8").count("  seven  ") == 3


def test_output_is_the_same_with_a_log(seven, wav, log):
    arguments = ("--cli", "--model", seven, "--input", wav, "--json")
    assert run(*arguments, "--log", log).stdout == run(*arguments).stdout != ""


def test_a_log_that_cannot_be_written_is_one_sentence(seven, wav, tmp_path, capsys):
    arguments = ["--cli", "--model", seven, "--input", wav, "--log", str(tmp_path)]
    assert main(arguments) == 1
    printed, said = capsys.readouterr()
    assert printed == ""
    assert said == f"recognizer: The log file {tmp_path} cannot be written: it is no file.\n"


def test_errors_are_in_the_log(log, capsys):
    assert main(["--cli", "--input", "no such file.wav", "--log", str(log)]) == 1
    said = capsys.readouterr().err
    (error,) = [line for line in log.read_text().splitlines() if " ERROR " in line]
    assert said.removeprefix("recognizer: ").strip() == error.partition("] ")[2]


def test_a_bug_is_one_sentence_and_its_traceback_is_in_the_log(
    seven, wav, log, monkeypatch, capsys
):
    def fail(self, block):
        raise ZeroDivisionError("division by zero")

    monkeypatch.setattr("recognizer.recognizer.Recognizer.process", fail)
    assert main(["--cli", "--model", seven, "--input", wav, "--log", str(log)]) == 1
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert f"(ZeroDivisionError: division by zero); the log {log} has the details." in said
    assert "Traceback" in log.read_text(encoding="utf-8")


def test_a_wrong_command_line_leaves_no_log(log, capsys):
    assert main(["--cli", "--demo", "--list-devices", "--log", str(log)]) == 2
    assert not log.exists()


@pytest.mark.skipif(sys.platform == "win32", reason="there is no limit to set")
def test_a_full_disk_does_not_stop_recognition(seven, wav, log):
    program = (
        "import resource, sys\n"
        "from recognizer.cli import main\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100))\n"
        "sys.exit(main(sys.argv[1:]))\n"
    )
    arguments = ("--cli", "--model", seven, "--input", wav, "--log", log)
    done = subprocess.run(
        [sys.executable, "-c", program, *map(str, arguments)],
        env=environment(),
        capture_output=True,
        text=True,
        timeout=WAIT_S,
        check=False,
    )
    assert (done.returncode, done.stdout.count("seven")) == (0, 3)
    assert done.stderr.count("\n") == 1
    assert "cannot be written now" in done.stderr


class Busy:
    """A recognizer that is told of a loss before every block."""

    labels = ("silence", "unknown", "seven")
    sample_rate = 16_000
    level_db = -40.0
    floor_db = -60.0
    time = 0.0
    total = 0

    def skip(self, lost):
        self.total += lost
        return [SamplesLost(lost, self.total, self.time)]

    def process(self, block):
        return []


class DroppingMicrophone:
    name = "USB mic"
    overflows = 0
    gather_s = 0.04

    def __iter__(self):
        return iter([np.zeros(320, np.float32)] * 50)

    def take_lost(self):
        return 160


def test_dropped_samples_are_said_once_with_their_number_and_sum():
    said = io.StringIO()
    headless = Headless(
        Busy(), status_line=StatusLine(said), stop=StopSignals(), output=io.StringIO()
    )
    headless.listen(DroppingMicrophone())
    first, last = said.getvalue().splitlines()
    assert first.startswith("recognizer: 160 samples (0.01 s) were lost at 0.00 s, because")
    assert "at 0.00 s, 8000 in all, because" in last
    assert last.endswith("(49 times since this was last said.)")


def test_a_microphone_that_flaps_is_said_once_and_ends_with_the_truth():
    said = io.StringIO()
    headless = Headless(
        Busy(), status_line=StatusLine(said), stop=StopSignals(), output=io.StringIO()
    )
    for _ in range(20):
        headless.warn("It is gone.")
        headless.warn("It is back.")
    headless.listen(DroppingMicrophone())
    lines = [line for line in said.getvalue().splitlines() if "lost" not in line]
    assert lines == [
        "recognizer: It is gone.",
        "recognizer: It is back.",
        "recognizer: It is gone. (19 times since this was last said.)",
        "recognizer: It is back. (19 times since this was last said.)",
    ]


def test_the_microphone_s_life_is_in_the_log(seven, log, virtual_microphone: VirtualMicrophone):
    arguments = ("--cli", "--model", seven, "--log", log)
    process = subprocess.Popen(
        command(*arguments),
        env={**virtual_microphone.environment, **environment(**virtual_microphone.variables)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=heed_signals,
    )

    def wait_for(text):
        give_up = time.monotonic() + WAIT_S
        while text not in (log.read_text(encoding="utf-8") if log.exists() else ""):
            assert time.monotonic() < give_up, f"{text!r} did not come"
            assert process.poll() is None, process.communicate()
            time.sleep(0.05)

    try:
        wait_for("Opened the microphone")
        virtual_microphone.wait_for_listener()
        virtual_microphone.stop()
        wait_for("is gone; listening goes on as soon as it is back.")
        virtual_microphone.start()
        wait_for("' is back.")
        process.send_signal(signal.SIGINT)
        printed, said = process.communicate(timeout=WAIT_S)
    finally:
        process.kill()
        process.communicate()
    assert (process.returncode, printed) == (0, "")
    assert (said.count("is gone;"), said.count("is back.\n")) == (1, 2)
    text = log.read_text(encoding="utf-8")
    places = [
        text.index(part)
        for part in ("Begun", "Opened", "is gone", "' is back", "A signal", "Ended")
    ]
    assert places == sorted(places)


def test_the_doctor_hears_the_virtual_microphone(virtual_microphone: VirtualMicrophone):
    variables = environment(**virtual_microphone.variables)
    # It must not end before the doctor has listened, however long that takes to start.
    loud = np.tile(np.concatenate(list(AudioFile(demo_path()))), 5)
    with virtual_microphone.playing(loud):
        done = subprocess.run(
            command("--doctor"), env=variables, capture_output=True, text=True, timeout=WAIT_S
        )
    assert done.returncode == 0, done.stdout
    (line,) = [line for line in done.stdout.splitlines() if "noise floor" in line]
    assert re.fullmatch(
        r"\[ok\] '.+' at \d+ Hz: loudest -\d\d dBFS, noise floor -\d\d dBFS: fine\.", line
    )
    assert "for 3 s: say a few words." in done.stderr


def test_the_doctor_knows_silence(virtual_microphone: VirtualMicrophone):
    done = subprocess.run(
        command("--doctor"),
        env=environment(**virtual_microphone.variables),
        capture_output=True,
        text=True,
        timeout=WAIT_S,
    )
    assert done.returncode == 1
    assert "gives nothing but digital silence" in done.stdout
    assert "[ok] Demo recording" in done.stdout


def test_ctrl_c_ends_the_doctor_at_its_microphone(virtual_microphone: VirtualMicrophone):
    process = subprocess.Popen(
        command("--doctor"),
        env=environment(**virtual_microphone.variables),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=heed_signals,
    )
    try:
        assert "say a few words." in process.stderr.readline()
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=WAIT_S)
    finally:
        process.kill()
        process.communicate()
    assert (process.returncode, said) == (130, "")
