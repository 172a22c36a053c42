"""Whether a TFLite flatbuffer is one that the interpreter can be trusted with.

The interpreter believes what a file says: a wrong offset, a tensor larger than its data, or an
operator with an input too few ends the process, or worse. So all of this is looked at first. What
passes may still be refused by the interpreter itself; see `recognizer.trial_load` for the rest.
"""

import math

from recognizer.errors import ModelError
from recognizer.flatbuffer import FlatbufferError, FlatbufferReader
from recognizer.operator_check import (
    MisfitError,
    Network,
    Values,
    check_indices,
    check_operator,
)
from recognizer.tflite_layout import MODEL, OPERATORS, TENSOR_BYTES, OperatorKind

_IDENTIFIER = b"TFL3"
_SCHEMA_VERSION = 3
_MOST_OPERATORS = 4096
_MOST_DIMENSIONS = 6
_LARGEST_DIMENSION = 1 << 20
_LARGEST_WORKING_BYTES = 128 << 20
"""What all tensors that are computed take together."""
_LARGEST_SCALE = 1e6


def check_flatbuffer(data: bytes) -> None:
    """Check the structure, shapes, operators and sizes of a TFLite flatbuffer.

    Parameters
    ----------
    data
        The flatbuffer.

    Raises
    ------
    ModelError
        If it is damaged, or uses what no model for this program needs. The sentence does not know
        the file's name.
    """
    try:
        if data[4:8] != _IDENTIFIER:
            raise MisfitError("it is no TFLite flatbuffer")
        reader = FlatbufferReader(data)
        _check_model(reader, reader.root(MODEL))
    except FlatbufferError as error:
        raise ModelError(f"Its flatbuffer is damaged: {error}.") from error
    except MisfitError as error:
        raise ModelError(f"Its network cannot be run: {error}.") from error


def _check_model(reader: FlatbufferReader, model: Values) -> None:
    if model.get("version") != _SCHEMA_VERSION:
        raise MisfitError(
            f"it has the schema {model.get('version', 0)} instead of {_SCHEMA_VERSION}"
        )
    subgraphs = model.get("subgraphs", [])
    if len(subgraphs) != 1:
        raise MisfitError(f"it has {len(subgraphs)} graphs instead of one")
    buffers = model.get("buffers", [])
    sizes = [_stored_bytes(buffer) for buffer in buffers]
    if not sizes or sizes[0]:
        raise MisfitError("its first buffer is not empty")
    graph = subgraphs[0]
    tensors = graph.get("tensors", [])
    used = [entry.get("buffer", 0) for entry in model.get("metadata", [])]
    check_indices([*used, *model.get("metadata_buffer", ())], len(sizes), "buffers")
    for signature in model.get("signatures", []):
        mapped = [*signature.get("inputs", []), *signature.get("outputs", [])]
        check_indices([entry.get("tensor", 0) for entry in mapped], len(tensors), "tensors")
        check_indices([signature.get("subgraph", 0)], 1, "graphs")
    kinds = [_operator_kind(code) for code in model.get("operator_codes", [])]
    _check_graph(reader, graph, buffers, kinds)


def _stored_bytes(buffer: Values) -> int:
    if buffer.get("offset", 0) or buffer.get("size", 0):
        raise MisfitError("a buffer lies outside the flatbuffer")
    return int(buffer["data"][1]) if "data" in buffer else 0


def _operator_kind(code: Values) -> OperatorKind:
    # Operators numbered from 127 on are in the newer of the two fields only.
    number = max(code.get("code", 0), code.get("deprecated_code", 0))
    if number not in OPERATORS or min(code.get("code", 0), code.get("deprecated_code", 0)) < 0:
        raise MisfitError(f"its operator {number} is none that models of this program have")
    if "custom_code" in code:
        raise MisfitError(f"its operator {OPERATORS[number].name} claims to be a custom one")
    return OPERATORS[number]


def _check_graph(
    reader: FlatbufferReader, graph: Values, buffers: list[Values], kinds: list[OperatorKind]
) -> None:
    sizes = [_stored_bytes(buffer) for buffer in buffers]
    tensors, operators = graph.get("tensors", []), graph.get("operators", [])
    inputs, outputs = graph.get("inputs", ()), graph.get("outputs", ())
    if not operators or len(operators) > _MOST_OPERATORS:
        raise MisfitError(
            f"it has {len(operators)} operators, and 1 to {_MOST_OPERATORS} are allowed"
        )
    stored, empty, working_bytes = set(), set(), 0
    for number, tensor in enumerate(tensors):
        size = _check_tensor(tensor, sizes)
        if sizes[tensor.get("buffer", 0)]:
            stored.add(number)
        elif size:
            working_bytes += size
        else:
            empty.add(number)
    if working_bytes > _LARGEST_WORKING_BYTES:
        raise MisfitError(
            f"its tensors take {working_bytes >> 20} MiB, and {_LARGEST_WORKING_BYTES >> 20} MiB "
            "is the limit"
        )
    check_indices([*inputs, *outputs], len(tensors), "tensors")
    variable = {number for number, tensor in enumerate(tensors) if tensor.get("is_variable")}
    if stored & {*inputs, *variable}:
        raise MisfitError("a tensor that changes is stored in the file")
    network = Network(reader, tensors, buffers, kinds, stored, {*stored, *variable, *inputs})
    for operator in operators:
        check_operator(network, operator)
    if not network.known.issuperset(outputs):
        raise MisfitError("nothing computes its output")
    # Only what describes the inside of an LSTM has no size.
    if empty & network.known:
        raise MisfitError("a tensor has no elements")


def _check_tensor(tensor: Values, sizes: list[int]) -> int:
    """Return the size of a tensor (bytes)."""
    each = TENSOR_BYTES.get(tensor.get("type", 0))
    if each is None:
        raise MisfitError(f"a tensor is of the type {tensor['type']}, which no model here needs")
    shape = tensor.get("shape", ())
    if len(shape) > _MOST_DIMENSIONS or any(
        not 0 <= dimension <= _LARGEST_DIMENSION for dimension in shape
    ):
        raise MisfitError(f"a tensor has the shape {list(shape)[: _MOST_DIMENSIONS + 1]}")
    signature = tensor.get("shape_signature", ())
    if signature and (
        len(signature) != len(shape)
        or any(free not in (-1, size) for free, size in zip(signature, shape, strict=True))
    ):
        raise MisfitError("a tensor's shape and its signature differ")
    size = math.prod(shape) * each
    check_indices([tensor.get("buffer", 0)], len(sizes), "buffers")
    there = sizes[tensor.get("buffer", 0)]
    if there and there != size:
        raise MisfitError(f"a tensor of {size} bytes has {there} bytes of data")
    if tensor.get("external_buffer", 0):
        raise MisfitError("a tensor's data lie outside the flatbuffer")
    _check_quantization(tensor.get("quantization", {}), shape)
    return size


def _check_quantization(quantization: Values, shape: tuple[int, ...]) -> None:
    if quantization.get("details_type", 0) or "details" in quantization:
        raise MisfitError("a tensor is quantized in a way of its own")
    scales, zero_points = quantization.get("scale", ()), quantization.get("zero_point", ())
    axis = quantization.get("axis", 0)
    if len(scales) > 1:
        if not 0 <= axis < len(shape) or len(scales) != shape[axis]:
            raise MisfitError(f"a tensor has {len(scales)} scales for the shape {list(shape)}")
    elif axis and not 0 <= axis < len(shape):
        raise MisfitError(f"a tensor is quantized along its dimension {axis}")
    if len(zero_points) not in (0, 1, len(scales)) or (scales and not zero_points):
        raise MisfitError(f"a tensor has {len(scales)} scales and {len(zero_points)} zero points")
    # NaN is not below the limit either.
    if not all(0.0 <= scale < _LARGEST_SCALE for scale in scales):
        raise MisfitError("a tensor's scale is no number above 0")
    if any(abs(zero_point) >= 1 << 31 for zero_point in zero_points):
        raise MisfitError("a tensor's zero point is too large")
