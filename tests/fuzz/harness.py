"""What all targets share: many inputs, each with a limit of time, memory and of where it writes.

The inputs run in a process of their own (`tests.fuzz.worker`), which says a line for each of them.
So a crash in native code, or a hang, costs one process and is counted, and the next one goes on.
"""

import contextlib
import math
import os
import selectors
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

LONGEST_S = 5.0
"""No input may take more computing (seconds)."""
LARGEST_MB = 500
"""No process may take more memory (MB)."""
CHUNK = 10_000
"""Inputs of one process: what one of them leaves behind must not end all."""
HANG_S = 60.0
"""What has not ended by then is ended, whether it computes or waits (seconds)."""
START_S = 120.0
"""A process may take so long to begin (seconds)."""

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Target:
    """Something that takes what others send."""

    name: str
    inputs: Callable[[Random], Any]
    """Makes what is sent, of nothing but random numbers."""
    run: Callable[[Any, Path], object]
    """Takes an input, and the only folder it may write to; what it returns is counted."""
    refusals: tuple[type[Exception], ...]
    """What it may raise."""
    longest_s: float = LONGEST_S
    """Computing time for one input (seconds)."""


@dataclass
class Report:
    """What happened."""

    target: str
    inputs: int = 0
    kinds: Counter[str] = field(default_factory=Counter)
    """How many inputs ended how."""
    slowest_s: float = 0.0
    peak_mb: float = 0.0
    failures: list[str] = field(default_factory=list)
    """Each with the number of its input."""

    def lines(self) -> list[str]:
        """Return it for a person."""
        kinds = ", ".join(f"{kind} {count:,}" for kind, count in self.kinds.most_common())
        return [
            f"{self.target}: {self.inputs:,} inputs, slowest {self.slowest_s:.2f} s, peak memory "
            f"{self.peak_mb:.0f} MB, {len(self.failures)} failures",
            f"  {kinds}",
            *(f"  FAILURE {failure[:500]}" for failure in _different(self.failures)),
        ]


def input_of(target: Target, seed: int, number: int) -> Any:
    """Return one of a target's inputs; equal arguments make equal ones."""
    return target.inputs(Random(f"{seed} {number}"))


def fuzz(
    name: str,
    inputs: int,
    seed: int,
    *,
    first: int = 0,
    seconds: float | None = None,
    module: str = "tests.fuzz.targets",
) -> Report:
    """Send inputs to a target, and return what happened.

    Parameters
    ----------
    name
        The target: a module in the package that `module` names.
    inputs
        How many.
    seed
        Equal seeds send equal inputs.
    first
        The number of the first one, to send one that failed again.
    seconds
        Ends earlier when so much time has passed.
    """
    report = Report(name)
    ends_s = math.inf if seconds is None else time.monotonic() + seconds
    while report.inputs < inputs and time.monotonic() < ends_s:
        count = min(CHUNK, inputs - report.inputs)
        _chunk(f"{module}.{name}", (count, seed, first + report.inputs), ends_s, report, first)
    return report


def _chunk(
    module: str, numbers: tuple[int, int, int], ends_s: float, report: Report, first: int
) -> None:
    """Run one process to its end."""
    folder = Path(tempfile.mkdtemp(prefix="fuzz-", dir=_memory_folder()))
    command = [sys.executable, "-m", "tests.fuzz.worker", module, *map(str, numbers)]
    try:
        with (folder / "stderr.txt").open("wb") as errors:
            process = subprocess.Popen(
                [*command, str(ends_s - time.monotonic()), str(folder)],
                cwd=ROOT,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=errors,
            )
            with process:
                ended = _listen(process, report)
        if not ended:
            why = "hang" if process.returncode == -9 else f"crash (status {process.returncode})"
            said = " ".join((folder / "stderr.txt").read_text(errors="replace")[-300:].split())
            report.kinds[why.replace(" ", "-")] += 1
            report.failures.append(f"{why}: {said} <- input {first + report.inputs}")
            report.inputs += 1
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _listen(process: "subprocess.Popen[bytes]", report: Report) -> bool:
    """Take the worker's lines; return whether it came to its end."""
    assert process.stdout is not None
    descriptor = process.stdout.fileno()
    rest, limit_s = b"", START_S
    with selectors.DefaultSelector() as selector:
        selector.register(descriptor, selectors.EVENT_READ)
        while True:
            if not selector.select(limit_s):
                process.kill()
                return False
            block = os.read(descriptor, 1 << 16)
            if not block:
                return False
            limit_s = HANG_S
            *lines, rest = (rest + block).split(b"\n")
            for line in lines:
                word, _, value = line.decode().partition(" ")
                if word == "end":
                    report.peak_mb = max(report.peak_mb, float(value))
                    if float(value) > LARGEST_MB:
                        report.failures.append(f"it took {value} MB of memory")
                    return True
                if word == "failure":
                    report.failures.append(value)
                elif word != "ready":
                    report.inputs += 1
                    report.kinds[word] += 1
                    report.slowest_s = max(report.slowest_s, float(value))


def _memory_folder() -> str | None:
    """Return a folder that is kept in memory, where there is one."""
    folder = "/dev/shm"
    with contextlib.suppress(OSError):
        if shutil.disk_usage(folder).free > 1 << 30:
            return folder
    return None


def _different(failures: list[str]) -> list[str]:
    """Return one failure of each kind."""
    return list({failure.partition(" <- ")[0]: failure for failure in failures}.values())[:20]


def names(folder: Path | None = None) -> Sequence[str]:
    """Return the targets there are."""
    there = (folder or Path(__file__).with_name("targets")).glob("[a-z]*.py")
    return sorted(path.stem for path in there)
