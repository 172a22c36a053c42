"""Every wait has a bound: whatever the program waits for, it may never come."""

import ast
from collections.abc import Iterator

import pytest

from tests.recognizer.command_line import ROOT

BOUNDED_BY = {"acquire": 2, "communicate": 2, "get": 2, "join": 1, "wait": 1, "wait_for": 2}
"""Calls that wait, and how many arguments, or one named timeout, give them a bound."""

NEVER = {"input", "recv", "recv_into", "recv_bytes", "waitpid", "wait4"}
"""Calls that wait, and take no bound themselves."""

LET_PASS = {
    # Threads with nothing to do, which wait for it. They are daemons and hold nobody's end.
    ("recognizer/portaudio.py", "get"),
    ("recognizer/playback.py", "wait_for"),
    ("recognizer/archive/child_process.py", "join"),
    # Behind a kill, which no process outlives.
    ("recognizer/trial_load.py", "wait"),
}


def unbounded(tree: ast.AST) -> Iterator[tuple[str, int]]:
    """Yield name and line of each call that may wait for ever."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        function = node.func
        name = function.attr if isinstance(function, ast.Attribute) else ""
        name = function.id if isinstance(function, ast.Name) else name
        if name in NEVER:
            yield name, node.lineno
        if name not in BOUNDED_BY or isinstance(function, ast.Name):
            continue
        named = {keyword.arg for keyword in node.keywords}
        if named & {"timeout", "timeout_s", "blocking"}:
            continue
        if name == "get" and node.args:
            # A dictionary's.
            continue
        if len(node.args) < BOUNDED_BY[name]:
            yield name, node.lineno


@pytest.mark.parametrize(
    ("code", "found"),
    [
        ("thread.join()", ["join"]),
        ("thread.join(3)", []),
        ("', '.join(names)", []),
        ("jobs.get()", ["get"]),
        ("jobs.get(timeout=1)", []),
        ("values.get('name')", []),
        ("event.wait()", ["wait"]),
        ("event.wait(pause_s)", []),
        ("lock.acquire()", ["acquire"]),
        ("lock.acquire(timeout=1)", []),
        ("condition.wait_for(ready)", ["wait_for"]),
        ("condition.wait_for(ready, 1)", []),
        ("process.communicate()", ["communicate"]),
        ("input('Enter')", ["input"]),
    ],
)
def test_the_search_finds_what_waits_for_ever(code, found):
    assert [name for name, _ in unbounded(ast.parse(code))] == found


def test_every_wait_has_a_bound():
    waits = set()
    for path in sorted((ROOT / "recognizer").rglob("*.py")):
        name = path.relative_to(ROOT).as_posix()
        tree = ast.parse(path.read_text(encoding="utf-8"))
        waits |= {(name, call, line) for call, line in unbounded(tree)}
    assert [wait for wait in sorted(waits) if wait[:2] not in LET_PASS] == []
