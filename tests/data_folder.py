"""Tests on the recordings, a folder that lies outside the checkout (pytest plugin).

A test that reads them is marked ``data`` and takes the fixture ``data_folder``. Where the folder
is missing such a test is skipped. Where the environment variable CI says true, a skipped one is a
failure instead, since the run would otherwise look better than it is.
"""

import os
from collections.abc import Generator
from pathlib import Path

import pytest

from train.corpora.files import default_data_folder


@pytest.fixture(scope="session")
def data_folder() -> Path:
    """The folder of the recordings; the test is skipped where there is none."""
    folder = default_data_folder()
    if not folder.is_dir():
        pytest.skip(f"there are no recordings in {folder}; KEYWORD_DATA names another folder")
    return folder


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """In CI, turn a skipped test that must run into a failed one."""
    report = yield
    reads_recordings = item.get_closest_marker("data") is not None
    expected_failure = hasattr(report, "wasxfail")
    if (
        report.skipped
        and reads_recordings
        and not expected_failure
        and os.environ.get("CI") == "true"
    ):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr
        report.outcome = "failed"
        report.longrepr = f"CI has to run every test on the recordings. {reason}."
    return report
