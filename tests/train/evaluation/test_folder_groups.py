import shutil
from pathlib import Path

import numpy as np
import pytest
import soundfile

from tests.made_recordings import RATE, burst, make_recordings
from train.errors import DataError
from train.evaluation.folder_groups import (
    FOLDER_GROUPS,
    FolderRecordings,
    holds_every_corpus,
    read_folders,
)
from train.evaluation.stream_plan import build_group

SPEAKERS = ("ann", "bob", "cat", "dan", "eve")


def write_words(folder: Path, words=("yes", "no", "cat"), speakers=SPEAKERS) -> Path:
    """A folder for each word, two takes of each speaker."""
    for number, word in enumerate(words):
        (folder / word).mkdir(parents=True)
        for speaker in speakers:
            for take in (0, 1):
                seed = 100 * number + 10 * len(speaker) + take
                soundfile.write(folder / word / f"{speaker}_{take}.wav", burst(seed), RATE)
    return folder


@pytest.fixture
def mine(tmp_path):
    return write_words(tmp_path / "mine")


@pytest.fixture(scope="module")
def corpora(tmp_path_factory):
    return make_recordings(tmp_path_factory.mktemp("data"))


def speakers_in(recordings):
    return {one.speaker for one in recordings.isolated}


def stream(recordings, group, keywords=("yes", "no"), **options):
    return build_group(group, FOLDER_GROUPS[group], recordings, keywords=keywords, **options)


def test_only_the_speakers_kept_for_testing_are_heard(mine):
    recordings = read_folders([mine], ("yes", "no"))

    assert len(speakers_in(recordings)) == 1
    assert len(recordings.isolated) == 6
    assert recordings.notes == [
        f"6 of the 30 words of {mine} are used: those for testing.",
    ]
    assert speakers_in(read_folders([mine], ("yes",), "validation")) != speakers_in(recordings)
    everything = read_folders([mine], ("yes", "no"), "all")
    assert speakers_in(everything) == set(SPEAKERS)
    assert everything.notes == [
        f"All 30 words of {mine} are used, whatever part they are of.",
    ]


def test_keywords_other_words_and_noise_become_streams_of_their_own(mine):
    (mine / "_background_noise_").mkdir()
    for number in range(3):
        path = mine / "_background_noise_" / f"hum{number}.wav"
        soundfile.write(path, burst(number, word_s=2), RATE)
    recordings = read_folders([mine], ("yes", "no"))

    keywords, others = (
        stream(recordings, "folder_keywords"),
        stream(recordings, "folder_other_words"),
    )
    noise = stream(recordings, "folder_noise")

    assert {one.label for one in keywords.truth} == {"yes", "no"}
    assert {one.label for one in others.truth} == {"cat"}
    assert (noise.clips, noise.truth) == (1, ())
    assert stream(recordings, "folder_talk") is None
    assert keywords.truth[0].source.startswith("mine/")
    again = stream(read_folders([mine], ("yes", "no")), "folder_keywords")
    np.testing.assert_array_equal(keywords.samples, again.samples)


def test_corpora_are_known_by_their_layout_wherever_they_lie(corpora):
    recordings = read_folders(
        [corpora / "fsdd", corpora / "an4", corpora / "noise", corpora / "testing_only"],
        ("three", "one"),
    )

    assert {one.corpus for one in recordings.isolated} == {
        *("fsdd", "testing_only/indian", "testing_only/californian")
    }
    assert speakers_in(recordings) >= {"theo"}
    assert "jackson" not in speakers_in(recordings)
    assert {one.corpus for one in recordings.utterances} == {"an4"}
    assert {one.corpus for one in recordings.noise} == {"esc10", "blanket", "keyboards"}
    talk = stream(recordings, "folder_talk", keywords=("one",))
    assert [one.transcript for one in talk.truth] != []


def test_what_was_learnt_from_is_left_out_whatever_is_asked_for(mine):
    learnt = {one.path.resolve() for one in read_folders([mine], ("yes",)).isolated}

    recordings = read_folders([mine], ("yes",), "all", learnt=learnt)

    assert len(recordings.isolated) == 24
    assert f"6 words of {mine} were learnt from, and are left out." in recordings.notes
    everything = {one.resolve() for one in mine.rglob("*.wav")}
    with pytest.raises(DataError, match=r"nothing left to test on.*30 words .*learnt from"):
        read_folders([mine], ("yes",), learnt=everything)


def test_a_folder_named_twice_is_heard_once(mine):
    assert len(read_folders([mine, mine / "../mine"], ("yes",), "all").isolated) == 30


def test_words_that_are_no_keywords_are_told_plainly(mine):
    notes = read_folders([mine], ("alexa",)).notes

    assert notes[-1] == (
        "None of the words there (cat, no, yes) is one of the model's (alexa): they count as "
        "other words."
    )


@pytest.mark.parametrize(
    ("name", "says"), [("empty", "holds no recordings"), ("missing", "No such file")]
)
def test_a_folder_without_recordings_is_refused(tmp_path, name, says):
    (tmp_path / "empty").mkdir()

    with pytest.raises(DataError, match=says):
        read_folders([tmp_path / name], ("yes",))


def test_a_folder_of_rooms_has_nothing_to_hear(tmp_path):
    (tmp_path / "rooms").mkdir()
    soundfile.write(tmp_path / "rooms" / "rir_000_0.wav", burst(1), RATE)

    with pytest.raises(DataError, match=r"nothing left to test on.*simulated rooms"):
        read_folders([tmp_path / "rooms"], ("yes",))


def test_a_recording_that_cannot_be_read_is_named_and_left_out(mine):
    recordings = read_folders([mine], ("yes", "no"))
    whole = stream(recordings, "folder_keywords")
    broken = next(one for one in recordings.isolated if one.word == "yes").path
    broken.write_bytes(b"no sound")

    less = stream(recordings, "folder_keywords")

    assert (whole.clips, less.clips) == (4, 3)
    assert len(recordings.left_out) == 1
    assert str(broken) in recordings.left_out[0]


def test_where_nothing_can_be_read_there_is_no_stream(mine):
    recordings = read_folders([mine], ("yes", "no"))
    for one in recordings.isolated:
        one.path.write_bytes(b"")

    assert stream(recordings, "folder_keywords") is None


def test_only_a_folder_with_every_corpus_is_the_projects(corpora, mine, tmp_path):
    assert holds_every_corpus(corpora)
    assert not holds_every_corpus(mine)
    shutil.copytree(corpora, tmp_path / "part", ignore=shutil.ignore_patterns("an4"))
    assert not holds_every_corpus(tmp_path / "part")


def test_recordings_without_a_folder_keep_their_path(mine):
    path = mine / "yes" / "ann_0.wav"

    assert FolderRecordings([]).name(path) == path.as_posix()
    assert FolderRecordings([], folders=[mine]).name(path) == "mine/yes/ann_0.wav"
