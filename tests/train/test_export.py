import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from recognizer.classifier import Classifier
from recognizer.errors import ModelError
from recognizer.log_mel import FrontendParameters
from recognizer.model_file import read_metadata, read_model, write_model
from recognizer.model_metadata import ModelMetadata

pytest.importorskip("tensorflow")

LABELS = ("silence", "unknown", "low", "high")
METADATA = ModelMetadata(LABELS, FrontendParameters(), 0.5, training={"seed": 4})


@pytest.fixture(scope="module")
def windows():
    """Windows in which the lower (label 2) or upper (label 3) bands rise over time, or none."""
    random = np.random.default_rng(2)
    values = random.normal(0.0, 1.0, (60, 98, 40)).astype(np.float32)
    answers = np.tile([0, 2, 3], 20)
    slope = np.linspace(-4.0, 4.0, 98, dtype=np.float32)[:, None]
    values[answers == 2, :, :20] += slope
    values[answers == 3, :, 20:] += slope
    return values, answers


@pytest.fixture(scope="module")
def network(windows):
    """A small network of the kinds of layers that recipes use, trained for a moment."""
    import keras

    layers = keras.layers
    keras.utils.set_random_seed(3)
    source = keras.Input((98, 40))
    x = layers.Reshape((98, 40, 1))(source)
    x = layers.Conv2D(8, 3, strides=4, padding="same", use_bias=False)(x)
    x = layers.ReLU()(layers.BatchNormalization()(x))
    y = layers.DepthwiseConv2D(3, padding="same", use_bias=False)(x)
    y = layers.Conv2D(8, 1, use_bias=False)(layers.BatchNormalization()(y))
    x = layers.ReLU()(layers.Add()([x, y]))
    x = layers.AveragePooling2D((5, 5))(x)
    scores = layers.Dense(len(LABELS))(layers.Flatten()(x))
    model = keras.Model(source, scores)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.Adam(0.02), loss)
    model.fit(*windows, epochs=12, batch_size=15, verbose=0)
    return model


@pytest.fixture(scope="module")
def exported(tmp_path_factory, network, windows):
    from train.export import export_int8

    path = tmp_path_factory.mktemp("export") / "model.tflite"
    return path, export_int8(network, windows[0], path, METADATA, answers=windows[1])


def test_the_int8_file_agrees_with_the_network(exported):
    path, report = exported
    assert report.file_bytes == path.stat().st_size
    assert report.windows == 60
    assert report.agreement >= 0.95
    assert report.largest_difference < 0.2
    assert report.float_accuracy >= 0.95
    assert report.int8_accuracy >= 0.95


def test_the_file_is_a_complete_model(exported, windows):
    path, _ = exported
    assert read_metadata(path) == METADATA
    classifier = Classifier(path)
    for window, answer in zip(*windows, strict=True):
        assert classifier.posteriors(window).argmax() == answer


def test_every_tensor_is_an_integer_and_weights_are_per_channel(exported):
    from ai_edge_litert.interpreter import Interpreter, OpResolverType

    flatbuffer, _ = read_model(exported[0])
    interpreter = Interpreter(
        model_content=flatbuffer,
        experimental_op_resolver_type=OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES,
    )
    tensors = interpreter.get_tensor_details()
    assert {np.dtype(tensor["dtype"]) for tensor in tensors} <= {np.dtype("i1"), np.dtype("i4")}
    scales = [len(tensor["quantization_parameters"]["scales"]) for tensor in tensors]
    assert scales.count(8) >= 3
    assert interpreter.get_input_details()[0]["shape"].tolist() == [1, 98, 40]
    assert all(-1 not in tensor["shape_signature"] for tensor in tensors)


def test_equal_arguments_give_equal_files(exported, network, windows, tmp_path):
    from train.export import export_int8

    export_int8(network, windows[0], tmp_path / "again.tflite", METADATA, windows=windows[0][:5])
    assert (tmp_path / "again.tflite").read_bytes() == exported[0].read_bytes()


def test_what_rounding_shifts_the_logits_by_is_taken_off(exported, network, windows, tmp_path):
    from train.exports.tflite import convert

    scores = np.asarray(network(windows[0], training=False))

    def shift(path):
        classifier = Classifier(path)
        given = np.log([classifier.posteriors(window) for window in windows[0]])
        means = np.mean(given - scores, axis=0)
        return np.abs(means - means.mean()).max()

    plain = tmp_path / "plain.tflite"
    write_model(plain, convert(network, (98, 40), windows[0]), METADATA)
    before = shift(plain)
    assert shift(exported[0]) < before / 2
    # The network itself is as it was.
    write_model(plain, convert(network, (98, 40), windows[0]), METADATA)
    assert shift(plain) == before


def test_without_answers_there_is_no_accuracy(network, windows, tmp_path):
    from train.export import export_int8

    report = export_int8(network, windows[0][:8], tmp_path / "m.tflite", METADATA)
    assert report.windows == 8
    assert report.float_accuracy is None
    assert report.int8_accuracy is None


def test_the_float_file_loads_anywhere_but_in_the_program(network, tmp_path):
    from train.export import export_float

    path = tmp_path / "float.tflite"
    assert export_float(network, path, METADATA) == path.stat().st_size
    assert read_metadata(path) == METADATA
    with pytest.raises(ModelError, match="float32 instead of int8"):
        Classifier(path)


@pytest.mark.parametrize(
    ("calibration", "says"),
    [
        (np.zeros((0, 98, 40), np.float32), "calibration is float32 of the shape"),
        (np.zeros((4, 98, 32), np.float32), "calibration is float32 of the shape"),
        (np.zeros((4, 98, 40)), "calibration is float64"),
    ],
)
def test_calibration_windows_that_do_not_fit(network, tmp_path, calibration, says):
    from train.export import export_int8

    with pytest.raises(ValueError, match=says):
        export_int8(network, calibration, tmp_path / "m.tflite", METADATA)


@pytest.mark.parametrize(
    ("metadata", "says"),
    [
        (ModelMetadata((*LABELS, "more"), FrontendParameters(), 0.5), "for 5 labels"),
        (ModelMetadata(LABELS, FrontendParameters(mel_bands=32), 0.5), "the frontend makes"),
    ],
)
def test_metadata_that_does_not_fit_the_network(network, tmp_path, metadata, says):
    from train.export import export_int8

    windows = np.zeros((4, 98, metadata.frontend.mel_bands), np.float32)
    with pytest.raises(ValueError, match=says):
        export_int8(network, windows, tmp_path / "m.tflite", metadata)


def test_answers_that_do_not_fit_the_windows(network, windows, tmp_path):
    from train.export import export_int8

    with pytest.raises(ValueError, match="answers has the shape"):
        export_int8(
            network, windows[0], tmp_path / "m.tflite", METADATA, answers=np.zeros(3, np.int64)
        )


def test_importing_the_module_does_not_import_tensorflow():
    program = "import sys, train.export; sys.exit('tensorflow' in sys.modules)"
    root = Path(__file__).parents[2]
    result = subprocess.run([sys.executable, "-c", program], cwd=root, timeout=60)
    assert result.returncode == 0
