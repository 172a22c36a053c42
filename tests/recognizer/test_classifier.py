import builtins
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from recognizer.classifier import Classifier
from recognizer.errors import ModelError, RecognizerError
from recognizer.log_mel import FrontendParameters
from recognizer.model_file import write_model
from recognizer.model_metadata import ModelMetadata
from tests.model_fixture import DIGIT_LABELS, tiny_flatbuffer, tiny_model

SCALE = 0.1
ZERO_POINT = -3


@pytest.fixture
def windows():
    return np.random.default_rng(5).normal(0.0, 3.0, (20, 98, 40)).astype(np.float32)


def echo_model(path, **options):
    """A model whose logit 2 is the value of a constant input, and whose others are 0."""
    weights = np.zeros((12, 140), np.int8)
    weights[2, 0] = 64
    return tiny_model(
        path,
        weights=weights,
        bias=np.zeros(12, np.int32),
        input_scale=SCALE,
        input_zero_point=ZERO_POINT,
        output_scale=SCALE,
        output_zero_point=ZERO_POINT,
        **options,
    )


def echoed(classifier, value):
    posteriors = classifier.posteriors(np.full((98, 40), value, np.float32))
    return float(np.log(posteriors[2]) - np.log(posteriors[0]))


def refusal(path):
    with pytest.raises(ModelError) as caught:
        Classifier(path)
    sentence = str(caught.value)
    assert str(path) in sentence
    assert sentence.endswith(".")
    assert "\n" not in sentence
    return sentence


def test_what_the_file_says(tmp_path):
    path = tiny_model(tmp_path / "m.tflite", threshold=0.71)
    classifier = Classifier(path)
    assert classifier.path == str(path)
    assert classifier.labels == DIGIT_LABELS
    assert classifier.frontend == FrontendParameters()
    assert classifier.threshold == 0.71
    assert classifier.metadata.training == {"seed": 0}


def test_posteriors_are_probabilities(tmp_path, windows):
    classifier = Classifier(tiny_model(tmp_path / "m.tflite"))
    for window in windows:
        posteriors = classifier.posteriors(window)
        assert posteriors.shape == (12,)
        assert posteriors.dtype == np.float32
        assert np.all(posteriors >= 0.0)
        assert posteriors.sum() == pytest.approx(1.0, abs=1e-5)


def test_the_same_window_gives_the_same_and_results_are_not_shared(tmp_path, windows):
    classifier = Classifier(tiny_model(tmp_path / "m.tflite"))
    first = classifier.posteriors(windows[0])
    kept = first.copy()
    window = windows[0].copy()
    assert not np.array_equal(classifier.posteriors(windows[1]), kept)
    assert np.array_equal(first, kept)
    assert np.array_equal(classifier.posteriors(windows[0]), kept)
    assert np.array_equal(windows[0], window)
    strided = np.asfortranarray(windows[0])
    assert np.array_equal(classifier.posteriors(strided), kept)


def test_the_input_is_rounded_not_cut(tmp_path):
    classifier = Classifier(echo_model(tmp_path / "m.tflite"))
    for value, heard in [(0.26, 0.3), (-0.26, -0.3), (0.24, 0.2), (-0.24, -0.2), (1.08, 1.1)]:
        assert echoed(classifier, value) == pytest.approx(heard, abs=1e-4)


def test_the_input_is_clipped_not_wrapped(tmp_path):
    classifier = Classifier(echo_model(tmp_path / "m.tflite"))
    for value in (13.1, 25.0, 25.6, 1e3, 1e9, np.inf):
        assert echoed(classifier, value) == pytest.approx((127 - ZERO_POINT) * SCALE, abs=1e-3)
        assert echoed(classifier, -value) == pytest.approx((-128 - ZERO_POINT) * SCALE, abs=1e-3)


@pytest.mark.parametrize(("scale", "zero_point"), [(0.05, 0), (0.02, 100), (0.5, -128)])
def test_the_output_is_read_with_its_own_scale(tmp_path, scale, zero_point):
    weights = np.zeros((12, 140), np.int8)
    weights[2, 0] = 64
    path = tiny_model(
        tmp_path / "m.tflite",
        weights=weights,
        bias=np.zeros(12, np.int32),
        output_scale=scale,
        output_zero_point=zero_point,
    )
    assert echoed(Classifier(path), 0.5) == pytest.approx(0.5, abs=scale / 2 + 1e-4)


def test_probabilities_are_passed_on(tmp_path):
    path = tmp_path / "m.tflite"
    bias = np.full(12, -6400, np.int32)
    bias[4] = 6400 * 255
    flatbuffer = tiny_flatbuffer(
        weights=np.zeros((12, 140), np.int8),
        bias=bias,
        output_scale=1 / 256,
        output_zero_point=-128,
    )
    labels, frontend = DIGIT_LABELS, FrontendParameters()
    write_model(path, flatbuffer, ModelMetadata(labels, frontend, 0.6, output="probabilities"))
    posteriors = Classifier(path).posteriors(np.zeros((98, 40), np.float32))
    assert posteriors[4] == pytest.approx(255 / 256)
    assert posteriors.sum() == pytest.approx(255 / 256)


def test_an_input_with_a_channel_axis(tmp_path, windows):
    flat = Classifier(tiny_model(tmp_path / "a.tflite"))
    image = Classifier(tiny_model(tmp_path / "b.tflite", input_shape=(1, 98, 40, 1)))
    assert np.array_equal(flat.posteriors(windows[0]), image.posteriors(windows[0]))


def test_other_words(tmp_path, windows):
    labels = ("yes", "silence", "no", "unknown")
    classifier = Classifier(tiny_model(tmp_path / "m.tflite", labels))
    assert classifier.labels == labels
    assert classifier.posteriors(windows[0]).shape == (4,)


@pytest.mark.parametrize("shape", [(40, 98), (97, 40), (98, 39), (1, 98, 40), (3920,)])
def test_a_window_of_another_shape(tmp_path, shape):
    classifier = Classifier(tiny_model(tmp_path / "m.tflite"))
    with pytest.raises(ValueError, match="shape"):
        classifier.posteriors(np.zeros(shape, np.float32))


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"float_input": True}, "input of the model file"),
        ({"float_output": True}, "output of the model file"),
        ({"quantized": False}, "has no quantization scale"),
    ],
)
def test_a_model_that_is_not_int8(tmp_path, options, says):
    # The check or the interpreter may refuse to mix types before the shapes are looked at.
    sentence = refusal(tiny_model(tmp_path / "m.tflite", **options))
    assert any(one in sentence for one in (says, "interpreter cannot load", "of another"))


def test_labels_that_do_not_fit_the_output(tmp_path):
    path = tmp_path / "m.tflite"
    write_model(path, tiny_flatbuffer(11), ModelMetadata(DIGIT_LABELS, FrontendParameters(), 0.6))
    assert "output of the shape 1 x 11, and it has 12 labels" in refusal(path)


def test_a_frontend_that_does_not_fit_the_input(tmp_path):
    path = tmp_path / "m.tflite"
    frontend = FrontendParameters(mel_bands=32)
    write_model(path, tiny_flatbuffer(), ModelMetadata(DIGIT_LABELS, frontend, 0.6))
    sentence = refusal(path)
    assert "1 x 98 x 40" in sentence
    assert "98 x 32" in sentence


def test_damaged_files_never_crash_the_process(tmp_path):
    """Truncated and rotten flatbuffers, in a process of its own in case the runtime dies."""
    program = """
import sys
import numpy as np
from recognizer.classifier import Classifier
from recognizer.errors import ModelError
from recognizer.log_mel import FrontendParameters
from recognizer.model_file import write_model
from recognizer.model_metadata import ModelMetadata
from tests.model_fixture import DIGIT_LABELS, tiny_flatbuffer, tiny_model

path = sys.argv[1]
whole = tiny_model(path).read_bytes()
refused = 0
for length in range(0, len(whole), 101):
    open(path, "wb").write(whole[:length])
    try:
        Classifier(path)
    except ModelError:
        refused += 1
    else:
        sys.exit("a truncated file was taken")
random = np.random.default_rng(1)
metadata = ModelMetadata(DIGIT_LABELS, FrontendParameters(), 0.6)
flatbuffer = tiny_flatbuffer()
for _ in range(40):
    rotten = bytearray(flatbuffer[: random.integers(9, len(flatbuffer) + 1)])
    for position in random.integers(8, len(rotten), 3):
        rotten[position] = random.integers(256)
    write_model(path, bytes(rotten), metadata)
    try:
        Classifier(path).posteriors(np.zeros((98, 40), np.float32))
    except ModelError:
        refused += 1
print(refused)
"""
    result = subprocess.run(
        [sys.executable, "-c", program, str(tmp_path / "m.tflite")],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert result.returncode == 0, result.stderr
    assert int(result.stdout) > 60


def test_the_runtime_writes_nothing_to_the_terminal(tmp_path):
    program = (
        "import sys\n"
        "from recognizer.classifier import Classifier\n"
        "assert 'ai_edge_litert' not in sys.modules\n"
        "Classifier(sys.argv[1])\n"
        "assert not {'tensorflow', 'PySide6', 'sounddevice', 'scipy'} & set(sys.modules)\n"
        "print('still here', file=sys.stderr)\n"
    )
    path = tiny_model(tmp_path / "m.tflite")
    result = subprocess.run(
        [sys.executable, "-c", program, str(path)],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert (result.returncode, result.stdout, result.stderr) == (0, "", "still here\n")


def test_no_interpreter_installed(tmp_path, monkeypatch):
    path = tiny_model(tmp_path / "m.tflite")
    real_import = builtins.__import__

    def without_interpreters(name, *args, **kwargs):
        if name.startswith(("ai_edge_litert", "tflite_runtime")):
            raise ImportError(f"No module named {name.split('.')[0]!r}")
        return real_import(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", without_interpreters)
    with pytest.raises(RecognizerError, match="pip install ai-edge-litert") as caught:
        Classifier(path)
    assert "Intel Macs" in str(caught.value)
