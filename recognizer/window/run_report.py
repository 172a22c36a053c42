"""What a run tells: shown in the panels, in the status bar, and as trouble."""

import time
from collections import deque
from typing import Any

from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtWidgets import QLabel, QStatusBar

from recognizer.errors import DeviceError, ModelError, RecognizerError
from recognizer.events import Event, SamplesLost
from recognizer.resampler import SAMPLE_RATE
from recognizer.window.inbox import Opened, Word
from recognizer.window.panels import Panels
from recognizer.window.player import Player
from recognizer.window.runner import Runner

BACK_MS = 6000
"""How long it is told that a microphone is back (milliseconds)."""


class RunReport(QObject):
    """Carries what the runner tells to where it is shown.

    Parameters
    ----------
    runner, panels, player
        Who tells it, where it is shown, and whose sound is no user's.
    status_bar
        Gets what is going on, and how much sound was lost.
    """

    detected = Signal(object)
    """A `Heard` that is a detection."""

    word_on_screen = Signal(object, float)
    """The same, and how long after the word's end its digit was painted (seconds); only of
    microphones."""

    opened = Signal(object)
    """The `ModelMetadata` of a run that begins."""

    model_failed = Signal(object)
    """A `ModelError` that ended a run."""

    listening_wanted = Signal()
    """The user would try the microphone again."""

    demo_wanted = Signal()
    """The user would rather have the demo recording."""

    file_wanted = Signal()
    """The user would choose another sound file."""

    unexpected = Signal(object)
    """An exception that only a bug can cause."""

    def __init__(
        self, runner: Runner, panels: Panels, player: Player, status_bar: QStatusBar
    ) -> None:
        super().__init__(runner)
        self._runner = runner
        self._panels = panels
        self._trouble = panels.trouble
        self._player = player
        self._opened = Opened("", None)
        self._words = 0
        self._is_silent = False
        self._forget_notice = QTimer(self)
        self._forget_notice.setSingleShot(True)
        self._forget_notice.setInterval(BACK_MS)
        self._forget_notice.timeout.connect(lambda: self._trouble.dismiss("notice"))
        self.latencies_s: deque[float] = deque(maxlen=1000)
        """How long after a word's end its digit was painted, the last thousand (seconds)."""
        self.where, self.lost = QLabel(), QLabel()
        """What is going on, and how much sound was lost."""
        status_bar.addWidget(self.where, 1)
        status_bar.addPermanentWidget(self.lost)
        runner.pictures.connect(self._draw)
        runner.happened.connect(self._happened)
        runner.word.connect(self._hear)
        runner.opened.connect(self._begin)
        runner.notice.connect(self._notice)
        runner.ended.connect(self._end)

    def _draw(self, pictures: list[Any]) -> None:
        self._panels.add_pictures(pictures)
        if self._is_silent and any(picture.peak > 0.0 for picture in pictures):
            self._is_silent = False
            self._trouble.dismiss("notice")
        if self._runner.state == "file":
            self._panels.transport.set_progress(pictures[-1].time, self._opened.seconds)

    def _happened(self, event: Event) -> None:
        self._panels.add_event(event)
        if isinstance(event, SamplesLost):
            self._show_lost()
            self._trouble.show_trouble(
                "lost",
                f"{event.count / SAMPLE_RATE:.2f} s of sound were lost, because this machine is "
                "too busy to keep up; other programs that keep it busy may be closed.",
                severity="notice",
            )

    def _hear(self, word: Word) -> None:
        if self._player.is_playing and self._runner.state == "listening":
            # The loudspeakers' word, not the user's.
            return
        heard = self._panels.add_word(word)
        if heard.rejected is not None:
            return
        self._words += 1
        self.detected.emit(heard)
        captured_s = self._runner.captured_at(heard.end)
        if captured_s is not None:
            # Painted at once, not with the next picture, so that the delay told is the screen's.
            self._panels.digit.repaint()
            late_s = time.monotonic() - captured_s
            self.latencies_s.append(late_s)
            self.word_on_screen.emit(heard, late_s)

    def _begin(self, opened: Opened) -> None:
        self._opened = opened
        self._words = 0
        self._is_silent = False
        if opened.metadata is not None:
            self.opened.emit(opened.metadata)
        for key in ("microphone", "notice", "file", "lost"):
            self._trouble.dismiss(key)
        self._panels.scope.clear()
        self._show_lost()
        doing = "Listening to" if self._runner.state == "listening" else "Reading"
        self.where.setText(f"{doing} {opened.name}")

    def _notice(self, sentence: str) -> None:
        # Not what ends with "as soon as it is back."
        is_back = sentence.endswith("' is back.")
        self._is_silent = "digital silence" in sentence
        self._forget_notice.stop()
        if is_back:
            self._forget_notice.start()
        self._trouble.show_trouble(
            "notice",
            sentence,
            buttons=() if is_back else [("Choose another", self._panels.devices.open_list)],
            severity="notice" if is_back else "warning",
        )

    def _end(self, error: Exception | None, kind: str) -> None:
        self.where.clear()
        self._trouble.dismiss("notice")
        if error is None:
            if kind == "file":
                counted = "1 word" if self._words == 1 else f"{self._words} words"
                self.where.setText(f"{self._opened.name}: {counted} recognized")
        elif isinstance(error, ModelError):
            self.model_failed.emit(error)
        elif isinstance(error, DeviceError):
            self._trouble.show_trouble(
                "microphone",
                str(error),
                buttons=[
                    ("Retry", self.listening_wanted.emit),
                    ("Choose another", self._panels.devices.open_list),
                    ("Run the demo", self.demo_wanted.emit),
                ],
            )
        elif isinstance(error, RecognizerError):
            self._trouble.show_trouble(
                "file", str(error), buttons=[("Choose another", self.file_wanted.emit)]
            )
        else:
            self.unexpected.emit(error)

    def _show_lost(self) -> None:
        lost = self._runner.lost_samples
        self.lost.setText("" if lost == 0 else f"{lost / SAMPLE_RATE:.2f} s of sound lost")
        self.lost.setToolTip(
            f"This machine was too busy to keep up: {lost} samples were not heard."
        )
