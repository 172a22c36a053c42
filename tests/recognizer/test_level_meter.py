"""The level meter and the sentences beside it."""

import io
import math
import re

import pytest

from recognizer.level_meter import StatusLine, meter_text


class Terminal(io.StringIO):
    def isatty(self):
        return True


def screen(text):
    """What a terminal shows after `text`: carriage returns overwrite."""
    lines = []
    for line in text.split("\n"):
        cells = []
        for part in line.split("\r"):
            cells[: len(part)] = part
        lines.append("".join(cells).rstrip())
    return lines


@pytest.fixture
def terminal(monkeypatch):
    monkeypatch.setenv("TERM", "xterm")
    return Terminal()


@pytest.mark.parametrize("columns", [1, 2, 10, 27, 30, 33, 40, 80, 200])
def test_the_meter_never_wraps(columns):
    assert len(meter_text(-32.0, -55.0, columns)) <= columns - 1


def test_the_bar_grows_with_the_level():
    def filled(level_db):
        return meter_text(level_db, -200.0, 80).count("#")

    assert filled(-80.0) < filled(-50.0) < filled(-10.0) < filled(0.0)
    assert "." not in meter_text(0.0, -90.0, 80)


def test_the_floor_is_marked_where_it_lies():
    bar = re.search(r"\[(.*)\]", meter_text(-90.0, -45.0, 80))[1]
    assert bar.index("|") == pytest.approx(len(bar) / 2, abs=1)


@pytest.mark.parametrize("level_db", [-math.inf, math.inf, math.nan, 12.0, -300.0])
@pytest.mark.parametrize("floor_db", [-math.inf, math.nan, 3.0])
def test_levels_off_the_scale(level_db, floor_db):
    text = meter_text(level_db, floor_db, 80)
    assert len(text) == len(meter_text(-45.0, -45.0, 80))
    assert "nan" not in text
    assert "inf" not in text


def test_the_meter_is_redrawn_ten_times_a_second(terminal):
    now = [0.0]
    line = StatusLine(terminal, clock=lambda: now[0])
    for step in range(101):
        now[0] = step / 100
        line.draw(-40.0, -60.0)
    assert 9 <= terminal.getvalue().count("level") <= 11


def test_a_shorter_meter_leaves_nothing_of_a_longer_one(terminal, monkeypatch):
    now = [0.0]
    line = StatusLine(terminal, clock=lambda: now[0])
    line.draw(-40.0, -60.0)
    now[0] = 1.0
    monkeypatch.setattr(line, "_columns", lambda: 40)
    line.draw(-40.0, -60.0)
    assert screen(terminal.getvalue()) == [meter_text(-40.0, -60.0, 40)]


def test_a_line_takes_the_meters_place(terminal):
    line = StatusLine(terminal, clock=lambda: 0.0)
    line.draw(-40.0, -60.0)
    line.clear()
    terminal.write("    3.41  seven   98 %\n")
    line.draw(-41.0, -60.0)
    line.say("The microphone is gone.")
    line.draw(-42.0, -60.0)
    line.clear()
    assert screen(terminal.getvalue()) == [
        "    3.41  seven   98 %",
        "recognizer: The microphone is gone.",
        "",
    ]


@pytest.mark.parametrize("kind", ["redirected", "dumb", "closed"])
def test_no_meter_where_there_is_no_terminal(kind, monkeypatch):
    monkeypatch.setenv("TERM", "dumb" if kind == "dumb" else "xterm")
    stream = {"redirected": io.StringIO(), "dumb": Terminal(), "closed": None}[kind]
    line = StatusLine(stream)
    line.draw(-40.0, -60.0)
    line.clear()
    line.say("Still told.")
    assert not line.is_terminal
    if stream is not None:
        assert stream.getvalue() == "recognizer: Still told.\n"


def test_one_sentence_is_one_line():
    stream = io.StringIO()
    StatusLine(stream).say("There is no file a\nb.")
    assert stream.getvalue() == "recognizer: There is no file a b.\n"


def test_a_stream_that_fails_is_left_alone(terminal):
    line = StatusLine(terminal)
    terminal.close()
    line.draw(-40.0, -60.0)
    line.say("Nobody hears this.")
    line.clear()
