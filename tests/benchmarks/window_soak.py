"""Half an hour of sound through the window at full speed: what grows, and what it recognizes."""

import itertools
import json
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import soundfile

from recognizer.audio_file import AudioFile
from recognizer.events import Detection
from recognizer.model_file import demo_path
from recognizer.recognizer import Recognizer
from tests.benchmarks.bench import Settings, print_table
from tests.benchmarks.figures import count, plain, row
from train.corpora import SAMPLE_RATE, read_audio

MINUTES = 30
QUICK_MINUTES = 6
WARM_UP_S = 300.0
"""Sound before growth counts (seconds)."""
WARM_UP_WORDS = 200
"""Words before growth counts: of so many the history keeps the sound."""
NOISES_DB = (-60.0, -50.0, -40.0, -32.0)
"""Level of the noise over the demo, in turn (dBFS)."""

GROWTH_LIMIT_MB = 5.0
DRIFT_LIMIT = 0.1
"""References gained or lost at each redraw. A binding that miscounts them is off by one or more;
the history's own rows, which fill up for a quarter of an hour, are a few hundredths."""

Word = tuple[str, float, float, float, float]


@dataclass(frozen=True)
class Soaked:
    """What a run left behind."""

    words: list[Word]
    """Label, confidence, start, end and time of each detection."""
    marks: list[dict[str, Any]]
    """What the process held after each minute of sound."""
    took_s: float
    """By the clock (seconds)."""


def main(settings: Settings) -> None:
    """Print the tables."""
    minutes = QUICK_MINUTES if settings.quick else MINUTES
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        path = Path(folder) / "soak.wav"
        write_noisy_demo(path, 60.0 * minutes)
        soaked = soak(path, settings.model)
        without = words_without_window(path, settings.model)
    begin = warm(soaked.marks)
    end = soaked.marks[-1]
    drift = {name: drift_per_redraw(begin, end, name) for name in end["references"]}
    furthest = max(drift, key=lambda name: abs(drift[name]))
    grown_mb = end["memory_mb"] - begin["memory_mb"]
    missing = len(set(soaked.words) ^ set(without))
    print_table(
        f"{minutes} minutes of sound through the window, offscreen",
        ("", "figure", "limit", ""),
        [
            row("memory gained", grown_mb, GROWTH_LIMIT_MB, lambda mb: f"{mb:.1f} MB"),
            row("references gained or lost, a redraw", abs(drift[furthest]), DRIFT_LIMIT, plain),
            row("words otherwise than without a window", missing, 0, count),
            row("words", len(soaked.words), None, count),
            row("redraws", end["paints"], None, count),
        ],
        (
            f"the demo over and over, in noise of {', '.join(f'{db:.0f}' for db in NOISES_DB)} "
            f"dBFS in turn, {60 * minutes / soaked.took_s:.0f} times faster than real time, and as "
            "many redraws as a microphone would have made",
            f"from minute {begin['time_s'] / 60:.0f} (word {begin['words']}) on",
            f"most drift: {furthest}, {drift[furthest]:+.4f}",
        ),
    )
    every = max(1, minutes // 10)
    print_table(
        "What the process holds",
        (
            *("minute", "words", "redraws", "memory", "of it sounds", "Python objects"),
            *("Qt objects", "wrappers", "None", "True", "False", "Qt's enums"),
        ),
        [holding(mark) for mark in soaked.marks[every - 1 :: every]],
        ("the last four columns: references to them",),
    )


def holding(mark: dict[str, Any]) -> tuple[str, ...]:
    """Return what a process holds as a row of the table."""
    references = mark["references"]
    python = ("None", "True", "False")
    return (
        f"{mark['time_s'] / 60:.0f}",
        *(str(mark[key]) for key in ("words", "paints")),
        *(f"{mark[key]:.1f} MB" for key in ("memory_mb", "sounds_mb")),
        *(str(mark[key]) for key in ("python_objects", "qt_objects", "wrappers")),
        *(str(references[name]) for name in python),
        str(sum(held for name, held in references.items() if name not in python)),
    )


def write_noisy_demo(path: Path, seconds: float) -> None:
    """Write the demo over and over, in noise that changes, to a 16 bit WAV file."""
    demo = read_audio(demo_path())
    random = np.random.default_rng(0)
    left = round(seconds * SAMPLE_RATE)
    with soundfile.SoundFile(path, "w", SAMPLE_RATE, 1, "PCM_16") as file:
        for noise_db in itertools.cycle(NOISES_DB):
            noise = random.standard_normal(len(demo), np.float32) * 10 ** (noise_db / 20)
            file.write((demo + noise)[:left])
            left -= len(demo)
            if left <= 0:
                return


def soak(path: Path, model: Path) -> Soaked:
    """Run the window over a sound file, in a process of its own."""
    began_s = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-m", "tests.benchmarks.run_soak", str(path), str(model)],
        env={**os.environ, "QT_QPA_PLATFORM": "offscreen"},
        stdout=subprocess.PIPE,
        check=True,
    )
    took_s = time.monotonic() - began_s
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    return Soaked(
        [tuple(line["word"]) for line in lines if "word" in line],
        [line["mark"] for line in lines if "mark" in line],
        took_s,
    )


def words_without_window(path: Path, model: Path) -> list[Word]:
    """Return what the recognizer alone detects in a sound file."""
    recognizer = Recognizer(model)
    with AudioFile(path) as sound:
        events = [event for block in sound for event in recognizer.process(block)]
    events += recognizer.finish()
    return [
        (event.label, event.confidence, event.start, event.end, event.time)
        for event in events
        if isinstance(event, Detection)
    ]


def warm(marks: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the mark that growth counts from."""
    for mark in marks[:-1]:
        if mark["time_s"] >= WARM_UP_S and mark["words"] >= WARM_UP_WORDS:
            return mark
    raise RuntimeError("The run was too short to warm up.")


def drift_per_redraw(begin: dict[str, Any], end: dict[str, Any], name: str) -> float:
    """Return how many references to an object came, or (negative) went, at each redraw."""
    gained = end["references"][name] - begin["references"][name]
    return gained / (end["paints"] - begin["paints"])
