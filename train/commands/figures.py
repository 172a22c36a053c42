"""``train figures``: pictures of recordings, of a training, of a trained network."""

import argparse
import sys
from pathlib import Path

from train.commands import Commands
from train.options import add_folders

MOST_NAMED = 20
"""Unreadable recordings that are named; the rest are counted."""


def add(commands: Commands) -> None:
    """Add the command."""
    parser = commands.add_parser(
        "figures", help="draw recordings, a training, a trained network, as pictures"
    )
    option = parser.add_argument
    option(
        "trained",
        nargs="?",
        type=Path,
        metavar="RUN|MODEL",
        help="a run folder of `train fit`, or a model file",
    )
    add_folders(
        parser,
        help="the recordings: corpora, or folders with a folder for each word; default: the run's",
    )
    option("--out", type=Path, default=Path("figures"), help="default: ./figures")
    option(
        "--only",
        nargs="+",
        action="extend",
        default=[],
        metavar="NAME",
        help="only these figures; see --list",
    )
    option("--list", action="store_true", help="list the figures, and draw none")
    option("--evaluation", type=Path, metavar="FILE", help="what `train evaluate --json` wrote")
    option("--seed", type=int, default=0, metavar="N", help="chooses which recordings are shown")
    parser.set_defaults(run=run, wrong=parser.error)


def run(options: argparse.Namespace) -> int:
    """Draw; 1 also when a figure that was asked for by name was left out."""
    from train.figures.registry import FIGURES

    names = [figure.name for figure in FIGURES]
    for name in options.only:
        if name not in names:
            options.wrong(f"argument --only: {name!r} is none of {', '.join(names)}")
    if options.seed < 0:
        options.wrong(f"argument --seed: must be 0 or more, not {options.seed}")
    if options.list:
        _list()
        return 0
    from train.figures.draw import Drawn, draw_figures
    from train.figures.material import gather

    chosen = [figure for figure in FIGURES if not options.only or figure.name in options.only]
    material = gather(options.trained, options.data or [], options.evaluation, seed=options.seed)
    drawn = Drawn()
    try:
        draw_figures(chosen, material, options.out, drawn)
    finally:
        for path in drawn.files:
            sys.stdout.write(f"{path}\n")
    for name, reason in drawn.left_out.items():
        _say(f"left out {name}: {reason}")
    unreadable = list(material.recordings.unreadable.values())
    for reason in unreadable[:MOST_NAMED]:
        _say(f"left out a recording: {reason}")
    if len(unreadable) > MOST_NAMED:
        _say(f"left out {len(unreadable) - MOST_NAMED} more recordings.")
    wanted = set(options.only) & set(drawn.left_out)
    return 1 if wanted or not drawn.files else 0


def _list() -> None:
    from train.figures.registry import FIGURES

    width = max(len(figure.name) for figure in FIGURES)
    for figure in FIGURES:
        needs = f" Needs: {' and '.join(figure.needs)}." if figure.needs else ""
        sys.stdout.write(f"{figure.name:{width}}  {figure.shows}{needs}\n")


def _say(text: str) -> None:
    from train.console import console

    console.print(text, markup=False, highlight=False, soft_wrap=True)
