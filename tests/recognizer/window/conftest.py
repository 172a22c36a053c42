"""What every test of the window needs."""

import os

import pytest

# Before Qt is imported; whoever wants to watch the tests sets the variable.
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")


@pytest.fixture(autouse=True)
def own_settings(tmp_path, monkeypatch):
    """Keep the tests away from the user's settings."""
    path = tmp_path / "settings" / "settings.json"
    monkeypatch.setenv("KEYWORD_RECOGNIZER_SETTINGS", str(path))
    return path
