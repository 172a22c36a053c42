"""The doctor's look at versions, libraries, the window and places."""

import importlib
import importlib.metadata
import os
import sys

import pytest

import recognizer
from recognizer import doctor_system, doctor_versions
from recognizer.doctor_system import check_libraries, check_places, check_program, check_window
from recognizer.doctor_versions import UNKNOWN, versions
from recognizer.window.settings import SETTINGS_VARIABLE, Settings, save_settings


@pytest.fixture
def settings(tmp_path, monkeypatch):
    path = tmp_path / "config" / "settings.json"
    monkeypatch.setenv(SETTINGS_VARIABLE, str(path))
    return path


def by_name(findings):
    return {finding.name: finding for finding in findings}


def fail_to_import(monkeypatch, *names, error):
    real = importlib.import_module

    def fail(name, *args):
        if name in names:
            raise error
        return real(name, *args)

    monkeypatch.setattr(importlib, "import_module", fail)


def test_versions_are_those_installed():
    found = versions()
    assert found["keyword-recognizer"] == recognizer.__version__
    assert found["Python"] == ".".join(map(str, sys.version_info[:3]))
    assert found["numpy"] == importlib.metadata.version("numpy")
    assert found["TFLite runtime"] is None or found["LiteRT"] is None


def test_versions_load_nothing(monkeypatch):
    before = set(sys.modules)
    versions()
    assert not {"PySide6.QtCore", "tensorflow", "sounddevice"} & (set(sys.modules) - before)


def test_without_metadata_a_module_says_its_version_itself(monkeypatch):
    """As in the frozen program."""

    def none(name):
        raise importlib.metadata.PackageNotFoundError(name)

    monkeypatch.setattr(doctor_versions.importlib.metadata, "version", none)
    monkeypatch.delitem(sys.modules, "soxr", raising=False)
    found = versions()
    assert found["numpy"] == sys.modules["numpy"].__version__
    assert found["soxr"] == UNKNOWN


def test_a_half_removed_package_has_an_unknown_version(monkeypatch):
    monkeypatch.setattr(doctor_versions.importlib.metadata, "version", lambda name: None)
    assert versions()["numpy"] == UNKNOWN


def test_the_program_says_where_it_runs():
    (finding,) = check_program()
    assert finding.state == "ok"
    assert recognizer.__version__ in finding.text
    assert finding.details["python"] in finding.text


def test_libraries_load():
    found = by_name(check_libraries())
    assert all(finding.state == "ok" for finding in found.values())
    assert "(libsndfile " in found["soundfile"].text
    assert found["soxr"].details["libsoxr"] in found["soxr"].text


def test_a_library_without_metadata_says_its_version_itself(monkeypatch):
    """As in the frozen program, for what was not loaded before."""
    found = {**versions(), "soxr": UNKNOWN}
    monkeypatch.setattr(doctor_system, "versions", lambda: found)
    soxr = by_name(check_libraries())["soxr"]
    assert soxr.details["version"] == sys.modules["soxr"].__version__
    assert soxr.details["version"] in soxr.text


@pytest.mark.parametrize("error", [ImportError("no such file"), OSError("libsndfile not found")])
def test_a_library_that_cannot_be_loaded_has_a_mend(monkeypatch, error):
    fail_to_import(monkeypatch, "soundfile", error=error)
    found = by_name(check_libraries())
    assert [name for name in found if found[name].state == "broken"] == ["soundfile"]
    assert str(error) in found["soundfile"].text
    assert "pip install --force-reinstall soundfile" in found["soundfile"].mend


def test_an_interpreter_that_cannot_be_loaded_is_found(monkeypatch):
    fail_to_import(monkeypatch, "ai_edge_litert.interpreter", error=ImportError("GLIBC_2.99"))
    found = by_name(check_libraries())
    assert found["LiteRT"].state == "broken"
    assert "GLIBC_2.99" in found["LiteRT"].text


def test_no_qt_is_not_needed(monkeypatch):
    monkeypatch.setattr(doctor_system, "versions", lambda: {"PySide6": None, "pyqtgraph": "0.14.0"})
    (finding,) = check_window()
    assert finding.state == "absent"
    assert "keyword-recognizer[gui]" in finding.text


def test_incomplete_qt_needs_attention(monkeypatch):
    monkeypatch.setattr(doctor_system, "versions", lambda: {"PySide6": "6.11", "pyqtgraph": "0.14"})
    fail_to_import(monkeypatch, "PySide6.QtWidgets", error=ImportError("libGL.so.1: no such file"))
    (finding,) = check_window()
    assert finding.state == "attention"
    assert "libGL.so.1" in finding.text
    assert "make run" in finding.mend


@pytest.mark.skipif(sys.platform != "linux", reason="other systems always have a screen")
def test_no_screen_is_not_needed(monkeypatch):
    for name in ("QT_QPA_PLATFORM", "DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    (finding,) = check_window()
    assert finding.state == "absent"
    assert "no screen" in finding.text


def test_a_window_that_could_be_opened(monkeypatch):
    monkeypatch.setenv("QT_QPA_PLATFORM", "offscreen")
    (finding,) = check_window()
    assert finding.state == "ok"
    assert "PySide6 6" in finding.text


def test_places_before_the_first_start(settings):
    found = by_name(check_places(None))
    assert list(found) == ["settings", "corrections", "takes", "log"]
    assert found["settings"].text == f"Settings: {settings} (not there yet)"
    assert found["settings"].state == "ok"
    assert [found[name].state for name in ("corrections", "takes", "log")] == ["absent"] * 3


def test_places_that_were_chosen(settings, tmp_path):
    folder = tmp_path / "examples"
    folder.mkdir()
    save_settings(
        settings, Settings(examples_folder=str(folder), teach_folder=str(tmp_path / "takes"))
    )
    found = by_name(check_places(tmp_path / "run.log"))
    assert found["settings"].text == f"Settings: {settings}"
    assert found["corrections"].details["path"] == str(folder)
    assert found["takes"].text.endswith("takes (not there yet)")
    assert found["log"].details["path"] == str(tmp_path / "run.log")


@pytest.mark.parametrize("content", [b"[1]", b"{", b"\xff", b"[" * 50_000, b" " * 70_000])
def test_damaged_settings_are_told_and_left_alone(settings, content):
    settings.parent.mkdir()
    settings.write_bytes(content)
    found = by_name(check_places(None))
    assert found["settings"].state == "attention"
    assert settings.read_bytes() == content
    assert [path.name for path in settings.parent.iterdir()] == ["settings.json"]


def test_settings_that_are_a_pipe_are_not_waited_for(settings):
    settings.parent.mkdir()
    os.mkfifo(settings)
    assert by_name(check_places(None))["settings"].state == "attention"


def test_a_place_that_may_not_be_written_needs_attention(settings, monkeypatch):
    monkeypatch.setattr(doctor_system.os, "access", lambda path, mode: False)
    finding = by_name(check_places(None))["settings"]
    assert finding.state == "attention"
    assert f"{settings.parent.parent} may not be written to" in finding.mend


def test_without_qt_there_are_no_settings(monkeypatch):
    monkeypatch.delenv(SETTINGS_VARIABLE, raising=False)
    monkeypatch.setitem(sys.modules, "PySide6", None)
    monkeypatch.setitem(sys.modules, "PySide6.QtCore", None)
    assert by_name(check_places(None))["settings"].state == "absent"
