"""``recognizer --cli --connected``: the command line of connected digits."""

import json
import subprocess

import pytest
import soundfile

from recognizer.cli import main
from recognizer.connected.recognizer import ConnectedRecognizer
from recognizer.events import Detection
from tests.model_fixture import tiny_model
from tests.recognizer.command_line import WAIT_S, command, environment, pcm
from tests.tone_digits import RATE, say, tone_model

NUMBER = ["four", "one", "five", "nine"]


@pytest.fixture
def model(tmp_path):
    return str(tone_model(tmp_path / "tones.tflite"))


@pytest.fixture
def sound(tmp_path):
    path = tmp_path / "number.wav"
    soundfile.write(str(path), say(NUMBER), RATE, subtype="PCM_16")
    return str(path)


def test_a_file_is_read_as_the_library_reads_it(capsys, model, sound):
    status = main(["--cli", "--connected", "--json", "--model", model, "--input", sound])
    printed = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    samples = soundfile.read(sound, dtype="float32")[0]
    recognizer = ConnectedRecognizer(model)
    events = recognizer.process(samples) + recognizer.finish()
    heard = [event for event in events if isinstance(event, Detection)]
    assert status == 0
    assert [one["label"] for one in printed] == NUMBER
    assert [(one["label"], one["start"], one["end"]) for one in printed] == [
        (one.label, round(one.start, 2), round(one.end, 2)) for one in heard
    ]


def test_standard_input_and_plain_lines(model):
    done = subprocess.run(
        command("--cli", "--connected", "--model", model, "--input", "-", "--raw"),
        input=pcm(say(NUMBER)),
        capture_output=True,
        env=environment(),
        timeout=WAIT_S,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    lines = done.stdout.decode().splitlines()
    assert [line.split()[1] for line in lines] == NUMBER


def test_refused_digits_are_shown_with_all(capsys, model, sound):
    arguments = ["--cli", "--connected", "--json", "--model", model, "--input", sound]
    assert main([*arguments, "--threshold", "1", "--all"]) == 0
    printed = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert {one["rejected"] for one in printed} == {"low confidence"}
    assert [one["label"] for one in printed] == NUMBER


def test_verbose_names_the_model_and_its_words(capsys, model, sound):
    assert main(["--cli", "--connected", "--verbose", "--model", model, "--input", sound]) == 0
    said = capsys.readouterr().err
    assert f"Model {model}: silence, unknown, zero, one," in said


@pytest.mark.parametrize("more", [["--jobs", "2"], ["--resume", "notes"], []])
def test_many_files_are_refused_in_one_sentence(capsys, model, sound, more):
    files = [sound] if more else [sound, sound]
    arguments = ["--cli", "--connected", "--model", model, *more, "--input", *files]
    assert main(arguments) == 2
    assert "--connected reads one file at a time" in capsys.readouterr().err


@pytest.mark.parametrize("wanted", [True, False])
def test_without_cli_the_window_opens_with_it(monkeypatch, wanted):
    window = pytest.importorskip("recognizer.window.app")
    asked = []

    def run_window(**options):
        asked.append(options)
        return 0

    monkeypatch.setattr(window, "run_window", run_window)
    assert main(["--connected", "--threshold", "0.3"] if wanted else []) == 0
    assert [options["connected"] for options in asked] == [wanted]


def test_the_window_takes_no_connected_model_of_its_own(capsys, model):
    assert main(["--connected", "--model", model]) == 2
    said = capsys.readouterr().err
    assert "--connected with a --model of its own works only together with --cli" in said
    assert said.count("\n") == 1


def test_a_model_of_single_words_is_refused(capsys, tmp_path, sound):
    alone = str(tiny_model(tmp_path / "alone.tflite"))
    assert main(["--cli", "--connected", "--model", alone, "--input", sound]) == 1
    said = capsys.readouterr().err
    assert "stand alone, so it cannot be used with --connected" in said
    assert said.count("\n") == 1


def test_without_the_switch_a_connected_model_is_refused(capsys, model, sound):
    assert main(["--cli", "--model", model, "--input", sound]) == 1
    assert "it goes with --cli --connected only" in capsys.readouterr().err
