"""A process ends in order, whatever its threads are at."""

import subprocess
import sys

import pytest

from tests.recognizer.command_line import ROOT, WAIT_S, environment

PROGRAM = """
import atexit, sys, threading, time
from recognizer.last_threads import end_beside_threads

atexit.register(lambda: print("taken apart"))
threading.Thread(target={work}, daemon={daemon}).start()
{timer}
print("said", end="")
end_beside_threads(3)
sys.exit(4)
"""


def run(work, *, daemon=True, timer=""):
    program = PROGRAM.format(work=work, daemon=daemon, timer=timer)
    done = subprocess.run(
        [sys.executable, "-c", program],
        env=environment(),
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=WAIT_S,
        check=False,
    )
    assert done.stderr == ""
    return done.returncode, done.stdout


def test_who_leaves_a_thread_at_work_is_not_taken_apart():
    assert run("lambda: time.sleep(3600)") == (3, "said")


@pytest.mark.parametrize(
    "timer", ["", "waiting = threading.Timer(3600, print); waiting.daemon = True; waiting.start()"]
)
def test_others_end_as_usual(timer):
    # A thread that Python itself waits for.
    assert run("lambda: time.sleep(0.1)", daemon=False, timer=timer) == (4, "saidtaken apart\n")
