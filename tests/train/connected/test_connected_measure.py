"""Connected digits measured, and what is printed of it."""

import json

import numpy as np
import pytest

from recognizer.events import Detection
from tests.made_recordings import RATE, make_training_recordings
from tests.tone_digits import say, tone_model
from train import cli
from train.connected import measure
from train.connected.report import lines, wrong_lines
from train.connected.strings_said import Said


class Says:
    """Hears the same words in everything."""

    def __init__(self, *words):
        self._words = words

    def reset(self):
        self.streams = getattr(self, "streams", 0) + 1

    def process(self, _block):
        return [Detection(word, 1.0, 0.0, 0.1, 0.2) for word in self._words]

    def finish(self):
        return []


def test_errors_of_a_group():
    quiet = np.zeros(RATE, np.float32)
    strings = [Said(quiet, ("one", "two"), "a", "x"), Said(quiet, ("one",), "b", "y")]
    result = measure.measure_group(Says("one", "oh"), strings)
    assert (result["substituted"], result["deleted"], result["inserted"]) == (1, 0, 1)
    assert result["rate"] == pytest.approx(2 / 3)
    assert result["seconds"] == 2.0
    # A peer's "oh" is a zero.
    assert [row["heard"] for row in result["wrong"]] == [("one", "zero"), ("one", "zero")]


def test_false_digits_are_counted_by_the_hour():
    result = measure.false_digits(Says("six"), [np.zeros(1800 * RATE, np.float32)] * 2)
    assert result["count"] == 2
    assert result["per_hour"] == pytest.approx(2.0)
    assert result["low"] < 2.0 < result["high"]


def test_every_recording_is_a_stream_of_its_own(tmp_path):
    recognizer = measure.ConnectedRecognizer(tone_model(tmp_path / "tones.tflite"))
    strings = [Said(say(["two", "six"]), ("two", "six"), "a", "x")] * 2
    assert measure.measure_group(recognizer, strings)["rate"] == 0.0


@pytest.fixture
def data(tmp_path):
    make_training_recordings(tmp_path / "data")
    return tmp_path / "data"


def test_the_command_measures_every_group_and_prints_tables(tmp_path, data, capsys):
    model = tone_model(tmp_path / "tones.tflite")
    out = tmp_path / "figures.json"
    arguments = ["connected", "evaluate", str(model), "--data", str(data), "--json", str(out)]
    assert cli.main([*arguments, "--details"]) == 0
    printed = capsys.readouterr().out
    result = json.loads(out.read_text())
    groups = {"spoken", "accented_joined", "crowd_joined", "crowd_alone"}
    assert set(result["ours"]["groups"]) == groups
    assert set(result["ours"]["quiet"]) == {"running_speech", "noise"}
    assert "peer" not in result
    assert "| Digit error rate |" in printed
    assert "said in one breath" in printed
    for line in (*lines(result), *wrong_lines(result)):
        assert line in printed


def test_validation_uses_other_speakers(tmp_path, data):
    test, validation = (
        {one.speaker for make in measure.groups(data, validation=part).values() for one in make()}
        for part in (False, True)
    )
    assert validation
    assert not test & validation


def test_a_model_of_single_words_ends_with_one_sentence(tmp_path, data, capsys):
    assert cli.main(["connected", "evaluate", "none.tflite", "--data", str(data)]) == 1
    assert "There is no model file none.tflite" in capsys.readouterr().err
