"""The same network without int8: a model file's flatbuffer in float32, and a classifier to run it.

The weights of an int8 file are rounded already. In float32 they stay as they are, and only the
rounding of what flows between the layers is undone.
"""

from pathlib import Path
from typing import Any

import flatbuffers
import numpy as np
import numpy.typing as npt
from ai_edge_litert import schema_py_generated as schema
from ai_edge_litert.interpreter import Interpreter

from recognizer.classifier import Classifier
from recognizer.model_file import read_model
from recognizer.native_stderr import quiet_native_stderr
from train.errors import DataError

Float32Array = npt.NDArray[np.float32]

_UNCHANGED = (schema.BuiltinOperator.QUANTIZE, schema.BuiltinOperator.DEQUANTIZE)


def dequantized(flatbuffer: bytes) -> bytes:
    """Return a fully int8 flatbuffer with the same operations in float32.

    Parameters
    ----------
    flatbuffer
        What `recognizer.model_file.read_model` returns.

    Raises
    ------
    DataError
        If it holds operations that turn numbers of one kind into the other.
    """
    model: Any = schema.ModelT.InitFromObj(schema.Model.GetRootAsModel(flatbuffer, 0))
    used = {max(one.builtinCode, one.deprecatedBuiltinCode) for one in model.operatorCodes}
    if used.intersection(_UNCHANGED):
        raise DataError("This model is int8 in parts only: it has no form in float32.")
    for tensor in model.subgraphs[0].tensors:
        quantization = tensor.quantization
        if quantization is None or quantization.scale is None or not len(quantization.scale):
            continue
        kinds = {schema.TensorType.INT8: np.int8, schema.TensorType.INT32: np.int32}
        data = model.buffers[tensor.buffer].data
        if data is not None and len(data):
            values = np.frombuffer(bytes(bytearray(data)), kinds[tensor.type])
            buffer = schema.BufferT()
            real = _real(values.reshape(tensor.shape), quantization)
            buffer.data = np.frombuffer(real.tobytes(), np.uint8)
            # A buffer may serve several tensors, each with a scale of its own.
            tensor.buffer = len(model.buffers)
            model.buffers.append(buffer)
        tensor.type = schema.TensorType.FLOAT32
        tensor.quantization = None
    builder = flatbuffers.Builder(4 * len(flatbuffer))
    builder.Finish(model.Pack(builder), file_identifier=b"TFL3")
    return bytes(builder.Output())


class FloatClassifier(Classifier):
    """Runs a network in float32 in the place of a model file, for comparisons.

    It keeps nothing of int8; windows, labels, threshold and the rest are those of the model file.

    Parameters
    ----------
    model
        The model file.
    flatbuffer
        The network in float32: one window in, logits out; None for the file's own, dequantized.

    Raises
    ------
    ModelError
        If the model file cannot be used.
    DataError
        If it has no form in float32.
    """

    def __init__(self, model: Path, flatbuffer: bytes | None = None) -> None:
        # The recognizer takes classifiers only, and those refuse what is not int8.
        self.path = str(model)
        own, self.metadata = read_model(model)
        with quiet_native_stderr(b"INFO: "):
            self._interpreter = Interpreter(
                model_content=flatbuffer or dequantized(own), num_threads=1
            )
            self._interpreter.allocate_tensors()
        source = self._interpreter.get_input_details()[0]
        self._input_index = source["index"]
        self._output_index = self._interpreter.get_output_details()[0]["index"]
        self._shape = tuple(int(size) for size in source["shape"])

    def posteriors(self, window: Float32Array) -> Float32Array:
        """Return the posterior probability of each label, as `Classifier.posteriors` does."""
        self._interpreter.set_tensor(self._input_index, window.reshape(self._shape))
        self._interpreter.invoke()
        outputs = np.array(self._interpreter.get_tensor(self._output_index)[0], np.float32)
        if self.metadata.output == "logits":
            np.exp(outputs - outputs.max(), out=outputs)
            outputs /= outputs.sum()
        return outputs


def _real(values: npt.NDArray[Any], quantization: Any) -> Float32Array:
    """Return what quantized values stand for, with a scale for each channel or for all."""
    shape = [1] * values.ndim
    if len(quantization.scale) > 1:
        shape[quantization.quantizedDimension] = -1
    zero = np.asarray(quantization.zeroPoint, np.float64).reshape(shape)
    scale = np.asarray(quantization.scale, np.float64).reshape(shape)
    return np.asarray((values - zero) * scale, np.float32)
