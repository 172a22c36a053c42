"""A target with a fault, for the harness to notice."""

from hypothesis import strategies as st

from tests.fuzz.harness import Target

TARGET = Target("raises", st.just(0), lambda value, folder: 1 / value, (ValueError,))
