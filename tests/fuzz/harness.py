"""What all targets share: many inputs, each with a limit of time, memory and of where it writes.

The inputs run in a process of their own (`tests.fuzz.worker`), which says a line for each of them.
So a crash in native code, or a hang, costs one process and is counted, and the next one goes on.
"""

import contextlib
import os
import selectors
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from hypothesis.strategies import SearchStrategy

LONGEST_S = 5.0
"""No input may take more computing (seconds)."""
LARGEST_MB = 500
"""No process may take more memory (MB)."""
CHUNK = 2000
"""Inputs of one process: Hypothesis remembers what it has tried."""
HANG_S = 60.0
"""What has not ended by then is ended, whether it computes or waits (seconds)."""
START_S = 120.0
"""A process may take so long to begin, to end, or to make an input (seconds)."""

ROOT = Path(__file__).resolve().parents[2]
INPUT_FILE = "current-input.txt"


@dataclass(frozen=True)
class Target:
    """Something that takes what others send."""

    name: str
    inputs: SearchStrategy[Any]
    """What is sent."""
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
    """Each with its input."""

    def take(self, other: "Report") -> None:
        """Add what happened elsewhere."""
        self.inputs += other.inputs
        self.kinds += other.kinds
        self.slowest_s = max(self.slowest_s, other.slowest_s)
        self.peak_mb = max(self.peak_mb, other.peak_mb)
        self.failures += other.failures

    def lines(self) -> list[str]:
        """Return it for a person."""
        kinds = ", ".join(f"{kind} {count:,}" for kind, count in self.kinds.most_common())
        return [
            f"{self.target}: {self.inputs:,} inputs, slowest {self.slowest_s:.2f} s, peak memory "
            f"{self.peak_mb:.0f} MB, {len(self.failures)} failures",
            f"  {kinds}",
            *(f"  FAILURE {failure[:500]}" for failure in _different(self.failures)),
        ]


def fuzz(
    name: str,
    inputs: int,
    seed: int,
    *,
    seconds: float | None = None,
    clock: Callable[[], float] | None = None,
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
    seconds, clock
        Ends earlier when so much time has passed on the clock.
    """
    report = Report(name)
    begun_s = clock() if clock is not None else 0.0
    chunk = 0
    while report.inputs < inputs:
        if seconds is not None and clock is not None and clock() - begun_s > seconds:
            break
        count = min(CHUNK, inputs - report.inputs)
        report.take(_chunk(f"{module}.{name}", name, count, seed * 100_003 + chunk))
        chunk += 1
    if report.peak_mb > LARGEST_MB:
        report.failures.append(f"it took {report.peak_mb:.0f} MB of memory")
    return report


def _chunk(module: str, name: str, inputs: int, seed: int) -> Report:
    report = Report(name)
    folder = Path(tempfile.mkdtemp(prefix="fuzz-"))
    command = [sys.executable, "-m", "tests.fuzz.worker", module, str(inputs), str(seed)]
    try:
        with (folder / "stderr.txt").open("wb") as errors:
            process = subprocess.Popen(
                [*command, str(folder)],
                cwd=ROOT,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=errors,
            )
            with process:
                ended = _listen(process, report)
        if not ended:
            why = "hang" if process.returncode == -9 else f"crash (status {process.returncode})"
            said = " ".join(_text(folder / "stderr.txt")[-300:].split())
            report.kinds[why.replace(" ", "-")] += 1
            report.inputs += 1
            report.failures.append(f"{why}: {said} <- {_text(folder / INPUT_FILE)[:300]}")
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return report


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
            *lines, rest = (rest + block).split(b"\n")
            for line in lines:
                word, _, value = line.decode().partition(" ")
                if word == "end":
                    report.peak_mb = float(value)
                    return True
                # Making an input may take its time; the target may not.
                limit_s = HANG_S if word == "begin" else START_S
                if word == "failure":
                    report.failures.append(value)
                elif word != "begin":
                    _count(report, word, float(value))


def _count(report: Report, kind: str, seconds: float) -> None:
    report.inputs += 1
    report.kinds[kind] += 1
    report.slowest_s = max(report.slowest_s, seconds)


def _different(failures: list[str]) -> list[str]:
    """Return one failure of each kind."""
    return list({failure.partition(" <- ")[0]: failure for failure in failures}.values())[:20]


def _text(path: Path) -> str:
    with contextlib.suppress(OSError):
        return path.read_text(errors="replace").split("\0")[0]
    return ""


def names(folder: Path | None = None) -> Sequence[str]:
    """Return the targets there are."""
    there = (folder or Path(__file__).with_name("targets")).glob("[a-z]*.py")
    return sorted(path.stem for path in there)
