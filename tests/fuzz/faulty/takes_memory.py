"""A target with a fault, for the harness to notice."""

from hypothesis import strategies as st

from tests.fuzz.harness import LARGEST_MB, Target

TARGET = Target(
    "takes_memory", st.just(b"x"), lambda text, folder: len(text * LARGEST_MB * 1_000_000), ()
)
