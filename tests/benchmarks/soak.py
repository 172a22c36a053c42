"""A day of sound through the core at full speed, and minutes of it live: what grows or drifts."""

import itertools
import json
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import Progress

from recognizer.recognizer import Recognizer
from recognizer.resampler import SAMPLE_RATE
from tests.benchmarks import live_soak
from tests.benchmarks.bench import Settings, print_table
from tests.benchmarks.figures import count, row
from tests.benchmarks.run_core_soak import BLOCK_SAMPLES, begin_samples, told
from tests.benchmarks.soak_sound import MINUTE_SAMPLES, minute

MINUTES = 24 * 60
QUICK_MINUTES = 60
MARKS = 24
"""So many times on the way it is looked at what the process holds, and what it recognizes."""
WARM_UP_MINUTES = 20
"""Sound before growth counts."""
LEAD_IN_MINUTES = 2
"""What a fresh recognizer hears before the minute that is compared. The noise floor looks back
2.5 s, the share of talk 5 s; only a voice that goes on and on remembers more."""
GROWTH_LIMIT_MB = 2.0

Told = dict[str, Any]


@dataclass(frozen=True)
class Soaked:
    """What a run left behind."""

    events: list[Told]
    """Every event of the minutes looked at."""
    marks: list[Told]
    """What the process held after each of them."""
    took_s: float
    """By the clock (seconds)."""


def main(settings: Settings) -> None:
    """Print the tables."""
    minutes = QUICK_MINUTES if settings.quick else MINUTES
    soaked = soak(settings.model, minutes, minutes // MARKS)
    begin, end = warm(soaked.marks), soaked.marks[-1]
    print_table(
        f"{minutes / 60:.0f} hours of sound through the recognizer",
        ("", "figure", "limit", ""),
        [
            row("memory gained", end["memory_mb"] - begin["memory_mb"], GROWTH_LIMIT_MB, _mb),
            row(
                "Python objects gained",
                end["python_objects"] - begin["python_objects"],
                None,
                count,
            ),
            row("minutes compared with a fresh start", len(soaked.marks), None, count),
            row("events in them", len(soaked.events), None, count),
            row("of these otherwise after one", differing(settings.model, soaked), 0, count),
            row("furthest time stamp from its sample", furthest(soaked), 0, _samples),
            row("words", end["words"], None, count),
            row("events", end["events"], None, count),
        ],
        (
            "speech, tones, noise, silence and jumps of the level, "
            f"{60 * minutes / soaked.took_s:.0f} times faster than real time",
            f"memory from minute {begin['minute']} on",
            f"the counter of samples goes from {begin_samples(minutes):,} to {end['samples']:,}; "
            f"2 to the 31 is {2**31:,}",
        ),
    )
    print_table(
        "What the process holds",
        ("minute", "sample", "words", "memory", "Python objects", "faster than real time"),
        [_holding(*pair) for pair in itertools.pairwise([_BEGINNING, *soaked.marks])],
    )
    if settings.live_minutes > 0:
        live_soak.main(settings)


def soak(model: Path, minutes: int, every: int) -> Soaked:
    """Run so many minutes through one recognizer, in a process of its own.

    Parameters
    ----------
    model
        The model file.
    minutes
        How many.
    every
        Each so many minutes, and at the end, it is noted what the process holds.
    """
    command = [sys.executable, "-m", "tests.benchmarks.run_core_soak"]
    command += [str(model), str(minutes), str(every)]
    began_s = time.monotonic()
    soaked: dict[str, list[Told]] = {"event": [], "mark": []}
    with (
        Progress(console=Console(stderr=True), transient=True) as progress,
        subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process,
    ):
        bar = progress.add_task("Minutes of sound", total=minutes)
        assert process.stdout is not None
        for line in process.stdout:
            for name, values in json.loads(line).items():
                soaked[name].append(values)
            if soaked["mark"]:
                progress.update(bar, completed=soaked["mark"][-1]["minute"])
    if process.returncode != 0:
        raise subprocess.CalledProcessError(process.returncode, command)
    return Soaked(soaked["event"], soaked["mark"], time.monotonic() - began_s)


def fresh(model: Path, index: int) -> list[Told]:
    """Return the events of one minute as a fresh recognizer tells them, after a lead-in."""
    recognizer = Recognizer(model)
    events: list[Told] = []
    first_minute = max(0, index - LEAD_IN_MINUTES)
    for each in range(first_minute, index + 1):
        sound = minute(each)
        events = [
            {"minute": each, **told(event)}
            for first in range(0, MINUTE_SAMPLES, BLOCK_SAMPLES)
            for event in recognizer.process(sound[first : first + BLOCK_SAMPLES])
        ]
    shift = first_minute * MINUTE_SAMPLES
    return [in_samples(event, shift) for event in events]


def in_samples(event: Told, shift_samples: int) -> Told:
    """Return an event with its times as counts of samples, moved by so many."""
    return {
        name: round(value * SAMPLE_RATE) + shift_samples
        if name in ("start", "end", "time")
        else value
        for name, value in event.items()
    }


def differing(model: Path, soaked: Soaked) -> int:
    """Return how many events differ, in anything, from what a fresh recognizer tells."""
    shift = -begin_samples(soaked.marks[-1]["minute"])
    missing = 0
    for mark in soaked.marks:
        index = mark["minute"] - 1
        there = [in_samples(one, shift) for one in soaked.events if one["minute"] == index]
        expected = fresh(model, index)
        missing += sum(one not in expected for one in there)
        missing += sum(one not in there for one in expected)
    return missing


def furthest(soaked: Soaked) -> float:
    """Return how far, at most, a time lies from the sample that it stands for (samples)."""
    stamps = [(mark["time_s"], mark["samples"]) for mark in soaked.marks]
    whole = [
        (event[name], round(event[name] * SAMPLE_RATE))
        for event in soaked.events
        for name in ("start", "end", "time")
        if name in event
    ]
    # A double of seconds holds a sample of 16 kHz to a millionth for 30,000 years; what is left
    # is the rounding of the last digit.
    off = [abs(time_s * SAMPLE_RATE - sample) for time_s, sample in stamps + whole]
    return round(max(off), 3)


def warm(marks: list[Told]) -> Told:
    """Return the mark that growth counts from."""
    return next(mark for mark in marks if mark["minute"] >= WARM_UP_MINUTES)


_BEGINNING = {"minute": 0, "took_s": 0.0}


def _holding(since: dict[str, Any], mark: dict[str, Any]) -> tuple[str, ...]:
    speed = 60 * (mark["minute"] - since["minute"]) / (mark["took_s"] - since["took_s"])
    return (
        str(mark["minute"]),
        f"{mark['samples']:,}",
        str(mark["words"]),
        f"{mark['memory_mb']:.1f} MB",
        str(mark["python_objects"]),
        f"{speed:.0f}",
    )


def _mb(value: float) -> str:
    return f"{value:.1f} MB"


def _samples(value: float) -> str:
    return f"{value:g} samples"
