"""From a trained Keras network to the one model file, full int8.

See Also
--------
train.exports.tflite.convert : makes the flatbuffer.
train.exports.run.export_run : exports what a training made.
"""

import os
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from recognizer.model_file import write_model
from recognizer.model_metadata import ModelMetadata
from train.exports.measure import file_answers
from train.exports.tflite import convert

if TYPE_CHECKING:
    import keras

Float32Array = npt.NDArray[np.float32]

_BATCH_WINDOWS = 256
_TINY = 1e-12


@dataclass(frozen=True, slots=True)
class ExportReport:
    """What full int8 quantization cost, measured on the exported file."""

    file_bytes: int
    """Size of the model file."""
    windows: int
    """Number of windows compared."""
    agreement: float
    """Share of the windows for which both give the same label the highest score (0 to 1)."""
    largest_difference: float
    """Largest difference between the two posteriors of any label (0 to 1)."""
    float_accuracy: float | None
    """Share of the windows that the Keras network gets right, where the answers are known."""
    int8_accuracy: float | None
    """Share of the windows that the exported file gets right, where the answers are known."""


def export_int8(
    model: "keras.Model",
    calibration: Float32Array,
    path: str | os.PathLike[str],
    metadata: ModelMetadata,
    *,
    windows: Float32Array | None = None,
    answers: npt.NDArray[np.integer[Any]] | None = None,
) -> ExportReport:
    """Quantize a network to int8, write the model file, and compare it with the network.

    Weights are quantized per channel and activations per tensor, input and output are int8,
    and the batch is fixed at one window [1]_. What rounding shifts the logits by on the mean of the
    calibration windows is taken off the last layer's bias [2]_: a network's "unknown" would
    otherwise gain on its keywords. The file is then run by
    `recognizer.classifier.Classifier`, the very code that users
    run. Equal arguments give equal files.

    Parameters
    ----------
    model
        Takes float32 ``[batch, window_frames, mel_bands]`` (or the same with a channel axis),
        gives ``[batch, labels]``: logits, or probabilities where ``metadata.output`` says so.
    calibration
        Normalized windows that the ranges of the activations are measured on, float32
        ``[n, window_frames, mel_bands]``; about a hundred of all kinds will do.
    path
        Where to write the model file.
    metadata
        Labels, frontend, threshold and training record.
    windows
        Windows to compare on, as `calibration`, which is used when left out.
    answers
        Index of the right label of each window, int ``[n]``.

    Returns
    -------
    ExportReport
        Size, agreement and accuracy.

    Raises
    ------
    ValueError
        If the shapes of the network, the windows and the metadata do not fit together.
    ModelError
        If the metadata is invalid or the file cannot be written.

    References
    ----------
    .. [1] B. Jacob et al., "Quantization and Training of Neural Networks for Efficient
       Integer-Arithmetic-Only Inference", CVPR 2018.
    .. [2] M. Nagel et al., "Data-Free Quantization Through Weight Equalization and Bias
       Correction", ICCV 2019, section 4.2.
    """
    compared = calibration if windows is None else windows
    _check_windows("calibration", calibration, metadata)
    _check_windows("windows", compared, metadata)
    if answers is not None and answers.shape != (len(compared),):
        raise ValueError(f"answers has the shape {answers.shape} instead of ({len(compared)},)")
    write_model(path, _convert_unbiased(model, metadata, calibration), metadata)

    expected = _float_posteriors(model, compared, metadata)
    given = file_answers(Path(path))(compared)
    best_expected, best_given = expected.argmax(axis=1), given.argmax(axis=1)
    return ExportReport(
        file_bytes=Path(path).stat().st_size,
        windows=len(compared),
        agreement=float(np.mean(best_expected == best_given)),
        largest_difference=float(np.abs(expected - given).max()),
        float_accuracy=None if answers is None else float(np.mean(best_expected == answers)),
        int8_accuracy=None if answers is None else float(np.mean(best_given == answers)),
    )


def export_float(
    model: "keras.Model", path: str | os.PathLike[str], metadata: ModelMetadata
) -> int:
    """Write a network as a float32 TFLite file, for comparisons; return the file's bytes.

    `Classifier` refuses such a file, since users run int8 models only; any TFLite interpreter
    loads it. Parameters and errors are those of `export_int8`.
    """
    write_model(path, _convert(model, metadata, None), metadata)
    return Path(path).stat().st_size


def _convert(
    model: "keras.Model", metadata: ModelMetadata, calibration: Float32Array | None
) -> bytes:
    """Return the TFLite flatbuffer, int8 when there are windows to calibrate on."""
    return convert(model, _window_shape(model, metadata), calibration)


def _convert_unbiased(
    model: "keras.Model", metadata: ModelMetadata, calibration: Float32Array
) -> bytes:
    """Quantize twice, the second time with a bias that makes up for the first."""
    flatbuffer = _convert(model, metadata, calibration)
    last = model.layers[-1]
    if metadata.output != "logits" or getattr(last, "bias", None) is None:
        return flatbuffer
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "biased.tflite"
        write_model(path, flatbuffer, metadata)
        given = file_answers(path)(calibration)
    # The softmax's own term is the same for all labels, and adding the same to all changes nothing.
    expected = _float_posteriors(model, calibration, metadata)
    shift = np.mean(np.log(given + _TINY) - np.log(expected + _TINY), axis=0)
    bias = np.array(last.bias.value.numpy())
    last.bias.assign(bias - (shift - shift.mean()))
    try:
        return _convert(model, metadata, calibration)
    finally:
        last.bias.assign(bias)


def _window_shape(model: "keras.Model", metadata: ModelMetadata) -> tuple[int, ...]:
    frames, bands = metadata.frontend.window_frames, metadata.frontend.mel_bands
    shape: tuple[int, ...] = tuple(model.input_shape[1:])
    if shape not in ((frames, bands), (frames, bands, 1)):
        raise ValueError(f"the network takes {shape} and the frontend makes {(frames, bands)}")
    if tuple(model.output_shape[1:]) != (len(metadata.labels),):
        raise ValueError(
            f"the network gives {tuple(model.output_shape[1:])} scores for "
            f"{len(metadata.labels)} labels"
        )
    return shape


def _check_windows(name: str, windows: Float32Array, metadata: ModelMetadata) -> None:
    shape = (metadata.frontend.window_frames, metadata.frontend.mel_bands)
    if windows.shape[1:] != shape or len(windows) == 0 or windows.dtype != np.float32:
        raise ValueError(
            f"{name} is {windows.dtype} of the shape {windows.shape} instead of float32 of the "
            f"shape (at least 1, {shape[0]}, {shape[1]})"
        )


def _float_posteriors(
    model: "keras.Model", windows: Float32Array, metadata: ModelMetadata
) -> Float32Array:
    shape = _window_shape(model, metadata)
    scores = np.concatenate(
        [
            np.asarray(
                model(windows[first : first + _BATCH_WINDOWS].reshape(-1, *shape), training=False)
            )
            for first in range(0, len(windows), _BATCH_WINDOWS)
        ]
    ).astype(np.float32)
    if metadata.output == "logits":
        scores = np.exp(scores - scores.max(axis=1, keepdims=True))
        scores /= scores.sum(axis=1, keepdims=True)
    return scores
