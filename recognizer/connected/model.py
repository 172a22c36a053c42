"""The int8 model of connected words: a window of log-mel in, posteriors of many steps out.

See Also
--------
recognizer.model_file : the file the model comes in.
recognizer.classifier : the model of words that stand alone.
"""

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from recognizer.connected.labels import said_labels, words_of
from recognizer.errors import ModelError
from recognizer.int8_network import Int8Network, by
from recognizer.model_file import default_model_path, read_metadata
from recognizer.model_metadata import ModelMetadata
from recognizer.trial_load import TrialLoad


def default_connected_path() -> Path:
    """Path of the model of connected digits that comes with the program."""
    return default_model_path().with_name("connected.tflite")


def read_connected_metadata() -> ModelMetadata:
    """Return what the model of connected digits that ships says about itself.

    Returns
    -------
    ModelMetadata
        With what is told apart as its labels, not the parts of words.

    Raises
    ------
    ModelError
        If the file is missing or damaged, or no connected model. The model itself is not tried.
    """
    path = default_connected_path()
    metadata = read_metadata(path)
    return replace(metadata, labels=said_labels(_words_of(metadata, os.fspath(path))))


def load_untrusted(path: Path | None) -> "StepClassifier":
    """Load a model that a user named, after a trial if it is not the one that ships.

    Parameters
    ----------
    path
        The model file; None stands for the one that ships.

    Raises
    ------
    ModelError, RecognizerError
        As `StepClassifier`; ModelError also if the trial fails.
    """
    if path is None:
        return StepClassifier()
    with TrialLoad() as trial:
        return StepClassifier(path, before_load=trial)


class StepClassifier(Int8Network):
    """Runs a connected model, one window at a time, on one thread.

    `posteriors` returns float32 ``[steps, labels]``; step ``i`` stands for the frames from
    ``i * step_frames`` on. The labels are "silence", "unknown", and the parts of words.

    Parameters
    ----------
    path
        The model file; the digits that come with the program when left out.
    before_load
        As for `Int8Network`.

    Raises
    ------
    ModelError
        If the file is missing, damaged, not fully int8, or no connected model.
    RecognizerError
        If no TFLite interpreter is installed.
    """

    def __init__(
        self,
        path: str | os.PathLike[str] | None = None,
        *,
        before_load: Callable[[bytes, str], object] | None = None,
    ) -> None:
        path = default_connected_path() if path is None else path
        super().__init__(path, before_load=before_load)
        self.words = _words_of(self.metadata, self.path)
        """What it recognizes."""
        given, labels, frames = self.scores_shape, len(self.labels), self.frontend.window_frames
        if len(given) != 3 or given[2] != labels or frames % given[1]:
            raise ModelError(
                f"The model file {self.path} gives an output of the shape {by(given)}, which does "
                f"not fit {labels} labels and windows of {frames} frames."
            )
        self.steps = given[1]
        """Answers for each window."""

    @property
    def step_frames(self) -> int:
        """Frames for each answer."""
        return self.frontend.window_frames // self.steps


def _words_of(metadata: ModelMetadata, path: str) -> tuple[str, ...]:
    try:
        return words_of(metadata.labels)
    except ModelError as error:
        raise ModelError(f"The model file {path} cannot be used. {error}") from error
