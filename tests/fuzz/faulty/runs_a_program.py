"""A target with a fault, for the harness to notice."""

import subprocess

from hypothesis import strategies as st

from tests.fuzz.harness import Target

TARGET = Target(
    "runs_a_program", st.just(["true"]), lambda command, folder: subprocess.run(command), ()
)
