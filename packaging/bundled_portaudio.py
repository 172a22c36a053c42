"""Run before the frozen program: sounddevice finds the PortAudio that was frozen with it.

On Linux it asks `ctypes.util.find_library`, which looks only where the system keeps libraries.
"""

import ctypes.util
import sys
from pathlib import Path

_find_on_system = ctypes.util.find_library
_bundled = Path(sys.prefix, "libportaudio.so.2")


def _find_library(name: str) -> str | None:
    if name == "portaudio" and _bundled.exists():
        return str(_bundled)
    return _find_on_system(name)


ctypes.util.find_library = _find_library
