"""Tests on recordings that are not there: skipped at home, failed in CI."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

TESTS = Path(__file__).resolve().parent

SUITE = """
import pytest

@pytest.mark.data
def test_recordings(data_folder):
    assert data_folder.is_dir()

@pytest.mark.data
def test_that_skips_itself():
    pytest.skip("no corpus")

@pytest.mark.data
@pytest.mark.xfail(reason="known")
def test_expected_failure():
    assert False

def test_that_may_be_skipped():
    pytest.skip("not on this system")
"""


def run_suite(folder: Path, **environment: str) -> str:
    (folder / "test_suite.py").write_text(SUITE)
    markers = "[pytest]\nmarkers =\n    data: x\n"
    (folder / "pytest.ini").write_text(markers)
    kept = {name: value for name, value in os.environ.items() if name != "CI"}
    path = os.pathsep.join([str(TESTS), str(TESTS.parent)])
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "data_folder", "-p", "no:cacheprovider", "-rsfx"],
        cwd=folder,
        env={**kept, "PYTHONPATH": path, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout


def test_missing_recordings_are_skipped_and_named(tmp_path: Path) -> None:
    report = run_suite(tmp_path, KEYWORD_DATA=str(tmp_path / "missing"))
    assert "3 skipped, 1 xfailed" in report
    assert f"no recordings in {tmp_path / 'missing'}" in report


def test_missing_recordings_fail_in_ci(tmp_path: Path) -> None:
    report = run_suite(tmp_path, KEYWORD_DATA=str(tmp_path / "missing"), CI="true")
    assert "1 failed, 1 skipped, 1 xfailed, 1 error" in report
    assert (
        "CI has to run every test on the recordings. Skipped: there are no recordings in" in report
    )
    assert "CI has to run every test on the recordings. Skipped: no corpus" in report


@pytest.mark.parametrize("ci", ["true", "false"])
def test_recordings_that_are_there(tmp_path: Path, ci: str) -> None:
    report = run_suite(tmp_path, KEYWORD_DATA=str(tmp_path), CI=ci)
    assert "1 passed" in report
