"""``python -m tests.benchmarks.run_soak FILE MODEL``: the window, fed a sound file at full speed.

It prints a JSON object a line: {"word": ...} for each detection, and {"mark": ...} for what the
process holds after each minute of sound.
"""

import gc
import json
import sys
from pathlib import Path

import psutil
import shiboken6
from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QImage, QPainter
from PySide6.QtWidgets import QApplication

from recognizer.events import Observation
from recognizer.window import main_window, runner, session, sources
from recognizer.window.history import Heard
from recognizer.window.settings import Settings

MARKED = {
    "None": None,
    "True": True,
    "False": False,
    "QEvent.Type.Paint": QEvent.Type.Paint,
    "Qt.AlignCenter": Qt.AlignmentFlag.AlignCenter,
    "Qt.TextWordWrap": Qt.TextFlag.TextWordWrap,
    "QPainter.Antialiasing": QPainter.RenderHint.Antialiasing,
    "QImage.Format_RGB32": QImage.Format.Format_RGB32,
}
"""What paints have lost references to, in some version or other."""

_EVERY_S = 60.0
"""Sound between two marks (seconds)."""


class PaintCounter(QObject):
    """Counts how often a widget is painted."""

    def __init__(self) -> None:
        super().__init__()
        self.count = 0

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802
        if event.type() == QEvent.Type.Paint:
            self.count += 1
        return False


class Soak:
    """A window at work, and what it holds."""

    def __init__(self, path: str, model: str) -> None:
        self._process = psutil.Process()
        self._paints = PaintCounter()
        self._words = 0
        self._next_s = _EVERY_S
        self.window = window = main_window.MainWindow(Settings(file_pace="fast"), model=Path(model))
        window.resize(900, 500)
        window.panels.scope._view.viewport().installEventFilter(self._paints)
        window.runner.pictures.connect(self._see)
        window.detected.connect(self._hear)
        window.runner.ended.connect(self._end)
        window.show()
        window.open_file(path)

    def _hear(self, heard: Heard) -> None:
        self._words += 1
        word = (heard.label, heard.confidence, heard.start, heard.end, heard.time)
        print(json.dumps({"word": word}), flush=True)

    def _see(self, pictures: list[Observation]) -> None:
        if pictures[-1].time >= self._next_s:
            self._next_s += _EVERY_S
            self._mark(pictures[-1].time)

    def _end(self, error: Exception | None, kind: str) -> None:
        self.window.close()
        if error is not None:
            raise error

    def _mark(self, time_s: float) -> None:
        gc.collect()
        rows = self.window.panels.history.model._rows
        mark = {
            "time_s": time_s,
            "words": self._words,
            "paints": self._paints.count,
            "memory_mb": self._process.memory_info().rss / 1e6,
            "sounds_mb": sum(row.heard.samples.nbytes for row in rows) / 1e6,
            "python_objects": len(gc.get_objects()),
            "qt_objects": len(self.window.findChildren(QObject)),
            "wrappers": len(shiboken6.getAllValidWrappers()),
            "references": {name: sys.getrefcount(one) for name, one in MARKED.items()},
        }
        print(json.dumps({"mark": mark}), flush=True)


def main(path: str, model: str) -> int:
    """Run the file to its end."""
    # As many redraws for a second of sound as when it comes from a microphone: what leaks, leaks
    # at redraws.
    sources._FAST_BLOCK = sources._LIVE_BLOCK
    session._WAITING_PICTURES = 0
    runner.FRAME_MS = 0
    application = QApplication([])
    soak = Soak(path, model)
    status = application.exec()
    soak.window.close()
    return status


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
