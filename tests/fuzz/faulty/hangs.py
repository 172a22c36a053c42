"""A target with a fault, for the harness to notice."""

import time

from hypothesis import strategies as st

from tests.fuzz.harness import Target

TARGET = Target("hangs", st.just(1000.0), lambda seconds, folder: time.sleep(seconds), ())
