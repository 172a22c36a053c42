"""From recordings to the file of a connected model, small and with noise for voices."""

import re

import pytest

from recognizer.connected.model import StepClassifier
from recognizer.model_file import read_metadata
from tests.made_recordings import make_training_recordings
from train import cli
from train.connected import make as making
from train.connected.make import letters_as_digits, make_connected
from train.corpora.alignments import read_alignments, write_alignments
from train.corpora.values import Word
from train.errors import DataError
from train.model import RECIPES

pytest.importorskip("keras", reason="training needs TensorFlow")

SMALL = {
    "train_strings": 6,
    "validation_strings": 4,
    "sentences": 0,
    "other": 0.0,
    "steps": 2,
    "batch": 2,
    "warmup_steps": 1,
    "validate_every": 1,
}


@pytest.fixture
def recipe(tmp_path):
    text = (RECIPES / "connected.toml").read_text()
    for name, value in SMALL.items():
        # The count of sentences comes before their share.
        text, found = re.subn(rf"^{name} = [^\s]+", f"{name} = {value}", text, count=1, flags=re.M)
        assert found, name
    path = tmp_path / "small.toml"
    path.write_text(text)
    return path


@pytest.fixture
def work(tmp_path, monkeypatch):
    """A work folder with what was aligned; no synthetic voices."""
    aligned = read_alignments(make_training_recordings(tmp_path / "data"))
    folder = tmp_path / "work"
    said = {name: (*words[:2], Word("o", 1.4, 1.6)) for name, words in aligned.items()}
    write_alignments(folder / "alignments.json", said)
    monkeypatch.setattr(making, "synthesize", lambda *_, **__: [])
    monkeypatch.setattr(making, "read_aloud", lambda *_, **__: [])
    return folder


def test_the_letter_o_is_the_digit_oh():
    said = {"a": (Word("o", 0.1, 0.2), Word("k", 0.2, 0.3))}
    assert letters_as_digits(said) == {"a": (Word("oh", 0.1, 0.2), Word("k", 0.2, 0.3))}


def test_the_command_makes_a_model_that_says_how_it_was_made(tmp_path, recipe, work, capsys):
    out = tmp_path / "connected.tflite"
    folders = ["--data", str(tmp_path / "data"), "--work", str(work)]
    arguments = ["connected", "fit", *folders, "--recipe", str(recipe), "--out", str(out)]
    assert cli.main([*arguments, "--processes", "1"]) == 0
    assert "| Digit error rate |" in capsys.readouterr().out
    model = StepClassifier(out)
    assert model.threshold == making.load_connected_recipe(recipe).threshold
    record = read_metadata(out).training
    assert record["recipe"]["fit"]["steps"] == 2
    assert record["validation"]["step"] == 2
    assert set(record["evaluation"]) == {"digit_error_rate", "false_digits_an_hour"}
    assert "an4" in record["corpora"]
    assert out.stat().st_size <= 250_000


def test_the_old_model_stays_where_a_step_fails(tmp_path, recipe, work, monkeypatch):
    def fail(*_, **__):
        raise DataError("no")

    out = tmp_path / "connected.tflite"
    out.write_bytes(b"old")
    monkeypatch.setattr(making, "fit", fail)
    with pytest.raises(DataError, match="no"):
        make_connected(recipe, tmp_path / "data", work, out, processes=1)
    assert out.read_bytes() == b"old"
