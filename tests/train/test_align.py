import io
import shutil
import subprocess
import sys

import numpy as np
import pytest
import soundfile
from rich.console import Console

from train import align
from train.corpora import load_utterances, read_audio
from train.corpora.alignments import read_alignments
from train.errors import DataError

pytest.importorskip("pocketsphinx")
needs_espeak = pytest.mark.skipif(
    shutil.which("espeak-ng") is None, reason="needs the package espeak-ng"
)

GAP_S = 0.3


def say(path, words):
    """Say each word with a known gap before it; return where each begins and ends."""
    parts, places, position = [], [], 0
    for word in words:
        single = path.parent / "single.wav"
        subprocess.run(
            ["espeak-ng", "-v", "en-us", "-s", "140", "-z", "-w", str(single), word], check=True
        )
        samples = read_audio(single)
        single.unlink()
        parts += [np.zeros(round(GAP_S * 16000), np.float32), samples]
        position += round(GAP_S * 16000)
        places.append((position / 16000, (position + samples.size) / 16000))
        position += samples.size
    mixed = np.concatenate([*parts, np.zeros(round(GAP_S * 16000), np.float32)])
    mixed += np.random.default_rng(1).normal(0.0, 0.001, mixed.size).astype(np.float32)
    soundfile.write(str(path), mixed, 16000)
    return places


@pytest.fixture(scope="module")
def aligner():
    return align.Aligner()


@needs_espeak
def test_words_lie_where_they_were_said(aligner, tmp_path):
    said = ("enter", "three", "nine", "o")
    places = say(tmp_path / "a.wav", said)
    words = aligner.align(read_audio(tmp_path / "a.wav"), said)
    assert tuple(word.text for word in words) == said
    for word, (start, end) in zip(words, places, strict=True):
        assert abs(word.start - start) < 0.1
        assert abs(word.end - end) < 0.15
        assert word.start < word.end


@needs_espeak
def test_earlier_utterances_do_not_matter(aligner, tmp_path):
    said = ("five", "two")
    say(tmp_path / "a.wav", said)
    samples = read_audio(tmp_path / "a.wav")
    first = aligner.align(samples, said)
    noise = np.random.default_rng(2).normal(0.0, 0.1, 16000).astype(np.float32)
    with pytest.raises(align.AlignmentError):
        aligner.align(noise, ("seven",) * 20)
    assert aligner.align(samples, said) == first


def test_an_unknown_word_is_named(aligner):
    with pytest.raises(align.AlignmentError, match="'qwertz'"):
        aligner.align(np.zeros(16000, np.float32), ("one", "qwertz"))


def test_sound_too_short_for_its_transcript_is_refused(aligner):
    with pytest.raises(align.AlignmentError):
        aligner.align(np.zeros(800, np.float32), ("seven",) * 8)


def test_added_words_are_spelled_in_phones_the_model_has(aligner):
    for word in align.PRONUNCIATIONS:
        assert aligner._decoder.lookup_word(word) == align.PRONUNCIATIONS[word]


@needs_espeak
def test_a_run_skips_and_names_what_does_not_align(tmp_path):
    data = tmp_path / "data"
    good = data / "an4/wav/an4_clstk/fash"
    (data / "an4/etc").mkdir(parents=True)
    good.mkdir(parents=True)
    (data / "an4/wav/an4test_clstk").mkdir()
    (data / "running_speech/librispeech").mkdir(parents=True)
    say(good / "an1-fash-b.wav", ("six", "four"))
    (good / "an2-fash-b.wav").write_text("no sound")
    say(good / "an3-fash-b.wav", ("yes",))
    (data / "an4/etc/an4_train.transcription").write_text(
        "SIX FOUR (an1-fash-b)\nNO (an2-fash-b)\nQWERTZ (an3-fash-b)\n"
    )
    (data / "an4/etc/an4_test.transcription").write_text("")
    (data / "running_speech/librispeech/transcripts.tsv").write_text("path\ttranscript\n")
    report = io.StringIO()
    out = tmp_path / "work" / "alignments.json"
    summary = align.align(data, out, processes=1, console=Console(file=report, width=200))
    assert (summary.aligned, summary.words) == (1, 2)
    assert [name for name, _ in summary.skipped] == [
        "an4/wav/an4_clstk/fash/an2-fash-b.wav",
        "an4/wav/an4_clstk/fash/an3-fash-b.wav",
    ]
    assert "skipped 2:" in report.getvalue()
    assert "an3-fash-b.wav: the dictionary lacks 'qwertz'" in report.getvalue()
    assert set(read_alignments(out)) == {"an4/wav/an4_clstk/fash/an1-fash-b.wav"}
    words = {one.path.stem: one.words for one in load_utterances(data, out)}
    assert words["an3-fash-b"] is None
    assert [word.text for word in words["an1-fash-b"] or ()] == ["six", "four"]


def test_a_missing_decoder_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "pocketsphinx", None)
    with pytest.raises(DataError, match="pip install"):
        align.Aligner()


@pytest.mark.data
def test_digits_of_an4_have_plausible_lengths(aligner, data_folder):
    digits = {"zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"}
    lengths = []
    utterances = [one for one in load_utterances(data_folder) if one.corpus == "an4"]
    for one in utterances[::25]:
        words = aligner.align(read_audio(one.path), one.transcript)
        assert tuple(word.text for word in words) == one.transcript
        lengths += [word.end - word.start for word in words if word.text in digits]
    assert len(lengths) > 30
    assert 0.2 < np.median(lengths) < 0.5
    assert np.mean([0.12 <= length <= 0.8 for length in lengths]) > 0.95
