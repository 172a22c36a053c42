"""The part of TensorFlow Lite's schema that a recognizer's model may use.

The field numbers are those of ``schema.fbs``, version 3 [1]_. Left out are strings, sparse and
custom tensors, control flow, and buffers outside the flatbuffer: no keyword model needs them, and
each is one more way into an interpreter.

References
----------
.. [1] https://github.com/tensorflow/tensorflow/blob/master/tensorflow/compiler/mlir/lite/schema/
"""

from dataclasses import dataclass
from typing import Literal

from recognizer.flatbuffer import Layout


def _layout(fields: str) -> Layout:
    """Number fields that are written as ``name:kind``."""
    pairs = (field.partition(":") for field in fields.split())
    return {slot: (name, kind) for slot, (name, _, kind) in enumerate(pairs)}


OPERATOR_CODE = _layout("deprecated_code:b custom_code:str version:i code:i")
BUFFER = _layout("data:bytes offset:Q size:Q")
QUANTIZATION = _layout("min:[f max:[f scale:[f zero_point:[q details_type:B details:table axis:i")
TENSOR: Layout = {
    **_layout("shape:[i type:b buffer:I name:str"),
    4: ("quantization", QUANTIZATION),
    5: ("is_variable", "?"),
    7: ("shape_signature", "[i"),
    8: ("has_rank", "?"),
    10: ("external_buffer", "I"),
}
OPERATOR: Layout = {
    **_layout("code_index:I inputs:[i outputs:[i options_type:B options:table custom:bytes"),
    6: ("custom_format", "b"),
    7: ("mutating", "[?"),
    8: ("intermediates", "[i"),
    13: ("debug_metadata", "i"),
}
SUBGRAPH: Layout = {
    0: ("tensors", [TENSOR]),
    1: ("inputs", "[i"),
    2: ("outputs", "[i"),
    3: ("operators", [OPERATOR]),
    4: ("name", "str"),
    5: ("debug_metadata", "i"),
}
METADATA = _layout("name:str buffer:I")
TENSOR_MAP = _layout("name:str tensor:I")
SIGNATURE: Layout = {
    0: ("inputs", [TENSOR_MAP]),
    1: ("outputs", [TENSOR_MAP]),
    2: ("key", "str"),
    4: ("subgraph", "I"),
}
MODEL: Layout = {
    0: ("version", "I"),
    1: ("operator_codes", [OPERATOR_CODE]),
    2: ("subgraphs", [SUBGRAPH]),
    3: ("description", "str"),
    4: ("buffers", [BUFFER]),
    5: ("metadata_buffer", "[i"),
    6: ("metadata", [METADATA]),
    7: ("signatures", [SIGNATURE]),
}

TENSOR_BYTES = {0: 4, 2: 4, 3: 1, 4: 8, 6: 1, 7: 2, 9: 1}
"""Bytes of one element by ``TensorType``: float32, int32, uint8, int64, bool, int16, int8."""


Keeps = Literal["shape", "count", "at most", "type", "nothing"]
"""An output has the shape of the first input; all outputs together have as many elements as all
inputs, or at most so many; or just the type, which all but "nothing" includes."""


@dataclass(frozen=True, slots=True)
class OperatorKind:
    """What one operator takes."""

    name: str
    """As in the schema."""
    options_type: int
    """Of its options in the union ``BuiltinOptions``."""
    options: Layout
    """The fields of its options."""
    inputs: range
    """How many inputs it may have."""
    constant: tuple[int, ...]
    """Inputs that must be stored in the file, so that all shapes are known before it runs."""
    outputs: range
    """How many outputs it may have."""
    optional: tuple[int, ...]
    """Inputs that may be left out."""
    keeps: Keeps
    """What its outputs have in common with its inputs that are not constants by need."""


def _kind(
    name: str,
    options_type: int,
    options: str,
    inputs: int | range,
    constant: tuple[int, ...] = (),
    *,
    outputs: range | None = None,
    optional: tuple[int, ...] = (),
    keeps: Keeps = "shape",
) -> OperatorKind:
    inputs = inputs if isinstance(inputs, range) else range(inputs, inputs + 1)
    outputs = outputs or range(1, 2)
    return OperatorKind(
        name, options_type, _layout(options), inputs, constant, outputs, optional, keeps
    )


_FUSED = "activation:b"
_STRIDES = "padding:b stride_w:i stride_h:i"
_DILATIONS = "dilation_w:i dilation_h:i"
_POOL = f"{_STRIDES} filter_w:i filter_h:i {_FUSED}"
_MANY = range(1, 1025)

OPERATORS = {
    0: _kind("ADD", 11, f"{_FUSED} pot_scale:?", 2, keeps="type"),
    1: _kind("AVERAGE_POOL_2D", 5, _POOL, 1, keeps="type"),
    2: _kind("CONCATENATION", 10, f"axis:i {_FUSED}", _MANY, keeps="count"),
    3: _kind(
        "CONV_2D",
        1,
        f"{_STRIDES} {_FUSED} {_DILATIONS} bias_type:b",
        3,
        (1, 2),
        keeps="type",
    ),
    4: _kind(
        "DEPTHWISE_CONV_2D",
        2,
        f"{_STRIDES} depth_multiplier:i {_FUSED} {_DILATIONS}",
        3,
        (1, 2),
        keeps="type",
    ),
    6: _kind("DEQUANTIZE", 38, "", 1, keeps="nothing"),
    9: _kind(
        "FULLY_CONNECTED",
        8,
        f"{_FUSED} weights_format:b keep_dims:? asymmetric:? bias_type:b",
        range(2, 4),
        (1, 2),
        optional=(2,),
        keeps="type",
    ),
    11: _kind("L2_NORMALIZATION", 12, _FUSED, 1),
    14: _kind("LOGISTIC", 0, "", 1),
    17: _kind("MAX_POOL_2D", 5, _POOL, 1, keeps="type"),
    18: _kind("MUL", 21, _FUSED, 2, keeps="type"),
    19: _kind("RELU", 0, "", 1),
    21: _kind("RELU6", 0, "", 1),
    22: _kind("RESHAPE", 17, "new_shape:[i", range(1, 3), (1,), keeps="count"),
    25: _kind("SOFTMAX", 9, "beta:f", 1),
    28: _kind("TANH", 0, "", 1),
    34: _kind("PAD", 22, "", 2, (1,), keeps="type"),
    39: _kind("TRANSPOSE", 26, "", 2, (1,), keeps="count"),
    40: _kind("MEAN", 27, "keep_dims:?", 2, (1,), keeps="at most"),
    41: _kind("SUB", 28, f"{_FUSED} pot_scale:?", 2, keeps="type"),
    42: _kind("DIV", 29, _FUSED, 2, keeps="type"),
    43: _kind("SQUEEZE", 30, "dims:[i", 1, keeps="count"),
    44: _kind(
        "UNIDIRECTIONAL_SEQUENCE_LSTM",
        71,
        f"{_FUSED} cell_clip:f projection_clip:f time_major:? asymmetric:? diagonal:?",
        range(20, 25),
        (*range(1, 18), *range(20, 24)),
        optional=(1, 5, 9, 10, 11, 12, 16, 17, 20, 21, 22, 23),
        keeps="type",
    ),
    45: _kind(
        "STRIDED_SLICE",
        32,
        "begin:i end:i ellipsis:i new_axis:i shrink:i offset:?",
        4,
        (1, 2, 3),
        keeps="at most",
    ),
    47: _kind("EXP", 33, "", 1),
    49: _kind("SPLIT", 35, "count:i", 2, (0,), outputs=_MANY, keeps="count"),
    54: _kind("PRELU", 0, "", 2, (1,)),
    55: _kind("MAXIMUM", 39, "", 2, keeps="type"),
    57: _kind("MINIMUM", 39, "", 2, keeps="type"),
    60: _kind("PADV2", 43, "", 3, (1, 2), keeps="type"),
    65: _kind("SLICE", 48, "", 3, (1, 2), keeps="at most"),
    70: _kind("EXPAND_DIMS", 52, "", 2, (1,), keeps="count"),
    74: _kind("SUM", 27, "keep_dims:?", 2, (1,), keeps="at most"),
    76: _kind("RSQRT", 0, "", 1),
    82: _kind("REDUCE_MAX", 27, "keep_dims:?", 2, (1,), keeps="at most"),
    83: _kind("PACK", 59, "count:i axis:i", _MANY, keeps="count"),
    88: _kind("UNPACK", 64, "count:i axis:i", 1, outputs=_MANY, keeps="count"),
    98: _kind("LEAKY_RELU", 75, "alpha:f", 1),
    99: _kind("SQUARED_DIFFERENCE", 76, "", 2, keeps="type"),
    111: _kind("ELU", 0, "", 1),
    114: _kind("QUANTIZE", 89, "", 1, keeps="nothing"),
    117: _kind("HARD_SWISH", 91, "", 1),
    126: _kind("BATCH_MATMUL", 101, "adjoint_x:? adjoint_y:? asymmetric:?", 2, keeps="type"),
    150: _kind("GELU", 116, "approximate:?", 1),
}
"""The operators by their code in ``BuiltinOperator``."""
