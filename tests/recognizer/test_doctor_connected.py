"""The doctor's look at digits in a row."""

from itertools import count

import pytest

from recognizer import doctor_connected, model_file
from recognizer.cli import main
from recognizer.connected import model as connected_model
from recognizer.connected.model import default_connected_path
from recognizer.doctor_connected import check_connected
from recognizer.doctor_model import DIGITS
from recognizer.model_file import default_model_path
from tests.tone_digits import tone_model


@pytest.fixture
def replaced(tmp_path, monkeypatch):
    """The path of a file that takes the place of the one that ships."""
    path = tmp_path / "connected.tflite"
    monkeypatch.setattr(connected_model, "default_connected_path", lambda: path)
    return path


def by_name():
    return {finding.name: finding for finding in check_connected()}


def test_the_model_that_ships_is_well():
    found = by_name()
    assert list(found) == ["connected", "connected_speed", "connected_demo"]
    assert {finding.state for finding in found.values()} == {"ok"}
    assert found["connected"].details["bytes"] == default_connected_path().stat().st_size
    assert set(found["connected"].details["words"]) == {*DIGITS, "oh"}
    assert found["connected_speed"].details["second_ms"] > 0
    assert [one for one in found["connected_demo"].details["heard"] if one == "seven"] == ["seven"]


def test_a_missing_file_is_one_finding_with_a_mend(replaced):
    (finding,) = check_connected()
    assert (finding.name, finding.state) == ("connected", "broken")
    assert f"There is no model file {replaced}" in finding.text
    assert finding.mend == "Install the program anew."


@pytest.mark.parametrize("what", ["damaged", "of single words"])
def test_a_file_that_cannot_be_used_is_one_finding(replaced, what):
    data = default_connected_path().read_bytes()[:-500]
    replaced.write_bytes(data if what == "damaged" else default_model_path().read_bytes())
    (finding,) = check_connected()
    assert finding.state == "broken"
    assert str(replaced) in finding.text


def test_a_model_that_does_not_answer_right_is_broken(replaced):
    tone_model(replaced)
    found = by_name()
    assert found["connected"].state == "ok"
    assert found["connected_demo"].state == "broken"
    assert "not in order" in found["connected_demo"].text


@pytest.mark.parametrize(("share", "state"), [(0.49, "ok"), (0.51, "broken")])
def test_one_that_is_too_slow_is_broken(monkeypatch, share, state):
    def voiced_s():
        details = by_name()["connected_speed"].details
        return 1000 / details["second_ms"]

    monkeypatch.setattr(doctor_connected.time, "perf_counter", count(0.0).__next__)
    length_s = voiced_s()
    clock = count(0.0, share * length_s)
    monkeypatch.setattr(doctor_connected.time, "perf_counter", clock.__next__)
    found = by_name()["connected_speed"]
    assert found.details["second_ms"] == pytest.approx(1000 * share, rel=1e-3)
    assert found.state == state
    assert ("too slow" in found.text) == (state == "broken")


def test_a_demo_recording_that_cannot_be_read_is_broken(tmp_path, monkeypatch):
    monkeypatch.setattr(model_file, "demo_path", lambda: tmp_path / "none.flac")
    found = by_name()
    assert found["connected_demo"].state == "broken"
    assert "none.flac" in found["connected_demo"].text


def test_a_demo_without_voice_is_broken(replaced, monkeypatch):
    tone_model(replaced)
    name = "recognizer.connected.recognizer.ConnectedRecognizer.process"
    monkeypatch.setattr(name, lambda self, block: [])
    found = by_name()
    assert found["connected_speed"].state == "broken"
    assert "heard nothing" in found["connected_demo"].text


def test_the_command_tells_it_behind_the_other_model(capsys):
    main(["--doctor"])
    lines = [line for line in capsys.readouterr().out.splitlines() if line.startswith("[")]
    at = next(number for number, line in enumerate(lines) if "Demo recording:" in line)
    assert [line[:21] for line in lines[at + 1 : at + 4]] == ["[ok] Digits in a row:"] * 3
