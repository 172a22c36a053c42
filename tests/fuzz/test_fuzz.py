"""A short run of every target, and that the harness would notice what it looks for."""

import pytest

from recognizer.model_file import default_model_path
from tests.fuzz.harness import LARGEST_MB, fuzz, names

INPUTS = 150


@pytest.mark.parametrize("name", names())
def test_only_refusals_of_the_programs_own(name):
    report = fuzz(name, INPUTS, seed=7)
    assert report.failures == [], report.lines()
    # Hypothesis may run out of inputs that differ, never far below.
    assert report.inputs > INPUTS // 2
    assert 0 < report.peak_mb < LARGEST_MB
    assert len(report.kinds) > 1


def test_equal_seeds_send_equal_inputs():
    first, second, other = (fuzz("stdin", 60, seed=seed).kinds for seed in (1, 1, 2))
    assert first == second != other


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("crashes", "crash (status -11)"),
        ("writes_outside", "outside its folder: open"),
        ("runs_a_program", "outside its folder: subprocess.Popen"),
        ("raises", "ZeroDivisionError"),
        ("says_nothing", "its error is no sentence"),
        ("is_slow", "it took"),
        ("takes_memory", "of memory"),
    ],
)
def test_the_harness_notices(name, says):
    report = fuzz(name, 1, seed=1, module="tests.fuzz.faulty")
    assert any(says in failure for failure in report.failures), report.lines()
    assert report.inputs == 1
    assert any(says in line for line in report.lines())


def test_a_hang_is_ended(monkeypatch):
    monkeypatch.setattr("tests.fuzz.harness.HANG_S", 1.0)
    report = fuzz("hangs", 1, seed=1, module="tests.fuzz.faulty")
    assert report.failures[0].startswith("hang")


def test_the_shipped_model_was_never_written_to():
    before = default_model_path().stat()
    fuzz("model_files", 20, seed=3)
    assert default_model_path().stat().st_mtime_ns == before.st_mtime_ns
