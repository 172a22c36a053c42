import threading
from datetime import datetime

import numpy as np
import pytest
import soundfile

from recognizer.errors import RecognizerError
from recognizer.window import examples
from recognizer.window.examples import ExampleError, Examples
from train.corpora import load_folder, read_audio


def sound(seed=0, count=16_000):
    return np.random.default_rng(seed).uniform(-0.9, 0.9, count).astype(np.float32)


def names(folder):
    return sorted(file.name for file in folder.rglob("*") if file.is_file())


def test_the_trainer_reads_what_was_kept(tmp_path):
    mine = Examples(tmp_path / "examples")
    kept = {mine.save(sound(1), "eight"): "eight"}
    kept[mine.save(sound(2), "Turn left")] = "turn left"
    kept[mine.save(sound(3), None)] = "unknown"
    clips = load_folder(mine.folder)
    assert {clip.path: clip.word for clip in clips} == kept
    assert {clip.speaker for clip in clips} == {"mine"}
    for seed, path in enumerate(kept, 1):
        info = soundfile.info(str(path))
        assert (info.format, info.subtype, info.channels) == ("WAV", "PCM_16", 1)
        assert info.samplerate == 16_000
        np.testing.assert_allclose(read_audio(path), sound(seed), atol=0.5001 / 32768)


def test_what_is_too_loud_is_clipped_and_does_not_wrap(tmp_path):
    loud = np.array([1.0, -1.0, 1.5, -np.inf, np.nan], np.float32)
    path = Examples(tmp_path).save(loud, "one")
    steps, _ = soundfile.read(str(path), dtype="int16")
    assert steps.tolist() == [32767, -32768, 32767, -32768, 0]


def test_nothing_is_ever_overwritten(tmp_path):
    def save(seed):
        for one in range(10):
            kept.append((Examples(tmp_path).save(sound(seed * 10 + one, 50), "two"), seed, one))

    kept: list = []
    threads = [threading.Thread(target=save, args=(seed,)) for seed in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({path for path, _, _ in kept}) == 40
    assert names(tmp_path) == sorted(path.name for path, _, _ in kept)
    for path, seed, one in kept:
        np.testing.assert_allclose(read_audio(path), sound(seed * 10 + one, 50), atol=1e-4)


def test_a_name_that_another_program_has_or_is_writing_is_left_to_it(tmp_path, monkeypatch):
    class Noon(datetime):
        @classmethod
        def now(cls, tz=None):
            return cls(2026, 7, 14, 12, tzinfo=tz)

    monkeypatch.setattr(examples, "datetime", Noon)
    there = tmp_path / "two"
    there.mkdir()
    (there / "mine_20260714T120000Z-1.wav").write_bytes(b"theirs")
    (there / ".mine_20260714T120000Z-2.wav.part").write_bytes(b"half")
    path = Examples(tmp_path).save(sound(), "two")
    assert path.name == "mine_20260714T120000Z-3.wav"
    assert (there / "mine_20260714T120000Z-1.wav").read_bytes() == b"theirs"
    assert (there / ".mine_20260714T120000Z-2.wav.part").read_bytes() == b"half"
    assert len(names(tmp_path)) == 3


def test_a_full_disk_leaves_no_half_file(tmp_path, monkeypatch):
    def full(descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(ExampleError, match=r"cannot be saved .*no space left.*: make room"):
        Examples(tmp_path).save(sound(), "two")
    assert names(tmp_path) == []


def test_a_folder_that_cannot_be_written_is_told(tmp_path):
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(ExampleError, match="choose another folder") as caught:
        Examples(tmp_path / "file").save(sound(), "two")
    assert isinstance(caught.value, RecognizerError)
    assert names(tmp_path) == ["file"]


@pytest.mark.parametrize(
    "word",
    ["", " ", "..", ".two", "a/b", "a\\b", "a\nb", "a_b", "two ", "-", "C:", "NUL", "x" * 65, "\0"],
)
def test_a_word_that_is_no_folders_name_is_refused(tmp_path, word):
    with pytest.raises(ExampleError, match="no folder can be named like that"):
        Examples(tmp_path).save(sound(), word)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("word", ["acht", "größe", "don't stop", "七", "मानक", "wi-fi 5"])
def test_words_of_every_script_are_kept(tmp_path, word):
    Examples(tmp_path).save(sound(), word)
    assert [clip.word for clip in load_folder(tmp_path)] == [word]


def test_an_example_can_be_taken_back(tmp_path):
    mine = Examples(tmp_path)
    first, second = mine.save(sound(), "two"), mine.save(sound(), "two")
    mine.remove(first)
    mine.remove(first)
    assert names(tmp_path) == [second.name]
    with pytest.raises(ValueError, match="no example"):
        mine.remove(tmp_path / "two" / "letter.txt")


def test_an_example_that_cannot_be_taken_back_is_told(tmp_path):
    stubborn = tmp_path / "two" / "mine_1.wav"
    stubborn.mkdir(parents=True)
    with pytest.raises(ExampleError, match="cannot be removed"):
        Examples(tmp_path).remove(stubborn)


def test_no_sound_is_no_example(tmp_path):
    with pytest.raises(ValueError, match="shape"):
        Examples(tmp_path).save(np.zeros(0, np.float32), "two")
