"""What the benchmarks share: sound to measure with, processes to measure, tables to print."""

import contextlib
import itertools
import os
import platform
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import numpy.typing as npt
import soundfile
from rich.console import Console
from rich.table import Table

from recognizer.model_file import demo_path
from train.corpora import SAMPLE_RATE, default_data_folder, load_utterances, read_audio

Float32Array = npt.NDArray[np.float32]
Kind = Literal["mixed", "talk", "quiet"]

ROOM_DB = -60.0
"""Level of the noise that stands for a quiet room (dBFS)."""
TALK_DB = -26.0
"""Level of the speech (dBFS)."""


class NotHereError(Exception):
    """This machine lacks what a benchmark needs; ``str(error)`` is one sentence."""


@dataclass(frozen=True)
class Settings:
    """What to measure."""

    model: Path
    """The model file."""
    quick: bool = False
    """Short streams: a look, not a measurement."""
    live_minutes: float = 10.0
    """How long the soak listens to a microphone (minutes); 0 leaves that out."""


@dataclass(frozen=True)
class Cost:
    """What a process took."""

    wall_s: float
    """From its start to its end (seconds)."""
    cpu_s: float
    """Time on the processor, in user code and in the kernel (seconds)."""


class Speech:
    """Speech to measure with: LibriSpeech, or the demo recording where that is missing."""

    def __init__(self) -> None:
        data = default_data_folder()
        self._paths: list[Path] = []
        if (data / "running_speech" / "librispeech").is_dir():
            self._paths = [one.path for one in load_utterances(data) if one.corpus == "librispeech"]
        self.source = "LibriSpeech" if self._paths else "generated speech (the demo, espeak-ng)"

    def utterances(self) -> Iterator[Float32Array]:
        """Yield utterances for ever, each at `TALK_DB`."""
        for path in itertools.cycle(self._paths or [demo_path()]):
            samples = read_audio(path)
            rms = float(np.sqrt(np.mean(np.square(samples, dtype=np.float64))))
            yield samples * np.float32(10.0 ** (TALK_DB / 20.0) / rms)


def sound(kind: Kind, seconds: float, speech: Speech) -> Iterator[Float32Array]:
    """Yield a stream of exactly so many seconds, in pieces, over the noise of a quiet room.

    Parameters
    ----------
    kind
        "talk" is utterance on utterance; "mixed" has after each a pause of its length; "quiet"
        is the room alone.
    """
    random = np.random.default_rng(0)
    left = round(seconds * SAMPLE_RATE)
    for samples in _pieces(kind, speech):
        samples = samples[:left]
        left -= len(samples)
        room = random.standard_normal(len(samples), np.float32)
        yield samples + room * np.float32(10.0 ** (ROOM_DB / 20.0))
        if left == 0:
            return


def _pieces(kind: Kind, speech: Speech) -> Iterator[Float32Array]:
    if kind == "quiet":
        yield from itertools.repeat(np.zeros(10 * SAMPLE_RATE, np.float32))
    for samples in speech.utterances():
        yield samples
        if kind == "mixed":
            yield np.zeros_like(samples)


def write_sound(path: Path, kind: Kind, seconds: float, speech: Speech) -> None:
    """Write such a stream to a 16 bit WAV file."""
    with soundfile.SoundFile(path, "w", SAMPLE_RATE, 1, "PCM_16") as file:
        for samples in sound(kind, seconds, speech):
            file.write(samples)


@contextlib.contextmanager
def on_one_core() -> Iterator[None]:
    """Keep this process and those it starts on one core, where the system can."""
    if not hasattr(os, "sched_setaffinity"):
        yield
        return
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {max(before)})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def run_process(command: Sequence[str]) -> Cost:
    """Run a process to its end with its output thrown away.

    Raises
    ------
    RuntimeError
        When it fails.
    """
    began = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    assert process.stderr is not None
    message = process.stderr.read()
    _, status, usage = os.wait4(process.pid, 0)
    wall_s = time.perf_counter() - began
    process.returncode = os.waitstatus_to_exitcode(status)
    process.stderr.close()
    if process.returncode != 0:
        raise RuntimeError(f"{' '.join(command)}: {message.decode(errors='replace')}")
    return Cost(wall_s, usage.ru_utime + usage.ru_stime)


def recognizer_command(settings: Settings, *arguments: str) -> list[str]:
    """Return the command line of ``recognizer --cli --json`` with further arguments."""
    command = [sys.executable, "-m", "recognizer", "--cli", "--json"]
    return [*command, "--model", str(settings.model), *arguments]


def median_s(action: Callable[[], object], *, repeats: int, inner: int = 1) -> float:
    """Return the median time of an action over `repeats` runs of `inner` calls (seconds)."""
    action()
    times = []
    for _ in range(repeats):
        began = time.perf_counter()
        for _ in range(inner):
            action()
        times.append((time.perf_counter() - began) / inner)
    return float(np.median(times))


def print_table(
    title: str, columns: Sequence[str], rows: Sequence[Sequence[str]], notes: Sequence[str] = ()
) -> None:
    """Print a table, the machine it was measured on, and notes."""
    table = Table(title=title, title_justify="left")
    for index, column in enumerate(columns):
        table.add_column(column, justify="right" if index else "left")
    for row in rows:
        table.add_row(*row)
    console = Console()
    if not console.is_terminal:
        console = Console(width=160)
    console.print(table)
    machine = f"{_processor()}, {os.cpu_count()} cores, Python {platform.python_version()}"
    for note in (machine, *notes):
        console.print(f"  {note}", markup=False, highlight=False, soft_wrap=True)
    console.print()


def _processor() -> str:
    with contextlib.suppress(OSError):
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()
