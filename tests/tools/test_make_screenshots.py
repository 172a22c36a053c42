import subprocess
import sys
from pathlib import Path

import pytest

from tests.virtual_microphone import started_virtual_microphone
from tests.virtual_screen import started_virtual_screen
from tools.make_screenshots import ROOT


def test_the_real_window_hears_every_digit_of_the_demo_once(tmp_path):
    # Skips, or under continuous integration fails, where one of them is missing.
    with started_virtual_microphone(), started_virtual_screen():
        pass
    command = [sys.executable, ROOT / "tools/make_screenshots.py", tmp_path]
    done = subprocess.run(command, capture_output=True, text=True, timeout=250)
    assert done.returncode == 0, done.stderr
    assert done.stderr.count("10 digits, each once") == 2
    assert done.stderr.count("samples lost: 0") == 2
    for theme in ("light", "dark"):
        picture = Path(tmp_path / f"window-{theme}.png").read_bytes()
        assert picture.startswith(b"\x89PNG")
        assert len(picture) > 20_000


@pytest.fixture(autouse=True)
def no_screen_of_the_tests(monkeypatch):
    monkeypatch.delenv("QT_QPA_PLATFORM", raising=False)
