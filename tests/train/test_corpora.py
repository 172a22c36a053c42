import json
from pathlib import Path

import numpy as np
import pytest
import soundfile

from recognizer.errors import AudioError, RecognizerError
from train import corpora
from train.corpora import Utterance, Word, alignments, blanket, esc10, fsdd, testing_only
from train.corpora.files import default_data_folder, sound_files
from train.errors import DataError


def sound(path: Path, seconds: float = 0.05, rate: int = 16000) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    samples = 0.5 * np.sin(2 * np.pi * 440 * np.arange(round(seconds * rate)) / rate)
    soundfile.write(str(path), samples, rate)
    return path


def text(path: Path, content: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content, encoding="utf-8")
    return path


@pytest.fixture
def data(tmp_path):
    """A data folder with a little of every layout."""
    for name in (
        "fsdd/recordings/7_theo_0.wav",
        "fsdd/recordings/0_george_12.flac",
        "speech_commands/zero/004ae714_nohash_0.wav",
        "speech_commands/zero/004ae714_nohash_1.wav",
        "speech_commands/_background_noise_/running_tap.wav",
        "other_words/picovoice/view_glass/12.flac",
        "other_words/mycroft/heycomputer/wakeword-es-1.wav",
        "an4/wav/an4_clstk/fash/an251-fash-b.flac",
        "an4/wav/an4_clstk/fash/cen1-fash-b.flac",
        "an4/wav/an4test_clstk/fcaw/an406-fcaw-b.flac",
        "running_speech/librispeech/19/19-198-0000.flac",
        "running_speech/librispeech/26/26-495-0001.flac",
        "noise/esc10/001 - Dog bark/5-30344-A.ogg",
        "noise/blanket/coffee-shop.ogg",
        "noise/blanket/summer-night.ogg",
        "noise/keyboards/eg-oreo.ogg",
        "rooms/simulated/rir_005_3.flac",
        "rooms/simulated/rir_006_0.flac",
        "testing_only/indian/two/indian01_1.flac",
    ):
        sound(tmp_path / name)
    text(
        tmp_path / "an4/etc/an4_train.transcription",
        "YES (an251-fash-b)\n<s> H I NINE </s> (cen1-fash-b)\n",
    )
    text(tmp_path / "an4/etc/an4_test.transcription", "RUBOUT G THREE NINE (an406-fcaw-b)\n")
    text(
        tmp_path / "running_speech/librispeech/transcripts.tsv",
        "path\tdigit_words\ttranscript\n19/19-198-0000.flac\t0\tNORTHANGER ABBEY\n"
        '26/26-495-0001.flac\t1\tHE SAID "ONE\n',
    )
    text(
        tmp_path / "noise/blanket/SOUNDS_LICENSING.md",
        "| Sound | Author | Editor* | License\n| :-:  | :-: | :-: | :-:\n"
        "| [Coffee Shop](https://x.org/1.html) | stephan | - | Public Domain\n"
        "| [Summer night](https://x.org/2.html) | Lisa | - | CC BY 3.0 | \n",
    )
    text(tmp_path / "noise/keyboards/LICENSE", "MIT")
    text(tmp_path / "fsdd/README.md", "nothing to hear")
    return tmp_path


def test_isolated_words_of_every_corpus(data):
    clips = corpora.load_isolated(data)
    found = {(clip.corpus, clip.word, clip.speaker, clip.split) for clip in clips}
    assert ("fsdd", "seven", "theo", "test") in found
    assert ("fsdd", "zero", "george", "train") in found
    assert {word for corpus, word, _, _ in found if corpus == "speech_commands"} == {"zero"}
    assert {word for corpus, word, _, _ in found if corpus == "other_words"} == {
        "view glass",
        "heycomputer",
    }
    assert {clip.licence for clip in clips} == {
        "CC BY-SA 4.0",
        "CC BY 4.0",
        "Apache-2.0",
        "public domain",
    }
    assert clips == corpora.load_isolated(data)


def test_another_speaker_of_fsdd_can_be_held_out(data):
    parts = {clip.speaker: clip.split for clip in fsdd.load(data, held_out="george")}
    assert parts == {"theo": "train", "george": "test"}


def test_utterances_have_lowercase_transcripts(data):
    utterances = corpora.load_utterances(data)
    by_stem = {one.path.stem: one for one in utterances}
    assert by_stem["an251-fash-b"].transcript == ("yes",)
    assert by_stem["cen1-fash-b"].transcript == ("h", "i", "nine")
    assert by_stem["an406-fcaw-b"].split == "test"
    assert by_stem["an406-fcaw-b"].speaker == "fcaw"
    assert by_stem["26-495-0001"].transcript == ("he", "said", '"one')
    assert by_stem["26-495-0001"].split == "test"
    assert by_stem["19-198-0000"].split == "train"
    assert all(one.words is None for one in utterances)


def test_utterances_take_their_words_from_the_alignments(data, tmp_path):
    words = (Word("yes", 0.31, 0.71),)
    path = tmp_path / "out" / "alignments.json"
    alignments.write_alignments(path, {"an4/wav/an4_clstk/fash/an251-fash-b.flac": words})
    by_stem = {one.path.stem: one.words for one in corpora.load_utterances(data, path)}
    assert by_stem["an251-fash-b"] == words
    assert by_stem["cen1-fash-b"] is None


def test_noise_has_its_own_licences(data):
    clips = corpora.load_noise(data)
    found = {clip.path.stem: (clip.corpus, clip.split, clip.licence) for clip in clips}
    assert found == {
        "5-30344-A": ("esc10", "test", "CC BY 3.0"),
        "coffee-shop": ("blanket", "test", "Public Domain"),
        "summer-night": ("blanket", "train", "CC BY 3.0"),
        "eg-oreo": ("keyboards", "test", "MIT"),
        "running_tap": ("background_noise", "test", "CC BY 4.0"),
    }
    assert {clip.word for clip in clips} == {""}


def test_rooms_are_split_by_their_number(data):
    assert {clip.speaker: clip.split for clip in corpora.load_rooms(data)} == {
        "005": "test",
        "006": "train",
    }


def test_testing_only_is_never_anything_else(data):
    (clip,) = corpora.load_testing_only(data)
    assert clip.corpus == "testing_only/indian"
    assert (clip.word, clip.speaker, clip.split) == ("two", "indian01", "test")
    assert clip.licence == "none stated"
    assert "never" in (testing_only.load.__doc__ or "")


@pytest.mark.parametrize(
    ("load", "folder"),
    [
        (corpora.load_isolated, "fsdd"),
        (corpora.load_utterances, "an4"),
        (corpora.load_noise, "esc10"),
        (corpora.load_rooms, "rooms"),
        (corpora.load_testing_only, "testing_only"),
    ],
)
def test_a_missing_corpus_is_named(load, folder, tmp_path):
    with pytest.raises(DataError, match=folder) as caught:
        load(tmp_path)
    assert "KEYWORD_DATA" in str(caught.value)
    assert isinstance(caught.value, RecognizerError)


def test_a_missing_transcript_is_named(data):
    (data / "an4/etc/an4_test.transcription").unlink()
    with pytest.raises(DataError, match=r"an4_test\.transcription"):
        corpora.load_utterances(data)


def test_transcripts_without_the_column_are_refused(data):
    text(data / "running_speech/librispeech/transcripts.tsv", "file\ttext\na\tB\n")
    with pytest.raises(DataError, match="transcript"):
        corpora.load_utterances(data)


def test_a_sound_without_a_licence_is_refused(data):
    sound(data / "noise/blanket/brook.ogg")
    with pytest.raises(DataError, match=r"brook\.ogg has no licence"):
        blanket.load(data)


def test_a_collection_without_a_licence_is_refused(data):
    sound(data / "other_words/somebody/hello/1.wav")
    with pytest.raises(DataError, match="licence"):
        corpora.load_isolated(data)


def test_files_with_other_names_are_left_out(data):
    sound(data / "fsdd/recordings/demo.wav")
    sound(data / "noise/esc10/001 - Dog bark/unfolded.ogg")
    assert "demo" not in {clip.path.stem for clip in fsdd.load(data)}
    assert "unfolded" not in {clip.path.stem for clip in esc10.load(data)}


def test_sound_files_are_found_by_stem_whatever_the_extension(tmp_path):
    for name in ("b.wav", "a.FLAC", "c.ogg", "d.aiff", "b.flac", ".hidden.wav"):
        sound(tmp_path / name)
    text(tmp_path / "notes.txt", "no sound")
    (tmp_path / "folder.wav").mkdir()
    found = sound_files(tmp_path)
    assert [path.stem for path in found] == ["a", "b", "c", "d"]


def test_sound_files_of_a_file_are_refused(tmp_path):
    with pytest.raises(DataError, match="Cannot read the folder"):
        sound_files(text(tmp_path / "file", ""))


def test_audio_is_mono_float32_at_16_khz(tmp_path):
    path = tmp_path / "stereo.wav"
    left = np.full(4800, 0.5)
    soundfile.write(str(path), np.stack([left, np.zeros(4800)], axis=1), 48000)
    samples = corpora.read_audio(path)
    assert samples.dtype == np.float32
    assert samples.shape == (1600,)
    assert samples[800] == pytest.approx(0.25, abs=1e-3)


def test_audio_at_16_khz_is_returned_as_it_is(tmp_path):
    path = tmp_path / "a.wav"
    values = np.array([0, 1, -32768, 32767], dtype=np.int16)
    soundfile.write(str(path), values, 16000)
    np.testing.assert_array_equal(corpora.read_audio(path), values / np.float32(32768))


def test_unreadable_audio_is_named(tmp_path):
    empty = tmp_path / "empty.wav"
    soundfile.write(str(empty), np.zeros(0), 16000)
    holes = tmp_path / "holes.wav"
    soundfile.write(str(holes), np.array([0.0, np.nan]), 16000, subtype="FLOAT")
    for path in (text(tmp_path / "text.wav", "hello"), tmp_path / "none.wav", empty, holes):
        with pytest.raises(AudioError, match=path.name):
            corpora.read_audio(path)


def test_alignments_come_back_as_written(tmp_path):
    path = tmp_path / "a.json"
    content = {"b/2.flac": (Word("two", 0.1, 0.42),), "a/1.flac": ()}
    alignments.write_alignments(path, content)
    assert alignments.read_alignments(path) == content
    assert list(json.loads(path.read_text())) == ["a/1.flac", "b/2.flac"]
    assert [one.name for one in tmp_path.iterdir()] == ["a.json"]


def test_missing_alignments_name_the_command(tmp_path):
    with pytest.raises(DataError, match="train align"):
        alignments.read_alignments(tmp_path / "none.json")


@pytest.mark.parametrize("content", ["", "[]", '{"a": [["one", 1]]}', '{"a": [["one", 1, "x"]]}'])
def test_damaged_alignments_are_refused(content, tmp_path):
    with pytest.raises(DataError, match="damaged"):
        alignments.read_alignments(text(tmp_path / "a.json", content))


def test_alignments_that_cannot_be_written_are_named(tmp_path):
    blocked = text(tmp_path / "file", "") / "a.json"
    with pytest.raises(DataError, match="Cannot write"):
        alignments.write_alignments(blocked, {})


def test_own_words_are_divided_by_speaker(tmp_path):
    speakers = ("ada", "ben", "cleo", "dan", "eve", "finn_2")
    for word in ("lights_on", "stop"):
        for speaker in speakers:
            for take in range(2):
                sound(tmp_path / word / f"{speaker}_{take}.wav")
    clips = corpora.load_folder(tmp_path)
    assert {clip.word for clip in clips} == {"lights on", "stop"}
    assert {clip.speaker for clip in clips} == set(speakers)
    assert {clip.split for clip in clips} == {"train", "validation", "test"}
    parts = {(clip.speaker, clip.split) for clip in clips}
    assert len(parts) == len(speakers)


def test_own_words_of_one_voice_are_divided_by_clip(tmp_path):
    for word in ("stop", "go"):
        for take in range(10):
            sound(tmp_path / word / f"take{take}.wav")
    clips = corpora.load_folder(tmp_path)
    for word in ("stop", "go"):
        parts = [clip.split for clip in clips if clip.word == word]
        assert (parts.count("test"), parts.count("validation")) == (2, 1)


def test_an_empty_folder_of_own_words_says_what_to_do(tmp_path):
    with pytest.raises(DataError, match="folder named like the word"):
        corpora.load_folder(tmp_path)


def test_the_data_folder_is_named_by_the_environment(monkeypatch, tmp_path):
    monkeypatch.setenv("KEYWORD_DATA", str(tmp_path))
    assert default_data_folder() == tmp_path
    monkeypatch.delenv("KEYWORD_DATA")
    assert default_data_folder().parts[-2:] == ("shared", "data")


@pytest.mark.data
def test_the_recordings_are_as_many_as_their_description_says(data_folder):
    clips = corpora.load_isolated(data_folder)
    assert sum(clip.corpus == "fsdd" for clip in clips) == 3000
    utterances = corpora.load_utterances(data_folder)
    an4: list[Utterance] = [one for one in utterances if one.corpus == "an4"]
    assert len(an4) == 1078
    assert len({one.speaker for one in an4 if one.split == "test"}) == 10
    rooms = corpora.load_rooms(data_folder)
    assert len(rooms) == 480
    assert len({room.speaker for room in rooms}) == 80
    testing = corpora.load_testing_only(data_folder)
    assert len({clip.speaker for clip in testing}) == 83
