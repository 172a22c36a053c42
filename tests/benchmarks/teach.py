"""Five words taught with ten takes each, and how strangers fare with the result.

The takes are of other speakers than those it is tested on. Two of the words, "alexa" and
"jarvis", nobody says whom the network learnt from; of the other three it was never told which
word they are.
"""

import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import soundfile

from recognizer.model_file import read_metadata
from tests.benchmarks.bench import NotHereError, Settings, print_table
from train.corpora import (
    SAMPLE_RATE,
    Clip,
    Utterance,
    default_data_folder,
    load_isolated,
    load_noise,
    load_utterances,
    read_audio,
)
from train.evaluation.evaluate import evaluate
from train.evaluation.folder_groups import FolderRecordings
from train.intervals import proportion
from train.splits import lot
from train.vocabulary import TAUGHT

Kind = TypeVar("Kind", Clip, Utterance)

TAKES = 10
NOISE_S = 60
"""Seconds of noise that are recorded beside the takes."""
STRICT = 0.5
"""A threshold for rooms in which people talk."""
OTHERS = 800
"""Other words tested, the digits among them."""


def main(settings: Settings) -> None:
    """Print the table."""
    data = default_data_folder()
    if not data.is_dir():
        raise NotHereError(f"there are no recordings in {data}")
    clips = load_isolated(data)
    takes = choose_takes(clips)
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        words, run = Path(folder) / "words", Path(folder) / "run"
        write_takes(words, takes, data)
        begun = time.perf_counter()
        teach(words, settings.model, run)
        seconds = time.perf_counter() - begun
        model = run / "model.tflite"
        metadata = read_metadata(model)
        heard = FolderRecordings(
            tested_words(clips, takes),
            _of_test(load_utterances(data)),
            _of_test(load_noise(data)),
            folders=[data],
        )
        measured = [
            evaluate(model, heard, limit=None, threshold=threshold)["groups"]
            for threshold in (None, STRICT)
        ]
    columns = [_figures(groups) for groups in measured]
    print_table(
        f"{len(TAUGHT)} words taught with {TAKES} takes each",
        ("what", f"at {metadata.threshold:g}, as taught", f"at {STRICT:g}"),
        [
            ("teaching, from the command to the model", f"{seconds:.0f} s", ""),
            ("takes right when tested on each other", _trial(metadata.training["trial"]), ""),
            *((what, columns[0][what], columns[1][what]) for what in columns[0]),
        ],
        (
            "the first threshold is the one that teaching chose, from takes and background alone; "
            "in brackets: 95 % confidence",
        ),
    )


def _figures(groups: dict[str, Any]) -> dict[str, str]:
    said = groups["folder_keywords"]["keywords"]
    others = groups["folder_other_words"]["other_words"]
    by_word = groups["folder_keywords"]["by_word"]
    return {
        f"found and right ({said['said']} by strangers)": _share(said["right"]),
        "called another of the words": _share(said["wrong"]),
        **{
            f"… {word}": _share(proportion(row["right"], row["keywords"]))
            for word, row in sorted(by_word.items())
        },
        f"other words called one ({others['said']})": _share(others["called_a_keyword"]),
        **{
            f"false alarms an hour, {title}": _rate(groups[name]["false_alarms"])
            for title, name in (("running speech", "folder_talk"), ("noise", "folder_noise"))
        },
    }


def choose_takes(clips: Sequence[Clip], count: int = TAKES) -> list[Clip]:
    """Choose the takes: of training speakers, each another one, where the speakers are known.

    "alexa" and "jarvis" are for testing as a whole, and their speakers unnamed: some of their
    recordings are taken out.
    """
    takes = []
    for word in TAUGHT:
        said = [clip for clip in clips if clip.word == word]
        if any(clip.split == "train" for clip in said):
            said = [clip for clip in said if clip.split == "train"]
        by_speaker: dict[str, Clip] = {}
        for clip in sorted(said, key=lambda clip: lot(f"taught {clip.path.name}")):
            by_speaker.setdefault(clip.speaker or clip.path.name, clip)
        takes += list(by_speaker.values())[:count]
    return takes


def tested_words(clips: Sequence[Clip], takes: Sequence[Clip]) -> list[Clip]:
    """Return what is tested on: the five words, and a draw of others."""
    used = {clip.path for clip in takes}
    tested = [clip for clip in _of_test(clips) if clip.path not in used]
    others = [clip for clip in tested if clip.word not in TAUGHT]
    order = np.random.default_rng(0).permutation(len(others))[:OTHERS]
    return [clip for clip in tested if clip.word in TAUGHT] + [others[index] for index in order]


def write_takes(folder: Path, takes: Sequence[Clip], data: Path) -> None:
    """Write a folder of takes as `train record` does, with a minute of noise."""
    for number, clip in enumerate(takes):
        of_word = folder / clip.word
        of_word.mkdir(parents=True, exist_ok=True)
        soundfile.write(of_word / f"mine_{number}.wav", read_audio(clip.path), SAMPLE_RATE)
    noise = next(clip for clip in load_noise(data) if clip.split == "train")
    room = folder / "_background_noise_"
    room.mkdir()
    samples = np.resize(read_audio(noise.path), NOISE_S * SAMPLE_RATE)
    soundfile.write(room / "mine_1.wav", 0.1 * samples, SAMPLE_RATE)


def teach(words: Path, base: Path, run: Path) -> None:
    """Run the command."""
    command = [sys.executable, "-m", "train", "fit", "words", "--data", str(words)]
    command += ["--from", str(base), "--out", str(run), "--no-corrections"]
    subprocess.run(command, check=True)


def _of_test(recordings: Sequence[Kind]) -> list[Kind]:
    return [one for one in recordings if one.split == "test"]


def _share(value: dict[str, float]) -> str:
    return f"{value['share']:.1%} [{100 * value['low']:.1f}, {100 * value['high']:.1f}]"


def _rate(value: dict[str, float]) -> str:
    return f"{value['per_hour']:.1f} [{value['low']:.1f}, {value['high']:.1f}]"


def _trial(value: dict[str, float]) -> str:
    return f"{value['right']} of {value['takes']}"
