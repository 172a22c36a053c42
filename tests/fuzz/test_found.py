"""What fuzzing found, once and for all."""

import gzip
import io
import os
import tarfile
import tracemalloc
import zipfile

import pytest
import soundfile

from recognizer.audio_file import AudioFile
from recognizer.classifier import Classifier
from recognizer.errors import AudioError, ModelError
from recognizer.log_mel import FrontendParameters
from recognizer.model_file import read_model
from tests.fuzz.made_files import sound_samples
from tests.model_fixture import DIGIT_LABELS, tiny_flatbuffer, tiny_model
from train import cli
from train.corpora.alignments import read_alignments
from train.corpora.files import read_audio, read_text
from train.download.unpack import unpack
from train.errors import DataError
from train.exports.float_file import read_float
from train.recipe import load_recipe
from train.splits import lot
from train.systems.recipe import load_system


def test_a_recording_that_calls_itself_raw(tmp_path):
    path = tmp_path / "talk.raw"
    path.write_bytes(b"sound" * 100)
    with pytest.raises(AudioError, match="Cannot read"):
        read_audio(path)


@pytest.mark.parametrize("error", [IndexError, MemoryError, OverflowError])
def test_an_interpreter_that_fails_in_its_own_way(tmp_path, monkeypatch, error):
    class Interpreter:
        def __init__(self, **_):
            pass

        def allocate_tensors(self):
            raise error("_Map_base::at")

    path = tiny_model(tmp_path / "mine.tflite")
    monkeypatch.setattr("recognizer.int8_network._interpreter_type", lambda: Interpreter)
    with pytest.raises(ModelError, match=r"cannot load .*mine.tflite: _Map_base::at\.$"):
        Classifier(path)


@pytest.mark.parametrize("name", ["low_hz", "high_hz", "mel_bands"])
@pytest.mark.parametrize("value", [1 << 70, -(1 << 70), 10**400])
def test_a_number_beyond_64_bits(name, value):
    values = FrontendParameters().to_json() | {name: value}
    with pytest.raises(ModelError, match="frontend parameter"):
        FrontendParameters.from_json(values)


def test_an_mp3_that_promises_more_than_memory_holds(tmp_path):
    path = tmp_path / "talk.mp3"
    data = bytearray(sound_samples(("MP3",))[0])
    # What follows the word Xing: that there is a number of frames, and the number.
    at = data.index(b"Xing") + 4
    data[at : at + 8] = b"\0\0\0\x01\x7f\xff\xff\xff"
    path.write_bytes(data)
    assert soundfile.info(str(path)).frames > 1 << 40
    assert len(read_audio(path)) < 16_000


@pytest.mark.parametrize("name", ["a\0b", "\ud800"])
def test_a_name_that_no_file_can_have(name):
    with pytest.raises(AudioError, match="is no name of a file"):
        AudioFile(name)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("a." * 20_000 + "a = 1", "larger than 16 kB"),
        ("a = " + "[" * 6_000, "nested too deep"),
        ("\udcff", "cannot be read"),
    ],
)
@pytest.mark.parametrize("load", [load_recipe, load_system])
def test_a_recipe_that_takes_for_ever(tmp_path, load, text, says):
    path = tmp_path / "mine.toml"
    path.write_bytes(text.encode(errors="surrogateescape"))
    with pytest.raises(DataError, match=says):
        load(path)


@pytest.mark.parametrize("packing", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_a_model_whose_labels_are_packed_oddly(tmp_path, packing):
    path = tmp_path / "mine.tflite"
    buffer = io.BytesIO(tiny_flatbuffer())
    with zipfile.ZipFile(buffer, "a", packing) as archive:
        archive.writestr("labels.txt", "\n".join(DIGIT_LABELS))
        archive.writestr("metadata.json", "{}")
    path.write_bytes(buffer.getvalue())
    with pytest.raises(ModelError, match="packed in a way nobody uses"):
        read_model(path)


def test_a_float_file_that_unpacks_to_much(tmp_path):
    path = tmp_path / "run.tflite"
    buffer = io.BytesIO(tiny_flatbuffer())
    with zipfile.ZipFile(buffer, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("metadata.json", b" " * 2_000_000)
    path.write_bytes(buffer.getvalue())
    with pytest.raises(ModelError, match="says more about itself"):
        read_float(path)
    assert read_float(tiny_model(tmp_path / "live.tflite")).labels == DIGIT_LABELS


def unpacked(tmp_path, data):
    archive, into = tmp_path / "corpus.bin", tmp_path / "corpus"
    archive.write_bytes(data)
    into.mkdir()
    unpack(archive, into, at_most=10_000_000, top_folder=False)
    return sorted(path.relative_to(into).as_posix() for path in into.rglob("*"))


def test_a_member_without_a_name(tmp_path):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("xy.wav", "sound")
    data = bytearray(buffer.getvalue())
    # The length of its name in the central directory, whose signature is "PK\1\2".
    at = data.index(b"PK\x01\x02") + 28
    data[at : at + 2] = b"\0\0"
    with pytest.raises(DataError, match="damaged"):
        unpacked(tmp_path, data)


@pytest.mark.parametrize(
    "kind", [tarfile.XHDTYPE, tarfile.XGLTYPE, tarfile.GNUTYPE_LONGNAME, tarfile.GNUTYPE_LONGLINK]
)
def test_a_member_described_at_length(tmp_path, kind):
    info = tarfile.TarInfo("a.wav")
    info.type, info.size = kind, 40_000_000
    data = gzip.compress(info.tobuf() + bytes(info.size), 1)
    tracemalloc.start()
    try:
        with pytest.raises(DataError, match="40000000 bytes describe one file"):
            unpacked(tmp_path, data)
        assert tracemalloc.get_traced_memory()[1] < 10_000_000
    finally:
        tracemalloc.stop()


def test_a_file_with_holes(tmp_path):
    info = tarfile.TarInfo("a.wav")
    info.type, info.size = tarfile.GNUTYPE_SPARSE, 0
    with pytest.raises(DataError, match="a file in it has holes"):
        unpacked(tmp_path, gzip.compress(info.tobuf() + bytes(10_240), 1))


def test_long_names_and_many_members_are_good(tmp_path):
    buffer = io.BytesIO()
    names = [f"{'n' * 120}/{n:03}.wav" for n in range(50)]
    with tarfile.open(fileobj=buffer, mode="w:gz", format=tarfile.PAX_FORMAT) as tar:
        for name in names:
            info = tarfile.TarInfo(name)
            info.size = 5
            tar.addfile(info, io.BytesIO(b"sound"))
    assert unpacked(tmp_path, buffer.getvalue()) == ["n" * 120, *names]


def test_a_speaker_whose_name_is_no_text():
    assert 0.0 <= lot(os.fsdecode(b"\xff_0")) < 1.0
    assert lot("jackson") == lot("jackson")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
@pytest.mark.parametrize(
    ("read", "error"),
    [(read_text, DataError), (read_audio, AudioError), (read_alignments, DataError)],
)
def test_a_named_pipe_does_not_block(tmp_path, read, error):
    path = tmp_path / "pipe"
    os.mkfifo(path)
    with pytest.raises(error, match="it is no file"):
        read(path)


def test_alignments_nested_too_deep(tmp_path):
    path = tmp_path / "alignments.json"
    path.write_text("[" * 100_000)
    with pytest.raises(DataError, match="damaged"):
        read_alignments(path)


def test_a_name_cannot_write_to_the_terminal(tmp_path, capsys):
    folder = tmp_path / "a\x1b[2J\nb"
    folder.mkdir()
    assert cli.main(["data", str(folder)]) == 1
    said = capsys.readouterr().err
    assert "\\x1b[2J\\nb" in said
    assert said.count("\n") == 1
