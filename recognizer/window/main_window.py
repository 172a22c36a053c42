"""The window: its menus, what its controls do, and what is remembered.

It owns no recognition: `Recognition` says with what and how, `Runner` hands over what a session's
worker saw and decided, `RunReport` carries it to `Panels`, and one timer asks everything that
moves to redraw itself.
"""

import base64
import contextlib
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
from PySide6.QtWidgets import QApplication, QDialog, QFileDialog, QMainWindow

from recognizer.errors import RecognizerError
from recognizer.model_file import default_model_path, demo_path
from recognizer.window.corrections import Corrections
from recognizer.window.history import Heard
from recognizer.window.menus import add_menus
from recognizer.window.panels import Panels
from recognizer.window.player import Player
from recognizer.window.recognition import Recognition
from recognizer.window.run_report import RunReport
from recognizer.window.runner import Runner
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
_THEMES: dict[str, Theme] = {"light": LIGHT, "dark": DARK}


class MainWindow(QMainWindow):
    """The program's window.

    Parameters
    ----------
    settings
        What was set last time.
    device, channel, threshold, model, connected
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
        connected: bool = False,
        on_settings: Callable[[Settings], None] = lambda settings: None,
    ) -> None:
        super().__init__()
        self._settings = settings
        self._on_settings = on_settings
        self._device = settings.device if device is None else device
        self._channel = settings.channel if device is None and channel is None else channel
        self._pace: Pace = settings.file_pace
        self._keep_soon = _single_shot(self, _SETTLING_MS, self._keep)
        self.setWindowTitle(TITLE)
        self.setAcceptDrops(True)
        self.panels = Panels()
        self.trouble = self.panels.trouble
        self.setCentralWidget(self.panels)
        self.resize(1000, 660)
        self.runner = Runner(self)
        self.recognition = Recognition(
            *(self, self.panels, self.runner, settings),
            connected=connected,
            keep=self._set,
        )
        self.player = Player(on_trouble=lambda text: self.trouble.show_trouble("player", text))
        self._report = RunReport(self.runner, self.panels, self.player, self.statusBar())
        self.latencies_s = self._report.latencies_s
        """How long after a word's end its digit was painted, the last thousand (seconds)."""
        folder = settings.examples_folder
        self.corrections = Corrections(self, None if folder is None else Path(folder))
        add_menus(
            self.menuBar(),
            {
                "open": self.ask_for_file,
                "demo": self.run_demo,
                "model": self.recognition.ask_for_model,
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
        named = None if settings.model is None else Path(settings.model)
        self.recognition.start(model or named, threshold)
        self._restore()

    def _connect(self) -> None:
        runner, panels = self.runner, self.panels
        report = self._report
        report.detected.connect(self.detected)
        report.word_on_screen.connect(self.word_on_screen)
        report.unexpected.connect(self.unexpected)
        report.opened.connect(self.recognition.heed)
        report.model_failed.connect(self.recognition.show_trouble)
        report.listening_wanted.connect(self.listen)
        report.demo_wanted.connect(self.run_demo)
        report.file_wanted.connect(self.ask_for_file)
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
        self.recognition.changed.connect(self._begin_anew)
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

    def use_model(self, path: Path | None) -> None:
        """Recognize with another model, now and next time; None is the one that ships."""
        self.recognition.use_model(path)

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
            self._report.where.setText(f"Saved: {path}")

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

    def _begin_anew(self) -> None:
        if self.runner.state in ("starting", "listening"):
            self.listen()

    def _choose_theme(self, name: str) -> None:
        self._set(theme=name)
        self.use_theme()

    def _ask_for_examples_folder(self) -> None:
        if self.corrections.choose_folder():
            self._set(examples_folder=str(self.corrections.folder))

    # Settings

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
