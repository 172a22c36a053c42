"""Minutes of sound through ``recognizer --cli`` at a virtual microphone: memory, and the words."""

import json
import re
import subprocess
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from recognizer.events import Detection
from recognizer.recognizer import Recognizer
from recognizer.resampler import SAMPLE_RATE
from tests.benchmarks.bench import (
    Float32Array,
    NotHereError,
    Settings,
    print_table,
    recognizer_command,
)
from tests.benchmarks.figures import count, row
from tests.benchmarks.soak_sound import minute
from tests.virtual_microphone import VirtualMicrophone, started_virtual_microphone

GROWTH_LIMIT_MB = 2.0
WARM_UP = 0.2
"""Share of the run before growth counts."""
LOOK_EVERY_S = 5.0
NEAR_S = 0.1
"""A word that lies so near to where it was expected is the same (seconds)."""

Word = tuple[str, float]
"""Its label, and where it begins (seconds)."""


def main(settings: Settings) -> None:
    """Print the table."""
    if not Path("/proc/self/status").exists():
        raise NotHereError("it reads a process's memory from /proc, and this is no Linux.")
    minutes = settings.live_minutes
    silence = np.zeros(SAMPLE_RATE, np.float32)
    day = [minute(index) for index in range(int(np.ceil(minutes)))]
    sound = np.concatenate((silence, *day))[: round(60 * minutes * SAMPLE_RATE)]
    try:
        with started_virtual_microphone() as microphone:
            memory_mb, words, said = _listen(settings, microphone, sound)
    except pytest.skip.Exception as skipped:
        raise NotHereError(str(skipped)) from skipped
    recognizer = Recognizer(settings.model)
    events = recognizer.process(sound) + recognizer.finish()
    expected = [(event.label, event.start) for event in events if isinstance(event, Detection)]
    warm = memory_mb[int(len(memory_mb) * WARM_UP) :] or memory_mb
    print_table(
        f"{minutes:g} minutes of sound through recognizer --cli at a microphone",
        ("", "figure", "limit", ""),
        [
            row("memory gained", warm[-1] - warm[0], GROWTH_LIMIT_MB, _mb),
            row("memory", max(memory_mb), None, _mb),
            row("words", len(words), None, count),
            row("of these not in the file, or missing", unlike(words, expected), None, count),
            row("sentences about lost sound", sum("lost" in line for line in said), 0, count),
        ],
        (
            "PulseAudio null sink at 16 kHz; the file is the same sound, read by itself: its "
            "frames lie elsewhere, which decides what is on the edge",
        ),
    )


def unlike(words: list[Word], expected: list[Word]) -> int:
    """Return how many words are in one list only, however far the lists are shifted in time."""
    shifts = [
        start - other_start
        for label, start in words[:5]
        for other, other_start in expected[:5]
        if label == other
    ]
    return min((_missing(words, expected, shift) for shift in shifts), default=len(expected))


def _missing(words: list[Word], expected: list[Word], shift_s: float) -> int:
    left = list(expected)
    extra = 0
    for label, start in words:
        near = [one for one in left if one[0] == label and abs(one[1] + shift_s - start) < NEAR_S]
        if near:
            left.remove(near[0])
        else:
            extra += 1
    return extra + len(left)


def _listen(
    settings: Settings, microphone: VirtualMicrophone, sound: Float32Array
) -> tuple[list[float], list[Word], list[str]]:
    """Return the memory on the way, the words, and what was said on standard error."""
    process = subprocess.Popen(
        recognizer_command(settings),
        env=microphone.environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    memory_mb = []
    try:
        microphone.wait_for_listener()
        with microphone.playing(sound) as player:
            end_s = time.monotonic() + 120 + len(sound) / SAMPLE_RATE
            while player.poll() is None and time.monotonic() < end_s:
                time.sleep(LOOK_EVERY_S)
                memory_mb.append(_resident_mb(process.pid))
        time.sleep(2.0)
        process.terminate()
        printed, said = process.communicate(timeout=30)
    finally:
        process.kill()
        process.wait()
    words: list[dict[str, Any]] = [json.loads(line) for line in printed.splitlines()]
    return memory_mb, [(word["label"], word["start"]) for word in words], said.splitlines()


def _resident_mb(pid: int) -> float:
    status = Path(f"/proc/{pid}/status").read_text()
    found = re.search(r"VmRSS:\s+(\d+) kB", status)
    assert found is not None
    return int(found[1]) * 1024 / 1e6


def _mb(value: float) -> str:
    return f"{value:.1f} MB"
