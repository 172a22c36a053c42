"""What a step of the digits' training takes.

With batch normalization as one operation (`train.batch_norm`) and with oneDNN, and without.
"""

import contextlib
import os
import subprocess
import sys
from collections.abc import Iterator

import numpy as np

from tests.benchmarks.bench import Settings, print_table
from tests.benchmarks.run_training import BATCH
from tests.benchmarks.side_by_side import times_as_much

ROUNDS = 8
STEPS = 5
"""In each turn."""

WAYS = {
    "Keras's normalization, TensorFlow without oneDNN": ("keras", "0"),
    "… TensorFlow with oneDNN": ("keras", "1"),
    "normalization as one operation, without oneDNN": ("fused", "0"),
    "… with oneDNN: as it is": ("fused", "1"),
}


class Trainer:
    """A process that trains when told to."""

    def __init__(self, normalization: str, one_dnn: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.benchmarks.run_training", normalization],
            env={**os.environ, "TF_ENABLE_ONEDNN_OPTS": one_dnn},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def step_s(self, steps: int) -> float:
        """Return how long a step takes in the mean of some (seconds)."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(f"{steps}\n")
        self.process.stdin.flush()
        return float(self.process.stdout.readline()) / steps


@contextlib.contextmanager
def trainers() -> Iterator[list[Trainer]]:
    """Start them all; only one works at a time."""
    started: list[Trainer] = []
    try:
        for way in WAYS.values():
            started.append(Trainer(*way))
            # Its network is traced and compiled in the first step.
            started[-1].step_s(1)
        yield started
    finally:
        for one in started:
            one.process.kill()
            one.process.communicate()


def main(settings: Settings) -> None:
    """Print the table."""
    rounds = 2 if settings.quick else ROUNDS
    with trainers() as started:
        took = np.array([[one.step_s(STEPS) for one in started] for _ in range(rounds)]).T
    print_table(
        f"A step of the digits' training, {BATCH} windows",
        ("with", "a step", "beside the first"),
        [
            (name, f"{1000 * np.median(row):.0f} ms", f"{times_as_much(row, took[0]):.2f} x")
            for name, row in zip(WAYS, took, strict=True)
        ],
        ("wall clock, all cores; medians; the four take turns",),
    )
