"""TFLite networks to compare a model with, made without TensorFlow."""

from collections.abc import Sequence
from typing import Any

import flatbuffers
import numpy as np
import numpy.typing as npt
from ai_edge_litert import schema_py_generated as schema
from ai_edge_litert.interpreter import Interpreter

from recognizer.native_stderr import quiet_native_stderr

Float32Array = npt.NDArray[np.float32]

LAYER = (16, 32, 256)
"""Rows, columns and channels of the large layer; it has as many channels in as out."""

_SCALE = 0.05


class Network:
    """Runs a flatbuffer on one thread."""

    def __init__(self, flatbuffer: bytes) -> None:
        with quiet_native_stderr(b"INFO: "):
            self._interpreter: Any = Interpreter(model_content=flatbuffer, num_threads=1)
            self._interpreter.allocate_tensors()
        self._source = self._interpreter.get_input_details()[0]
        self._sink = self._interpreter.get_output_details()[0]
        self.invoke = self._interpreter.invoke
        """Run it once on the input it has."""

    def __call__(self, window: Float32Array) -> npt.NDArray[Any]:
        """Return the output for one window, in the network's own numbers, shape ``[outputs]``."""
        values = window.reshape(self._source["shape"]).astype(self._source["dtype"])
        self._interpreter.set_tensor(self._source["index"], values)
        self._interpreter.invoke()
        output: npt.NDArray[Any] = self._interpreter.get_tensor(self._sink["index"])[0]
        return output


def large_layer(*, int8: bool) -> bytes:
    """Return a network of one convolution of a point each, whose products are all it does."""
    rows, columns, channels = LAYER
    random = np.random.default_rng(0)
    weights = random.integers(-127, 128, (channels, 1, 1, channels), np.int8)
    bias = np.zeros(channels, np.int32)
    model, graph = schema.ModelT(), schema.SubGraphT()
    model.version, model.buffers, graph.tensors = 3, [schema.BufferT()], []
    kinds = schema.TensorType

    def tensor(shape: Sequence[int], kind: int, scale: float, data: Any = None) -> int:
        value = schema.TensorT()
        value.name, value.shape = f"tensor_{len(graph.tensors)}", list(shape)
        if int8:
            value.type, value.quantization = kind, schema.QuantizationParametersT()
            value.quantization.scale, value.quantization.zeroPoint = [scale], [0]
        elif data is not None:
            data = data.astype(np.float32)
        if data is not None:
            value.buffer = _append(model, data)
        graph.tensors.append(value)
        return len(graph.tensors) - 1

    shape = (1, rows, columns, channels)
    step, code = schema.OperatorT(), schema.OperatorCodeT()
    step.inputs = [
        tensor(shape, kinds.INT8, _SCALE),
        tensor(weights.shape, kinds.INT8, _SCALE, weights),
        tensor(bias.shape, kinds.INT32, _SCALE * _SCALE, bias),
    ]
    step.outputs = [tensor(shape, kinds.INT8, 10.0)]
    step.builtinOptionsType = schema.BuiltinOptions.Conv2DOptions
    step.builtinOptions = schema.Conv2DOptionsT()
    step.builtinOptions.strideH = step.builtinOptions.strideW = 1
    code.builtinCode = code.deprecatedBuiltinCode = schema.BuiltinOperator.CONV_2D
    code.version = 3 if int8 else 1
    model.operatorCodes, graph.operators, model.subgraphs = [code], [step], [graph]
    graph.inputs, graph.outputs = step.inputs[:1], step.outputs
    return _packed(model)


def _append(model: Any, values: npt.NDArray[Any]) -> int:
    """Give a model one more buffer, return its number."""
    buffer = schema.BufferT()
    buffer.data = np.frombuffer(values.tobytes(), np.uint8)
    model.buffers.append(buffer)
    return len(model.buffers) - 1


def _packed(model: Any) -> bytes:
    builder = flatbuffers.Builder(1 << 16)
    builder.Finish(model.Pack(builder), b"TFL3")
    return bytes(builder.Output())
