"""``python -m tests.benchmarks.run_core_soak MODEL MINUTES EVERY``: days of sound, full speed.

It prints a JSON object a line: {"event": ...} for each event of every EVERY-th minute and of the
last one, {"mark": ...} for what the process holds after each of those minutes, and {"end": ...}.
"""

import gc
import json
import sys
import time
from dataclasses import asdict
from typing import Any

import psutil

from recognizer.events import Detection, Event
from recognizer.recognizer import Recognizer
from tests.benchmarks.soak_sound import MINUTE_SAMPLES, minute

BLOCK_SAMPLES = 4096
"""Samples given to the recognizer at a time: no divisor of a minute."""


def main(model: str, minutes: int, every: int) -> None:
    """Run so many minutes through one recognizer, which begins close enough to 2 to the 31."""
    recognizer = Recognizer(model)
    process = psutil.Process()
    counted = words = 0
    offset = begin_samples(minutes)
    recognizer.skip(offset)
    began_s = time.perf_counter()
    for index in range(minutes):
        is_watched = (index + 1) % every == 0 or index + 1 == minutes
        sound = minute(index)
        for first in range(0, MINUTE_SAMPLES, BLOCK_SAMPLES):
            for event in recognizer.process(sound[first : first + BLOCK_SAMPLES]):
                counted += 1
                words += isinstance(event, Detection)
                if is_watched:
                    _say("event", {"minute": index, **told(event)})
        del sound
        if is_watched:
            gc.collect()
            _say(
                "mark",
                {
                    "minute": index + 1,
                    "samples": offset + (index + 1) * MINUTE_SAMPLES,
                    "time_s": recognizer.time,
                    "events": counted,
                    "words": words,
                    "memory_mb": process.memory_info().rss / 1e6,
                    "python_objects": len(gc.get_objects()),
                    "took_s": time.perf_counter() - began_s,
                },
            )


def begin_samples(minutes: int) -> int:
    """Return where the stream begins, so that it passes 2 to the 31 in its middle (samples)."""
    return max(0, 2**31 - minutes * MINUTE_SAMPLES // 2 + 7)


def told(event: Event) -> dict[str, Any]:
    """Return an event's kind and values."""
    return {"kind": type(event).__name__, **asdict(event)}


def _say(name: str, values: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps({name: values}) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
