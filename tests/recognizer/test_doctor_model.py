"""The doctor's look at the model."""

from itertools import count

import pytest

from recognizer import doctor_model, model_file
from recognizer.doctor_model import DIGITS, check_model
from tests.model_fixture import tiny_model
from tests.recognizer.command_line import seven_model


def by_name(path):
    return {finding.name: finding for finding in check_model(path)}


def test_the_model_that_ships_is_well():
    found = by_name(None)
    assert list(found) == ["model", "speed", "demo"]
    assert found["model"].state == "ok"
    assert "zero, one, two" in found["model"].text
    assert "98 frames of 40 mel bands at 16000 Hz" in found["model"].text
    size = model_file.default_model_path().stat().st_size
    assert found["model"].details["bytes"] == size
    assert set(found["model"].details["labels"]) == {"silence", "unknown", *DIGITS}
    assert found["speed"].details["due_ms"] == 80.0
    assert found["speed"].details["window_ms"] > 0
    assert found["demo"].state == "ok"
    assert found["demo"].details["heard"] == list(DIGITS)


def test_a_missing_model_is_one_finding_with_a_mend(tmp_path):
    (finding,) = check_model(tmp_path / "none.tflite")
    assert (finding.name, finding.state) == ("model", "broken")
    assert "There is no model file" in finding.text
    assert "--model" in finding.mend


def test_the_own_model_that_is_missing_is_installed_anew(tmp_path, monkeypatch):
    monkeypatch.setattr(model_file, "_asset", lambda name: tmp_path / name)
    monkeypatch.setattr("recognizer.classifier.default_model_path", lambda: tmp_path / "no")
    (finding,) = check_model(None)
    assert (finding.state, finding.mend) == ("broken", "Install the program anew.")


def test_a_model_of_ones_own_that_fails_the_demo_needs_attention(tmp_path):
    found = by_name(seven_model(tmp_path / "seven.tflite"))
    assert found["demo"].state == "attention"
    assert "heard seven, seven" in found["demo"].text


def test_the_shipped_model_that_fails_the_demo_is_broken(monkeypatch):
    monkeypatch.setattr("recognizer.recognizer.Recognizer.finish", lambda self: [])
    monkeypatch.setattr("recognizer.recognizer.Recognizer.process", lambda self, block: [])
    found = by_name(None)
    assert found["demo"].state == "broken"
    assert "heard nothing instead" in found["demo"].text


def test_other_words_are_not_tried_on_the_demo(tmp_path):
    words = [f"word{number}" for number in range(25)]
    found = by_name(tiny_model(tmp_path / "own.tflite", ["silence", "unknown", *words]))
    assert found["demo"].state == "absent"
    assert found["model"].text.endswith("word19 and 5 more")
    assert found["model"].details["labels"] == ["silence", "unknown", *words]


@pytest.mark.parametrize(("step_s", "state"), [(0.039, "ok"), (0.041, "broken")])
def test_a_model_that_is_too_slow_is_broken(tmp_path, monkeypatch, step_s, state):
    clock = count(0.0, step_s)
    monkeypatch.setattr(doctor_model.time, "perf_counter", lambda: next(clock))
    found = by_name(tiny_model(tmp_path / "own.tflite"))
    assert found["speed"].state == state
    assert found["speed"].details["window_ms"] == pytest.approx(1000 * step_s)


def test_a_demo_recording_that_cannot_be_read_is_broken(tmp_path, monkeypatch):
    monkeypatch.setattr(model_file, "demo_path", lambda: tmp_path / "none.flac")
    found = by_name(None)
    assert found["demo"].state == "broken"
    assert "none.flac" in found["demo"].text
