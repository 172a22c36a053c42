"""What the window costs and how soon it answers, on a screen and at a microphone of its own."""

import contextlib
import itertools
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest

from recognizer.model_file import demo_path
from tests.benchmarks.bench import (
    ROOM_DB,
    Float32Array,
    NotHereError,
    Settings,
    print_table,
    recognizer_command,
)
from tests.benchmarks.figures import count, ms, percent, plain, row
from tests.virtual_microphone import VirtualMicrophone, started_virtual_microphone
from tests.virtual_screen import started_virtual_screen
from train.corpora import SAMPLE_RATE, read_audio

SIZE = (900, 500)
"""Of the window, and of the image beside it (pixels)."""
SECONDS = 60.0
SETTLING_S = 5.0
"""Before the measurement begins: everything is loaded, and the floor is learnt (seconds)."""
STARTS = 5
_PATIENCE_S = 30.0

CPU_LIMIT = 0.15
"""Of one core."""
RATIO_LIMIT = 1.5
"""The window's processor time over the bare image's."""
GAP_LIMIT_S = 0.1
FIRST_FRAME_LIMIT_S = 1.5
WORD_LIMIT_S = 0.3


@dataclass(frozen=True)
class Span:
    """A stretch of a process's life."""

    began_s: float
    """By `time.monotonic` (seconds)."""
    ended_s: float
    """By the same (seconds)."""
    share: float
    """The processor time it took, of one core."""


def main(settings: Settings) -> None:
    """Print the table."""
    seconds = 10.0 if settings.quick else SECONDS
    starts = 2 if settings.quick else STARTS
    try:
        with contextlib.ExitStack() as stack:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bench-")))
            microphone = stack.enter_context(started_virtual_microphone())
            environment = {
                **microphone.environment,
                **stack.enter_context(started_virtual_screen()),
                "KEYWORD_RECOGNIZER_SETTINGS": str(folder / "settings.json"),
            }
            load = os.getloadavg()[0]
            images = [_image(environment, seconds / 2)]
            window, seen = _window(settings, environment, microphone, seconds)
            images.append(_image(environment, seconds / 2))
            cli = _cli(settings, environment, microphone, seconds)
            first_frames_s = [_first_frame_s(settings, environment) for _ in range(starts + 1)][1:]
    except pytest.skip.Exception as skipped:
        raise NotHereError(str(skipped)) from skipped
    print_table(
        f"The window, {SIZE[0]}x{SIZE[1]}, at a microphone",
        ("", "figure", "limit", ""),
        [
            *_cost_rows(window, seen, images, cli),
            *_redraw_rows(window, seen),
            row("samples lost", seen["lost_samples"], 0, count),
            row("drops that the sound system told of", seen["overflows"], 0, count),
            row("command to first frame, median", np.median(first_frames_s), FIRST_FRAME_LIMIT_S),
            row("command to first frame, slowest", max(first_frames_s), None),
            *_word_rows(window, seen),
        ],
        (
            f"{seconds:.0f} s each: every thread of the process, recognition included; the demo "
            "over and over at a PulseAudio null sink; the screen is Xvfb's, whose own time is not "
            "counted",
            f"the image: {SIZE[0]}x{SIZE[1]}, 1000x40 values, scrolled at the pace of the "
            "window's timer; the scope is redrawn when there is something new, every 40 ms",
            f"{starts} starts with the files in the system's cache",
            f"the machine's load average before: {load:.1f}",
        ),
    )


def _cost_rows(
    window: Span, seen: dict[str, Any], images: Sequence[tuple[Span, float]], cli: Span
) -> list[tuple[str, ...]]:
    image = float(np.mean([span.share for span, _ in images]))
    image_rate = float(np.mean([rate for _, rate in images]))
    each = window.share / _rate(window, seen["paints_s"]) / (image / image_rate)
    without = (window.share - cli.share) / image
    return [
        row("processor time, of one core", window.share, CPU_LIMIT, percent),
        row("ratio to a bare pyqtgraph image", window.share / image, RATIO_LIMIT, plain),
        row("the same, for each redraw", each, None, plain),
        row("the same, recognition taken off", without, None, plain),
        row("bare pyqtgraph image, of one core", image, None, percent),
        row("its redraws a second", image_rate, None, plain),
        row("recognition without a window, of one core", cli.share, None, percent),
    ]


def _redraw_rows(window: Span, seen: dict[str, Any]) -> list[tuple[str, ...]]:
    paints, ticks = seen["paints_s"], [at for at, _ in seen["ticks_s"]]
    return [
        row("longest gap between redraws", longest_gap_s(window, paints), GAP_LIMIT_S, ms),
        row("longest gap between the timer's ticks", longest_gap_s(window, ticks), None, ms),
        row("of it, the window's thread at work", worked_s(window, seen["ticks_s"]), None, ms),
        row("redraws of the scope a second", _rate(window, paints), None, plain),
        row("ticks of the timer a second", _rate(window, ticks), None, plain),
    ]


def _word_rows(window: Span, seen: dict[str, Any]) -> list[tuple[str, ...]]:
    late_s = [late for at, late in seen["words_s"] if window.began_s <= at <= window.ended_s]
    if not late_s:
        raise RuntimeError("The window recognized no word.")
    return [
        row("word's end to its digit, median", np.median(late_s), WORD_LIMIT_S),
        row("word's end to its digit, 95th percentile", np.percentile(late_s, 95), None),
        row("words", len(late_s), None, count),
    ]


def longest_gap_s(span: Span, times_s: Sequence[float]) -> float:
    """Return the longest time in a span in which nothing happened (seconds)."""
    return float(np.diff([span.began_s, *_during(span, times_s), span.ended_s]).max())


def worked_s(span: Span, ticks_s: Sequence[tuple[float, float]]) -> float:
    """Return how much processor time a thread took in its longest gap (seconds).

    What is missing to the gap's length, it waited: for the machine, or for the other threads.

    Parameters
    ----------
    span
        When it is looked at.
    ticks_s
        Of each tick, the time and the processor time that the thread had taken (seconds).
    """
    inside = [tick for tick in ticks_s if span.began_s <= tick[0] <= span.ended_s]
    before, after = max(itertools.pairwise(inside), key=lambda two: two[1][0] - two[0][0])
    return after[1] - before[1]


def demo_over_and_over(seconds: float) -> Float32Array:
    """Return the demo as often as it takes, in the noise of a quiet room, shape ``[n]``."""
    length = round(seconds * SAMPLE_RATE)
    noise = np.random.default_rng(0).standard_normal(length, np.float32)
    return np.resize(read_audio(demo_path()), length) + noise * np.float32(10 ** (ROOM_DB / 20))


def _during(span: Span, times_s: Sequence[float]) -> list[float]:
    return [one for one in times_s if span.began_s <= one <= span.ended_s]


def _rate(span: Span, times_s: Sequence[float]) -> float:
    return len(_during(span, times_s)) / (span.ended_s - span.began_s)


def _window(
    settings: Settings,
    environment: Mapping[str, str],
    microphone: VirtualMicrophone,
    seconds: float,
) -> tuple[Span, dict[str, Any]]:
    with _started(_inside("window", str(settings.model)), environment) as process:
        _first_line(process)
        span = _while_playing(process, microphone, seconds)
        seen = json.loads(_end(process))
    if tuple(seen["size"]) != SIZE:
        raise RuntimeError(f"The window took another size: {seen['size']}.")
    return span, seen


def _cli(
    settings: Settings,
    environment: Mapping[str, str],
    microphone: VirtualMicrophone,
    seconds: float,
) -> Span:
    with _started(recognizer_command(settings), environment) as process:
        return _while_playing(process, microphone, seconds)


def _image(environment: Mapping[str, str], seconds: float) -> tuple[Span, float]:
    """Return what the image cost, and its redraws a second."""
    with _started(_inside("image"), environment) as process:
        _first_line(process)
        span = _measured(process, seconds)
        return span, _rate(span, json.loads(_end(process)))


def _first_frame_s(settings: Settings, environment: Mapping[str, str]) -> float:
    began_s = time.monotonic()
    with _started(_inside("window", str(settings.model)), environment) as process:
        painted_s = float(_first_line(process))
        _end(process)
    return painted_s - began_s


def _inside(name: str, *arguments: str) -> list[str]:
    command = [sys.executable, "-m", f"tests.benchmarks.run_{name}", *map(str, SIZE)]
    return [*command, *arguments]


@contextlib.contextmanager
def _started(
    command: Sequence[str], environment: Mapping[str, str]
) -> Iterator["subprocess.Popen[bytes]"]:
    process = subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def _while_playing(
    process: "subprocess.Popen[bytes]", microphone: VirtualMicrophone, seconds: float
) -> Span:
    microphone.wait_for_listener()
    with microphone.playing(demo_over_and_over(SETTLING_S + seconds + 1.0)):
        time.sleep(SETTLING_S)
        return _measured(process, seconds)


def _first_line(process: "subprocess.Popen[bytes]") -> bytes:
    assert process.stdout is not None
    line = process.stdout.readline()
    if not line:
        raise RuntimeError(f"{process.args!r} was never painted.")
    return line


def _measured(process: "subprocess.Popen[bytes]", seconds: float) -> Span:
    times = psutil.Process(process.pid).cpu_times
    began_s, before = time.monotonic(), times()
    time.sleep(seconds)
    ended_s, after = time.monotonic(), times()
    took_s = after.user + after.system - before.user - before.system
    return Span(began_s, ended_s, took_s / (ended_s - began_s))


def _end(process: "subprocess.Popen[bytes]") -> bytes:
    process.terminate()
    printed, _ = process.communicate(timeout=_PATIENCE_S)
    if process.returncode != 0:
        raise RuntimeError(f"{process.args!r} ended with {process.returncode}.")
    return printed
