"""From nothing to the word of a one-word file: the whole process."""

import sys
import tempfile
from pathlib import Path

import numpy as np
import soundfile

from recognizer.model_file import demo_path
from tests.benchmarks.bench import Settings, print_table, recognizer_command, run_process

ROUNDS = 10
WORD_S = 1.6
"""The demo's first word lies within this much of its beginning (seconds)."""


def main(settings: Settings) -> None:
    """Print the table."""
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        word = Path(folder) / "one_word.wav"
        samples, rate = soundfile.read(demo_path())
        soundfile.write(word, samples[: round(WORD_S * rate)], rate)
        commands = {
            "recognizer --cli --json --input one_word.wav": recognizer_command(
                settings, "--input", str(word)
            ),
            "python -c 'import numpy'": [sys.executable, "-c", "import numpy"],
            "python -c pass": [sys.executable, "-c", "pass"],
        }
        times: dict[str, list[float]] = {name: [] for name in commands}
        for command in commands.values():
            run_process(command)
        # In turn, so that a busy moment of the machine meets all of them.
        for _ in range(3 if settings.quick else ROUNDS):
            for name, command in commands.items():
                times[name].append(run_process(command).wall_s)
    print_table(
        "Cold start",
        ("process", "median", "fastest", "slowest"),
        [
            (name, *(f"{1000 * one:.0f} ms" for one in (np.median(row), min(row), max(row))))
            for name, row in times.items()
        ],
        ("files in the system's cache; the word: generated speech (the demo, espeak-ng)",),
    )
