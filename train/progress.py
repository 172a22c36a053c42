"""How far something long is: a bar on a terminal, else a line now and then."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from train.console import console

NOTE_S = 20.0
"""How often a line tells how far it is (seconds)."""


@contextmanager
def stages() -> Iterator[Callable[[str], None]]:
    """Show what is being done, where nothing tells how far it is.

    Yields
    ------
    callable
        To be called with the title of each stage as it begins.
    """
    if not console.is_terminal:
        yield lambda title: console.print(title, markup=False, highlight=False)
        return
    with console.status("") as status:
        yield status.update


@contextmanager
def progress(title: str, total: int) -> Iterator[Callable[[], None]]:
    """Show how many of `total` pieces are done.

    Yields
    ------
    callable
        To be called after each.
    """
    if not console.is_terminal:
        done = 0
        is_noted = False
        noted_at = time.monotonic()

        def note() -> None:
            nonlocal done, noted_at, is_noted
            done += 1
            # Who has read how far it is also wants to read that it is over.
            if time.monotonic() > noted_at + NOTE_S or (is_noted and done == total):
                noted_at, is_noted = time.monotonic(), True
                console.print(f"{title}: {done} of {total}", markup=False, highlight=False)

        yield note
        return
    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    # What goes to standard output is a result, and stays there.
    with Progress(*columns, console=console, redirect_stdout=False) as bar:
        task = bar.add_task(title, total=total)
        yield lambda: bar.advance(task)
