"""A target with a fault, for the harness to notice."""

import os
import signal

from tests.fuzz.harness import Target

TARGET = Target(
    "crashes", lambda _: 0, lambda value, folder: os.kill(os.getpid(), signal.SIGSEGV), ()
)
