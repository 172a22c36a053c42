"""Rows of the tables that hold figures to their limits."""

from collections.abc import Callable
from typing import Any


def percent(value: float) -> str:
    """Write a share."""
    return f"{100 * value:.1f} %"


def ms(value: float) -> str:
    """Write seconds as milliseconds."""
    return f"{1000 * value:.0f} ms"


def seconds(value: float) -> str:
    """Write seconds."""
    return f"{value:.2f} s"


def plain(value: float) -> str:
    """Write a ratio."""
    return f"{value:.2f}"


def count(value: float) -> str:
    """Write a whole number."""
    return f"{value:.0f}"


def row(
    what: str, value: Any, limit: float | None, write: Callable[[Any], str] = seconds
) -> tuple[str, ...]:
    """Return a row of the table: what it is, the figure, its limit, and whether it is kept."""
    if limit is None:
        return what, write(value), "", ""
    return what, write(value), write(limit), "kept" if value <= limit else "MISSED"
