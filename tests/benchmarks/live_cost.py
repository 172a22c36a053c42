"""What listening costs: processor time and memory at a virtual microphone."""

import os
import re
import subprocess
import time
from pathlib import Path

import numpy as np
import pytest

from tests.benchmarks.bench import (
    Float32Array,
    Kind,
    NotHereError,
    Settings,
    Speech,
    print_table,
    recognizer_command,
    sound,
)
from tests.virtual_microphone import VirtualMicrophone, started_virtual_microphone

SECONDS = 60.0
SETTLING_S = 3.0
"""Before the measurement begins: the model is loaded, the floor is learnt (seconds)."""
ROWS: tuple[tuple[Kind, str], ...] = (
    ("quiet", "quiet room"),
    ("mixed", "half speech, half pauses"),
    ("talk", "talking"),
)


def main(settings: Settings) -> None:
    """Print the table."""
    if not Path("/proc/self/stat").exists():
        raise NotHereError("it reads a process's costs from /proc, and this is no Linux.")
    seconds = 5.0 if settings.quick else SECONDS
    speech = Speech()
    rows = []
    try:
        with started_virtual_microphone() as microphone:
            for kind, title in ROWS:
                samples = np.concatenate(list(sound(kind, seconds + SETTLING_S, speech)))
                share, peak_mb, words = _measure(settings, microphone, samples, seconds)
                rows.append((title, f"{100 * share:.1f} %", f"{peak_mb:.0f} MB", str(words)))
    except pytest.skip.Exception as skipped:
        raise NotHereError(str(skipped)) from skipped
    print_table(
        "recognizer --cli at a microphone",
        ("sound", "of one core", "peak memory", "lines printed"),
        rows,
        (
            f"{seconds:.0f} s each, PulseAudio null sink at 16 kHz, every thread of the process",
            f"speech: {speech.source}",
        ),
    )


def _measure(
    settings: Settings, microphone: VirtualMicrophone, samples: Float32Array, seconds: float
) -> tuple[float, float, int]:
    process = subprocess.Popen(
        recognizer_command(settings, "--all"),
        env=microphone.environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    try:
        microphone.wait_for_listener()
        with microphone.playing(samples):
            time.sleep(SETTLING_S)
            began, cpu_began = time.monotonic(), _cpu_s(process.pid)
            time.sleep(seconds)
            share = (_cpu_s(process.pid) - cpu_began) / (time.monotonic() - began)
        peak_mb = _peak_mb(process.pid)
        process.terminate()
        printed, _ = process.communicate(timeout=30)
    finally:
        process.kill()
        process.wait()
    return share, peak_mb, len(printed.splitlines())


def _cpu_s(pid: int) -> float:
    # The name in parentheses may hold spaces; user and system time are the 14th and 15th field.
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _peak_mb(pid: int) -> float:
    status = Path(f"/proc/{pid}/status").read_text()
    found = re.search(r"VmHWM:\s+(\d+) kB", status)
    assert found is not None
    return int(found[1]) * 1024 / 1e6
