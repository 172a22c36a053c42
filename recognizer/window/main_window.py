"""The window: its menus, what its controls do, and what is remembered.

It owns no recognition: `Runner` hands over what a session's worker saw and decided, `Panels`
shows it, and one timer asks everything that moves to redraw itself.
"""

import base64
import contextlib
import time
from collections import deque
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from PySide6.QtCore import QByteArray, Qt, QTimer, Signal
from PySide6.QtGui import (
    QCloseEvent,
    QDragEnterEvent,
    QDropEvent,
    QGuiApplication,
    QKeyEvent,
)
from PySide6.QtWidgets import QApplication, QDialog, QFileDialog, QLabel, QMainWindow

from recognizer.errors import DeviceError, ModelError, RecognizerError
from recognizer.events import Event, SamplesLost
from recognizer.model_file import ModelMetadata, default_model_path, demo_path, read_metadata
from recognizer.resampler import SAMPLE_RATE
from recognizer.window.corrections import Corrections
from recognizer.window.history import Heard
from recognizer.window.menus import add_menus
from recognizer.window.panels import Panels
from recognizer.window.player import Player
from recognizer.window.runner import Runner
from recognizer.window.session import Opened, Word
from recognizer.window.settings import Settings
from recognizer.window.sources import Pace
from recognizer.window.theme import DARK, LIGHT, Theme, apply_theme, system_theme

TITLE = "Keyword recognizer"
_SOUND_FILES = (
    "Sound files (*.wav *.flac *.ogg *.oga *.opus *.mp3 *.aiff *.aif *.au *.caf);;All files (*)"
)
_SETTLING_MS = 400
"""The threshold is kept when it has been left alone for so long: writing a file for every step of
the slider would hold the window up (milliseconds)."""
_BACK_MS = 6000
"""How long it is told that a microphone is back (milliseconds)."""
_THEMES: dict[str, Theme] = {"light": LIGHT, "dark": DARK}


class MainWindow(QMainWindow):
    """The program's window.

    Parameters
    ----------
    settings
        What was set last time.
    device, channel, threshold, model
        What the command line says; it goes before the settings and is not kept.
    on_settings
        Takes the settings whenever they have changed.
    """

    detected = Signal(object)
    """A `Heard` that is a detection."""

    word_on_screen = Signal(object, float)
    """The same, and how long after the word's end its digit was painted (seconds); only of
    microphones."""

    themed = Signal(object)
    """The `Theme` that was taken."""

    unexpected = Signal(object)
    """An exception that only a bug can cause."""

    def __init__(
        self,
        settings: Settings,
        *,
        device: int | str | None = None,
        channel: int | None = None,
        threshold: float | None = None,
        model: Path | None = None,
        on_settings: Callable[[Settings], None] = lambda settings: None,
    ) -> None:
        super().__init__()
        self._settings = settings
        self._on_settings = on_settings
        self._device = settings.device if device is None else device
        self._channel = settings.channel if device is None and channel is None else channel
        self._threshold = settings.threshold if threshold is None else threshold
        self._pace: Pace = settings.file_pace
        self._opened = Opened("", None)
        self._metadata: ModelMetadata | None = None
        self._words = 0
        self._is_silent = False
        self._keep_soon = _single_shot(self, _SETTLING_MS, self._keep)
        self._forget_notice = _single_shot(self, _BACK_MS, lambda: self.trouble.dismiss("notice"))
        self.latencies_s: deque[float] = deque(maxlen=1000)
        """How long after a word's end its digit was painted, the last thousand (seconds)."""
        self.setWindowTitle(TITLE)
        self.setAcceptDrops(True)
        self.panels = Panels()
        self.trouble = self.panels.trouble
        self.setCentralWidget(self.panels)
        self.resize(1000, 660)
        self._where, self._lost = QLabel(), QLabel()
        self.statusBar().addWidget(self._where, 1)
        self.statusBar().addPermanentWidget(self._lost)
        self.runner = Runner(self)
        self.player = Player(on_trouble=lambda text: self.trouble.show_trouble("player", text))
        folder = settings.examples_folder
        self.corrections = Corrections(self, None if folder is None else Path(folder))
        add_menus(
            self.menuBar(),
            {
                "open": self.ask_for_file,
                "demo": self.run_demo,
                "model": self.ask_for_model,
                "shipped model": lambda: self.use_model(None),
                "examples": self._ask_for_examples_folder,
                "teach": self.show_teach,
                "quit": self.close,
                "about": self.show_about,
            },
            on_theme=self._choose_theme,
            theme=settings.theme,
            on_rejected=self.panels.history.set_show_rejected,
        )
        self._connect()
        self.use_theme()
        self._use_first_model(model or (None if settings.model is None else Path(settings.model)))
        self._restore()

    def _connect(self) -> None:
        runner, panels = self.runner, self.panels
        runner.pictures.connect(self._draw)
        runner.happened.connect(self._happened)
        runner.word.connect(self._hear)
        runner.opened.connect(self._begin)
        runner.notice.connect(self._notice)
        runner.ended.connect(self._end)
        runner.state_changed.connect(panels.set_state)
        runner.tick.connect(panels.redraw)
        panels.transport.start_requested.connect(self.listen)
        panels.transport.stop_requested.connect(runner.stop)
        panels.transport.cancel_requested.connect(runner.stop)
        panels.transport.open_requested.connect(self.ask_for_file)
        panels.transport.pace_changed.connect(self.use_pace)
        panels.devices.chosen.connect(self._choose_device)
        panels.devices.trouble.connect(lambda text: self.trouble.show_trouble("devices", text))
        panels.devices.listed.connect(lambda devices: self.trouble.dismiss("devices"))
        panels.threshold.changed.connect(self._choose_threshold)
        panels.history.replay.connect(lambda heard: self.player.play(heard.samples))
        panels.history.correct.connect(self.correct)
        # Windows and the Mac change from light to dark while programs run.
        QGuiApplication.styleHints().colorSchemeChanged.connect(self.use_theme)

    # What its controls do

    def toggle(self) -> None:
        """Start listening, or stop what runs."""
        if self.runner.state == "idle":
            self.listen()
        else:
            self.runner.stop()

    def listen(self) -> None:
        """Listen to the chosen microphone."""
        self.trouble.dismiss("microphone")
        self.runner.listen(self._device, self._channel)

    def open_file(self, path: str | Path) -> None:
        """Run a sound file through the recognizer."""
        self.trouble.dismiss("file")
        self.panels.transport.set_file_name(Path(path).name)
        self.runner.read(path, self._pace)

    def run_demo(self) -> None:
        """Run the demo recording."""
        self.trouble.dismiss("microphone")
        self.open_file(demo_path())

    def ask_for_file(self) -> None:
        """Let the user choose a sound file, and run it."""
        path, _ = QFileDialog.getOpenFileName(self, "Open a sound file", "", _SOUND_FILES)
        if path:
            self.open_file(path)

    def ask_for_model(self) -> None:
        """Let the user choose a model file, and use it."""
        path, _ = QFileDialog.getOpenFileName(
            self, "Choose a model", "", "Models (*.tflite);;All files (*)"
        )
        if path:
            self.use_model(Path(path))

    def use_model(self, path: Path | None) -> None:
        """Recognize with another model, now and next time; None is the one that ships.

        One that cannot be used is told, and the old one stays.
        """
        if self._take_model(path):
            self._set(model=None if path is None else str(path))
            if self.runner.state in ("starting", "listening"):
                self.listen()

    def correct(self, heard: Heard, word: str | None) -> None:
        """Keep the sound of a word under what was really said; None: no keyword."""
        row = self.panels.history.row(heard)
        try:
            path = self.corrections.save(heard, word, None if row is None else row.example)
        except RecognizerError as error:
            self.trouble.show_trouble("examples", str(error))
            return
        if path is not None:
            self.trouble.dismiss("examples")
            self._set(examples_folder=str(self.corrections.folder))
            self.panels.correct(heard, word, path)
            self._where.setText(f"Saved: {path}")

    def use_pace(self, pace: Pace) -> None:
        """Run files at this pace from now on, and next time."""
        self._pace = pace
        self._set(file_pace=pace)

    def use_theme(self) -> None:
        """Take the colours that the settings or the system want."""
        theme = _THEMES.get(self._settings.theme) or system_theme()
        application = QApplication.instance()
        assert isinstance(application, QApplication)
        apply_theme(application, theme)
        self.panels.set_theme(theme)
        self._theme = theme
        self.themed.emit(theme)

    def show_about(self) -> None:
        """Open the dialog about the program and its model."""
        from recognizer.window.about import AboutDialog

        dialog = AboutDialog(self.runner.model or default_model_path(), self)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.show()

    def show_teach(self) -> None:
        """Open the dialog that records the user's own words, and trains with them."""
        from recognizer.window.teach import TeachDialog
        from recognizer.window.teach_loan import MicrophoneLoan

        named = self._settings.teach_folder
        dialog = TeachDialog(
            self,
            MicrophoneLoan(self.runner, self.listen),
            device=self._device,
            channel=self._channel,
            folder=Path.home() / "my_words" if named is None else Path(named),
            theme=self._theme,
        )
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.folder_chosen.connect(lambda folder: self._set(teach_folder=str(folder)))
        dialog.model_wanted.connect(self.use_model)
        dialog.unexpected.connect(self.unexpected)
        self.themed.connect(dialog.set_theme)
        dialog.open()

    def _choose_device(self, device: str | None) -> None:
        self._device, self._channel = device, None
        self._set(device=device, channel=None)
        # Whoever chooses a microphone wants to be heard.
        if self.runner.state != "file":
            self.listen()

    def _choose_threshold(self, value: float) -> None:
        self._threshold = None if value == self.panels.threshold.default else value
        self._set(threshold=self._threshold, soon=True)
        self._use_threshold(value)

    def _choose_theme(self, name: str) -> None:
        self._set(theme=name)
        self.use_theme()

    def _ask_for_examples_folder(self) -> None:
        if self.corrections.choose_folder():
            self._set(examples_folder=str(self.corrections.folder))

    # What the runner tells

    def _draw(self, pictures: list[Any]) -> None:
        self.panels.add_pictures(pictures)
        if self._is_silent and any(picture.peak > 0.0 for picture in pictures):
            self._is_silent = False
            self.trouble.dismiss("notice")
        if self.runner.state == "file":
            self.panels.transport.set_progress(pictures[-1].time, self._opened.seconds)

    def _happened(self, event: Event) -> None:
        self.panels.add_event(event)
        if isinstance(event, SamplesLost):
            self._show_lost()
            self.trouble.show_trouble(
                "lost",
                f"{event.count / SAMPLE_RATE:.2f} s of sound were lost, because this machine is "
                "too busy to keep up; other programs that keep it busy may be closed.",
                severity="notice",
            )

    def _hear(self, word: Word) -> None:
        if self.player.is_playing and self.runner.state == "listening":
            # The loudspeakers' word, not the user's.
            return
        heard = self.panels.add_word(word)
        if heard.rejected is not None:
            return
        self._words += 1
        self.detected.emit(heard)
        captured_s = self.runner.captured_at(heard.end)
        if captured_s is not None:
            # Painted at once, not with the next picture, so that the delay told is the screen's.
            self.panels.digit.repaint()
            late_s = time.monotonic() - captured_s
            self.latencies_s.append(late_s)
            self.word_on_screen.emit(heard, late_s)

    def _begin(self, opened: Opened) -> None:
        self._opened = opened
        self._words = 0
        self._is_silent = False
        # The file may have been replaced since it was read for its labels.
        if opened.metadata is not None and opened.metadata != self._metadata:
            self._show_model(opened.metadata)
        for key in ("microphone", "notice", "file", "lost"):
            self.trouble.dismiss(key)
        self.panels.scope.clear()
        self._show_lost()
        doing = "Listening to" if self.runner.state == "listening" else "Reading"
        self._where.setText(f"{doing} {opened.name}")

    def _notice(self, sentence: str) -> None:
        # Not what ends with "as soon as it is back."
        is_back = sentence.endswith("' is back.")
        self._is_silent = "digital silence" in sentence
        self._forget_notice.stop()
        if is_back:
            self._forget_notice.start()
        self.trouble.show_trouble(
            "notice",
            sentence,
            buttons=() if is_back else [("Choose another", self.panels.devices.open_list)],
            severity="notice" if is_back else "warning",
        )

    def _end(self, error: Exception | None, kind: str) -> None:
        self._where.clear()
        self.trouble.dismiss("notice")
        if error is None:
            if kind == "file":
                counted = "1 word" if self._words == 1 else f"{self._words} words"
                self._where.setText(f"{self._opened.name}: {counted} recognized")
        elif isinstance(error, ModelError):
            self._model_trouble(error)
        elif isinstance(error, DeviceError):
            self.trouble.show_trouble(
                "microphone",
                str(error),
                buttons=[
                    ("Retry", self.listen),
                    ("Choose another", self.panels.devices.open_list),
                    ("Run the demo", self.run_demo),
                ],
            )
        elif isinstance(error, RecognizerError):
            self.trouble.show_trouble(
                "file", str(error), buttons=[("Choose another", self.ask_for_file)]
            )
        else:
            self.unexpected.emit(error)

    def _show_lost(self) -> None:
        lost = self.runner.lost_samples
        self._lost.setText("" if lost == 0 else f"{lost / SAMPLE_RATE:.2f} s of sound lost")
        self._lost.setToolTip(
            f"This machine was too busy to keep up: {lost} samples were not heard."
        )

    # Models, settings

    def _use_first_model(self, path: Path | None) -> None:
        if not self._take_model(path):
            # Its trouble stays in view, with the one that ships at work.
            self._take_model(None, quietly=True)

    def _take_model(self, path: Path | None, *, quietly: bool = False) -> bool:
        try:
            metadata = read_metadata(path or default_model_path())
        except ModelError as error:
            self._model_trouble(error)
            return False
        if not quietly:
            self.trouble.dismiss("model")
        self.runner.set_model(path)
        self._show_model(metadata)
        return True

    def _show_model(self, metadata: ModelMetadata) -> None:
        self._metadata = metadata
        self.panels.set_model(metadata)
        self._use_threshold(metadata.threshold if self._threshold is None else self._threshold)

    def _model_trouble(self, error: ModelError) -> None:
        self.trouble.show_trouble(
            "model",
            str(error),
            buttons=[
                ("Choose another", self.ask_for_model),
                ("Use the one that ships", lambda: self.use_model(None)),
            ],
        )

    def _use_threshold(self, value: float) -> None:
        self.panels.set_threshold(value)
        self.runner.set_threshold(value)

    def _set(self, *, soon: bool = False, **changes: Any) -> None:
        changed = replace(self._settings, **changes)
        if changed != self._settings:
            self._settings = changed
            self._keep_soon.start()
        if not soon and self._keep_soon.isActive():
            self._keep()

    def _keep(self) -> None:
        self._keep_soon.stop()
        self._on_settings(self._settings)

    def _restore(self) -> None:
        settings = self._settings
        self.panels.devices.select(self._device if isinstance(self._device, str) else None)
        self.panels.transport.set_pace(settings.file_pace)
        self.panels.set_state("idle")
        # Not left to Qt, which would choose a hidden button of the trouble bar's.
        self.panels.transport.setFocus()
        with contextlib.suppress(ValueError):
            self.restoreGeometry(QByteArray(base64.b64decode(settings.geometry)))
            self.panels.splitter.restoreState(QByteArray(base64.b64decode(settings.splitter)))

    # Qt's own

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        """Start and stop with the space bar, unless a control with the focus wants it."""
        if event.key() == Qt.Key.Key_Space and not event.isAutoRepeat():
            self.toggle()
        else:
            super().keyPressEvent(event)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:  # noqa: N802
        """Take files."""
        if any(url.isLocalFile() for url in event.mimeData().urls()):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:  # noqa: N802
        """Run the sound file, or use the model, that was dropped."""
        for url in event.mimeData().urls():
            if url.isLocalFile():
                path = Path(url.toLocalFile())
                event.acceptProposedAction()
                if path.suffix == ".tflite":
                    self.use_model(path)
                else:
                    self.open_file(path)
                return

    def closeEvent(self, event: QCloseEvent) -> None:  # noqa: N802
        """Go at once, whatever still has to end behind the curtain."""
        self._set(
            geometry=base64.b64encode(self.saveGeometry().data()).decode(),
            splitter=base64.b64encode(self.panels.splitter.saveState().data()).decode(),
        )
        self.hide()
        # One that is modal would keep the program alive, without a window.
        for dialog in self.findChildren(QDialog):
            dialog.reject()
        self.runner.close()
        self.player.close()
        event.accept()


def _single_shot(parent: QMainWindow, interval_ms: int, act: Callable[[], object]) -> QTimer:
    timer = QTimer(parent)
    timer.setSingleShot(True)
    timer.setInterval(interval_ms)
    timer.timeout.connect(act)
    return timer
