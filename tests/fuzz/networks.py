"""Networks with a few of their values changed, packed again: whole in structure, odd in content."""

from random import Random
from typing import Any

import flatbuffers
import numpy as np
from ai_edge_litert import schema_py_generated as schema

_NUMBERS = (-(2**31), -2, -1, 0, 1, 2, 3, 5, 7, 8, 9, 12, 14, 40, 98, 140, 4096, 2**20, 2**31 - 1)


def changed_network(flatbuffer: bytes, random: Random) -> bytes:
    """Change a few of the network's numbers, lists and choices."""
    model = schema.ModelT.InitFromPackedBuf(flatbuffer, 0)
    for _ in range(random.choice((1, 1, 1, 2, 3))):
        _change(model, random)
    builder = flatbuffers.Builder(4096)
    try:
        builder.Finish(model.Pack(builder), b"TFL3")
    except (TypeError, ValueError, AttributeError, OverflowError):
        # A number that its field cannot hold.
        return flatbuffer
    return bytes(builder.Output())


def _change(model: Any, random: Random) -> None:
    graph = model.subgraphs[0]
    kind = random.randrange(6)
    if kind == 0:
        _change_fields(random.choice(graph.tensors), random)
    elif kind == 1:
        quantization = random.choice(graph.tensors).quantization
        if quantization is not None:
            _change_fields(quantization, random)
    elif kind == 2:
        _change_fields(random.choice(graph.operators), random)
    elif kind == 3:
        options = random.choice(graph.operators).builtinOptions
        if options is not None:
            _change_fields(options, random)
    elif kind == 4:
        _change_fields(random.choice(model.operatorCodes), random)
    else:
        buffer = random.choice(model.buffers)
        if buffer.data is not None and len(buffer.data) >= 4:
            words = np.array(buffer.data[: len(buffer.data) // 4 * 4]).view(np.int32)
            words[random.randrange(len(words))] = random.choice(_NUMBERS)
            buffer.data = words.view(np.uint8)


def _change_fields(table: Any, random: Random) -> None:
    names = list(vars(table))
    if not names:
        return
    name = random.choice(names)
    value = getattr(table, name)
    if isinstance(value, bool):
        setattr(table, name, not value)
    elif isinstance(value, int | float):
        setattr(table, name, random.choice((*_NUMBERS, value + 1, value - 1)))
    elif value is not None and not isinstance(value, bytes | str) and hasattr(value, "__len__"):
        items = list(value)
        change = random.randrange(4)
        if items and change == 0:
            items[random.randrange(len(items))] = random.choice(_NUMBERS)
        elif items and change == 1:
            items.pop(random.randrange(len(items)))
        elif change == 2:
            items.insert(random.randrange(len(items) + 1), random.choice(_NUMBERS))
        else:
            random.shuffle(items)
        setattr(table, name, items)
