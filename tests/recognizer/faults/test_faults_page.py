"""The page on reliability names tests that exist, and every one of those here."""

import re

from tests.recognizer.command_line import ROOT

PAGE = (ROOT / "docs" / "reliability.md").read_text(encoding="utf-8")
HERE = ROOT / "tests" / "recognizer" / "faults"
ABOUT_THE_TESTS = {
    "test_the_search_finds_what_waits_for_ever",
    "test_every_test_named_exists",
    "test_every_fault_is_named",
    "test_a_closed_terminal_is_among_them",
    "test_an_import_that_fails_by_itself_keeps_its_traceback",
}
"""What makes no fault happen."""


def functions_of(folder):
    names = set()
    for path in folder.rglob("test_*.py"):
        names |= set(re.findall(r"^def (test_\w+)", path.read_text(encoding="utf-8"), re.MULTILINE))
    return names


def test_every_test_named_exists():
    named = set(re.findall(r"`(test_\w+)`", PAGE))
    assert len(named) > 30
    assert named - functions_of(ROOT / "tests") == set()


def test_every_fault_is_named():
    named = set(re.findall(r"`(test_\w+)`", PAGE))
    assert functions_of(HERE) - ABOUT_THE_TESTS - named == set()
