"""A target with a fault, for the harness to notice."""

from tests.fuzz.harness import LARGEST_MB, Target

TARGET = Target(
    "takes_memory", lambda _: b"x", lambda text, folder: len(text * LARGEST_MB * 1_000_000), ()
)
