"""How much faster many files are recognized by several processes than by one."""

import os
import subprocess
import tempfile
import time
from pathlib import Path

import numpy as np
import soundfile

from recognizer.archive.processes import usable_cores
from recognizer.model_file import demo_path
from tests.benchmarks.bench import Settings, print_table, recognizer_command, run_process

HOURS = 2.0
"""Sound in all files of a row together."""
QUICK_HOURS = 0.4
LONG_MINUTES = 5.0
REPEATS = 3


def main(settings: Settings) -> None:
    """Print the table."""
    hours = QUICK_HOURS if settings.quick else HOURS
    repeats = 1 if settings.quick else REPEATS
    demo, rate = soundfile.read(demo_path(), dtype="int16")
    demo_s = len(demo) / rate
    rows = []
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        for title, copies in (
            ("the demo recording", 1),
            ("minutes of it", round(60 * LONG_MINUTES / demo_s)),
        ):
            file_s = demo_s * copies
            source = Path(folder) / f"{copies}.wav"
            soundfile.write(source, np.tile(demo, copies), rate)
            files = _links(source, max(2, round(3600 * hours / file_s)))
            for jobs in range(1, usable_cores() + 1):
                one_s, many_s, alone_s, beside_s, one_cpu_s, many_cpu_s = np.median(
                    [_measure(settings, files, jobs) for _ in range(repeats)], axis=0
                )
                rows.append(
                    (
                        f"{len(files)} files of {file_s:,.0f} s: {title}",
                        str(jobs),
                        f"{len(files) * file_s / many_s:,.0f} x",
                        f"{one_s / many_s:.2f}",
                        f"{jobs * alone_s / beside_s:.2f}",
                        f"{many_cpu_s / one_cpu_s:.2f}",
                    )
                )
    print_table(
        "recognizer --cli --input FILE ... --jobs N",
        ("files", "N", "times real time", "faster than N = 1", "bound", "processor time, ratio"),
        rows,
        (
            f"by the clock, the whole program; median of {repeats}; beside each row's run, one "
            "with N = 1",
            "bound: how much more N single-file programs do side by side than one of them alone, "
            "on this machine with whatever else it did at the time",
            f"load of the last minute: {os.getloadavg()[0]:.1f}",
        ),
    )


def _links(source: Path, count: int) -> list[str]:
    """Give a file many names."""
    folder = source.with_suffix(".d")
    folder.mkdir()
    links = [folder / f"{number:05d}.wav" for number in range(count)]
    for link in links:
        link.hardlink_to(source)
    return [str(link) for link in links]


def _measure(settings: Settings, files: list[str], jobs: int) -> tuple[float, ...]:
    """Return seconds.

    By the clock with one process, with `jobs`, and of single files alone and side by side; then the
    processor time of the first two.
    """
    one, many = (
        run_process(recognizer_command(settings, "--jobs", str(n), "--input", *files))
        for n in (1, jobs)
    )
    whole = Path(files[0]).with_suffix(".all")
    if not whole.exists():
        samples, rate = soundfile.read(files[0], dtype="int16")
        soundfile.write(whole, np.tile(samples, max(1, len(files) // 4)), rate, format="WAV")
    command = recognizer_command(settings, "--input", str(whole))
    alone_s = run_process(command).wall_s
    began = time.perf_counter()
    beside = [subprocess.Popen(command, stdout=subprocess.DEVNULL) for _ in range(jobs)]
    for process in beside:
        process.wait()
    beside_s = time.perf_counter() - began
    return one.wall_s, many.wall_s, alone_s, beside_s, one.cpu_s, many.cpu_s
