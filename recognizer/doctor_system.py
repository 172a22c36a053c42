"""What ``recognizer --doctor`` finds of the system: versions, libraries, the window, places."""

import importlib
import json
import os
import platform
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from recognizer.doctor_finding import Finding, State
from recognizer.doctor_versions import LIBRARIES, PROGRAM, UNKNOWN, versions

_LARGEST_SETTINGS_BYTES = 64 << 10

_NATIVE = {
    "soundfile": ("libsndfile", "__libsndfile_version__"),
    "soxr": ("libsoxr", "__libsoxr_version__"),
}
"""The libraries within the libraries, and where they say their version."""


def check_program() -> Iterator[Finding]:
    """Say what runs, and on what."""
    found = versions()
    system = platform.platform()
    yield Finding(
        "program",
        "ok",
        f"{PROGRAM} {found[PROGRAM]}, Python {found['Python']}, {system}",
        details={"version": found[PROGRAM], "python": found["Python"], "platform": system},
    )


def check_libraries() -> Iterator[Finding]:
    """Load what recognizing a file needs; sounddevice is the business of `doctor_sound`."""
    found = versions()
    runtime = "TFLite runtime" if found["LiteRT"] is None and found["TFLite runtime"] else "LiteRT"
    for name in ("numpy", runtime, "soundfile", "soxr"):
        yield _library(name, found[name])


def _library(name: str, version: str | None) -> Finding:
    distribution, module_name = LIBRARIES[name]
    details = {"version": version}
    try:
        module = importlib.import_module(module_name)
        if name in ("LiteRT", "TFLite runtime"):
            importlib.import_module(f"{module_name}.interpreter")
    except Exception as error:  # noqa: BLE001 - a damaged library raises anything
        reason = " ".join(str(error).split()) or type(error).__name__
        return Finding(
            name,
            "broken",
            f"{name} cannot be loaded ({reason}).",
            f"Install it anew: `pip install --force-reinstall {distribution}`.",
            details=details,
        )
    if version in (None, UNKNOWN):
        version = str(getattr(module, "__version__", UNKNOWN))
        details["version"] = version
    text = f"{name} {version}"
    if name in _NATIVE:
        library, attribute = _NATIVE[name]
        inner = str(getattr(module, attribute, "")) or None
        text += f" ({library} {inner})" if inner else ""
        details[library] = inner
    return Finding(name, "ok", text, details=details)


def check_window() -> Iterator[Finding]:
    """Say whether the window could be opened; the terminal needs none of it."""
    from recognizer.window.app import NO_QT, NO_SCREEN, WindowError, check_screen

    found = {
        name: version for name, version in versions().items() if name in ("PySide6", "pyqtgraph")
    }
    named = ", ".join(f"{name} {version}" for name, version in found.items() if version)
    details: dict[str, Any] = {"versions": found}
    if None in found.values():
        yield Finding("window", "absent", f"No window. {NO_QT}", details=details)
        return
    try:
        for module in ("PySide6.QtWidgets", "pyqtgraph"):
            importlib.import_module(module)
    except Exception as error:  # noqa: BLE001 - a damaged library raises anything
        yield Finding(
            "window",
            "attention",
            f"The window's libraries are not complete ({error}).",
            "`make run` installs them on Debian and Ubuntu; `recognizer --cli` works without them.",
            details=details,
        )
        return
    try:
        check_screen()
    except WindowError:
        yield Finding("window", "absent", f"{named}. {NO_SCREEN}", details=details)
        return
    yield Finding("window", "ok", named, details=details)


def check_places(log: Path | None) -> Iterator[Finding]:
    """Say where files are kept.

    Parameters
    ----------
    log
        The log file of this run, or None.
    """
    from recognizer.window.settings import settings_path

    kept: dict[str, Any] = {}
    try:
        settings = settings_path()
    except ImportError:
        yield Finding("settings", "absent", "Settings: none, since there is no window.")
    else:
        try:
            kept = _read_settings(settings)
        except (OSError, ValueError) as error:
            yield Finding(
                "settings",
                "attention",
                f"Settings: {settings} cannot be read ({error}).",
                "The window will set the file aside and use the defaults.",
                details={"path": str(settings)},
            )
        else:
            yield _place("settings", "Settings", settings)
    for name, title, key in (
        ("corrections", "Corrected words", "examples_folder"),
        ("takes", "Takes of taught words", "teach_folder"),
    ):
        folder = kept.get(key)
        if isinstance(folder, str) and folder:
            yield _place(name, title, Path(folder))
        else:
            yield Finding(name, "absent", f"{title}: no folder is chosen.", details={"path": None})
    if log is None:
        text = "Log: none is kept; `--log FILE` keeps one."
        yield Finding("log", "absent", text, details={"path": None})
    else:
        yield _place("log", "Log", log)


def _place(name: str, title: str, path: Path) -> Finding:
    # What is not there yet would be made in the nearest folder that is.
    there = next(each for each in (path, *path.absolute().parents) if os.path.lexists(each))
    state: State = "ok"
    mend = ""
    if not os.access(there, os.W_OK):
        state = "attention"
        mend = f"{there} may not be written to: choose another place, or change its rights."
    note = "" if path.exists() else " (not there yet)"
    return Finding(name, state, f"{title}: {path}{note}", mend, details={"path": str(path)})


def _read_settings(path: Path) -> dict[str, Any]:
    """Return what the window has kept, without setting a damaged file aside as the window does."""
    if not path.exists():
        return {}
    # Looked at before it is opened: opening a named pipe waits for ever.
    if not path.is_file() or path.stat().st_size > _LARGEST_SETTINGS_BYTES:
        raise ValueError("this is no settings file")
    try:
        values = json.loads(path.read_bytes())
    except (ValueError, RecursionError) as error:
        raise ValueError("it is not JSON") from error
    if not isinstance(values, dict):
        raise ValueError("it is not a table of names and values")
    return values
