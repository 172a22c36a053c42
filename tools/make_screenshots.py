"""Make the pictures of the window for the README, from a real run.

    .venv/bin/python tools/make_screenshots.py [FOLDER]

The program runs on a screen of its own (Xvfb) and listens to a microphone without hardware (a
PulseAudio null sink, see tests/virtual_microphone.py) into which the demo recording is played;
when every digit of it stands in the history, the window is pictured, light and dark. Needs the
Debian packages xvfb, pulseaudio, pulseaudio-utils and libasound2-plugins.
"""

import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

ROOT = Path(__file__).resolve().parents[1]
# The virtual microphone and screen are the tests'.
sys.path.insert(0, str(ROOT))

if TYPE_CHECKING:
    from recognizer.window.main_window import MainWindow

SIZES = {"light": (1000, 640), "dark": (1000, 640)}
"""The window's size in each picture (pixels)."""
TIMEOUT_S = 90.0
_SETTLING_S = 0.4
"""From the last digit to the picture (seconds)."""


def main(arguments: list[str]) -> int:
    """Make the pictures; return the exit status."""
    if arguments[:1] == ["--inside"]:
        return _picture(arguments[1], Path(arguments[2]))
    from tests.virtual_microphone import started_virtual_microphone
    from tests.virtual_screen import started_virtual_screen

    folder = Path(arguments[0]) if arguments else ROOT / "assets"
    with started_virtual_microphone() as microphone, started_virtual_screen() as screen:
        for theme in SIZES:
            made = subprocess.Popen(
                [sys.executable, __file__, "--inside", theme, str(folder / f"window-{theme}.png")],
                env={**microphone.environment, **screen},
            )
            playing = threading.Thread(target=_play, args=(microphone,), daemon=True)
            playing.start()
            if made.wait(timeout=TIMEOUT_S + 30):
                return 1
            playing.join()
    return 0


def _play(microphone: Any) -> None:
    """Play the demo into the microphone as soon as the program listens."""
    import soundfile

    from recognizer.model_file import demo_path

    microphone.wait_for_listener()
    time.sleep(1.0)
    microphone.play(soundfile.read(demo_path(), dtype="float32")[0])


def _picture(theme: str, path: Path) -> int:
    """Run the window until it has heard the demo, and picture it."""
    from PySide6.QtCore import QTimer
    from PySide6.QtWidgets import QApplication

    from recognizer.window.main_window import MainWindow
    from recognizer.window.settings import Settings

    words = json.loads((ROOT / "assets/demo.json").read_text())["words"]
    expected = [one["word"] for one in words if one["digit"]]
    with tempfile.TemporaryDirectory() as folder:
        os.environ["KEYWORD_RECOGNIZER_SETTINGS"] = str(Path(folder) / "settings.json")
        application = QApplication([])
        window = MainWindow(Settings(theme="dark" if theme == "dark" else "light"))
        window.resize(*SIZES[theme])
        heard: list[str] = []

        def note(word: Any) -> None:
            heard.append(word.label)
            if len(heard) == len(expected):
                QTimer.singleShot(int(_SETTLING_S * 1000), lambda: _save(window, path))

        window.detected.connect(note)
        QTimer.singleShot(int(TIMEOUT_S * 1000), window.close)
        window.show()
        window.panels.devices.refresh()
        window.listen()
        application.exec()
    if heard != expected:
        sys.stderr.write(f"The demo says {expected}, and heard was {heard}.\n")
        return 1
    late = sorted(window.latencies_s)
    sys.stderr.write(
        f"{path}: {len(heard)} digits, each once; on screen {late[len(late) // 2]:.2f} s (median) "
        f"after the word's end; samples lost: {window.runner.lost_samples}\n"
    )
    return 0


def _save(window: "MainWindow", path: Path) -> None:
    temporary = path.with_name(f".{path.name}.part.png")
    window.grab().save(str(temporary))
    temporary.replace(path)
    window.close()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
