"""The evaluation as tables on standard output."""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from train.evaluation.report_scores import (
    classes_table,
    confusion_table,
    summary_tables,
    thresholds_table,
)
from train.evaluation.report_tables import Table, group_details, heading, remarks, to_hear

if TYPE_CHECKING:
    from rich.console import Console


def print_report(
    result: Mapping[str, Any], *, details: bool = False, console: "Console | None" = None
) -> None:
    """Print what `train.evaluation.evaluate.evaluate` returned.

    Parameters
    ----------
    result
        The evaluation.
    details
        Also tables by word for each group, of confusions and of other thresholds, and the
        recordings that came out wrong.
    console
        Where to print; standard output by default.

    """
    from rich.console import Console

    # A pipe has no width, and lines folded at 80 columns are no table.
    out = console or Console()
    if console is None and not out.is_terminal:
        out = Console(width=200)
    _say(out, heading(result))
    for table in summary_tables(result):
        _print_table(out, table)
    if details:
        for part in _details(result):
            _print_table(out, part) if isinstance(part, Table) else _say(out, part)
    for line in remarks(result):
        _say(out, line)
    _say(out, "In brackets: 95 % confidence intervals (Wilson; exact Poisson).")


def _details(result: Mapping[str, Any]) -> Iterator[Table | str]:
    for group in result["groups"].values():
        yield from group_details(group)
        yield from _wrong(group)
    every, clips = result.get("all"), result.get("clips")
    for name, figures in (("All together", every), ("Single recordings", clips)):
        if figures and figures["classes"]:
            yield classes_table(f"{name}, by word", figures)
            yield confusion_table(f"{name}: what was taken for what", figures)
    yield from _wrong(clips or {})
    thresholds = thresholds_table(result)
    if thresholds is not None:
        yield thresholds


def _wrong(figures: Mapping[str, Any]) -> Iterator[str]:
    for row in figures.get("to_hear", ()):
        source, result, heard = to_hear(row)
        yield f"  {source}: {result}; heard {heard}"


def _print_table(out: "Console", table: Table) -> None:
    import rich.table
    from rich.markup import escape

    shown = rich.table.Table(title=escape(table.title), title_justify="left")
    for index, column in enumerate(table.columns):
        numeric = index > 0 and column not in table.words
        shown.add_column(escape(column), justify="right" if numeric else "left")
    for row in table.rows:
        shown.add_row(*map(escape, row))
    out.print(shown)
    if table.note:
        _say(out, table.note)


def _say(out: "Console", text: str) -> None:
    out.print(text, markup=False, highlight=False, soft_wrap=True)
