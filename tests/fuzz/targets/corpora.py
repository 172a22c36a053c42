"""Folders of recordings, in any layout, with anything in them."""

import os
from collections.abc import Callable
from pathlib import Path
from random import Random

from recognizer.errors import AudioError
from tests.fuzz.harness import Target
from tests.fuzz.made_files import wav_samples
from train.corpora import load_folder, load_utterances
from train.corpora.alignments import read_alignments
from train.corpora.any_layout import corpora_in, load_any, load_noise_of
from train.errors import DataError

_FOLDERS = (
    *("recordings", "data", "one", "two", "Zero", "_background_noise_", "silence", "01", "60"),
    *("simulated", "wav", "an4_clstk", "dev-clean", "LibriSpeech", "84", "121123", "meta", "audio"),
    *("001 - Dog bark", "keyboards", "other_words", "a\x1bb", "ü", " ", ".hidden", "x" * 200, "-"),
)
_FILES = (
    *("0_jackson_0.wav", "7_a_b.wav", "0_01_3.wav", "a_nohash_0.wav", "_nohash_.wav", "x.wav"),
    *("validation_list.txt", "testing_list.txt", "transcripts.tsv", "esc50.csv", "LICENSES.tsv"),
    *("84-121123.trans.txt", "84-121123-0000.flac", "a.raw", "speaker_1.mp3", "README", ".wav"),
    *("licences.tsv", "LICENSE", "a b_1.WAV", "\udcff.wav", "é.wav", "nul\x7f.wav", "._x.wav"),
)
_TEXTS = (
    *("", "path\ttranscript\n", "path\ttranscript\n84/x.wav\tone two\n84/y.wav\n", "path\n\t\t\n"),
    *("one/a_nohash_0.wav\n", "\0", "filename,fold,target,category,esc10\nx.wav,1,0,dog,True\n"),
    *("filename,fold\nx.wav,one\n", '"', "x" * 140_000, "84-121123-0000 ONE TWO\n", "\t" * 50),
    *('{"x.wav": [["one", 0, 1]]}', '{"x": [[1]]}', "[" * 9000, '{"x": null}', "null", "{"),
)
_WHAT = ("sound", "text", "folder", "link", "loop", "pipe", "none")


def _entry(random: Random) -> tuple[str, str, str, str]:
    return (
        "/".join(random.choices(_FOLDERS, k=random.randrange(4))),
        random.choice((*_FILES, *_FOLDERS)),
        random.choice(_WHAT),
        random.choice(_TEXTS),
    )


def _build(entries: list[tuple[str, str, str, str]], root: Path) -> None:
    sound = wav_samples()[0]
    for folder, name, kind, text in entries:
        place = root / folder / name
        try:
            place.parent.mkdir(parents=True, exist_ok=True)
            # Opening a pipe to write to would wait for a reader.
            if place.is_fifo():
                continue
            if kind == "sound":
                place.write_bytes(sound)
            elif kind == "text":
                place.write_text(text, encoding="utf-8")
            elif kind == "folder":
                place.mkdir(exist_ok=True)
            elif kind == "pipe":
                os.mkfifo(place)
            elif kind == "link":
                place.symlink_to(root / "elsewhere")
            elif kind == "loop":
                place.symlink_to(root, target_is_directory=True)
        except OSError:
            continue


def _run(value: tuple[list[tuple[str, str, str, str]], int], folder: Path) -> str:
    entries, which = value
    root = folder / "recordings of mine"
    root.mkdir()
    _build(entries, root)
    found = _LOADERS[which](root)
    return "found" if found else "nothing"


def _aligned(root: Path) -> object:
    path = root / "alignments.json"
    return read_alignments(next(root.rglob("*.txt"), path))


def _tables(root: Path) -> object:
    return load_utterances(root, None)


_LOADERS: tuple[Callable[[Path], object], ...] = (
    *(load_any, load_any, corpora_in, load_noise_of, load_folder, _aligned, _tables),
)
TARGET = Target(
    "corpora",
    lambda random: (
        [_entry(random) for _ in range(random.randrange(13))],
        random.randrange(len(_LOADERS)),
    ),
    _run,
    (DataError, AudioError),
)
