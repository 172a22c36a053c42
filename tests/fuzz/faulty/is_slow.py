"""A target with a fault, for the harness to notice."""

import time

from tests.fuzz.harness import Target


def _compute(seconds: float, _: object) -> None:
    end_s = time.process_time() + seconds
    while time.process_time() < end_s:
        pass


TARGET = Target("is_slow", lambda _: 0.05, _compute, (), longest_s=0.01)
