"""A comparison as one table: plain text for the terminal, Markdown for the docs."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from train.marked_page import MarkedPart, markdown_table

PART = MarkedPart("compare", "the table")
BEGIN, END = PART.begin, PART.end
"""What stands between these lines of a page is replaced."""

DASH = "\N{EN DASH}"
NONE = DASH

HEADINGS = (
    *("System", "Parameters", "float32", "int8", "Multiply-adds", "int8 time", "Training"),
    *("Random split", "F1", "Held-out speakers", "F1", "Worst to best"),
)
_TEXT_COLUMNS = (0,)


def cells(row: Mapping[str, Any], mark: str = "") -> list[str]:
    """Return a row's cells, in the order of `HEADINGS`.

    Parameters
    ----------
    row
        As `train.compare.rows` makes it.
    mark
        What leads from its name to the notes.
    """
    random, speakers = row["random"], row["speakers"]
    return [
        row["name"] + mark,
        NONE if row["parameters"] is None else f"{row['parameters']:,}",
        _bytes(row["float_bytes"]),
        _bytes(row["int8_bytes"]),
        _millions(row["multiply_adds"]),
        NONE if row["int8_seconds"] is None else f"{1000 * row['int8_seconds']:.2f} ms",
        _duration(row["training_seconds"]),
        _right(random),
        _f1(random),
        _right(speakers),
        _f1(speakers),
        _spread(speakers),
    ]


def text(result: Mapping[str, Any]) -> str:
    """Return the comparison as plain text, for a terminal or a script."""
    table = [list(HEADINGS), *_table(result)]
    widths = [max(len(line[i]) for line in table) for i in range(len(HEADINGS))]
    lines = [
        "  ".join(
            cell.ljust(width) if i in _TEXT_COLUMNS else cell.rjust(width)
            for i, (cell, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in table
    ]
    return "\n".join([*lines, "", *_notes(result)]) + "\n"


def markdown(result: Mapping[str, Any]) -> str:
    """Return the comparison as a table in Markdown, with the command that prints it."""
    rows = [[cell.replace("|", "\\|") for cell in row] for row in _table(result)]
    notes = "\n\n".join(_notes(result))
    command = f"    {result['command']}"
    table = markdown_table(HEADINGS, rows)
    return "\n".join([table, "", notes, "", "Printed by:", "", command]) + "\n"


def write_markdown(path: Path, result: Mapping[str, Any]) -> None:
    """Write the table into a page: between its marks, or as a page of its own.

    Raises
    ------
    DataError
        If there is a file without the marks, or it cannot be written.
    """
    PART.write(path, markdown(result))


check_page = PART.check


def _table(result: Mapping[str, Any]) -> list[list[str]]:
    return [cells(row, mark) for row, mark in zip(result["rows"], _marks(result), strict=True)]


def _marks(result: Mapping[str, Any]) -> list[str]:
    """Return what leads to the notes of each row that has some."""
    marks, count = [], 0
    for row in result["rows"]:
        count += bool(row["notes"])
        marks.append(f" ({count})" if row["notes"] else "")
    return marks


def _notes(result: Mapping[str, Any]) -> list[str]:
    lines = [*result["about"]]
    for row, mark in zip(result["rows"], _marks(result), strict=True):
        lines += [f"{mark.strip()} {note}" for note in row["notes"]]
    return lines


def _right(figures: Mapping[str, Any] | None) -> str:
    if figures is None:
        return NONE
    right = figures["right"]
    return f"{_percent(right['share'])} % [{_percent(right['low'])}, {_percent(right['high'])}]"


def _f1(figures: Mapping[str, Any] | None) -> str:
    return NONE if figures is None else f"{figures['macro_f1']:.3f}"


def _spread(figures: Mapping[str, Any] | None) -> str:
    if figures is None or len(figures["folds"]) < 2:
        return NONE
    shares = [fold["right"]["share"] for fold in figures["folds"]]
    return f"{_percent(min(shares))} {DASH} {_percent(max(shares))} %"


def _percent(share: float) -> str:
    return f"{100 * share:.1f}"


def _bytes(count: int | None) -> str:
    return NONE if count is None else f"{count / 1000:,.0f} kB"


def _millions(count: int) -> str:
    return f"{count / 1e6:,.2f} M" if count < 10e6 else f"{count / 1e6:,.0f} M"


def _duration(seconds: float | None) -> str:
    if seconds is None:
        return NONE
    return f"{seconds:.0f} s" if seconds < 120 else f"{seconds / 60:.0f} min"


def row_line(row: Mapping[str, Any]) -> str:
    """Return the row's shares in a line, for who waits for the other rows."""
    parts = [
        f"{title} {_right(row[name])}, F1 {_f1(row[name])}"
        for name, title in (("random", "random split"), ("speakers", "held-out speakers"))
        if row[name] is not None
    ]
    return f"{row['name']}: {'; '.join(parts) or 'nothing to measure it on'}"
