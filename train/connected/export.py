"""From a trained network to the one model file of connected digits, full int8."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from recognizer.connected.model import StepClassifier
from recognizer.model_file import write_model
from recognizer.model_metadata import ModelMetadata
from train.exports.tflite import convert

if TYPE_CHECKING:
    import keras

    from train.connected.batches import Batch

Float32Array = npt.NDArray[np.float32]

CALIBRATION_WINDOWS = 150
COMPARED_WINDOWS = 200


@dataclass(frozen=True, slots=True)
class ExportReport:
    """What full int8 quantization cost."""

    file_bytes: int
    """Size of the model file."""
    agreement: float
    """Share of the steps for which file and network give the same label (0 to 1)."""


def export_connected(
    model: "keras.Model", path: str | os.PathLike[str], metadata: ModelMetadata, held: "Batch"
) -> ExportReport:
    """Quantize a network to int8, write the model file, and compare it with the network.

    Parameters
    ----------
    model
        What `train.connected.fit.fit` returned.
    path
        Where to write.
    metadata
        Labels, frontend, threshold and training record.
    held
        Validation windows: every so many of them calibrate, others are compared.

    Raises
    ------
    ModelError
        If the metadata is invalid or the file cannot be written.
    """
    windows = held[0]
    chosen = np.linspace(0, len(windows) - 1, min(CALIBRATION_WINDOWS, len(windows))).astype(int)
    flatbuffer = convert(model, tuple(model.input_shape[1:]), windows[chosen])
    write_model(path, flatbuffer, metadata)
    compared = windows[:COMPARED_WINDOWS]
    expected = np.asarray(model(compared, training=False)).argmax(axis=2)
    classifier = StepClassifier(path)
    given = np.stack([classifier.posteriors(one[..., 0]).argmax(axis=1) for one in compared])
    return ExportReport(Path(path).stat().st_size, float(np.mean(expected == given)))
