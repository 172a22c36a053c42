"""An int8 TFLite network: one window of log-mel in, scores out, on one thread.

See Also
--------
recognizer.classifier : words that stand alone.
recognizer.connected.model : words in a row.
"""

import os
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from recognizer.errors import ModelError, RecognizerError
from recognizer.log_mel import FrontendParameters
from recognizer.model_check import check_flatbuffer
from recognizer.model_file import read_model
from recognizer.native_stderr import quiet_native_stderr

Float32Array = npt.NDArray[np.float32]

_INT8_MIN = np.float32(-128.0)
_INT8_MAX = np.float32(127.0)


class Int8Network:
    """What a model file holds, ready to run.

    An instance may be used by one thread at a time: its buffers are reused.

    Parameters
    ----------
    path
        The model file.
    before_load
        Given the flatbuffer and the path before the interpreter sees them; may raise ModelError.
        `recognizer.trial_load` has one for models that nobody vouches for.

    Raises
    ------
    ModelError
        If the file is missing, damaged or not fully int8, or does not take its frontend's windows.
    RecognizerError
        If no TFLite interpreter is installed.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        *,
        before_load: Callable[[bytes, str], object] | None = None,
    ) -> None:
        self.path = os.fspath(path)
        """Where the model came from."""
        flatbuffer, self.metadata = read_model(self.path)
        try:
            check_flatbuffer(flatbuffer)
        except ModelError as error:
            raise ModelError(f"The model file {self.path} cannot be used. {error}") from error
        if before_load is not None:
            before_load(flatbuffer, self.path)
        self._interpreter, source, sink = _load_interpreter(flatbuffer, self.path)
        self._window_shape = (self.frontend.window_frames, self.frontend.mel_bands)
        _check_tensors(source, sink, self._window_shape, self.path)
        self.scores_shape = tuple(int(size) for size in sink["shape"])
        """The shape of the network's output, its batch of one included."""
        self._input_index: int = source["index"]
        self._output_index: int = sink["index"]
        self._scale, self._zero_point = _quantization_of(source)
        self._output_scale, self._output_zero_point = _quantization_of(sink)
        self._scaled = np.empty(self._window_shape, np.float32)
        self._quantized = np.empty(tuple(source["shape"]), np.int8)
        self._quantized_window = self._quantized.reshape(self._window_shape)
        self._softmax = self.metadata.output == "logits"

    @property
    def labels(self) -> tuple[str, ...]:
        """What each posterior stands for."""
        return self.metadata.labels

    @property
    def frontend(self) -> FrontendParameters:
        """What the windows must be made with."""
        return self.metadata.frontend

    @property
    def threshold(self) -> float:
        """The posterior probability from which the model's makers count a word as heard."""
        return self.metadata.threshold

    def posteriors(self, window: Float32Array) -> Float32Array:
        """Return the posterior probability of each label.

        The input is quantized with the model's own scale and zero point, rounded to the
        nearest integer and clipped to int8 [1]_. Where the model gives logits, the softmax is
        computed here in float32, so that probabilities near 1 keep their resolution.

        Parameters
        ----------
        window
            float32 ``[window_frames, mel_bands]`` from `recognizer.log_mel.normalize`, finite.

        Returns
        -------
        numpy.ndarray
            float32, `scores_shape` without its batch; along the last axis each 0 to 1, with a sum
            of about 1.

        Raises
        ------
        ValueError
            If the window has another shape.

        References
        ----------
        .. [1] B. Jacob et al., "Quantization and Training of Neural Networks for Efficient
           Integer-Arithmetic-Only Inference", CVPR 2018, equation 1.
        """
        if window.shape != self._window_shape:
            raise ValueError(f"window has the shape {window.shape} instead of {self._window_shape}")
        scaled = self._scaled
        np.divide(window, self._scale, out=scaled)
        np.rint(scaled, out=scaled)
        np.add(scaled, self._zero_point, out=scaled)
        scaled.clip(_INT8_MIN, _INT8_MAX, scaled)
        np.copyto(self._quantized_window, scaled, casting="unsafe")
        # A recurrent network's operation keeps its state from one call to the next.
        self._interpreter.reset_all_variables()
        self._interpreter.set_tensor(self._input_index, self._quantized)
        self._interpreter.invoke()
        raw = self._interpreter.get_tensor(self._output_index)[0]
        outputs = (raw.astype(np.float32) - self._output_zero_point) * self._output_scale
        if self._softmax:
            np.exp(outputs - outputs.max(axis=-1, keepdims=True), out=outputs)
            outputs /= outputs.sum(axis=-1, keepdims=True)
        return np.asarray(outputs, np.float32)


def _interpreter_type() -> Any:
    """Return LiteRT's ``Interpreter``, or that of its predecessor where it has no wheel."""
    try:
        from ai_edge_litert.interpreter import Interpreter
    except ImportError as error:
        missing = error
    else:
        return Interpreter
    try:
        from tflite_runtime.interpreter import Interpreter
    except ImportError:
        raise RecognizerError(
            f"No TFLite interpreter can be loaded ({missing}): install one with `pip install "
            "ai-edge-litert`, which has wheels for Linux, Windows and Macs with Apple silicon, "
            "but none for Intel Macs."
        ) from missing
    return Interpreter


def _load_interpreter(flatbuffer: bytes, path: str) -> tuple[Any, dict[str, Any], dict[str, Any]]:
    """Load a flatbuffer, and run it once.

    Returns
    -------
    tuple
        The interpreter, and the details of its one input and its one output tensor.

    Raises
    ------
    ModelError
        If it cannot be loaded, or has another number of inputs or outputs. The sentence names
        the path.
    """
    interpreter_type = _interpreter_type()
    try:
        with quiet_native_stderr(b"INFO: "):
            interpreter = interpreter_type(model_content=flatbuffer, num_threads=1)
            interpreter.allocate_tensors()
            # Some damage shows only in a run.
            interpreter.invoke()
        sources, sinks = interpreter.get_input_details(), interpreter.get_output_details()
    # The latter three are what pybind11 makes of C++'s out_of_range, overflow_error and bad_alloc.
    except (ValueError, RuntimeError, IndexError, OverflowError, MemoryError) as error:
        reason = " ".join(str(error).split()).rstrip(".")
        raise ModelError(f"The interpreter cannot load the model file {path}: {reason}.") from error
    if len(sources) != 1 or len(sinks) != 1:
        raise ModelError(
            f"The model file {path} has {len(sources)} inputs and {len(sinks)} outputs instead "
            "of one each."
        )
    return interpreter, sources[0], sinks[0]


def _check_tensors(
    source: dict[str, Any], sink: dict[str, Any], window: tuple[int, int], path: str
) -> None:
    for name, tensor in (("input", source), ("output", sink)):
        if tensor["dtype"] is not np.int8:
            raise ModelError(
                f"The {name} of the model file {path} is {np.dtype(tensor['dtype']).name} "
                "instead of int8: convert the model with full int8 quantization."
            )
        if not tensor["quantization"][0] > 0.0:
            raise ModelError(f"The {name} of the model file {path} has no quantization scale.")
    shape = tuple(int(size) for size in source["shape"])
    if shape not in ((1, *window), (1, *window, 1)):
        raise ModelError(
            f"The model file {path} takes an input of the shape {by(shape)}, and its frontend "
            f"makes windows of {by(window)} (frames x mel bands)."
        )


def by(shape: tuple[int, ...]) -> str:
    """Return a shape as people write it: "98 x 40"."""
    return " x ".join(str(size) for size in shape)


def _quantization_of(tensor: dict[str, Any]) -> tuple[np.float32, np.float32]:
    scale, zero_point = tensor["quantization"]
    return np.float32(scale), np.float32(zero_point)
