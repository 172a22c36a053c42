import base64
import json

import pytest
from hypothesis import given
from hypothesis import settings as limits
from hypothesis import strategies as st

from recognizer.window.settings import (
    SETTINGS_VARIABLE,
    Settings,
    load_settings,
    save_settings,
    settings_path,
)

CHOSEN = Settings(
    device="Mikrofon «Ü», ALSA",
    channel=2,
    threshold=0.0,
    connected=True,
    connected_threshold=0.2,
    model="/models/mine.tflite",
    examples_folder="/home/me/exemples",
    theme="dark",
    file_pace="fast",
    geometry=base64.b64encode(b"\x01\xd9").decode(),
    splitter=base64.b64encode(b"\xff").decode(),
)


def loaded(path):
    settings, trouble = load_settings(path)
    return settings, trouble or ""


@pytest.fixture
def path(tmp_path):
    return tmp_path / "keyword-recognizer" / "settings.json"


def test_what_is_saved_comes_back(path):
    for settings in (Settings(), CHOSEN):
        save_settings(path, settings)
        assert load_settings(path) == (settings, None)
    assert [file.name for file in path.parent.iterdir()] == ["settings.json"]


def test_a_missing_file_means_the_defaults(path):
    assert load_settings(path) == (Settings(), None)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{",
        b"[]",
        b"\xff\xfe\xfd",
        b"[" * 60_000,
        b'{"channel": ' + b"9" * 5000 + b"}",
        b"{" + b" " * 70_000 + b"}",
    ],
    ids=["empty", "cut", "list", "not text", "deep", "long number", "huge"],
)
def test_a_broken_file_is_set_aside(path, data):
    path.parent.mkdir()
    path.write_bytes(data)
    settings, trouble = loaded(path)
    assert settings == Settings()
    assert "settings.broken.json" in trouble
    assert path.with_name("settings.broken.json").read_bytes() == data
    assert not path.exists()
    assert load_settings(path) == (Settings(), None)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("device", ""),
        ("device", 3),
        ("channel", 0),
        ("channel", True),
        ("channel", 1.0),
        ("threshold", 1.01),
        ("threshold", float("nan")),
        ("threshold", True),
        ("threshold", "0.5"),
        ("connected", 1),
        ("connected", None),
        ("connected_threshold", -0.1),
        ("model", "a\0b"),
        ("examples_folder", "\ud800"),
        ("theme", "pink"),
        ("theme", None),
        ("file_pace", ["fast"]),
        ("geometry", "?"),
        ("splitter", None),
    ],
)
def test_one_bad_value_costs_only_itself(path, name, value):
    save_settings(path, CHOSEN)
    values = {**json.loads(path.read_text()), name: value, "from a newer version": 1}
    path.write_text(json.dumps(values))
    settings, trouble = loaded(path)
    default = getattr(Settings(), name)
    assert getattr(settings, name) == default
    others = [field for field in values if hasattr(CHOSEN, field) and field != name]
    assert all(getattr(settings, other) == getattr(CHOSEN, other) for other in others)
    assert name.replace("_", " ") in trouble
    assert path.with_name("settings.broken.json").exists()


def test_an_unknown_name_is_ignored(path):
    path.parent.mkdir()
    path.write_text('{"volume": 11, "theme": "light"}')
    assert load_settings(path) == (Settings(theme="light"), None)


def test_what_cannot_be_set_aside_is_not_fatal(path):
    path.parent.mkdir()
    path.write_text("?")
    path.with_name("settings.broken.json").mkdir()
    settings, trouble = loaded(path)
    assert settings == Settings()
    assert "set aside" not in trouble
    assert path.exists()


def test_a_folder_of_that_name_is_left_alone(path):
    (path / "precious").mkdir(parents=True)
    settings, trouble = loaded(path)
    assert settings == Settings()
    assert "no file" in trouble
    assert (path / "precious").exists()
    with pytest.raises(OSError, match=r"settings\.json"):
        save_settings(path, CHOSEN)
    assert [file.name for file in path.parent.iterdir()] == ["settings.json"]


def test_a_failed_save_leaves_what_was_there(path, monkeypatch):
    save_settings(path, CHOSEN)

    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(OSError, match="No space"):
        save_settings(path, Settings())
    assert load_settings(path) == (CHOSEN, None)
    assert [file.name for file in path.parent.iterdir()] == ["settings.json"]


def test_the_place_is_the_platforms_or_the_users(monkeypatch, tmp_path):
    monkeypatch.delenv(SETTINGS_VARIABLE, raising=False)
    assert settings_path().parts[-2:] == ("keyword-recognizer", "settings.json")
    assert settings_path().is_absolute()
    monkeypatch.setenv(SETTINGS_VARIABLE, str(tmp_path / "mine.json"))
    assert settings_path() == tmp_path / "mine.json"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=3,
)


@limits(deadline=None, max_examples=40)
@given(st.sampled_from(Settings.__slots__), JSON)
def test_no_value_is_fatal(tmp_path_factory, name, value):
    path = tmp_path_factory.getbasetemp() / "settings.json"
    path.write_text(json.dumps({name: value}))
    settings, trouble = load_settings(path)
    assert (trouble is None) == (getattr(settings, name) == value)
