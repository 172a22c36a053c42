"""What the window recognizes with: a model, words alone or digits in a row, and thresholds."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QFileDialog, QWidget

from recognizer.connected.model import read_connected_metadata
from recognizer.errors import ModelError, RecognizerError
from recognizer.model_file import default_model_path, read_metadata
from recognizer.model_metadata import ModelMetadata
from recognizer.window.figures import FIGURES
from recognizer.window.hearing import Hearing
from recognizer.window.panels import Panels
from recognizer.window.runner import Runner
from recognizer.window.settings import Settings


class Recognition(QObject):
    """Keeps the panels and the runner to what the user chose.

    Parameters
    ----------
    window
        The window, for its questions.
    panels, runner
        What shows it, and what does it.
    settings
        What was set last time.
    connected
        Whether the command line wants digits in a row.
    keep
        Keeps settings, given by name; with ``soon=True`` not at once.
    """

    changed = Signal()
    """Another model was chosen: what runs must begin anew."""

    def __init__(
        self,
        window: QWidget,
        panels: Panels,
        runner: Runner,
        settings: Settings,
        *,
        connected: bool,
        keep: Callable[..., None],
    ) -> None:
        super().__init__(window)
        self._window = window
        self._panels = panels
        self._runner = runner
        self._keep = keep
        self._must_connect = connected
        self._wants_connected = connected or settings.connected
        # What was chosen, None for a model's own threshold. It is connected where that can be.
        self._chosen = Hearing(False, settings.threshold, settings.connected_threshold)
        self._metadata: ModelMetadata | None = None
        panels.threshold.changed.connect(self._choose_threshold)
        panels.connected.chosen.connect(self._choose_connected)
        runner.not_connected.connect(self._give_up_connected)

    def start(self, path: Path | None, threshold: float | None) -> None:
        """Take the first model; one that cannot be used is told, and the one that ships works.

        Parameters
        ----------
        path
            The model file, or None for the one that ships.
        threshold
            What the command line says, for the way of hearing that it begins with.
        """
        if not self._take(path):
            self._take(None, quietly=True)
        if threshold is not None:
            self._chosen = self._chosen.with_threshold(threshold)
            self._use_threshold(threshold)
        if self._must_connect and not self._has_digits:
            self._panels.trouble.show_trouble(
                "connected",
                "Digits in a row are heard only with a model of the ten digits, and the one in "
                "use has other words.",
                buttons=[("Use the one that ships", lambda: self.use_model(None))],
            )

    def ask_for_model(self) -> None:
        """Let the user choose a model file, and use it."""
        path, _ = QFileDialog.getOpenFileName(
            self._window, "Choose a model", "", "Models (*.tflite);;All files (*)"
        )
        if path:
            self.use_model(Path(path))

    def use_model(self, path: Path | None) -> None:
        """Recognize with another model, now and next time; None is the one that ships.

        One that cannot be used is told, and the old one stays.
        """
        if self._take(path):
            self._keep(model=None if path is None else str(path))
            self.changed.emit()

    def heed(self, metadata: ModelMetadata) -> None:
        """Show the model that runs: its file may have been replaced since it was read."""
        if metadata != self._metadata:
            self._metadata = metadata
            self._show()

    def show_trouble(self, error: ModelError) -> None:
        """Tell why a model cannot be used."""
        self._panels.trouble.show_trouble(
            "model",
            str(error),
            buttons=[
                ("Choose another", self.ask_for_model),
                ("Use the one that ships", lambda: self.use_model(None)),
            ],
        )

    @property
    def _has_digits(self) -> bool:
        """Whether the model's words can be heard in a row."""
        return self._metadata is not None and set(self._metadata.keywords) == set(FIGURES)

    def _take(self, path: Path | None, *, quietly: bool = False) -> bool:
        try:
            metadata = read_metadata(path or default_model_path())
        except ModelError as error:
            self.show_trouble(error)
            return False
        if not quietly:
            self._panels.trouble.dismiss("model")
        self._runner.set_model(path)
        self._metadata = metadata
        self._show()
        return True

    def _choose_connected(self, wanted: bool) -> None:
        self._wants_connected = wanted
        self._panels.threshold.clear_scores()
        self._show()
        # What cannot be is not kept.
        if self._chosen.connected == wanted:
            self._keep(connected=wanted)

    def _give_up_connected(self, error: RecognizerError) -> None:
        self._wants_connected = False
        self._panels.trouble.show_trouble(
            "connected",
            f"{error} Words are heard one at a time; installing the program anew mends it.",
        )
        self._show()

    def _choose_threshold(self, value: float) -> None:
        chosen = None if value == self._panels.threshold.default else value
        self._chosen = self._chosen.with_threshold(chosen)
        name = "connected_threshold" if self._chosen.connected else "threshold"
        changes: dict[str, Any] = {name: chosen}
        self._keep(soon=True, **changes)
        self._use_threshold(value)

    def _show(self) -> None:
        """Bring panels and runner up to what was chosen, as far as the models have it."""
        metadata = self._metadata
        assert metadata is not None
        connected = self._wants_connected and self._has_digits
        if connected:
            try:
                metadata = read_connected_metadata()
            except ModelError as error:
                self._give_up_connected(error)
                return
            self._panels.trouble.dismiss("connected")
        self._chosen = replace(self._chosen, connected=connected)
        self._panels.connected.set_available(self._has_digits)
        self._panels.connected.set_on(connected)
        self._panels.set_model(metadata)
        chosen = self._chosen.present_threshold
        self._use_threshold(metadata.threshold if chosen is None else chosen)

    def _use_threshold(self, value: float) -> None:
        self._panels.set_threshold(value)
        self._runner.set_hearing(self._chosen.with_threshold(value))
