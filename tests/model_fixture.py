"""Small valid model files for the tests, made without TensorFlow.

The flatbuffer is put together from the schema that LiteRT brings along: the window is averaged
over time and over pairs of mel bands, then one fully connected layer with random weights, all
int8. It takes about 2 kB and runs in microseconds; its answers mean nothing.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import flatbuffers
import numpy as np
import numpy.typing as npt
from ai_edge_litert import schema_py_generated as schema

from recognizer.log_mel import FrontendParameters
from recognizer.model_file import write_model
from recognizer.model_metadata import ModelMetadata

DIGIT_LABELS = (
    *("silence", "unknown", "zero", "one", "two", "three"),
    *("four", "five", "six", "seven", "eight", "nine"),
)

_POOL = (14, 2)


def tiny_model(
    path: str | Path,
    labels: Sequence[str] = DIGIT_LABELS,
    *,
    threshold: float = 0.6,
    training: dict[str, Any] | None = None,
    **options: Any,
) -> Path:
    """Write a small model file with random weights and return its path.

    `options` go to `tiny_flatbuffer`.
    """
    metadata = ModelMetadata(
        labels=tuple(labels),
        frontend=FrontendParameters(),
        threshold=threshold,
        training=training or {"seed": 0},
    )
    write_model(path, tiny_flatbuffer(len(labels), **options), metadata)
    return Path(path)


def tiny_flatbuffer(
    outputs: int = len(DIGIT_LABELS),
    *,
    input_shape: tuple[int, ...] = (1, 98, 40),
    float_input: bool = False,
    float_output: bool = False,
    quantized: bool = True,
    input_scale: float = 0.1,
    input_zero_point: int = -3,
    output_scale: float = 0.05,
    output_zero_point: int = 7,
    weights: npt.NDArray[np.int8] | None = None,
    bias: npt.NDArray[np.int32] | None = None,
) -> bytes:
    """Return a TFLite flatbuffer: reshape, average pooling, fully connected; int8 throughout.

    Parameters
    ----------
    outputs
        Length of the output, whose shape is ``[1, outputs]``.
    input_shape
        ``(1, frames, bands)`` or ``(1, frames, bands, 1)``.
    float_input, float_output, quantized
        Ways to be wrong: the tensor claims to be float32, or has no scale and zero point.
    weights, bias
        int8 ``[outputs, pooled]`` of scale 1/64 and int32 ``[outputs]``; random when left out.
    """
    _, frames, bands = input_shape[:3]
    pooled = (1, frames // _POOL[0], bands // _POOL[1], 1)
    features = pooled[1] * pooled[2]
    random = np.random.default_rng(outputs)
    if weights is None:
        weights = random.integers(-127, 128, (outputs, features), np.int8)
    if bias is None:
        bias = random.integers(-500, 500, outputs, np.int32)
    image = np.array((1, frames, bands, 1), np.int32)
    flat = np.array((1, features), np.int32)
    int8 = schema.TensorType.INT8
    input_scales = (input_scale, input_zero_point) if quantized else None
    output_scales = (output_scale, output_zero_point) if quantized else None
    weight_scale = 1.0 / 64.0

    model = schema.ModelT()
    model.version = 3
    model.description = "keyword-recognizer test model"
    model.buffers = [schema.BufferT()]
    graph = schema.SubGraphT()
    graph.tensors = []

    def tensor(
        name: str,
        shape: Sequence[int],
        kind: int,
        scales: tuple[float, int] | None = None,
        data: npt.NDArray[Any] | None = None,
    ) -> int:
        value = schema.TensorT()
        value.name, value.shape, value.type = name, list(shape), kind
        if scales is not None:
            value.quantization = schema.QuantizationParametersT()
            value.quantization.scale, value.quantization.zeroPoint = [scales[0]], [scales[1]]
        if data is not None:
            value.buffer = len(model.buffers)
            buffer = schema.BufferT()
            buffer.data = np.frombuffer(data.tobytes(), np.uint8)
            model.buffers.append(buffer)
        graph.tensors.append(value)
        return len(graph.tensors) - 1

    float32, int32 = schema.TensorType.FLOAT32, schema.TensorType.INT32
    window = tensor("window", input_shape, float32 if float_input else int8, input_scales)
    shape_1 = tensor("image_shape", (4,), int32, None, image)
    reshaped = tensor("image", image.tolist(), int8, input_scales)
    averaged = tensor("averaged", pooled, int8, input_scales)
    shape_2 = tensor("flat_shape", (2,), int32, None, flat)
    flattened = tensor("flat", flat.tolist(), int8, input_scales)
    weight = tensor("weights", weights.shape, int8, (weight_scale, 0), weights)
    biases = tensor("bias", bias.shape, int32, (input_scale * weight_scale, 0), bias)
    logits = tensor("logits", (1, outputs), float32 if float_output else int8, output_scales)

    def operator(code: int, version: int, inputs: list[int], output: int) -> Any:
        value = schema.OperatorCodeT()
        value.builtinCode = value.deprecatedBuiltinCode = code
        value.version = version
        model.operatorCodes.append(value)
        step = schema.OperatorT()
        step.opcodeIndex = len(model.operatorCodes) - 1
        step.inputs, step.outputs = inputs, [output]
        graph.operators.append(step)
        return step

    model.operatorCodes = []
    graph.operators = []
    kinds, options = schema.BuiltinOperator, schema.BuiltinOptions
    step = operator(kinds.RESHAPE, 1, [window, shape_1], reshaped)
    step.builtinOptionsType, step.builtinOptions = options.ReshapeOptions, schema.ReshapeOptionsT()
    step.builtinOptions.newShape = image.tolist()
    step = operator(kinds.AVERAGE_POOL_2D, 2, [reshaped], averaged)
    step.builtinOptionsType, step.builtinOptions = options.Pool2DOptions, schema.Pool2DOptionsT()
    step.builtinOptions.padding = schema.Padding.VALID
    step.builtinOptions.filterHeight = step.builtinOptions.strideH = _POOL[0]
    step.builtinOptions.filterWidth = step.builtinOptions.strideW = _POOL[1]
    step = operator(kinds.RESHAPE, 1, [averaged, shape_2], flattened)
    step.builtinOptionsType, step.builtinOptions = options.ReshapeOptions, schema.ReshapeOptionsT()
    step.builtinOptions.newShape = flat.tolist()
    step = operator(kinds.FULLY_CONNECTED, 4, [flattened, weight, biases], logits)
    step.builtinOptionsType = options.FullyConnectedOptions
    step.builtinOptions = schema.FullyConnectedOptionsT()

    graph.inputs, graph.outputs = [window], [logits]
    model.subgraphs = [graph]
    builder = flatbuffers.Builder(4096)
    builder.Finish(model.Pack(builder), b"TFL3")
    return bytes(builder.Output())
