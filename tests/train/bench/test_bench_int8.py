from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from recognizer.classifier import Classifier
from recognizer.model_file import default_model_path, read_model, write_model
from tests.made_recordings import make_recordings
from tests.model_fixture import tiny_model
from train.bench import int8_loss as loss_of
from train.bench.float_model import FloatClassifier, dequantized
from train.bench.int8_loss import GROUPS_HEARD, int8_loss, loss
from train.bench.run import int8_of
from train.errors import DataError
from train.evaluation.evaluate import evaluate
from train.evaluation.stream_groups import GROUPS, Recordings
from train.tasks import Tasks
from train.vocabulary import DIGITS


@pytest.fixture(scope="module")
def windows():
    random = np.random.default_rng(0)
    return random.normal(size=(20, 98, 40)).astype(np.float32)


def test_the_shipped_network_in_float_says_nearly_the_same(windows):
    model = default_model_path()
    int8, real = Classifier(model), FloatClassifier(model)
    pairs = [(int8.posteriors(one), real.posteriors(one)) for one in windows]

    assert max(np.abs(a - b).max() for a, b in pairs) < 0.05
    # It is another network: nothing is rounded.
    assert any(not np.array_equal(a, b) for a, b in pairs)
    assert all(b.sum() == pytest.approx(1.0, abs=1e-5) for _, b in pairs)
    assert real.labels == int8.labels
    assert real.threshold == int8.threshold


def test_nothing_of_the_float_network_is_int8():
    from ai_edge_litert import schema_py_generated as schema

    flatbuffer, _ = read_model(default_model_path())
    graph = schema.Model.GetRootAsModel(dequantized(flatbuffer), 0).Subgraphs(0)
    kinds = {graph.Tensors(number).Type() for number in range(graph.TensorsLength())}

    assert schema.TensorType.FLOAT32 in kinds
    assert schema.TensorType.INT8 not in kinds


def test_a_network_that_is_int8_in_parts_is_refused():
    import flatbuffers
    from ai_edge_litert import schema_py_generated as schema

    flatbuffer, _ = read_model(default_model_path())
    model = schema.ModelT.InitFromObj(schema.Model.GetRootAsModel(flatbuffer, 0))
    code = schema.OperatorCodeT()
    code.builtinCode = code.deprecatedBuiltinCode = schema.BuiltinOperator.QUANTIZE
    model.operatorCodes.append(code)
    builder = flatbuffers.Builder(len(flatbuffer))
    builder.Finish(model.Pack(builder), file_identifier=b"TFL3")

    with pytest.raises(DataError, match="int8 in parts only"):
        dequantized(bytes(builder.Output()))


def test_the_loss_is_paired_word_by_word():
    words = [(True, True)] * 90 + [(True, False)] * 4 + [(False, True)] * 1 + [(False, False)] * 5
    result = loss(words)

    assert (result["said"], result["float_right"], result["int8_right"]) == (100, 94, 91)
    assert (result["only_float"], result["only_int8"]) == (4, 1)
    assert result["points"] == pytest.approx(3.0)
    # 3 ± 1.96 √(5 - 9/100)
    assert result["low"] == pytest.approx(3.0 - 4.343, abs=0.01)
    assert result["high"] == pytest.approx(3.0 + 4.343, abs=0.01)
    assert loss([])["points"] is None
    assert loss([(True, True)] * 10)["points"] == 0.0


def test_what_int8_loses_is_part_of_an_evaluation(tmp_path, monkeypatch):
    data = make_recordings(tmp_path / "data")
    model = tiny_model(tmp_path / "tiny.tflite", threshold=0.2)
    result = evaluate(
        model, data, ["crowd", "accented", "household"], through_command_line=False, int8=True
    )["int8"]

    (network,) = result["networks"]
    assert network["said"] == 5
    assert (
        network["float_right"] + network["only_int8"] - network["only_float"]
        == (network["int8_right"])
    )
    # A model of somebody else has no trunk, and that is told.
    assert "trunk" in result["notes"][0]


def test_without_one_of_its_groups_there_is_a_sentence(tmp_path):
    with pytest.raises(DataError, match="is measured on the groups crowd, close_talk, accented"):
        int8_of(tmp_path, tmp_path, [], [], Tasks(1))


@pytest.mark.parametrize("lost", ["float", "int8"])
def test_every_word_is_heard_by_both(tmp_path, monkeypatch, lost):
    """Where one of the networks hears nothing, the other's words are counted."""
    data = make_recordings(tmp_path / "data")
    model = tiny_model(tmp_path / "tiny.tflite", threshold=0.0)
    deaf = tmp_path / "deaf.tflite"
    flatbuffer, metadata = read_model(model)
    write_model(deaf, flatbuffer, replace(metadata, threshold=1.0))
    own = loss_of.Classifier
    if lost == "int8":
        monkeypatch.setattr(loss_of, "Classifier", lambda path: own(deaf))
    else:
        monkeypatch.setattr("train.bench.float_model.FloatClassifier", lambda path, flat: own(deaf))
    recordings = Recordings(data)
    kinds = [(name, GROUPS[name], recordings) for name in GROUPS_HEARD[:1]]
    (network,) = int8_loss(model, data, kinds, DIGITS, Tasks(1), tmp_path)["networks"]

    assert network["said"] == 4
    assert (network["float_right"] == 0) == (lost == "float" or network["int8_right"] == 0)
    assert network["only_int8" if lost == "int8" else "only_float"] == 0


@pytest.mark.data
def test_the_trunk_is_written_in_float_and_in_int8(data_folder, tmp_path, windows):
    pytest.importorskip("tensorflow")
    pair = loss_of.of_trunk(Path(default_model_path()), data_folder, tmp_path)

    int8, real = Classifier(pair.int8), FloatClassifier(pair.int8, pair.flatbuffer)
    differences = [np.abs(int8.posteriors(w) - real.posteriors(w)).max() for w in windows]
    assert max(differences) < 0.2
    assert max(differences) > 0
    shipped = Classifier(default_model_path())
    assert any(np.abs(shipped.posteriors(w) - int8.posteriors(w)).max() > 0.01 for w in windows)
