import io
import shutil
from typing import Any

import numpy as np
import pytest
import soundfile
from rich.console import Console

from train import synthesize, vocabulary, voice_requests
from train.corpora import read_audio, synthetic
from train.errors import DataError

needs_espeak = pytest.mark.skipif(
    shutil.which("espeak-ng") is None, reason="needs the package espeak-ng"
)


@pytest.fixture
def small(monkeypatch):
    """Very few words, so that a run takes a moment."""
    monkeypatch.setattr(synthesize, "NEAR_MISSES", ("tree", "six"))
    monkeypatch.setattr(synthesize, "COMMON_WORDS", ())
    monkeypatch.setattr(synthesize, "LETTERS", ("q",))


def run(out, **options: Any):
    console = Console(file=io.StringIO())
    small: dict[str, Any] = {"keywords": ("six", "lights on"), "keyword_clips": 3, "other_clips": 2}
    return synthesize.synthesize(out, console=console, **(small | options))


@needs_espeak
def test_clips_are_trimmed_flac_files_a_folder_a_word(small, tmp_path):
    clips = run(tmp_path / "out")
    words = [clip.word for clip in clips]
    assert words == ["six"] * 3 + ["lights on"] * 3 + ["tree"] * 2 + ["q"] * 2
    for clip in clips:
        info = soundfile.info(str(clip.path))
        assert (info.samplerate, info.channels, info.format) == (16000, 1, "FLAC")
        samples = read_audio(clip.path)
        assert 0.08 <= samples.size / 16000 <= 1.5
        assert 0.01 < np.abs(samples).max() <= 1.0
        # A margin of 20 ms before and after, no more.
        loud = np.flatnonzero(np.abs(samples) > 10 ** (-40 / 20) * np.abs(samples).max())
        assert loud[0] < 0.1 * 16000
        assert clip.split in ("train", "validation")
        assert clip.speaker.startswith(("espeak-ng-en", "flite-"))
    assert sorted(clip.path for clip in synthetic.load(tmp_path / "out")) == sorted(
        clip.path for clip in clips
    )


@needs_espeak
def test_a_run_goes_on_where_it_stopped_and_makes_the_same(small, tmp_path):
    out = tmp_path / "out"
    clips = run(out)
    before = {clip.path: clip.path.read_bytes() for clip in clips}
    clips[0].path.unlink()
    kept = clips[1].path.stat().st_mtime_ns
    assert run(out) == clips
    assert {clip.path: clip.path.read_bytes() for clip in clips} == before
    assert clips[1].path.stat().st_mtime_ns == kept
    other = run(out, seed=1)
    assert sorted(clip.path for clip in synthetic.load(out)) == sorted(one.path for one in other)


@needs_espeak
def test_a_folder_of_recordings_is_left_alone(small, tmp_path):
    mine = tmp_path / "six" / "me-a_1.flac"
    mine.parent.mkdir()
    mine.write_bytes(b"precious")
    with pytest.raises(DataError, match="not synthesized"):
        run(tmp_path)
    assert mine.read_bytes() == b"precious"


@needs_espeak
def test_clips_too_long_are_left_out(small, tmp_path):
    clips = run(tmp_path / "out", keywords=("supercalifragilisticexpialidocious indeed",))
    assert {clip.word for clip in clips} == {"tree", "six", "q"}


@needs_espeak
def test_a_synthesizer_that_fails_is_named(small, tmp_path, monkeypatch):
    monkeypatch.setattr(voice_requests, "ACCENTS", {"xx-nowhere": 1.0})
    with pytest.raises(DataError, match="espeak-ng failed"):
        run(tmp_path / "out")


def test_a_missing_synthesizer_is_named(monkeypatch, tmp_path):
    monkeypatch.setattr("train.synthesize.shutil.which", lambda name: None)
    with pytest.raises(DataError, match="sudo apt-get install espeak-ng"):
        synthesize.synthesize(tmp_path / "out")


@needs_espeak
def test_near_and_accented_words_are_made_as_often_as_asked(small, tmp_path):
    made = run(tmp_path, near_clips=4, accented_clips=3)
    clips = [(one.word, one.corpus) for one in made]
    # "six" is a keyword here, and no near miss of itself.
    assert clips.count(("tree", "synthetic")) == 4
    assert clips.count(("q", "synthetic")) == 2
    assert clips.count(("six", "synthetic")) == 3
    assert clips.count(("six", "synthetic accents")) == 3
    assert clips.count(("sick", "synthetic accents")) == 1
    assert not [word for word, _ in clips if word == "lights on"][3:]


def test_trim_keeps_a_margin():
    samples = np.zeros(2000, np.float32)
    samples[1000:1100] = 0.5
    assert synthesize.trim(samples, margin_samples=50).size == 200
    assert synthesize.trim(np.zeros(100, np.float32)).size == 0
    assert synthesize.trim(np.zeros(0, np.float32)).size == 0
    assert synthesize.trim(samples[1000:1100]).size == 100


def test_a_variant_is_on_one_side_in_all_its_accents(tmp_path):
    for variant in (f"v{n}" for n in range(50)):
        names = (f"six/espeak-ng-en-us+{variant}_1.flac", f"two/espeak-ng-en-gb+{variant}_20.flac")
        clips = [synthetic.describe(tmp_path / name) for name in names]
        assert len({clip.split for clip in clips}) == 1
        assert [clip.word for clip in clips] == ["six", "two"]


def test_words_that_sound_like_a_digit_are_in_no_list():
    words = (*vocabulary.NEAR_MISSES, *vocabulary.COMMON_WORDS, *vocabulary.LETTERS)
    homophones = {"for", "fore", "to", "too", "ate", "won", "wan", "nein", "sicks"}
    assert not set(words) & (homophones | set(vocabulary.DIGITS))
    assert len(words) == len(set(words))
