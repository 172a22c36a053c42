"""A target with a fault, for the harness to notice."""

from hypothesis import strategies as st

from tests.fuzz.harness import Target

TARGET = Target(
    "writes_outside", st.just("x"), lambda text, folder: (folder.parent / text).write_text(text), ()
)
