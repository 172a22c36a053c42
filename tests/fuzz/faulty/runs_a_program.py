"""A target with a fault, for the harness to notice."""

import subprocess

from tests.fuzz.harness import Target

TARGET = Target(
    "runs_a_program", lambda _: ["true"], lambda command, folder: subprocess.run(command), ()
)
