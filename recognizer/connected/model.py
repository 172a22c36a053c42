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
from typing import Any

import numpy as np
import numpy.typing as npt

from recognizer.classifier import load_interpreter, quantization_of
from recognizer.connected.labels import said_labels, words_of
from recognizer.errors import ModelError
from recognizer.log_mel import FrontendParameters
from recognizer.model_check import check_flatbuffer
from recognizer.model_file import ModelMetadata, default_model_path, read_metadata, read_model
from recognizer.trial_load import TrialLoad

Float32Array = npt.NDArray[np.float32]


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


class StepClassifier:
    """Runs a connected model, one window at a time, on one thread.

    An instance may be used by one thread at a time: its buffers are reused.

    Parameters
    ----------
    path
        The model file; the digits that come with the program when left out.
    before_load
        Given the flatbuffer and the path before the interpreter sees them; may raise ModelError.

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
        self.path = os.fspath(default_connected_path() if path is None else path)
        """Where the model came from."""
        flatbuffer, self.metadata = read_model(self.path)
        self.words = _words_of(self.metadata, self.path)
        """What it recognizes."""
        try:
            check_flatbuffer(flatbuffer)
        except ModelError as error:
            raise ModelError(f"The model file {self.path} cannot be used. {error}") from error
        if before_load is not None:
            before_load(flatbuffer, self.path)
        self._interpreter, source, sink = load_interpreter(flatbuffer, self.path)
        self.steps = _steps(source, sink, self.frontend, len(self.metadata.labels), self.path)
        """Answers for each window."""
        self._input_index: int = source["index"]
        self._output_index: int = sink["index"]
        self._scale, self._zero_point = quantization_of(source)
        self._output_scale, self._output_zero_point = quantization_of(sink)
        self._quantized = np.empty(tuple(source["shape"]), np.int8)

    @property
    def labels(self) -> tuple[str, ...]:
        """What each posterior stands for: "silence", "unknown", and the parts of words."""
        return self.metadata.labels

    @property
    def frontend(self) -> FrontendParameters:
        """What the windows must be made with."""
        return self.metadata.frontend

    @property
    def threshold(self) -> float:
        """The mean posterior from which the model's makers count a word as heard."""
        return self.metadata.threshold

    @property
    def step_frames(self) -> int:
        """Frames for each answer."""
        return self.frontend.window_frames // self.steps

    def posteriors(self, window: Float32Array) -> Float32Array:
        """Return the posterior probabilities of the labels at each step.

        Parameters
        ----------
        window
            float32 ``[window_frames, mel_bands]`` from `recognizer.log_mel.normalize`, finite.

        Returns
        -------
        numpy.ndarray
            float32 ``[steps, labels]``; each row's sum is about 1. Step ``i`` stands for the
            frames from ``i * step_frames`` on.

        Raises
        ------
        ValueError
            If the window has another shape.
        """
        shape = (self.frontend.window_frames, self.frontend.mel_bands)
        if window.shape != shape:
            raise ValueError(f"window has the shape {window.shape} instead of {shape}")
        scaled = np.rint(window / self._scale) + self._zero_point
        np.copyto(self._quantized.reshape(shape), np.clip(scaled, -128.0, 127.0), casting="unsafe")
        self._interpreter.set_tensor(self._input_index, self._quantized)
        self._interpreter.invoke()
        raw = self._interpreter.get_tensor(self._output_index)[0]
        outputs = (raw.astype(np.float32) - self._output_zero_point) * self._output_scale
        if self.metadata.output == "logits":
            np.exp(outputs - outputs.max(axis=1, keepdims=True), out=outputs)
            outputs /= outputs.sum(axis=1, keepdims=True)
        return np.asarray(outputs, np.float32)


def _words_of(metadata: ModelMetadata, path: str) -> tuple[str, ...]:
    try:
        return words_of(metadata.labels)
    except ModelError as error:
        raise ModelError(f"The model file {path} cannot be used. {error}") from error


def _steps(
    source: dict[str, Any],
    sink: dict[str, Any],
    frontend: FrontendParameters,
    labels: int,
    path: str,
) -> int:
    """Return how many steps a window has, of a model whose shapes and types fit together."""
    for name, tensor in (("input", source), ("output", sink)):
        if tensor["dtype"] is not np.int8 or not tensor["quantization"][0] > 0.0:
            raise ModelError(
                f"The {name} of the model file {path} is not int8: convert the model with full "
                "int8 quantization."
            )
    window = (frontend.window_frames, frontend.mel_bands)
    taken = tuple(int(size) for size in source["shape"])
    given = tuple(int(size) for size in sink["shape"])
    if taken not in ((1, *window), (1, *window, 1)):
        raise ModelError(
            f"The model file {path} takes an input of the shape {list(taken)}, and its frontend "
            f"makes windows of {list(window)}."
        )
    if len(given) != 3 or given[2] != labels or frontend.window_frames % given[1]:
        raise ModelError(
            f"The model file {path} gives an output of the shape {list(given)}, which does not "
            f"fit {labels} labels and windows of {frontend.window_frames} frames."
        )
    return given[1]
