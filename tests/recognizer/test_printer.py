"""One line a word: plain and JSON, broken and closed outputs."""

import io
import json
import os
import re
from pathlib import Path

import pytest

from recognizer.events import Detection, Rejection
from recognizer.printer import (
    OutputError,
    Printer,
    ReaderGoneError,
    abandon_output,
    json_line,
    plain_line,
)

FULL = Path("/dev/full")
SEVEN = Detection("seven", 0.98, 3.41, 3.90, 4.05)


def test_json_is_the_contracts_line():
    line = json_line(SEVEN)
    assert line == (
        '{"label": "seven", "confidence": 0.98, "start": 3.41, "end": 3.90, "time": 4.05}'
    )
    assert json.loads(line)["end"] == 3.9


def test_json_rounds_and_keeps_its_order():
    event = Rejection("low confidence", "one", 0.41349, 3599.999, 3600.004, 3600.126)
    line = json_line(event, latency_ms=171.6)
    assert list(json.loads(line).items()) == [
        ("label", "one"),
        ("confidence", 0.41),
        ("start", 3600.0),
        ("end", 3600.0),
        ("time", 3600.13),
        ("latency_ms", 172),
        ("rejected", "low confidence"),
    ]


def test_json_of_a_word_that_was_never_scored():
    values = json.loads(json_line(Rejection("too long", None, 0.0, 1.0, 4.0, 4.2)))
    assert values["label"] is None
    assert values["rejected"] == "too long"
    assert "latency_ms" not in values


@pytest.mark.parametrize("label", ['quo"te', "naïve", "back\\slash", "数字"])
def test_json_survives_any_label(label):
    line = json_line(Detection(label, 0.5, 0.0, 0.1, 0.2))
    assert line.isascii()
    assert json.loads(line)["label"] == label


def test_plain_columns_line_up_and_split():
    lines = [
        plain_line(SEVEN, 7),
        plain_line(Detection("hey you", 1.0, 12345.678, 12346.0, 12346.2), 7),
        plain_line(Detection("one", 0.05, 0.0, 0.3, 0.5), 7),
    ]
    assert [re.split(r" {2,}", line.strip()) for line in lines] == [
        ["3.41", "seven", "98 %"],
        ["12345.68", "hey you", "100 %"],
        ["0.00", "one", "5 %"],
    ]
    assert len({len(line) for line in lines}) == 1


def test_plain_rejections_cannot_be_taken_for_words():
    scored = plain_line(Rejection("unknown", "one", 0.3, 1.0, 1.5, 1.7), 7)
    unscored = plain_line(Rejection("too long", None, 0.0, 1.0, 4.0, 4.2), 7)
    assert scored.split(maxsplit=4) == ["1.00", "(one)", "30", "%", "rejected: unknown"]
    assert unscored.split(maxsplit=4) == ["1.00", "-", "0", "%", "rejected: too long"]


def test_latency_runs_from_the_words_end_to_now():
    output = io.StringIO()
    printer = Printer(output, as_json=True, clock=lambda: 1005.0)
    asked = []

    def captured_at(at):
        asked.append(at)
        return 1004.75

    printer.captured_at = captured_at
    printer.write_event(SEVEN)
    assert asked == [3.90]
    assert json.loads(output.getvalue())["latency_ms"] == 250


def test_every_line_is_flushed_at_once():
    reading, writing = os.pipe()
    with os.fdopen(reading) as reader, os.fdopen(writing, "w", buffering=4096) as output:
        Printer(output).write_event(SEVEN)
        assert reader.readline() == plain_line(SEVEN) + "\n"


def test_a_terminal_that_lacks_a_letter():
    raw = io.BytesIO()
    output = io.TextIOWrapper(raw, "ascii")
    Printer(output).write_line("zażółć")
    assert raw.getvalue() == b"za\\u017c\\xf3\\u0142\\u0107\n"


def test_a_reader_that_left_is_noticed_without_a_line():
    reading, writing = os.pipe()
    with os.fdopen(writing, "w") as output:
        printer = Printer(output)
        printer.check_reader()
        os.close(reading)
        with pytest.raises(ReaderGoneError):
            printer.check_reader()


def test_a_reader_that_left_is_noticed_with_the_next_line():
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "w") as output:
        with pytest.raises(ReaderGoneError):
            Printer(output).write_event(SEVEN)
        abandon_output(output)


def test_a_file_has_no_reader_to_leave(tmp_path):
    with (tmp_path / "words.txt").open("w") as output:
        Printer(output).check_reader()


@pytest.mark.skipif(not FULL.exists(), reason="the system has no /dev/full")
def test_a_full_disk_is_one_sentence():
    with FULL.open("w") as output:
        with pytest.raises(OutputError, match="Standard output cannot be written to: No space"):
            Printer(output).write_event(SEVEN)
        abandon_output(output)


def test_a_closed_output_is_one_sentence():
    with pytest.raises(OutputError, match="Standard output is closed"):
        Printer(None)
    abandon_output(None)
