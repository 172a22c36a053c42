"""The tables of an evaluation as a part of a page in Markdown."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from train.bench.tables import (
    beside_table,
    draws_table,
    failure_tables,
    int8_table,
    wanted_table,
)
from train.evaluation.report_scores import misses_table, noise_tables
from train.evaluation.report_tables import (
    Table,
    alarms_table,
    heading,
    remarks,
    streams_table,
    without_steps,
    words_table,
)
from train.marked_page import MarkedPart, markdown_table

PART = MarkedPart("evaluate", "the tables")
BEGIN, END = PART.begin, PART.end
"""What stands between these lines of a page is replaced."""


def tables_of(result: Mapping[str, Any]) -> Iterator[Table]:
    """Yield the tables in the order of the page."""
    plain = without_steps(result["groups"])
    shown = [
        wanted_table(result),
        draws_table(result),
        words_table(plain),
        alarms_table(plain),
        *noise_tables(result),
        misses_table(result),
        beside_table(result),
        int8_table(result),
        *failure_tables(result),
        streams_table(plain),
    ]
    yield from (one for one in shown if one is not None)


def markdown(result: Mapping[str, Any]) -> str:
    """Return an evaluation's tables in Markdown."""
    parts = [_escaped(heading({**result, "model": Path(result["model"]).name}))]
    for one in tables_of(result):
        heads, *rows = [list(map(_escaped, row)) for row in (one.columns, *one.rows)]
        texts = [index for index in range(len(heads)) if _is_text(one, index)]
        parts += [f"### {_escaped(one.title)}", markdown_table(heads, rows, texts)]
        parts += [_escaped(one.note)] if one.note else []
    parts += [_escaped(line) for line in remarks(result)]
    return "\n\n".join(parts) + "\n"


def write_page(path: Path, result: Mapping[str, Any]) -> None:
    """Write the tables into a page: between its marks, or as a page of its own.

    Raises
    ------
    DataError
        If there is a file without the marks, or it cannot be written.
    """
    PART.write(path, markdown(result))


check_page = PART.check


def _is_text(table: Table, index: int) -> bool:
    return index == 0 or table.columns[index] in table.words


def _escaped(text: str) -> str:
    return text.replace("|", "\\|").replace("<", "&lt;")
