import re
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
import soundfile

from recognizer.errors import ModelError
from recognizer.log_mel import FrontendParameters, log_mel, normalize
from recognizer.model_file import default_model_path, read_model, write_model
from recognizer.model_metadata import ModelMetadata
from tests.model_fixture import tiny_flatbuffer, tiny_model
from train.exports import c_source
from train.exports.c_source import read_c_source, write_c_source
from train.exports.tflite import quantization

ROOT = Path(__file__).parents[3]
STRICT = ("-Wall", "-Wextra", "-Werror", "-pedantic")


def compiler(name="gcc"):
    return shutil.which(name) or pytest.skip(f"{name} is not installed")


def compiled(folder, header="exported.h"):
    """The program of `features.c`, with what was exported into a folder."""
    program = folder / "features"
    sources = [Path(__file__).with_name("features.c"), folder / Path(header).with_suffix(".c").name]
    command = [compiler(), "-std=c11", "-O2", *STRICT, "-I", folder, "-o", program, *sources, "-lm"]
    subprocess.run(command, check=True)
    return program


def run(program, samples, labels):
    """Frames, input, network and labels as the program has them."""
    p = FrontendParameters()
    out = subprocess.run(
        [program], input=samples.astype("<f4").tobytes(), capture_output=True, check=True
    ).stdout
    count = p.window_frames * p.mel_bands
    mel = np.frombuffer(out, "<f4", count).reshape(p.window_frames, p.mel_bands)
    window = np.frombuffer(out, "i1", count, 4 * count).reshape(mel.shape)
    rest = out[5 * count :]
    end = len(rest) - sum(len(label.encode()) + 1 for label in labels)
    return mel, window, rest[:end], rest[end:].decode().splitlines()


def second_of_the_demo():
    samples, rate = soundfile.read(ROOT / "assets" / "demo.flac", dtype="float32")
    assert rate == 16_000
    return samples[16_000 : 16_000 + FrontendParameters().window_samples]


@pytest.fixture(scope="module")
def device(tmp_path_factory):
    """The program with the model that ships."""
    folder = tmp_path_factory.mktemp("device")
    write_c_source(folder / "exported.h", default_model_path())
    return compiled(folder)


@pytest.mark.parametrize("level", [1.0, 1e-4, 0.0])
def test_a_device_computes_the_features_of_the_app(device, level):
    flatbuffer, metadata = read_model(default_model_path())
    samples = level * second_of_the_demo()
    mel, window, network, labels = run(device, samples, metadata.labels)
    expected = log_mel(samples)
    # float32's rounding of powers far below the loudest.
    np.testing.assert_allclose(mel, expected, atol=2e-3)
    assert np.abs(mel - expected).mean() < 1e-5
    (scale, zero_point), _ = quantization(flatbuffer)
    quantized = np.clip(np.rint(normalize(expected) / np.float32(scale)) + zero_point, -128, 127)
    # Where a value lies in the middle between two steps, the last bit decides.
    assert np.mean(window == quantized) > 0.999
    assert np.abs(window - quantized).max() <= 1
    assert network == flatbuffer
    assert labels == list(metadata.labels)


def test_the_header_states_what_the_model_file_states(tmp_path):
    model = tiny_model(tmp_path / "m.tflite", ("silence", "unknown", "yes", "no"), threshold=0.7)
    write_c_source(tmp_path / "m.h", model)
    text = (tmp_path / "m.h").read_text()
    values = dict(re.findall(r"#define KEYWORD_(\w+) (\S+)", text))
    assert float(values["INPUT_SCALE"][:-1]) == pytest.approx(0.1)
    assert float(values["OUTPUT_SCALE"][:-1]) == pytest.approx(0.05)
    assert float(values["THRESHOLD"][:-1]) == pytest.approx(0.7)
    assert (values["INPUT_ZERO_POINT"], values["OUTPUT_ZERO_POINT"]) == ("-3", "7")
    assert (values["LABELS"], values["SILENCE"], values["UNKNOWN"]) == ("4", "0", "1")
    for name in ("AVERAGE_POOL_2D", "FULLY_CONNECTED", "RESHAPE"):
        assert re.search(rf"^ +{name}$", text, re.MULTILINE)
    assert read_c_source(tmp_path / "m.h") == read_model(model)


def test_words_that_c_could_misread(tmp_path):
    labels = ("silence", "unknown", 'a "b" \\n', "what??/", "*/ end", "/* begin", "für Elise")
    flatbuffer = tiny_flatbuffer(len(labels))
    training = {"corpora": {"mine */": "CC BY /* 4.0 ??/"}}
    metadata = ModelMetadata(labels, FrontendParameters(), 0.5, training)
    write_model(tmp_path / "m.tflite", flatbuffer, metadata)
    write_c_source(tmp_path / "exported.h", tmp_path / "m.tflite")
    assert read_c_source(tmp_path / "exported.h") == (flatbuffer, metadata)
    samples = np.zeros(FrontendParameters().window_samples, np.float32)
    assert run(compiled(tmp_path), samples, labels)[3] == list(labels)


def test_it_is_c_plus_plus_too_and_any_file_name_will_do(tmp_path):
    header = tmp_path / "5 wörter.h"
    write_c_source(header, tiny_model(tmp_path / "m.tflite"))
    (tmp_path / "main.cc").write_text(
        f'#include "{header.name}"\n#include "{header.name}"\n'
        "int main() { return keyword_model[4] == 'T' && KEYWORD_LABELS == 12 ? 0 : 1; }\n"
    )
    source = tmp_path / "model.o"
    subprocess.run(
        [compiler(), "-std=c11", *STRICT, "-c", header.with_suffix(".c"), "-o", source], check=True
    )
    command = [compiler("g++"), "-std=c++11", *STRICT, tmp_path / "main.cc", source]
    subprocess.run([*command, "-o", tmp_path / "main"], check=True)
    assert subprocess.run([tmp_path / "main"]).returncode == 0


def test_halves_of_two_exports_do_not_compile(tmp_path):
    write_c_source(tmp_path / "m.h", tiny_model(tmp_path / "one.tflite"))
    header = (tmp_path / "m.h").read_text()
    write_c_source(tmp_path / "m.h", tiny_model(tmp_path / "two.tflite", input_scale=0.2))
    (tmp_path / "m.h").write_text(header)
    done = subprocess.run(
        [compiler(), "-std=c11", "-c", tmp_path / "m.c", "-o", tmp_path / "m.o"],
        capture_output=True,
        text=True,
    )
    assert done.returncode != 0
    assert "not of the same export" in done.stderr
    with pytest.raises(ModelError, match="was not written by `train export`"):
        read_c_source(tmp_path / "m.h")


@pytest.mark.parametrize("text", ["", "int x;\n", "/* keyword-recognizer model:\n{} */"])
def test_other_peoples_headers_are_no_models(tmp_path, text):
    (tmp_path / "m.h").write_text(text)
    (tmp_path / "m.c").write_text("const unsigned char keyword_model[2] = {0x01, 0x02};")
    with pytest.raises(ModelError, match="was not written"):
        read_c_source(tmp_path / "m.h")


@pytest.mark.parametrize("value", [0.1, 1e-10, 1 / 3, -7.0, 16777216.0, 1e30, 0.0])
def test_figures_read_back_the_same(value):
    text = c_source._c_float(value)
    assert re.fullmatch(r"-?\d+(\.\d+)?(e[-+]\d+)?f", text)
    assert "." in text or "e" in text
    assert np.float32(float(text[:-1])) == np.float32(value)
