"""What stands on the command line, of the recognizer and of the training programs."""

import contextlib
import io
import re
import sys
import tempfile
from pathlib import Path
from random import Random
from unittest import mock

import train.cli
from recognizer import cli
from tests.fuzz.harness import Target
from tests.fuzz.made_files import wav_samples
from tests.model_fixture import tiny_model

_ODD = (
    *("", "-", "--", "0", "-1", "1", "2", "0.5", "1e999", "nan", "inf", "²", "9" * 5000, "ü" * 90),
    *("one.wav", "model.tflite", "missing.wav", "inside", ".", "/dev/null", "/dev/zero", "/"),
    *("a\nb", "\x1b[2J", "%s%n", "$(touch x)", "`id`", "; id", "~", "*", "\ud800", "nul\0", "=x"),
)
_OPTIONS = (
    *("--cli", "--input", "--raw", "--demo", "--json", "--all", "--list-devices", "--device"),
    *("--channel", "--threshold", "--model", "--verbose", "--version", "--help", "--jobs"),
    *("--demo-without-microphone", "--smoke-test", "--scheduler", "--resume", "--inp", "-h", "-v"),
)
_COMMANDS = (
    *("download", "data", "record", "prepare", "fit", "export", "evaluate", "compare", "sweep"),
    *("figures", "model", "align", "synthesize", "frobnicate"),
)
_TRAIN_OPTIONS = (
    *("--data", "--words", "--from", "--out", "--resume", "--set", "--model", "--html", "--to"),
    *("--format", "--help", "--version", "--recipe", "--jobs", "--seed", "--scheduler", "--list"),
    *("training.epochs=1,2", "a.b=1", "=", "a=", "simple-cnn", "digits", "words", "fsdd"),
)


def _arguments(random: Random) -> tuple[str, list[str]]:
    if random.randrange(3):
        arguments = random.choices(_OPTIONS, k=random.randrange(5))
        if random.randrange(2):
            arguments += ["--cli", "--input", random.choice(_ODD)]
        for _ in range(random.randrange(3)):
            arguments.insert(random.randrange(len(arguments) + 1), random.choice(_ODD))
        return "recognizer", arguments
    arguments = [random.choice(_COMMANDS)]
    arguments += random.choices((*_TRAIN_OPTIONS, *_ODD), k=random.randrange(6))
    return "train", arguments


def _run(value: tuple[str, list[str]], folder: Path) -> str:
    program, arguments = value
    (folder / "one.wav").write_bytes(wav_samples()[0])
    (folder / "inside").mkdir()
    (folder / "model.tflite").write_bytes(_MODEL)
    return _recognizer(arguments) if program == "recognizer" else _train(arguments)


def _recognizer(arguments: list[str]) -> str:
    said, printed = io.StringIO(), io.StringIO()
    nothing = mock.Mock(return_value=0)
    stdin = mock.Mock(buffer=io.BytesIO(wav_samples()[1]), isatty=lambda: False)
    with (
        # Each of these has its own tests; processes take long to start.
        mock.patch.object(cli.many_files, "recognize_many", nothing),
        mock.patch.object(cli, "_open_window", nothing),
        mock.patch.object(cli, "_listen", nothing),
        mock.patch.object(cli, "_list_devices", nothing),
        mock.patch("recognizer.trial_load.TrialLoad.start"),
        mock.patch("recognizer.trial_load.TrialLoad.__call__"),
        mock.patch.object(sys, "stdin", stdin),
        contextlib.redirect_stderr(said),
        contextlib.redirect_stdout(printed),
    ):
        status = cli.main(arguments)
    assert status in (0, 1, 2), status
    assert "Traceback" not in said.getvalue()
    if status:
        assert re.search(r"recognizer: .*[.!?]\n\Z", said.getvalue(), re.S), said.getvalue()
    return f"status-{status}"


def _train(arguments: list[str]) -> str:
    said, status = io.StringIO(), "parsed"
    try:
        with contextlib.redirect_stderr(said), contextlib.redirect_stdout(io.StringIO()):
            # What the commands then do has its own targets.
            train.cli._parser().parse_args(arguments)
    except SystemExit as end:
        status = str(end.code)
    assert status in ("parsed", "0", "2"), status
    assert "Traceback" not in said.getvalue()
    return f"train-{status}"


def _model() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        return tiny_model(Path(folder) / "m.tflite").read_bytes()


_MODEL = _model()
TARGET = Target("command_line", _arguments, _run, ())
