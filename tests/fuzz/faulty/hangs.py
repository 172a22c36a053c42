"""A target with a fault, for the harness to notice."""

import time

from tests.fuzz.harness import Target

TARGET = Target("hangs", lambda _: 1000.0, lambda seconds, folder: time.sleep(seconds), ())
