"""What the window remembers from one start to the next, as one small JSON file."""

import base64
import json
import os
import stat
from collections.abc import Callable
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any, Literal

from recognizer.files import replace_file

ThemeChoice = Literal["system", "light", "dark"]
FilePace = Literal["real time", "fast"]

SETTINGS_VARIABLE = "KEYWORD_RECOGNIZER_SETTINGS"
"""The environment variable that names another settings file."""

_LARGEST_BYTES = 64 << 10
"""No settings file is as large as this (bytes)."""
_LAST_CHANNEL = 4096


@dataclass(frozen=True, slots=True)
class Settings:
    """What the user chose."""

    device: str | None = None
    """The microphone's full name, or None for the system's default."""
    channel: int | None = None
    """Which of its channels, counted from 1; None takes what the system gives."""
    threshold: float | None = None
    """The least confidence of a word that stands alone (0 to 1), or None for the model's own."""
    connected: bool = False
    """Whether digits in a row are heard."""
    connected_threshold: float | None = None
    """The same as `threshold` for digits in a row."""
    model: str | None = None
    """The model file, or None for the one that comes with the program."""
    examples_folder: str | None = None
    """Where corrected words are kept, or None while the user has not said so."""
    teach_folder: str | None = None
    """Where takes of taught words are kept, or None while there are none."""
    theme: ThemeChoice = "system"
    """Light or dark, or whichever the system is."""
    file_pace: FilePace = "real time"
    """How fast sound files are played through the recognizer."""
    geometry: str = ""
    """The window's place and size: base64 of ``QWidget.saveGeometry``, or nothing."""
    splitter: str = ""
    """How the window is divided: base64 of ``QSplitter.saveState``, or nothing."""


def settings_path() -> Path:
    """Return where the settings are kept.

    Returns
    -------
    Path
        What the environment variable `SETTINGS_VARIABLE` names, else
        ``keyword-recognizer/settings.json`` in the platform's folder for settings.
    """
    named = os.environ.get(SETTINGS_VARIABLE)
    if named:
        return Path(named)
    # Here alone is Qt needed, for every platform's own rules.
    from PySide6.QtCore import QStandardPaths

    place = QStandardPaths.StandardLocation.GenericConfigLocation
    return Path(QStandardPaths.writableLocation(place)) / "keyword-recognizer" / "settings.json"


def load_settings(path: Path) -> tuple[Settings, str | None]:
    """Read the settings; whatever is wrong with them, the program starts.

    Values that make no sense are replaced by their defaults, and the file is set aside as
    ``settings.broken.json``, so that nothing is lost when new settings are saved. Names that
    mean nothing here are ignored: a newer version may have written them.

    Parameters
    ----------
    path
        The settings file. One that is not there stands for the defaults.

    Returns
    -------
    settings : Settings
        What could be read, defaults for the rest.
    trouble : str or None
        One sentence for the user if something was wrong.
    """
    try:
        values = _read(path)
    except FileNotFoundError:
        return Settings(), None
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        return Settings(), f"The settings in {path} cannot be read ({reason}){_set_aside(path)}."
    except ValueError as error:
        return Settings(), f"The settings in {path} are damaged ({error}){_set_aside(path)}."
    good = {name: value for name, value in values.items() if name in _FITS and _FITS[name](value)}
    bad = [field.name for field in fields(Settings) if field.name in values.keys() - good.keys()]
    settings = replace(Settings(), **good)
    if not bad:
        return settings, None
    named = " and ".join(name.replace("_", " ") for name in bad)
    return settings, f"The settings in {path} make no sense ({named}){_set_aside(path)}."


def save_settings(path: Path, settings: Settings) -> None:
    """Write the settings: all of them or, if that fails, none.

    Raises
    ------
    OSError
        If the file cannot be written. What was there before is still there.
    """
    text = json.dumps(asdict(settings), indent=2, allow_nan=False) + "\n"
    path.parent.mkdir(parents=True, exist_ok=True)
    replace_file(path, text)


def _read(path: Path) -> dict[str, Any]:
    """Return the file's values, unchecked; ValueError says in a few words what is wrong."""
    # Looked at before it is opened: opening a named pipe waits for ever.
    if not stat.S_ISREG(path.stat().st_mode):
        raise ValueError("this is no file")
    with path.open("rb") as file:
        data = file.read(_LARGEST_BYTES + 1)
    if len(data) > _LARGEST_BYTES:
        raise ValueError("the file is far too large")
    try:
        values = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise ValueError("it is not JSON") from error
    if not isinstance(values, dict):
        raise ValueError("it is not a table of names and values")
    return values


def _set_aside(path: Path) -> str:
    """Rename the file; return the end of a sentence that says what became of it."""
    end = "; the defaults are used instead"
    broken = path.with_name(f"{path.stem}.broken{path.suffix}")
    # A folder or device stays where it is: it was named by mistake and belongs to somebody.
    if not path.is_file():
        return end
    try:
        path.replace(broken)
    except OSError:
        return end
    return f"{end}, and the file was set aside as {broken.name}"


def _is_text(value: object) -> bool:
    if value is None:
        return True
    try:
        return isinstance(value, str) and value.strip() != "" and b"\0" not in os.fsencode(value)
    except UnicodeEncodeError:
        return False


def _is_channel(value: object) -> bool:
    return value is None or (type(value) is int and 1 <= value <= _LAST_CHANNEL)


def _is_probability(value: object) -> bool:
    if isinstance(value, bool):
        return False
    return value is None or (isinstance(value, int | float) and 0 <= value <= 1)


def _is_base64(value: object) -> bool:
    try:
        return isinstance(value, str) and base64.b64decode(value, validate=True) is not None
    except ValueError:
        return False


_FITS: dict[str, Callable[[object], bool]] = {
    "device": _is_text,
    "channel": _is_channel,
    "threshold": _is_probability,
    "connected": lambda value: isinstance(value, bool),
    "connected_threshold": _is_probability,
    "model": _is_text,
    "examples_folder": _is_text,
    "teach_folder": _is_text,
    "theme": lambda value: value in ("system", "light", "dark"),
    "file_pace": lambda value: value in ("real time", "fast"),
    "geometry": _is_base64,
    "splitter": _is_base64,
}
"""Whether a value makes sense for a setting."""
