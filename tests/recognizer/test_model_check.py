"""What the interpreter is never given."""

import struct

import flatbuffers
import numpy as np
import pytest
from ai_edge_litert import schema_py_generated as schema

from recognizer import tflite_layout
from recognizer.classifier import Classifier
from recognizer.errors import ModelError
from recognizer.flatbuffer import FlatbufferError, FlatbufferReader
from recognizer.log_mel import FrontendParameters
from recognizer.model_check import check_flatbuffer
from recognizer.model_file import default_model_path, read_model, write_model
from recognizer.model_metadata import ModelMetadata
from tests.model_fixture import DIGIT_LABELS, tiny_flatbuffer

RESHAPE, POOL, FULLY_CONNECTED = 0, 1, 3
WINDOW, IMAGE_SHAPE, IMAGE, AVERAGED, WEIGHTS, BIAS, LOGITS = 0, 1, 2, 3, 6, 7, 8


def changed(change):
    """The tiny network after `change` was let at its one graph and at the whole."""
    model = schema.ModelT.InitFromPackedBuf(tiny_flatbuffer(), 0)
    change(model.subgraphs[0], model)
    builder = flatbuffers.Builder(4096)
    builder.Finish(model.Pack(builder), b"TFL3")
    return bytes(builder.Output())


def refusal(data):
    with pytest.raises(ModelError) as caught:
        check_flatbuffer(data)
    sentence = str(caught.value)
    assert sentence.endswith(".")
    assert "\n" not in sentence
    return sentence


@pytest.mark.parametrize("data", [tiny_flatbuffer(), read_model(default_model_path())[0]])
def test_good_networks_pass(data):
    check_flatbuffer(data)


def test_what_changes_nothing_passes():
    check_flatbuffer(changed(lambda graph, model: None))


def _options(place, **values):
    def change(graph, model):
        for name, value in values.items():
            setattr(graph.operators[place].builtinOptions, name, value)

    return change


def _tensor(place, **values):
    def change(graph, model):
        for name, value in values.items():
            setattr(graph.tensors[place], name, value)

    return change


def _quantization(place, **values):
    def change(graph, model):
        for name, value in values.items():
            setattr(graph.tensors[place].quantization, name, value)

    return change


def _operator(place, **values):
    def change(graph, model):
        for name, value in values.items():
            setattr(graph.operators[place], name, value)

    return change


def _code(place, **values):
    def change(graph, model):
        for name, value in values.items():
            setattr(model.operatorCodes[place], name, value)

    return change


def _buffer(place, **values):
    def change(graph, model):
        for name, value in values.items():
            setattr(model.buffers[graph.tensors[place].buffer], name, value)

    return change


def _set(name, value, *, of_graph=True):
    return lambda graph, model: setattr(graph if of_graph else model, name, value)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (_set("version", 2, of_graph=False), "schema 2"),
        (_set("subgraphs", [], of_graph=False), "0 graphs"),
        (_set("operators", []), "0 operators"),
        (_set("outputs", [99]), "number 99 of 9 tensors"),
        (_set("outputs", [-1]), "number -1 of 9 tensors"),
        (_set("inputs", [WEIGHTS]), "changes is stored"),
        (_set("inputs", []), "computed by nothing before it"),
        (_tensor(WEIGHTS, shape=[12, 141]), "1692 bytes has 1680 bytes of data"),
        (_tensor(AVERAGED, shape=[1, -7, 20, 1]), "shape [1, -7, 20, 1]"),
        (_tensor(AVERAGED, shape=[2**31 - 1] * 4), "has the shape"),
        (_tensor(AVERAGED, shape=[1] * 7), "has the shape"),
        (_tensor(LOGITS, shape=[1, 0]), "no elements"),
        (_tensor(AVERAGED, shape=[1, 2**15, 2**15, 1]), "1024 MiB, and 128 MiB"),
        (_tensor(AVERAGED, shapeSignature=[1, 7, 20]), "signature differ"),
        (_tensor(AVERAGED, shapeSignature=[1, 7, 21, 1]), "signature differ"),
        (_tensor(AVERAGED, type=5), "type 5"),
        (_tensor(AVERAGED, buffer=77), "number 77 of"),
        (_tensor(AVERAGED, externalBuffer=3), "outside the flatbuffer"),
        (_tensor(WEIGHTS, isVariable=True), "changes is stored"),
        (_buffer(WEIGHTS, data=None), "computed by nothing before it"),
        (_buffer(WEIGHTS, offset=100), "outside the flatbuffer"),
        (_quantization(WEIGHTS, scale=[0.1] * 5), "5 scales for the shape"),
        (_quantization(WEIGHTS, scale=[0.1] * 12, quantizedDimension=2), "12 scales"),
        (_quantization(WEIGHTS, quantizedDimension=-1), "dimension -1"),
        (_quantization(WEIGHTS, zeroPoint=[0, 0]), "2 zero points"),
        (_quantization(WEIGHTS, scale=[float("nan")]), "no number above 0"),
        (_quantization(WEIGHTS, scale=[-1.0]), "no number above 0"),
        (_quantization(WEIGHTS, zeroPoint=[2**40]), "zero point is too large"),
        (_code(POOL, builtinCode=32, deprecatedBuiltinCode=32), "operator 32"),
        (_code(POOL, builtinCode=119, deprecatedBuiltinCode=119), "operator 119"),
        (_code(POOL, builtinCode=-5), "none that models"),
        (_code(POOL, customCode=b"Evil"), "custom"),
        (_operator(POOL, opcodeIndex=9), "number 9 of 4 kinds"),
        (_operator(POOL, inputs=[]), "AVERAGE_POOL_2D has 0 inputs"),
        (_operator(POOL, outputs=[]), "0 outputs"),
        (_operator(POOL, inputs=[-1]), "number -1"),
        (_operator(POOL, inputs=[LOGITS]), "computed by nothing before it"),
        (_operator(POOL, outputs=[WINDOW]), "is there already"),
        (_operator(POOL, customOptions=np.zeros(3, np.uint8)), "options of its own"),
        (_operator(FULLY_CONNECTED, inputs=[5, -1, BIAS]), "number -1"),
        (_operator(RESHAPE, inputs=[WINDOW, WINDOW]), "constant of RESHAPE"),
        (_options(POOL, strideH=0), "stride_h 0"),
        (_options(POOL, filterWidth=-1), "filter_w -1"),
        (_options(POOL, strideW=2**31 - 1), "stride_w 2147483647"),
        (_options(POOL, fusedActivationFunction=17), "activation 17"),
        (_options(POOL, padding=9), "padding 9"),
        (_options(FULLY_CONNECTED, weightsFormat=1), "weights_format 1"),
        # Copied without a look at the room there is: this one wrote over the heap.
        (_tensor(WINDOW, type=schema.TensorType.INT16), "one type of another"),
        (_tensor(WINDOW, shape=[1, 198, 40]), "a shape that it cannot have"),
    ],
)
def test_a_network_that_lies(change, says):
    assert says in refusal(changed(change))


@pytest.mark.parametrize("offset", [False, True])
def test_a_slice_whose_end_is_counted_from_its_begin(offset):
    def change(graph, model):
        for values in ([0, 0, 0], [1, 98, 20], [1, 1, 1]):
            buffer = schema.BufferT()
            buffer.data = np.frombuffer(np.array(values, np.int32).tobytes(), np.uint8)
            model.buffers.append(buffer)
            tensor = schema.TensorT()
            tensor.name, tensor.shape, tensor.type = b"of a slice", [3], schema.TensorType.INT32
            tensor.buffer = len(model.buffers) - 1
            graph.tensors.append(tensor)
        part = schema.TensorT()
        part.name, part.shape, part.type = b"part", [1, 98, 20], schema.TensorType.INT8
        graph.tensors.append(part)
        code = schema.OperatorCodeT()
        code.builtinCode = code.deprecatedBuiltinCode = schema.BuiltinOperator.STRIDED_SLICE
        model.operatorCodes.append(code)
        step = schema.OperatorT()
        step.opcodeIndex, step.inputs, step.outputs = 4, [WINDOW, 9, 10, 11], [12]
        step.builtinOptionsType = schema.BuiltinOptions.StridedSliceOptions
        step.builtinOptions = schema.StridedSliceOptionsT()
        step.builtinOptions.offset = offset
        graph.operators.append(step)

    if offset:
        assert "STRIDED_SLICE has the offset True" in refusal(changed(change))
    else:
        check_flatbuffer(changed(change))


def test_a_convolution_without_a_bias():
    """XNNPACK's kernel reads the one that is not there."""
    model = schema.ModelT.InitFromPackedBuf(read_model(default_model_path())[0], 0)
    kinds = schema.BuiltinOperator
    (code,) = [n for n, one in enumerate(model.operatorCodes) if one.builtinCode == kinds.CONV_2D]
    steps = [step for step in model.subgraphs[0].operators if step.opcodeIndex == code]
    for inputs, says in ((steps[0].inputs[:2], "2 inputs"), ([*steps[0].inputs[:2], -1], "-1")):
        steps[0].inputs = list(inputs)
        builder = flatbuffers.Builder(4096)
        builder.Finish(model.Pack(builder), b"TFL3")
        assert says in refusal(bytes(builder.Output()))


def test_options_of_another_operator():
    def change(graph, model):
        step = graph.operators[POOL]
        step.builtinOptionsType = schema.BuiltinOptions.ReshapeOptions
        step.builtinOptions = schema.ReshapeOptionsT()

    assert "those of another operator" in refusal(changed(change))


def test_a_window_that_slides_needs_options():
    change = _operator(POOL, builtinOptionsType=0, builtinOptions=None)
    assert "stride_w 0" in refusal(changed(change))


@pytest.mark.parametrize("pads", [[[0, 0], [1, 1], [2, 2]], [[0, 0], [2**30, 0], [0, 0]]])
def test_paddings_must_make_the_shape_that_is_declared(pads):
    def change(graph, model):
        buffer = schema.BufferT()
        buffer.data = np.frombuffer(np.array(pads, np.int32).tobytes(), np.uint8)
        model.buffers.append(buffer)
        paddings = schema.TensorT()
        paddings.name, paddings.shape, paddings.type = b"pads", [3, 2], schema.TensorType.INT32
        paddings.buffer = len(model.buffers) - 1
        padded = schema.TensorT()
        padded.name, padded.shape, padded.type = b"padded", [1, 100, 44], schema.TensorType.INT8
        graph.tensors += [paddings, padded]
        code = schema.OperatorCodeT()
        code.builtinCode = code.deprecatedBuiltinCode = schema.BuiltinOperator.PAD
        model.operatorCodes.append(code)
        step = schema.OperatorT()
        step.opcodeIndex, step.inputs, step.outputs = 4, [WINDOW, 9], [10]
        graph.operators.append(step)

    if pads[1][0] == 1:
        check_flatbuffer(changed(change))
    else:
        assert "PAD has a shape that it cannot have" in refusal(changed(change))


def test_every_truncation_is_refused():
    data = tiny_flatbuffer()
    for length in range(0, len(data) - 1, 5):
        refusal(data[:length])


def test_the_file_is_named(tmp_path):
    path = tmp_path / "mine.tflite"
    data = changed(_options(POOL, strideH=0))
    write_model(path, data, ModelMetadata(DIGIT_LABELS, FrontendParameters(), 0.6))
    with pytest.raises(ModelError, match=r"mine\.tflite cannot be used\. Its network"):
        Classifier(path)


# The reader itself

NUMBERS = {0: ("small", "b"), 1: ("list", "[i"), 2: ("text", "str"), 3: ("inner", {0: ("x", "i")})}


def table(*fields, vtable=None, size=None):
    """A flatbuffer of one table whose fields are 4 bytes each; None leaves one out."""
    there = [field for field in fields if field is not None]
    offsets, next_offset = [], 4
    for field in fields:
        offsets.append(0 if field is None else next_offset)
        next_offset += 0 if field is None else 4
    vtable = vtable or struct.pack(
        f"<HH{len(offsets)}H", 4 + 2 * len(offsets), size or 4 + 4 * len(there), *offsets
    )
    vtable += b"\0" * (-len(vtable) % 4)
    at = 8 + len(vtable)
    return struct.pack("<I4s", at, b"TEST") + vtable + struct.pack("<i", at - 8) + b"".join(there)


def test_a_table_is_read():
    # The list lies behind the table, the text behind the list.
    data = table(b"\x05\0\0\0", struct.pack("<I", 8), struct.pack("<I", 16))
    data += struct.pack("<Iii", 2, 7, -7) + struct.pack("<I3s", 2, b"ab\0")
    assert FlatbufferReader(data).root(NUMBERS) == {"small": 5, "list": (7, -7), "text": b"ab"}


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "out of the file"),
        (struct.pack("<I4s", 2**32 - 1, b"TEST"), "out of the file"),
        (struct.pack("<I4s", 7, b"TEST") + b"\0" * 20, "between two values"),
        (table(vtable=struct.pack("<HH", 4, 3)), "no size"),
        (table(vtable=struct.pack("<HH", 3, 4)), "no size"),
        (table(vtable=struct.pack("<HH", 4000, 4)), "out of the file"),
        (table(size=4000), "out of the file"),
        (table(b"\x05\0\0\0", size=4), "outside its table"),
        (table(None, None, None, None, b"\1\0\0\0"), "field 4, which is unknown"),
        (table(None, struct.pack("<I", 2**31)), "out of the file"),
        (table(None, struct.pack("<I", 4)) + struct.pack("<I", 1000), "out of the file"),
        (table(None, struct.pack("<I", 4)) + struct.pack("<I", 2**32 - 1), "entries"),
        (table(None, None, struct.pack("<I", 4)) + struct.pack("<I2s", 1, b"ab"), "no end"),
        (table(None, None, None, struct.pack("<I", 2**32 - 8)), "out of the file"),
    ],
)
def test_a_wrong_offset_is_not_followed(data, says):
    with pytest.raises(FlatbufferError, match=says):
        FlatbufferReader(data).root(NUMBERS)


def test_many_offsets_to_one_list_do_not_take_for_ever():
    inner = {0: ("list", "[i")}
    layout = {0: ("tables", [inner])}
    count = 60_000
    data = bytearray(table(struct.pack("<I", 4)))
    place = len(data)
    end = place + 4 + 4 * count
    # Every entry leads to the same table, and that to the same long list.
    vtable = struct.pack("<HHH2x", 6, 8, 4)
    shared = end + len(vtable)
    data += struct.pack("<I", count)
    data += b"".join(struct.pack("<I", shared - (place + 4 + 4 * n)) for n in range(count))
    data += vtable + struct.pack("<iII", len(vtable), 4, 1000) + b"\0" * 4000
    with pytest.raises(FlatbufferError, match="more than 500000 values"):
        FlatbufferReader(bytes(data)).root(layout)


def test_the_layout_is_that_of_the_schema():
    """The interpreter's own copy of the schema has the same numbers."""
    operators = vars(schema.BuiltinOperator)
    unions = dict(vars(schema.BuiltinOptions))
    for code, kind in tflite_layout.OPERATORS.items():
        assert operators[kind.name] == code
        if kind.options_type:
            assert kind.options_type in unions.values()
            (name,) = [one for one, number in unions.items() if number == kind.options_type]
            fields = getattr(schema, f"{name}T")()
            assert len(kind.options) <= len(vars(fields)), kind.name
    types = {code for name, code in vars(schema.TensorType).items() if name.isupper()}
    assert set(tflite_layout.TENSOR_BYTES) <= types
