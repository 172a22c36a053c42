import threading

import numpy as np
import pytest
import soundfile

from recognizer.errors import RecognizerError
from recognizer.takes.folder import NOISE, TakeError, TakeFolder, words_of
from recognizer.takes.order import WordError
from recognizer.word_folders import write_new
from train.corpora import load_folder, read_audio

RATE = 16_000


def sound(seed=0, count=RATE):
    return np.random.default_rng(seed).uniform(-0.9, 0.9, count).astype(np.float32)


def names(folder):
    return sorted(str(file.relative_to(folder)) for file in folder.rglob("*") if file.is_file())


def test_the_trainer_reads_what_was_kept(tmp_path):
    folder = TakeFolder(tmp_path / "deep" / "words", "anna")
    folder.prepare()
    kept = {folder.save("yes", sound(1)): "yes", folder.save("turn left", sound(2)): "turn left"}
    clips = load_folder(folder.folder)
    assert {clip.path: clip.word for clip in clips} == kept
    assert {clip.speaker for clip in clips} == {"anna"}
    for seed, path in enumerate(kept, 1):
        info = soundfile.info(str(path))
        assert (info.format, info.subtype, info.channels) == ("WAV", "PCM_16", 1)
        assert info.samplerate == RATE
        np.testing.assert_allclose(read_audio(path), sound(seed), atol=0.5001 / 32768)


def test_numbers_go_on_and_nothing_is_overwritten(tmp_path):
    there = tmp_path / "yes"
    there.mkdir()
    for name in (
        "mine_1.wav",
        "mine_7.flac",
        "MINE_9.wav",
        "mine_x.wav",
        "anna_30.wav",
        "mine.wav",
    ):
        (there / name).write_bytes(b"theirs")
    folder = TakeFolder(tmp_path)
    assert folder.counts(["yes", "no"]) == {"yes": 3, "no": 0}
    assert folder.save("yes", sound()).name == "mine_10.wav"
    assert folder.counts(["yes"]) == {"yes": 4}
    assert (there / "mine_1.wav").read_bytes() == b"theirs"
    assert TakeFolder(tmp_path, "Anna").counts(["yes"]) == {"yes": 1}


def test_a_number_that_only_another_file_has_is_not_taken_either(tmp_path):
    (tmp_path / "yes").mkdir()
    (tmp_path / "yes" / "mine_1.txt").write_text("a note")
    folder = TakeFolder(tmp_path)
    assert folder.counts(["yes"]) == {"yes": 0}
    assert folder.save("yes", sound()).name == "mine_2.wav"


def test_several_programs_may_save_at_once(tmp_path):
    def save(seed):
        for one in range(10):
            kept.append((TakeFolder(tmp_path).save("two", sound(seed * 10 + one, 50)), seed, one))

    kept = []
    threads = [threading.Thread(target=save, args=(seed,)) for seed in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({path for path, _, _ in kept}) == 40
    assert len(names(tmp_path)) == 40
    for path, seed, one in kept:
        np.testing.assert_allclose(read_audio(path), sound(seed * 10 + one, 50), atol=1e-4)


def test_half_a_file_of_a_killed_program_is_left_alone(tmp_path):
    (tmp_path / "yes").mkdir()
    (tmp_path / "yes" / ".mine_1.wav.part").write_bytes(b"half")
    folder = TakeFolder(tmp_path)
    assert folder.counts(["yes"]) == {"yes": 0}
    assert folder.save("yes", sound()).name == "mine_2.wav"
    assert (tmp_path / "yes" / ".mine_1.wav.part").read_bytes() == b"half"


def test_the_room_s_noise_adds_up(tmp_path):
    folder = TakeFolder(tmp_path)
    assert folder.noise_s() == 0.0
    path = folder.save(NOISE, sound(0, 3 * RATE))
    assert path.parent.name == "_background_noise_"
    folder.save(NOISE, sound(1, 2 * RATE))
    (path.parent / "mine_3.wav").write_bytes(b"no sound")
    assert folder.noise_s() == pytest.approx(5.0)
    assert TakeFolder(tmp_path, "anna").noise_s() == 0.0


def test_a_full_disk_leaves_no_half_file(tmp_path, monkeypatch):
    def full(descriptor):
        raise OSError(28, "No space left on device")

    folder = TakeFolder(tmp_path)
    before = folder.save("two", sound())
    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(TakeError, match=r"cannot be saved .*no space left.*: make room"):
        folder.save("two", sound())
    assert names(tmp_path) == [str(before.relative_to(tmp_path))]


def test_a_folder_that_cannot_be_written_is_told_before_anybody_speaks(tmp_path):
    (tmp_path / "file").write_text("no folder")
    for bad in (tmp_path / "file", tmp_path / "file" / "below"):
        with pytest.raises(TakeError, match="choose another folder") as caught:
            TakeFolder(bad).prepare()
        assert isinstance(caught.value, RecognizerError)
        assert str(caught.value).count(".") >= 1
    good = TakeFolder(tmp_path / "good")
    good.prepare()
    assert names(tmp_path) == ["file"]


def test_a_word_s_folder_that_is_a_file_is_told(tmp_path):
    (tmp_path / "yes").write_text("no folder")
    folder = TakeFolder(tmp_path)
    with pytest.raises(TakeError, match="cannot be read"):
        folder.counts(["yes"])
    with pytest.raises(TakeError, match="cannot be"):
        folder.save("yes", sound())


def test_a_folder_is_removed_again_unless_something_is_in_it(tmp_path):
    (tmp_path / "there").mkdir()
    for empty in (TakeFolder(tmp_path / "mine"), TakeFolder(tmp_path / "there")):
        empty.prepare()
        empty.leave_no_trace()
    assert [path.name for path in tmp_path.iterdir()] == ["there"]
    kept = TakeFolder(tmp_path / "mine")
    kept.prepare()
    kept.save("yes", sound())
    kept.leave_no_trace()
    assert names(tmp_path) == ["mine/yes/mine_1.wav"]


def test_a_take_can_be_taken_back(tmp_path):
    folder = TakeFolder(tmp_path)
    first, second = folder.save("two", sound()), folder.save("two", sound())
    folder.remove(first)
    folder.remove(first)
    assert names(tmp_path) == [str(second.relative_to(tmp_path))]
    stubborn = tmp_path / "two" / "mine_3.wav"
    stubborn.mkdir()
    with pytest.raises(TakeError, match="cannot be removed"):
        folder.remove(stubborn)


def test_names_that_are_none_are_refused(tmp_path):
    with pytest.raises(WordError):
        TakeFolder(tmp_path, "../anna")
    with pytest.raises(ValueError, match="no word"):
        TakeFolder(tmp_path).save("../yes", sound())
    with pytest.raises(ValueError, match="too few names"):
        write_new(tmp_path, (), b"")


def test_the_words_of_a_folder_are_those_with_recordings(tmp_path):
    folder = TakeFolder(tmp_path)
    for word in ("yes", "no", NOISE, "unknown"):
        folder.save(word, sound())
    (tmp_path / "empty").mkdir()
    (tmp_path / ".hidden").mkdir()
    assert words_of(tmp_path) == ("no", "yes")
    assert words_of(tmp_path / "nowhere") == ()
