"""``train ablate``: what each part of the digits' recipe gains."""

import argparse
import shlex
import sys
from pathlib import Path

from train.commands import Commands
from train.options import DIGITS_RECIPE, add_data, data_folder, positive


def add(commands: Commands) -> None:
    """Add the command."""
    parser = commands.add_parser(
        "ablate",
        help="what each part of the recipe gains",
        description="Train the digits' recipe again without one of its parts at a time, and "
        "measure each result on the same streams. What is finished is kept in the work folder.",
    )
    add_data(parser)
    parser.add_argument("--recipe", type=Path, default=DIGITS_RECIPE, help="default: the digits")
    parser.add_argument(
        "--lever", action="append", default=[], metavar="NAME", help="only this part; repeatable"
    )
    parser.add_argument("--steps", type=positive, help="fewer steps than the recipe's")
    parser.add_argument("--streams", type=positive, help="fewer streams than the recipe's")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures to a file")
    parser.add_argument("--markdown", type=Path, metavar="FILE", help="write the table into a page")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Train, measure, print the table."""
    from train.ablation.levers import chosen
    from train.ablation.run import ablate, shortened
    from train.ablation.table import PART, table, write_page
    from train.recipe import load_recipe
    from train.result_files import check_writable, write_json

    levers = chosen(options.lever)
    recipe = shortened(load_recipe(options.recipe), options.steps, options.streams)
    if options.json is not None:
        check_writable(options.json)
    if options.markdown is not None:
        PART.check(options.markdown)
    rows = ablate(recipe, levers, data_folder(options), options.work, processes=options.processes)
    if options.json is not None:
        write_json(options.json, {"recipe": recipe.name, "rows": rows})
    if options.markdown is not None:
        write_page(options.markdown, rows, _command(options))
    sys.stdout.write(table(rows))
    return 0


def _command(options: argparse.Namespace) -> str:
    """Return what makes the same table anywhere."""
    words = ["recognizer-train", "ablate"]
    for name in ("steps", "streams"):
        if getattr(options, name) is not None:
            words += [f"--{name}", str(getattr(options, name))]
    for lever in options.lever:
        words += ["--lever", lever]
    return shlex.join(words)
