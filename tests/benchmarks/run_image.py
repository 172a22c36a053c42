"""``python -m tests.benchmarks.run_image WIDTH HEIGHT``: pyqtgraph's own scrolling image.

A bare plot of 1000 frames of 40 bands that is redrawn as often as the window's scope: what the
window's cost is measured against. It prints when it was painted first, and, ended by SIGTERM, at
which times it was.
"""

import json
import signal
import sys

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QApplication

from recognizer.window.runner import FRAME_MS
from recognizer.window.theme import DARK
from tests.benchmarks.run_window import PaintClock

FRAMES, BANDS = 1000, 40
"""Ten seconds of the frontend's frames."""
NEW_FRAMES = FRAME_MS // 10
"""Frames that come between two redraws."""


def main(width: int, height: int) -> None:
    """Scroll until SIGTERM."""
    application = QApplication([])
    plot, item = pg.PlotWidget(), pg.ImageItem()
    plot.addItem(item)
    plot.resize(width, height)
    item.setLookupTable(DARK.colors)
    paints = PaintClock()
    plot.viewport().installEventFilter(paints)
    random = np.random.default_rng(0)
    loudness = random.random((FRAMES, BANDS), np.float32)

    def scroll() -> None:
        loudness[:-NEW_FRAMES] = loudness[NEW_FRAMES:]
        loudness[-NEW_FRAMES:] = random.random((NEW_FRAMES, BANDS), np.float32)
        item.setImage(loudness, levels=(0.0, 1.0))

    timer = QTimer()
    timer.setTimerType(Qt.TimerType.PreciseTimer)
    timer.timeout.connect(scroll)
    timer.start(FRAME_MS)
    signal.signal(signal.SIGTERM, lambda number, frame: application.quit())
    plot.show()
    application.exec()
    print(json.dumps(paints.times_s))


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
