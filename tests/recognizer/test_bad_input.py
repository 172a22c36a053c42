"""Whatever is handed to the program: one sentence and exit status 1 or 2, or an honest run."""

import os
import re
import subprocess
import zipfile
from pathlib import Path

import numpy as np
import pytest
import soundfile

from recognizer.cli import main
from tests.model_fixture import tiny_flatbuffer, tiny_model
from tests.recognizer.command_line import WAIT_S, command, environment, seven_model, sound

RATE = 16_000
WORDS = 2


@pytest.fixture(scope="module")
def seven(tmp_path_factory):
    return seven_model(tmp_path_factory.mktemp("model") / "seven.tflite")


@pytest.fixture(scope="module")
def wav(tmp_path_factory):
    path = tmp_path_factory.mktemp("sound") / "words.wav"
    soundfile.write(path, sound(WORDS), RATE, "PCM_16")
    return path


def process(*arguments, **settings):
    """Run the program, and check that it neither crashes nor hangs."""
    settings = {"stdout": subprocess.PIPE, "stdin": subprocess.DEVNULL, **settings}
    return subprocess.run(
        command(*arguments),
        stderr=subprocess.PIPE,
        env=environment(),
        timeout=WAIT_S,
        check=False,
        **settings,
    )


def assert_one_sentence(said, *parts):
    assert re.fullmatch(r"recognizer: [^\n]+\.\n", said)
    for part in parts:
        assert str(part) in said


def refused(capsys, arguments, status, *parts):
    """Check that main() refuses with one sentence that has these parts."""
    assert main([str(argument) for argument in arguments]) == status
    printed, said = capsys.readouterr()
    assert printed == ""
    assert_one_sentence(said, *parts)


@pytest.mark.parametrize(
    ("arguments", "parts"),
    [
        ("--verbose", ["--verbose", "--cli"]),
        ("--input -", ["--input -", "--cli"]),
        ("--raw", ["--raw", "--cli"]),
        ("--json", ["--json", "--cli"]),
        ("--all", ["--all", "--cli"]),
        ("--demo --device 0", ["--demo and --device"]),
        ("--cli --threshold 2", ["--threshold", "'2'", "0 to 1"]),
        ("--cli --threshold abc", ["--threshold", "'abc'", "0 to 1"]),
        ("--cli --threshold nan", ["--threshold", "'nan'", "0 to 1"]),
        ("--cli --threshold inf", ["--threshold", "'inf'", "0 to 1"]),
        ("--cli --threshold -0.1", ["--threshold", "'-0.1'", "0 to 1"]),
        ("--cli --threshold", ["--threshold"]),
        ("--cli --channel 0", ["--channel", "'0'"]),
        ("--cli --channel left", ["--channel", "'left'"]),
        ("--cli --channel 1 --input talk.wav", ["--channel", "file"]),
        ("--cli --channel 1 --demo", ["--channel", "file"]),
        ("--cli --input talk.wav --device usb", ["--input and --device"]),
        ("--cli --input talk.wav --demo", ["--input and --demo"]),
        ("--cli --demo --device 0", ["--demo and --device"]),
        ("--list-devices --device 0", ["--list-devices and --device"]),
        ("--cli --raw", ["--raw", "--input -"]),
        ("--cli --raw --input talk.wav", ["--raw", "--input -"]),
        ("--cli --input", ["--input"]),
        ("--cli --inp talk.wav", ["--inp"]),
        ("--cli talk.wav", ["talk.wav"]),
        ("--cli --frobnicate", ["--frobnicate"]),
    ],
)
def test_a_wrong_command_line(capsys, arguments, parts):
    refused(capsys, arguments.split(), 2, *parts)


@pytest.mark.parametrize(
    "arguments",
    [["--json"], ["--cli", "--threshold", "2"], ["--cli", "--input", "/nowhere/talk.wav"]],
)
def test_a_whole_process_says_one_sentence(seven, arguments):
    done = process(*arguments, *(["--model", seven] if arguments else []))
    assert done.returncode in (1, 2)
    assert done.stdout == b""
    assert_one_sentence(done.stderr.decode())


def _cut(size):
    def make(path, wav):
        path.write_bytes(wav.read_bytes()[:size])

    return make


def _text(path, wav):
    path.write_text("This is no sound.\n" * 100)


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (lambda path, wav: None, "There is no file"),
        (lambda path, wav: path.mkdir(), "is a folder"),
        (lambda path, wav: path.touch(), "is empty"),
        (_text, "is no sound file"),
        (_cut(3), "is no sound file"),
        (_cut(10), "header"),
        (_cut(30), "header"),
    ],
    ids=["missing", "folder", "empty", "text", "3 bytes", "10 bytes", "30 bytes"],
)
def test_a_file_that_is_no_sound(capsys, seven, wav, tmp_path, make, reason):
    path = tmp_path / "talk.wav"
    make(path, wav)
    refused(capsys, ["--cli", "--model", seven, "--input", path], 1, "talk.wav", reason)


def test_a_file_that_may_not_be_read(capsys, seven, wav, tmp_path, monkeypatch):
    opened = Path.open

    def forbid(path, *arguments, **settings):
        if path == wav:
            raise PermissionError(13, "Permission denied")
        return opened(path, *arguments, **settings)

    monkeypatch.setattr(Path, "open", forbid)
    refused(capsys, ["--cli", "--model", seven, "--input", wav], 1, wav, "permission denied")


@pytest.mark.parametrize("data", [b"", b"RI", b"RIFF\x24\0\0\0WAVEfm", b"This is no sound.\n" * 10])
def test_a_stream_that_is_no_sound(seven, data):
    done = process("--cli", "--model", seven, "--input", "-", input=data, stdin=None)
    assert (done.returncode, done.stdout) == (1, b"")
    assert_one_sentence(done.stderr.decode(), "Standard input")


def test_no_standard_input_at_all(seven):
    done = process(
        "--cli", "--model", seven, "--input", "-", stdin=None, preexec_fn=lambda: os.close(0)
    )
    assert (done.returncode, done.stdout) == (1, b"")
    assert_one_sentence(done.stderr.decode(), "Standard input")


@pytest.mark.parametrize("subtype", ["PCM_U8", "PCM_24", "PCM_32", "FLOAT", "DOUBLE"])
def test_samples_of_any_size_give_the_words(capsys, seven, tmp_path, subtype):
    path = tmp_path / "talk.wav"
    # Loud enough for 8 bits, whose noise lies at -50 dBFS.
    soundfile.write(path, np.clip(4 * sound(WORDS), -1.0, 1.0), RATE, subtype)
    assert main(["--cli", "--model", seven, "--input", str(path)]) == 0
    printed, said = capsys.readouterr()
    assert (len(printed.splitlines()), said) == (WORDS, "")


@pytest.mark.parametrize(("rate", "channels"), [(96_000, 1), (16_000, 6), (44_100, 2), (8_000, 1)])
def test_any_rate_and_any_number_of_channels_give_the_words(
    capsys, seven, tmp_path, rate, channels
):
    path = tmp_path / "talk.wav"
    soundfile.write(path, np.repeat(sound(WORDS, rate)[:, None], channels, axis=1), rate, "PCM_16")
    assert main(["--cli", "--model", seven, "--input", str(path)]) == 0
    printed, said = capsys.readouterr()
    assert (len(printed.splitlines()), said) == (WORDS, "")


def test_values_that_are_no_numbers_do_not_hide_the_words(capsys, seven, tmp_path):
    samples = sound(WORDS)
    samples[40_000:40_012] = [np.nan, np.inf, -np.inf] * 4
    path = tmp_path / "talk.wav"
    soundfile.write(path, samples, RATE, "FLOAT")
    assert main(["--cli", "--model", seven, "--input", str(path)]) == 0
    printed, said = capsys.readouterr()
    assert (len(printed.splitlines()), said) == (WORDS, "")


@pytest.mark.parametrize("samples", [0, 1, 11, 400])
def test_a_file_too_short_for_a_word(capsys, seven, tmp_path, samples):
    path = tmp_path / "talk.wav"
    soundfile.write(path, sound(WORDS)[:samples], RATE)
    assert main(["--cli", "--model", seven, "--input", str(path)]) == 0
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize("kind", ["wav", "flac"])
def test_a_file_that_was_cut_off_gives_its_words_and_then_the_reason(capsys, seven, tmp_path, kind):
    path = tmp_path / f"talk.{kind}"
    soundfile.write(path, sound(WORDS), RATE)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2 + 1])
    assert main(["--cli", "--model", seven, "--input", str(path)]) == 1
    printed, said = capsys.readouterr()
    assert len(printed.splitlines()) == 1
    assert_one_sentence(said, path, "cut off", "only")


def _model_cut(keep):
    def make(path):
        data = tiny_model(path).read_bytes()
        path.write_bytes(data[: keep(len(data))])

    return make


def _model_without(name):
    def make(path):
        with zipfile.ZipFile(tiny_model(path)) as archive:
            kept = {member: archive.read(member) for member in archive.namelist() if member != name}
        path.write_bytes(tiny_flatbuffer())
        with zipfile.ZipFile(path, "a") as archive:
            for member, content in kept.items():
                archive.writestr(member, content)

    return make


def _model_overwritten(path):
    data = bytearray(tiny_model(path).read_bytes())
    data[200:264] = bytes(range(64))
    path.write_bytes(data)


@pytest.mark.parametrize(
    "make",
    [
        lambda path: None,
        lambda path: path.mkdir(),
        lambda path: path.touch(),
        lambda path: path.write_text("no model"),
        _model_cut(lambda size: 8),
        _model_cut(lambda size: size // 4),
        _model_cut(lambda size: size // 2),
        _model_cut(lambda size: size - 1),
        lambda path: path.write_bytes(tiny_flatbuffer()),
        lambda path: path.write_bytes(tiny_flatbuffer(9)),
        lambda path: tiny_model(path, input_shape=(1, 49, 40)),
        lambda path: tiny_model(path, float_input=True),
        _model_without("labels.txt"),
        _model_without("metadata.json"),
        _model_overwritten,
    ],
    ids=[
        *("missing", "folder", "empty", "text", "8 bytes", "a quarter", "half", "a byte less"),
        *("no labels", "another model", "other windows", "float", "no labels.txt"),
        *("no metadata.json", "overwritten"),
    ],
)
def test_a_model_that_cannot_be_used(wav, tmp_path, make):
    path = tmp_path / "my.tflite"
    make(path)
    done = process("--cli", "--model", path, "--input", wav)
    assert (done.returncode, done.stdout) == (1, b"")
    assert_one_sentence(done.stderr.decode(), "my.tflite")


def test_the_model_that_should_have_come_along(capsys, wav, tmp_path, monkeypatch):
    monkeypatch.setattr(
        "recognizer.classifier.default_model_path", lambda: tmp_path / "digits.tflite"
    )
    refused(capsys, ["--cli", "--input", wav], 1, "digits.tflite")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="the system has no /dev/full")
@pytest.mark.parametrize(
    "arguments", [["--cli", "--demo"], ["--help"], ["--version"]], ids=" ".join
)
def test_a_full_disk(seven, arguments):
    with Path("/dev/full").open("wb") as output:
        done = process(*arguments, "--model", seven, stdout=output)
    assert done.returncode == 1
    assert_one_sentence(
        done.stderr.decode().split("\n", 1)[1] if "--demo" in arguments else done.stderr.decode(),
        "Standard output cannot be written to",
    )


@pytest.mark.parametrize(
    "arguments", [["--cli", "--demo"], ["--cli", "--input", "WAV"]], ids=" ".join
)
def test_no_standard_output_at_all(seven, wav, arguments):
    arguments = [wav if argument == "WAV" else argument for argument in arguments]
    done = process(*arguments, "--model", seven, stdout=None, preexec_fn=lambda: os.close(1))
    assert done.returncode == 1
    assert_one_sentence(done.stderr.decode(), "Standard output is closed")


def test_no_standard_error_at_all(seven, wav):
    done = process(
        *("--cli", "--model", seven, "--input", wav, "--verbose"), preexec_fn=lambda: os.close(2)
    )
    assert done.returncode == 0
    assert len(done.stdout.splitlines()) == WORDS
