"""Which versions run here, found out without loading anything."""

import importlib.metadata
import importlib.util
import platform
import sys

from recognizer import __version__

PROGRAM = "keyword-recognizer"
LIBRARIES = {
    "numpy": ("numpy", "numpy"),
    "LiteRT": ("ai-edge-litert", "ai_edge_litert"),
    "TFLite runtime": ("tflite-runtime", "tflite_runtime"),
    "soundfile": ("soundfile", "soundfile"),
    "soxr": ("soxr", "soxr"),
    "sounddevice": ("sounddevice", "sounddevice"),
    "PySide6": ("PySide6-Essentials", "PySide6"),
    "pyqtgraph": ("pyqtgraph", "pyqtgraph"),
}
"""What is used at run time: its name, as `pip` calls it, and as it is imported."""

UNKNOWN = "(version unknown)"
"""What is there but does not say its version: in a frozen program, where nobody installed it."""


def versions() -> dict[str, str | None]:
    """Return the program's version, Python's and each library's; None where there is none."""
    found: dict[str, str | None] = {PROGRAM: __version__, "Python": platform.python_version()}
    for name, (distribution, module) in LIBRARIES.items():
        found[name] = _version(distribution, module)
    return found


def _version(distribution: str, module: str) -> str | None:
    try:
        return importlib.metadata.version(distribution) or UNKNOWN
    # Of a half-removed package there is a folder without the file that says its version.
    except (importlib.metadata.PackageNotFoundError, KeyError):
        pass
    if module in sys.modules:
        return str(getattr(sys.modules[module], "__version__", UNKNOWN))
    try:
        return None if importlib.util.find_spec(module) is None else UNKNOWN
    except (ImportError, ValueError):
        return None
