from collections import Counter

import numpy as np
import pytest
import soundfile

from recognizer.log_mel import FrontendParameters
from tests.made_recordings import RATE, burst
from train.corpora import Clip, Utterance
from train.tasks import Tasks
from train.teach import background
from train.teach.background import joined, record_voices


def clip(folder, word, speaker, number, content=None):
    path = folder / f"{word}_{speaker}_{number}.wav"
    sound = np.concatenate([np.zeros(RATE // 3), burst(number), np.zeros(RATE // 3)])
    soundfile.write(path, sound if content is None else content, RATE)
    return Clip(path, "made", word, speaker, "train", "none")


def embed(windows):
    return np.maximum(windows.mean(axis=1), 0.0)


def recorded(clips, utterances=(), seed=3):
    with Tasks(1) as tasks:
        return record_voices(clips, utterances, FrontendParameters(), embed, tasks=tasks, seed=seed)


def test_one_recording_of_each_person_and_word(tmp_path, monkeypatch):
    monkeypatch.setattr(background, "PER_PERSON", 2)
    clips = [clip(tmp_path, word, who, n) for word in ("go", "up") for who in "ab" for n in (1, 2)]

    made = recorded(clips)

    assert Counter(zip(made.shows, made.voices.tolist(), strict=True)) == {
        ("go", 1): 2,
        ("go", 2): 2,
        ("up", 1): 2,
        ("up", 2): 2,
    }
    assert made.embeddings.shape == (8, FrontendParameters().mel_bands)
    np.testing.assert_array_equal(made.embeddings, recorded(clips).embeddings)


def test_who_is_unnamed_is_another_person_each_time(tmp_path):
    made = recorded([clip(tmp_path, "go", "", n) for n in (1, 2, 3)])
    assert set(made.voices) == {1, 2, 3}


def test_no_more_people_than_wanted(tmp_path, monkeypatch):
    monkeypatch.setattr(background, "PEOPLE", 2)
    made = recorded([clip(tmp_path, "go", who, 1) for who in "abcd"])
    assert len(set(made.voices)) == 2


def test_running_speech_is_nobodys(tmp_path, monkeypatch):
    monkeypatch.setattr(background, "TALK", 4)
    said = [clip(tmp_path, "talk", "x", n) for n in (1, 2)]
    talk = [Utterance(one.path, "made", "x", "train", "none", (), None) for one in said]

    made = recorded([clip(tmp_path, "go", "a", 5)], talk)

    assert Counter(made.shows)["unknown"] == 4
    assert [show for show, voice in zip(made.shows, made.voices, strict=True) if not voice] == [
        "unknown"
    ] * 4


@pytest.mark.parametrize("content", [np.zeros(RATE), None])
def test_what_holds_no_word_gives_no_window(tmp_path, content):
    broken = clip(tmp_path, "go", "a", 1, content)
    if content is None:
        broken.path.write_bytes(b"no sound")
    made = recorded([broken, clip(tmp_path, "up", "a", 2)])
    assert set(made.shows) == {"up"}


def test_both_parts_are_kept(tmp_path):
    one = recorded([clip(tmp_path, "go", "a", 1)])
    both = joined(one, one)
    assert both.shows == one.shows * 2
    assert len(both.embeddings) == len(both.voices) == 2 * len(one.shows)
