"""A target with a fault, for the harness to notice."""

import os
import signal

from hypothesis import strategies as st

from tests.fuzz.harness import Target

TARGET = Target(
    "crashes", st.just(0), lambda value, folder: os.kill(os.getpid(), signal.SIGSEGV), ()
)
