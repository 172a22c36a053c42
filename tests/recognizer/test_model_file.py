import contextlib
import dataclasses
import io
import json
import os
import zipfile

import pytest
from ai_edge_litert.interpreter import Interpreter

from recognizer import model_file
from recognizer.errors import ModelError
from recognizer.log_mel import FrontendParameters
from recognizer.model_file import read_metadata, read_model, write_model
from recognizer.model_metadata import ModelMetadata
from recognizer.native_stderr import quiet_native_stderr
from tests.model_fixture import DIGIT_LABELS, tiny_flatbuffer, tiny_model

METADATA = ModelMetadata(
    labels=DIGIT_LABELS,
    frontend=FrontendParameters(),
    threshold=0.7,
    training={"seed": 3, "corpora": ["fsdd"], "loss": 0.25, "note": "dünn"},
)


@pytest.fixture
def path(tmp_path):
    return tiny_model(tmp_path / "digits.tflite")


def repack(path, change=None, *, drop=(), extra=None, compression=zipfile.ZIP_STORED):
    """Rewrite the archive behind the flatbuffer, with changed metadata or members."""
    flatbuffer, _ = read_model(path)
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    if change is not None:
        values = json.loads(members["metadata.json"])
        change(values)
        members["metadata.json"] = json.dumps(values).encode()
    members |= extra or {}
    buffer = io.BytesIO(flatbuffer)
    with zipfile.ZipFile(buffer, "a", compression) as archive:
        for name, content in members.items():
            if name not in drop:
                archive.writestr(name, content)
    path.write_bytes(buffer.getvalue())


def refusal(path):
    with pytest.raises(ModelError) as caught:
        read_model(path)
    sentence = str(caught.value)
    assert str(path) in sentence
    assert sentence.endswith(".")
    assert "\n" not in sentence
    return sentence


def test_metadata_comes_back_as_written(tmp_path):
    path = tmp_path / "model.tflite"
    flatbuffer = tiny_flatbuffer()
    write_model(path, flatbuffer, METADATA)
    assert read_model(path) == (flatbuffer, METADATA)
    assert read_metadata(str(path)) == METADATA
    assert METADATA.keywords == DIGIT_LABELS[2:]
    assert list(tmp_path.iterdir()) == [path]


def test_every_frontend_parameter_survives(tmp_path):
    path = tmp_path / "model.tflite"
    frontend = FrontendParameters(mel_bands=32, low_hz=60.5, window_frames=90)
    write_model(path, tiny_flatbuffer(), dataclasses.replace(METADATA, frontend=frontend))
    assert read_metadata(path).frontend == frontend


def test_equal_models_are_equal_files(tmp_path):
    for name in ("a", "b"):
        write_model(tmp_path / name, tiny_flatbuffer(), METADATA)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_any_interpreter_loads_the_file_and_zipfile_reads_the_rest(path):
    with quiet_native_stderr(b"INFO: "):
        interpreter = Interpreter(model_path=str(path), num_threads=1)
        interpreter.allocate_tensors()
    assert interpreter.get_output_details()[0]["shape"].tolist() == [1, 12]
    with zipfile.ZipFile(path) as archive:
        assert archive.testzip() is None
        assert archive.read("labels.txt").decode().split() == list(DIGIT_LABELS)
        assert json.loads(archive.read("metadata.json"))["format"] == "keyword-recognizer"


def test_a_compressed_archive_is_read_too(path):
    before = read_model(path)
    repack(path, compression=zipfile.ZIP_DEFLATED)
    assert read_model(path) == before


def test_a_failed_write_leaves_the_old_file(path, monkeypatch):
    before = path.read_bytes()

    def fail(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("recognizer.model_file.os.fsync", fail)
    with pytest.raises(ModelError, match="cannot be written: No space left on device"):
        write_model(path, tiny_flatbuffer(), METADATA)
    assert path.read_bytes() == before
    assert list(path.parent.iterdir()) == [path]


def test_writing_into_a_missing_folder_is_one_sentence(tmp_path):
    with pytest.raises(ModelError, match="cannot be written: No such file"):
        write_model(tmp_path / "nowhere" / "m.tflite", tiny_flatbuffer(), METADATA)


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"labels": ("silence", "unknown")}, "2 labels"),
        ({"labels": ("silence", "zero", "one")}, "do not contain 'unknown'"),
        ({"labels": ("unknown", "zero", "one")}, "do not contain 'silence'"),
        ({"labels": (*DIGIT_LABELS, "six")}, "'six' stands more than once"),
        ({"labels": (*DIGIT_LABELS, " ")}, "is not a word"),
        ({"labels": (*DIGIT_LABELS, "a\nb")}, "is not a word"),
        ({"labels": (*DIGIT_LABELS, "\x1b[2J")}, "is not a word"),
        ({"threshold": 1.5}, "threshold is 1.5"),
        ({"training": {"loss": float("nan")}}, "JSON"),
        ({"training": {"when": object()}}, "JSON"),
        ({"training": {"log": "x" * 2_000_000}}, "shorten the training record"),
    ],
)
def test_what_could_not_be_read_back_is_not_written(tmp_path, changes, says):
    path = tmp_path / "model.tflite"
    with pytest.raises(ModelError, match=says):
        write_model(path, tiny_flatbuffer(), dataclasses.replace(METADATA, **changes))
    assert not path.exists()


def test_only_a_flatbuffer_is_written(tmp_path):
    with pytest.raises(ValueError, match="flatbuffer"):
        write_model(tmp_path / "m.tflite", b"no model at all", METADATA)


def test_missing_file(tmp_path):
    assert refusal(tmp_path / "none.tflite").startswith("There is no model file")


def test_folder(tmp_path):
    assert "is a folder" in refusal(tmp_path)


def test_neither_file_nor_folder():
    assert "is not a file" in refusal(os.devnull)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
def test_a_named_pipe_does_not_block(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    assert "is not a file" in refusal(tmp_path / "pipe")


@pytest.mark.parametrize("content", [b"", b"short", b"\0" * 100, b"RIFF\0\0\0\0WAVEfmt "])
def test_another_kind_of_file(tmp_path, content):
    path = tmp_path / "talk.tflite"
    path.write_bytes(content)
    assert "is not a TFLite model" in refusal(path)


def test_oversized_file(tmp_path):
    path = tmp_path / "big.tflite"
    with path.open("wb") as file:
        file.truncate((64 << 20) + 1)
    assert "larger" in refusal(path)


def test_another_programs_model(tmp_path):
    path = tmp_path / "other.tflite"
    path.write_bytes(tiny_flatbuffer())
    assert "is a TFLite model, but holds no labels" in refusal(path)


@pytest.mark.parametrize("name", ["labels.txt", "metadata.json"])
def test_removed_members(path, name):
    repack(path, drop=[name])
    assert f"no {name} is appended" in refusal(path)


def test_every_truncation_is_refused(path):
    whole = path.read_bytes()
    for length in range(0, len(whole), 7):
        path.write_bytes(whole[:length])
        refusal(path)
    path.write_bytes(whole)
    read_model(path)


def test_every_flipped_byte_is_refused_or_harmless(path):
    whole = path.read_bytes()
    flatbuffer, metadata = read_model(path)
    for position in range(0, len(whole), 3):
        damaged = bytearray(whole)
        damaged[position] ^= 0x55
        path.write_bytes(damaged)
        # Some bytes of a zip (times, attributes) mean nothing to the model.
        with contextlib.suppress(ModelError):
            assert read_model(path) == (flatbuffer, metadata)


def test_changed_weights_are_noticed(path):
    data = bytearray(path.read_bytes())
    data[500] ^= 1
    path.write_bytes(data)
    assert "damaged" in refusal(path)


def test_too_many_members(path):
    repack(path, extra={f"{n}.txt": b"" for n in range(20)})
    assert "22 appended files" in refusal(path)


@pytest.mark.parametrize("name", ["labels.txt", "metadata.json"])
def test_a_member_that_unpacks_to_much_is_not_unpacked(path, name):
    repack(path, extra={name: b" " * 5_000_000}, compression=zipfile.ZIP_DEFLATED)
    assert path.stat().st_size < 20_000
    assert "5000000 bytes" in refusal(path)


def test_labels_that_differ_from_the_metadata(path):
    repack(path, extra={"labels.txt": "\n".join([*DIGIT_LABELS[:-1], "ten", ""]).encode()})
    assert "labels.txt and metadata.json differ" in refusal(path)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "not JSON"),
        (b"{", "not JSON"),
        (b"\xff\xfe", "damaged"),
        (b"[1, 2]", "not a table"),
        (b"[" * 200_000, "not JSON"),
        (b'{"a": NaN}', "not JSON"),
        (b'{"a": 1e999}', "not JSON"),
        (b'{"a": ' + b"9" * 5000 + b"}", "not JSON"),
        (b"{}", "not of the format 'keyword-recognizer'"),
    ],
)
def test_metadata_that_is_none(path, content, says):
    repack(path, extra={"metadata.json": content})
    assert says in refusal(path)


@pytest.mark.parametrize(
    ("key", "value", "says"),
    [
        ("format", "other", "not of the format"),
        ("version", "1", "version '1'"),
        ("version", True, "version True"),
        ("version", 0, "version 0"),
        ("version", 2, "install a newer keyword-recognizer"),
        ("labels", None, "not a list of words"),
        ("labels", "silence", "not a list of words"),
        ("labels", ["silence", "unknown", 3], "not a list of words"),
        ("labels", ["silence", "unknown", "six", "six"], "more than once"),
        ("labels", ["silence", "unknown", ""], "is not a word"),
        ("labels", ["silence", "unknown", *(f"w{n}" for n in range(2000))], "2002 labels"),
        ("frontend", None, "frontend"),
        ("frontend", {}, "frontend"),
        ("frontend", FrontendParameters().to_json() | {"mel_bands": "40"}, "mel_bands"),
        ("decision", None, "threshold is None"),
        ("decision", {}, "threshold is None"),
        ("decision", {"threshold": "0.5"}, "threshold is '0.5'"),
        ("decision", {"threshold": True}, "threshold is True"),
        ("decision", {"threshold": -0.1}, "threshold is -0.1"),
        ("decision", {"threshold": 2}, "threshold is 2"),
        ("output", "scores", "'logits' or 'probabilities'"),
        ("output", ["logits"], "'logits' or 'probabilities'"),
        ("training", [], "training record"),
        ("model", None, "damaged"),
    ],
)
def test_metadata_that_does_not_fit(path, key, value, says):
    repack(path, lambda values: values.update({key: value}))
    assert says in refusal(path)


def test_the_shipped_files_lie_in_the_package_or_beside_it(tmp_path, monkeypatch):
    package = tmp_path / "recognizer"
    (package / "assets").mkdir(parents=True)
    monkeypatch.setattr(model_file, "__file__", str(package / "model_file.py"))
    assert model_file.default_model_path() == tmp_path / "assets" / "digits.tflite"
    assert model_file.demo_path() == tmp_path / "assets" / "demo.flac"
    (package / "assets" / "digits.tflite").touch()
    assert model_file.default_model_path() == package / "assets" / "digits.tflite"
