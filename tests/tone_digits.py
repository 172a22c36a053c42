"""Made-up connected digits: each third of a digit is a tone, and a model that tells them apart.

The model is one convolution over two frames with a weight for each part's own mel band, put
together from LiteRT's schema without TensorFlow.
"""

from pathlib import Path

import flatbuffers
import numpy as np
from ai_edge_litert import schema_py_generated as schema

from recognizer.connected.labels import part_labels
from recognizer.log_mel import FrontendParameters, mel_centers
from recognizer.model_file import write_model
from recognizer.model_metadata import ModelMetadata

WORDS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "oh")
LABELS = part_labels(WORDS)
FRONTEND = FrontendParameters(window_frames=192)
RATE = 16_000
PART_S = 0.1
"""Length of a part (seconds)."""

_INPUT_SCALE = 0.12
_WEIGHT_SCALE = 1.0 / 127.0
_OUTPUT_SCALE = 0.12
_SILENCE_LOGIT = 5.0
_FIRST_BAND = 5


def band(part):
    """The mel band of a part, counted over all words."""
    return _FIRST_BAND + part


def say(words, *, pause_s=0.0, around_s=1.0, level=0.1, seed=0):
    """Digits one behind another, in a quiet room; float32 ``[n]``."""
    centers = mel_centers(FRONTEND)
    pieces = []
    for word in words:
        for part in range(3):
            hz = centers[band(3 * WORDS.index(word) + part)]
            time = np.arange(int(PART_S * RATE)) / RATE
            pieces.append(level * np.sin(2 * np.pi * hz * time))
        pieces.append(np.zeros(int(pause_s * RATE)))
    around = np.zeros(int(around_s * RATE))
    samples = np.concatenate((around, *pieces, around))
    samples += np.random.default_rng(seed).normal(0.0, 1e-4, len(samples))
    return samples.astype(np.float32)


def tone_model(path, labels=LABELS, *, threshold=0.5):
    """Write the model and return its path."""
    metadata = ModelMetadata(tuple(labels), FRONTEND, threshold, {"seed": 0})
    write_model(path, tone_flatbuffer(len(labels)), metadata)
    return Path(path)


def tone_flatbuffer(outputs=35, *, output_type=schema.TensorType.INT8):
    """Return the flatbuffer: from int8 ``[1, 192, 40]`` to int8 ``[1, 96, outputs]``."""
    frames, bands = FRONTEND.window_frames, FRONTEND.mel_bands
    steps = frames // 2
    weights = np.zeros((outputs, 2, bands, 1), np.int8)
    for label in range(2, outputs):
        weights[label, :, band(label - 2), 0] = 63
    bias = np.zeros(outputs, np.int32)
    bias[0] = round(_SILENCE_LOGIT / (_INPUT_SCALE * _WEIGHT_SCALE))
    model, graph = schema.ModelT(), schema.SubGraphT()
    model.version = 3
    model.buffers, model.operatorCodes = [schema.BufferT()], []
    graph.tensors, graph.operators = [], []
    int8, int32 = schema.TensorType.INT8, schema.TensorType.INT32

    def tensor(name, shape, kind, scale=None, data=None):
        value = schema.TensorT()
        value.name, value.shape, value.type = name, list(shape), kind
        if scale is not None:
            value.quantization = schema.QuantizationParametersT()
            value.quantization.scale, value.quantization.zeroPoint = [scale], [0]
        if data is not None:
            value.buffer = len(model.buffers)
            buffer = schema.BufferT()
            buffer.data = np.frombuffer(data.tobytes(), np.uint8)
            model.buffers.append(buffer)
        graph.tensors.append(value)
        return len(graph.tensors) - 1

    def operator(code, version, inputs, output, kind, options):
        value = schema.OperatorCodeT()
        value.builtinCode = value.deprecatedBuiltinCode = code
        value.version = version
        model.operatorCodes.append(value)
        step = schema.OperatorT()
        step.opcodeIndex = len(model.operatorCodes) - 1
        step.inputs, step.outputs = inputs, [output]
        step.builtinOptionsType, step.builtinOptions = kind, options
        graph.operators.append(step)

    def reshape(inputs, output, shape):
        options = schema.ReshapeOptionsT()
        options.newShape = shape.tolist()
        kind = schema.BuiltinOptions.ReshapeOptions
        operator(schema.BuiltinOperator.RESHAPE, 1, inputs, output, kind, options)

    image = np.array((1, frames, bands, 1), np.int32)
    rows = np.array((1, steps, outputs), np.int32)
    window = tensor("window", (1, frames, bands), int8, _INPUT_SCALE)
    image_shape = tensor("image_shape", (4,), int32, None, image)
    reshaped = tensor("image", image.tolist(), int8, _INPUT_SCALE)
    weight = tensor("weights", weights.shape, int8, _WEIGHT_SCALE, weights)
    biases = tensor("bias", bias.shape, int32, _INPUT_SCALE * _WEIGHT_SCALE, bias)
    scores = tensor("scores", (1, steps, 1, outputs), int8, _OUTPUT_SCALE)
    rows_shape = tensor("rows_shape", (3,), int32, None, rows)
    logits = tensor("logits", rows.tolist(), output_type, _OUTPUT_SCALE)
    reshape([window, image_shape], reshaped, image)
    options = schema.Conv2DOptionsT()
    options.padding = schema.Padding.VALID
    options.strideH, options.strideW = 2, bands
    options.dilationHFactor = options.dilationWFactor = 1
    kind = schema.BuiltinOptions.Conv2DOptions
    operator(schema.BuiltinOperator.CONV_2D, 3, [reshaped, weight, biases], scores, kind, options)
    reshape([scores, rows_shape], logits, rows)
    graph.inputs, graph.outputs = [window], [logits]
    model.subgraphs = [graph]
    builder = flatbuffers.Builder(4096)
    builder.Finish(model.Pack(builder), b"TFL3")
    return bytes(builder.Output())
