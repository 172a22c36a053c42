"""The table of what each part gains."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from train.evaluation.report_tables import DASH, percent
from train.marked_page import MarkedPart, markdown_table

PART = MarkedPart("ablate", "the table")

_COLUMNS = (
    ("crowd", "right", "crowd, right"),
    ("accented", "right", "accented, right"),
    ("accented", "wrong", "accented, wrong digit"),
    ("noisy", "right", "café 10 dB, right"),
    ("twice", "right", "twice, right"),
    ("other_words", "called_a_keyword", "other words called a digit"),
    ("near", "called_a_keyword", "near words called a digit"),
)
"""Group, figure, and what the column is headed."""

_ALARMS = ("running_speech", "commands", "household")


def table(rows: Sequence[Mapping[str, Any]]) -> str:
    """Return what `train.ablation.run.ablate` returned as a table in Markdown."""
    heads = [
        "without",
        "",
        "validation windows found",
        "threshold",
        *(head for _, _, head in _COLUMNS),
        "false alarms in speech and household noise",
    ]
    lines = []
    for row in rows:
        groups = row["groups"]
        shares = [percent(groups.get(group, {}).get(what)) for group, what, _ in _COLUMNS]
        alarms = [groups[name] for name in _ALARMS if name in groups]
        count = sum(round(one["false_alarms_per_hour"] * one["hours"]) for one in alarms)
        minutes = 60 * sum(one["hours"] for one in alarms)
        heard = f"{count} in {minutes:.0f} minutes" if alarms else DASH
        measured = [percent(row["validation"]), f"{row['threshold']:.2f}", *shares, heard]
        lines.append([row["lever"], row["left_out"], *measured])
    return markdown_table(heads, lines, texts=(0, 1)) + "\n"


def write_page(path: Path, rows: Sequence[Mapping[str, Any]], command: str) -> None:
    """Write the table, and the command that made it, into a page between its marks.

    Raises
    ------
    DataError
        If the page has no place for it, or cannot be written.
    """
    PART.write(path, f"\n    {command}\n\n{table(rows)}\n")
