"""A model that takes the interpreter down is refused by every command that is given one."""

import sys

import numpy as np
import pytest
import soundfile

from recognizer import trial_load
from tests.model_fixture import tiny_model
from train.cli import main

CRASH = "import os, signal, sys; sys.stdin.buffer.read(); os.kill(os.getpid(), signal.SIGSEGV)"


@pytest.fixture
def words(tmp_path):
    random = np.random.default_rng(0)
    for word in ("yes", "no"):
        folder = tmp_path / "words" / word
        folder.mkdir(parents=True)
        for take in range(4):
            soundfile.write(folder / f"mine_{take}.wav", random.normal(0, 0.1, 16_000), 16_000)
    return tmp_path / "words"


@pytest.mark.parametrize(
    "arguments",
    [
        "evaluate MODEL --data WORDS",
        "compare --model MODEL --data WORDS --work WORK --cache WORK",
        "data WORDS --suspects --model MODEL",
        "export MODEL --format c --out WORK/model.h",
        "figures MODEL --data WORDS --out WORK/pictures",
    ],
    ids=lambda arguments: arguments.split()[0],
)
def test_a_model_that_crashes_is_refused(tmp_path, words, monkeypatch, capsys, arguments):
    monkeypatch.setattr(trial_load, "_passed", set())
    monkeypatch.setattr(trial_load, "_command", lambda: [sys.executable, "-c", CRASH])
    model = tiny_model(tmp_path / "mine.tflite", ("silence", "unknown", "yes", "no"))
    work = tmp_path / "work"
    work.mkdir()
    for name, path in (("MODEL", model), ("WORDS", words), ("WORK", work)):
        arguments = arguments.replace(name, str(path))
    assert main(arguments.split()) == 1
    said = capsys.readouterr().err
    assert "it crashes the interpreter (SIGSEGV)" in said
    assert "Traceback" not in said
    assert not list(work.glob("*.*"))
