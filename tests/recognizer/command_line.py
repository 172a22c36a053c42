"""What the tests of the command line share: a model, sound, and a way to run the program."""

import os
import sys
from pathlib import Path

import numpy as np

from tests.model_fixture import DIGIT_LABELS, tiny_model

ROOT = Path(__file__).resolve().parents[2]
WAIT_S = 60
"""How long a process may take before a test gives up; none comes near."""


def seven_model(path):
    """Write a model that takes every word for a seven, and return its path."""
    bias = np.zeros(len(DIGIT_LABELS), np.int32)
    bias[DIGIT_LABELS.index("seven")] = 100_000
    weights = np.zeros((len(bias), 140), np.int8)
    return str(tiny_model(path, weights=weights, bias=bias))


def sound(words, rate=16_000):
    """Bursts of noise as long as words, from 1 s on one every 2 s, in a quiet room."""
    random = np.random.default_rng(0)
    samples = random.normal(0.0, 1e-4, rate * (2 * words + 1))
    length = int(0.4 * rate)
    for word in range(words):
        burst = np.hanning(length) * random.normal(0.0, 0.1, length)
        samples[rate * (2 * word + 1) :][:length] += burst
    return samples


def pcm(samples):
    """16 bit little-endian, as `--raw` reads it."""
    return np.round(samples * 32_767).astype("<i2").tobytes()


def command(*arguments):
    return [sys.executable, "-m", "recognizer", *map(str, arguments)]


def environment(**more):
    """Python as a user has it, except that a warning is an error."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    return {**inherited, "PYTHONPATH": str(ROOT), "PYTHONWARNINGS": "error", **more}
