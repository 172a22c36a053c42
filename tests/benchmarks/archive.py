"""What an hour of sound costs as an archive grows: a table that should stay flat."""

import os
import tempfile
from pathlib import Path

import numpy as np
import soundfile

from recognizer.archive.processes import usable_cores
from recognizer.resampler import SAMPLE_RATE
from tests.benchmarks.bench import (
    Settings,
    Speech,
    print_table,
    recognizer_command,
    run_process,
    sound,
)

HOURS = (1, 10, 100)
QUICK_HOURS = (1, 10)
FILES_AN_HOUR = 10
SPEECH = 0.2
"""Share of each file in which somebody speaks; the rest is a quiet room."""


def main(settings: Settings) -> None:
    """Print the table."""
    speech = Speech()
    rows = []
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        sources = [Path(folder) / f"{number}.wav" for number in range(FILES_AN_HOUR)]
        _write(sources, speech)
        for hours in QUICK_HOURS if settings.quick else HOURS:
            # A file has many names, since a hundred hours take 11 GB.
            names = Path(folder) / str(hours)
            names.mkdir()
            files = [names / f"{number:05d}.wav" for number in range(hours * FILES_AN_HOUR)]
            for number, file in enumerate(files):
                file.hardlink_to(sources[number % FILES_AN_HOUR])
            arguments = ["--resume", f"{folder}/{hours}.journal", "--input", *map(str, files)]
            cost = run_process(recognizer_command(settings, *arguments))
            again = run_process(recognizer_command(settings, *arguments))
            rows.append(
                (
                    f"{hours} h in {len(files)} files",
                    f"{cost.wall_s:.1f} s",
                    f"{cost.wall_s / hours:.2f} s",
                    f"{cost.cpu_s / hours:.2f} s",
                    f"{1000 * again.wall_s / hours:.0f} ms",
                )
            )
    print_table(
        "recognizer --cli --json --input FILE ... --resume JOURNAL",
        (
            *("sound", "by the clock", "an hour of sound", "processor time, the same"),
            "an hour of sound that is finished already",
        ),
        rows,
        (
            f"{usable_cores()} processes; {100 * SPEECH:.0f} % speech ({speech.source}), the rest "
            f"a quiet room; files of {60 / FILES_AN_HOUR:.0f} minutes",
            f"load of the last minute: {os.getloadavg()[0]:.1f}",
        ),
    )


def _write(paths: list[Path], speech: Speech) -> None:
    """Write files of an hour together, 16 bit."""
    file_s = 3600 / FILES_AN_HOUR
    talk = np.concatenate(list(sound("talk", SPEECH * 3600, speech)))
    for part, path in zip(np.array_split(talk, len(paths)), paths, strict=True):
        quiet = sound("quiet", file_s - len(part) / SAMPLE_RATE, speech)
        soundfile.write(path, np.concatenate([part, *quiet]), SAMPLE_RATE, "PCM_16")
