"""A full disk under a correction, and a model that is replaced while it is in use."""

import contextlib
import os
import resource
import shutil

import numpy as np
import pytest

from recognizer.errors import RecognizerError
from recognizer.window.corrections import Corrections
from recognizer.window.history import Heard
from tests.model_fixture import DIGIT_LABELS, tiny_model
from tests.recognizer.command_line import pcm, sound
from tests.recognizer.faults.programs import Program

SECOND = np.full(16_000, 0.1, np.float32)


@contextlib.contextmanager
def full_disk(room_bytes):
    """No file grows beyond so many bytes: writing fails half-way, as on a full disk."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (room_bytes, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def heard():
    return Heard(
        label="five", confidence=0.9, start=1.0, end=1.4, time=1.5, rejected=None, samples=SECOND
    )


def files(folder):
    return sorted(path.relative_to(folder) for path in folder.rglob("*") if path.is_file())


@pytest.mark.parametrize("room_bytes", [0, 1000])
def test_a_full_disk_under_a_correction(tmp_path, room_bytes):
    corrections = Corrections(None, tmp_path)
    before = corrections.save(heard(), "nine")
    with full_disk(room_bytes), pytest.raises(RecognizerError, match="make room there, or choose"):
        corrections.save(heard(), "four", before)
    # What was corrected before is still there, whole, and there is no half of the new one.
    assert files(tmp_path) == [before.relative_to(tmp_path)]
    assert before.stat().st_size == 44 + 2 * len(SECOND)
    # Once there is room again, the same word can be corrected.
    after = corrections.save(heard(), "four", before)
    assert files(tmp_path) == [after.relative_to(tmp_path)]


def other_model(path):
    """A model of the same shape that calls every word a two."""
    bias = np.zeros(len(DIGIT_LABELS), np.int32)
    bias[DIGIT_LABELS.index("two")] = 100_000
    weights = np.zeros((len(bias), 140), np.int8)
    return tiny_model(path, weights=weights, bias=bias)


def replace_by_another(path, folder):
    other_model(folder / "other.tflite").replace(path)


def write_over(path, folder):
    data = other_model(folder / "other.tflite").read_bytes()
    with path.open("r+b") as file:
        file.write(data)
        file.truncate()


def damage(path, folder):
    path.write_bytes(b"no model")


def cut(path, folder):
    os.truncate(path, 1000)


def remove(path, folder):
    path.unlink()


CHANGES = {
    "replaced": (replace_by_another, "two"),
    "written over": (write_over, "two"),
    "damaged": (damage, "is not a TFLite model file"),
    "cut short": (cut, "cut short"),
    "removed": (remove, "no model file"),
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_model_replaced_while_it_runs(seven, tmp_path, change):
    path = tmp_path / "model.tflite"
    shutil.copyfile(seven, path)
    act, afterwards = CHANGES[change]
    arguments = ("--model", str(path), "--input", "-", "--raw")
    with Program(*arguments, bufsize=0) as program:
        program.process.stdin.write(pcm(sound(1)))
        assert program.word()["label"] == "seven"
        act(path, tmp_path)
        # It was read once, into memory: the words of this run do not change.
        program.process.stdin.write(pcm(sound(1)))
        assert program.word()["label"] == "seven"
        program.process.stdin.close()
        assert program.process.wait(60) == 0
        assert program.all_said() == []
    with Program(*arguments, bufsize=0) as program:
        with contextlib.suppress(BrokenPipeError):
            program.process.stdin.write(pcm(sound(1)))
            program.process.stdin.close()
        status = program.process.wait(60)
        words, said = program.more_words(), program.all_said()
    if afterwards == "two":
        assert ([word["label"] for word in words], status, said) == (["two"], 0, [])
    else:
        assert (words, status, len(said)) == ([], 1, 1)
        assert afterwards in said[0]
        assert str(path) in said[0]
