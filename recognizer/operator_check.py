"""Whether an operator of a TFLite graph has what its kernel takes for granted."""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from recognizer.flatbuffer import FlatbufferReader
from recognizer.tflite_layout import OperatorKind

Values = dict[str, Any]

_LARGEST_STEP = 1 << 12
"""Of a window that slides, and of how far it slides."""
_ACTIVATIONS = range(6)
_PADDINGS = range(2)
_PADS = ("PAD", "PADV2")
_INT32 = 2


class MisfitError(Exception):
    """Something does not fit; ``str(error)`` is the end of a sentence."""


@dataclass(frozen=True, slots=True)
class Network:
    """What the operators of a graph refer to."""

    reader: FlatbufferReader
    tensors: list[Values]
    buffers: list[Values]
    kinds: list[OperatorKind]
    stored: set[int]
    """Tensors whose data are in the file."""
    known: set[int]
    """Tensors that have a value before the next operator runs."""


def check_operator(network: Network, operator: Values) -> None:
    """Check an operator, and note that its outputs are known behind it.

    Raises
    ------
    MisfitError
        If something does not fit.
    FlatbufferError
        If its options are damaged.
    """
    check_indices([operator.get("code_index", 0)], len(network.kinds), "kinds of operators")
    kind = network.kinds[operator.get("code_index", 0)]
    operator.setdefault("inputs", ())
    operator.setdefault("outputs", ())
    if len(operator["inputs"]) not in kind.inputs or len(operator["outputs"]) not in kind.outputs:
        raise MisfitError(
            f"{kind.name} has {len(operator['inputs'])} inputs and {len(operator['outputs'])} "
            "outputs"
        )
    if "custom" in operator or len(operator.get("mutating", ())) > len(operator["inputs"]):
        raise MisfitError(f"{kind.name} has options of its own")
    _check_options(network.reader, kind, operator)
    _check_flow(network, kind, operator)
    _check_shapes(network, kind, operator)
    network.known.update(operator["outputs"])


def check_indices(indices: Iterable[int], count: int, what: str) -> None:
    """Check numbers that refer to one of `count` things.

    Raises
    ------
    MisfitError
        If one refers to none.
    """
    for index in indices:
        if not 0 <= index < count:
            raise MisfitError(f"it names number {index} of {count} {what}")


def _check_options(reader: FlatbufferReader, kind: OperatorKind, operator: Values) -> None:
    options_type = operator.get("options_type", 0)
    if options_type not in (0, kind.options_type) or (options_type > 0) != ("options" in operator):
        raise MisfitError(f"the options of {kind.name} are those of another operator")
    options = reader.table(operator["options"], kind.options) if options_type else {}
    for name, _ in kind.options.values():
        if name.startswith(("stride", "filter")):
            fits = 1 <= options.get(name, 0) <= _LARGEST_STEP
        elif name.startswith("dilation"):
            fits = 1 <= options.get(name, 1) <= _LARGEST_STEP
        elif name == "activation":
            fits = options.get(name, 0) in _ACTIVATIONS
        elif name == "padding":
            fits = options.get(name, 0) in _PADDINGS
        elif name in ("weights_format", "offset"):
            # With an end that is counted from the begin, a slice reads beyond its input.
            fits = not options.get(name, 0)
        else:
            fits = True
        if not fits:
            raise MisfitError(f"{kind.name} has the {name} {options.get(name, 0)}")


def _check_flow(network: Network, kind: OperatorKind, operator: Values) -> None:
    """Check that an operator's inputs are there before it runs, and its outputs are not."""
    inputs, outputs = operator["inputs"], operator["outputs"]
    count = len(network.tensors)
    needed = {index for place, index in enumerate(inputs) if place not in kind.optional}
    given = {index for index in inputs if index != -1}
    inside = {index for index in operator.get("intermediates", ()) if index != -1}
    check_indices({*needed, *given, *outputs, *inside}, count, "tensors")
    if not given <= network.known:
        raise MisfitError(f"an input of {kind.name} is computed by nothing before it")
    constant = {inputs[place] for place in kind.constant if place < len(inputs)} - {-1}
    if not constant <= network.stored:
        raise MisfitError(f"a constant of {kind.name} is not in the file")
    taken = network.known | inside
    if len({*outputs} - taken) < len(outputs):
        raise MisfitError(f"an output of {kind.name} is there already")


def _check_shapes(network: Network, kind: OperatorKind, operator: Values) -> None:
    """Check what kernels that only copy take for granted."""
    inputs = [
        network.tensors[index]
        for place, index in enumerate(operator["inputs"])
        if place not in kind.constant and index != -1
    ]
    outputs = [network.tensors[index] for index in operator["outputs"]]
    types = {tensor.get("type", 0) for tensor in (inputs[0], *outputs)}
    if kind.keeps != "nothing" and len(types) > 1:
        raise MisfitError(f"{kind.name} makes one type of another")
    if kind.keeps in ("shape", "nothing"):
        fits = {_shape(tensor) for tensor in outputs} == {_shape(inputs[0])}
    elif kind.keeps == "type":
        fits = True
    else:
        taken, made = sum(map(_elements, inputs)), sum(map(_elements, outputs))
        fits = made <= taken if kind.keeps == "at most" else made == taken
    if kind.name in _PADS:
        fits = _shape(outputs[0]) == _padded(network, operator)
    if not fits:
        raise MisfitError(f"the output of {kind.name} has a shape that it cannot have")


def _padded(network: Network, operator: Values) -> tuple[int, ...]:
    """Return the shape that a tensor has once it is padded."""
    source, paddings = (network.tensors[index] for index in operator["inputs"][:2])
    shape = _shape(source)
    if paddings.get("type", 0) != _INT32 or _shape(paddings) != (len(shape), 2):
        raise MisfitError("the paddings have a shape or type that they cannot have")
    start, _ = network.buffers[paddings["buffer"]]["data"]
    numbers = network.reader.numbers(start, 2 * len(shape), "i")
    pairs = zip(numbers[::2], numbers[1::2], strict=True)
    return tuple(
        size + before + after if before >= 0 and after >= 0 else -1
        for size, (before, after) in zip(shape, pairs, strict=True)
    )


def _shape(tensor: Values) -> tuple[int, ...]:
    return tuple(tensor.get("shape", ()))


def _elements(tensor: Values) -> int:
    return math.prod(_shape(tensor))
