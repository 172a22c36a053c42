"""A system clock that is set back."""

import ast
import subprocess
import sys

import pytest

from tests.recognizer.command_line import ROOT, WAIT_S, environment

SET_BACK = """
import itertools, sys, time
hours = itertools.count(0, -3600)
now = time.time()
time.time = lambda: now + next(hours)
time.time_ns = lambda: int(1e9 * time.time())
time.time(), time.time()
from recognizer.cli import main
sys.exit(main(sys.argv[1:]))
"""
PLAIN = "import sys; from recognizer.cli import main; sys.exit(main(sys.argv[1:]))"


def test_words_and_their_times_are_the_same(seven):
    """Each time the program should ask for it, the clock goes back by an hour."""

    def run(code):
        return subprocess.run(
            [sys.executable, "-c", code, "--cli", "--json", "--model", seven, "--demo"],
            capture_output=True,
            env=environment(),
            timeout=WAIT_S,
            check=True,
        )

    plain, set_back = run(PLAIN), run(SET_BACK)
    assert set_back.stdout == plain.stdout != b""
    assert set_back.stderr == plain.stderr


PROGRAM = sorted((ROOT / "recognizer").rglob("*.py"))


@pytest.mark.parametrize("path", PROGRAM, ids=[str(path.relative_to(ROOT)) for path in PROGRAM])
def test_no_span_of_time_is_read_off_that_clock(path):
    tree = ast.parse(path.read_text(encoding="utf-8"))
    read = [
        f"line {node.lineno}"
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and (node.value.id, node.attr) in {("time", "time"), ("time", "time_ns")}
    ]
    assert read == []
