"""What the HTML report says of the bench; nothing where nothing was measured."""

from collections.abc import Iterator, Mapping
from typing import Any

from train.bench.tables import (
    beside_table,
    draws_table,
    failure_tables,
    int8_table,
    wanted_table,
)
from train.html.page import table


def bench_sections(result: Mapping[str, Any]) -> Iterator[str]:
    """Yield pieces of HTML: what is wanted, the peer beside, int8, and where the model fails."""
    for title, shown in (
        ("What is wanted", [wanted_table(result), draws_table(result)]),
        ("Beside PocketSphinx", [beside_table(result)]),
        ("What int8 loses", [int8_table(result)]),
        ("Where it fails", list(failure_tables(result))),
    ):
        tables = [table(one) for one in shown if one is not None]
        if tables:
            yield f"<h2>{title}</h2>"
            yield from tables
