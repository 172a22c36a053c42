"""``python -m tests.benchmarks.run_window WIDTH HEIGHT MODEL``: the window as a process to measure.

It is the program as it is, with a clock at its redraws. It prints when it was painted first, and,
ended by SIGTERM, what it saw as one JSON object; times are `time.monotonic`'s, which all processes
share (seconds).
"""

import json
import sys
import time
from typing import Any

from PySide6.QtCore import QEvent, QObject
from PySide6.QtGui import QCloseEvent

from recognizer.cli import main as recognizer
from recognizer.window import main_window

PLAIN_WINDOW = main_window.MainWindow


class PaintClock(QObject):
    """Notes when a widget is painted, and prints the first time."""

    def __init__(self) -> None:
        super().__init__()
        self.times_s: list[float] = []

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802
        if event.type() == QEvent.Type.Paint:
            self.times_s.append(time.monotonic())
            if len(self.times_s) == 1:
                print(self.times_s[0], flush=True)
        return False


class WatchedWindow(PLAIN_WINDOW):
    """The program's window, watched."""

    seen: dict[str, Any]

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.resize(*map(int, sys.argv[1:3]))
        self.watched_paints = PaintClock()
        self.panels.scope._view.viewport().installEventFilter(self.watched_paints)
        self.watched_ticks_s: list[tuple[float, float]] = []
        self.runner.tick.connect(
            lambda: self.watched_ticks_s.append((time.monotonic(), time.thread_time()))
        )
        self.watched_words_s: list[tuple[float, float]] = []
        self.word_on_screen.connect(
            lambda heard, late_s: self.watched_words_s.append((time.monotonic(), late_s))
        )

    def closeEvent(self, event: QCloseEvent) -> None:  # noqa: N802
        session = self.runner._session
        WatchedWindow.seen = {
            "size": (self.width(), self.height()),
            "paints_s": self.watched_paints.times_s,
            "ticks_s": self.watched_ticks_s,
            "words_s": self.watched_words_s,
            "lost_samples": self.runner.lost_samples,
            "overflows": getattr(session and session._source, "overflows", None),
        }
        super().closeEvent(event)


if __name__ == "__main__":
    main_window.MainWindow = WatchedWindow  # type: ignore[misc]
    status = recognizer(["--model", sys.argv[3]])
    print(json.dumps(WatchedWindow.seen))
    sys.exit(status)
