"""``train prepare``: what a training needs, made ahead of it."""

import argparse
import sys
from pathlib import Path

from train.commands import Commands
from train.options import add_folders, add_processes, add_words


def add(commands: Commands) -> None:
    """Add the command."""
    parser = commands.add_parser(
        "prepare",
        help="make the features ahead of a training, perhaps on a cluster",
        description="Make the features that a training needs, and their augmented copies. What "
        "is finished is kept: repeat the command to go on after an interruption.",
    )
    option = parser.add_argument
    option(
        "recipe", metavar="RECIPE", help="a system (simple-cnn …), your own TOML file, or digits"
    )
    add_folders(
        parser,
        help="corpora, or folders with a folder for each word; digits: the folder of all corpora",
    )
    add_words(parser)
    option(
        "--out",
        type=Path,
        metavar="FOLDER",
        help="default: ./work/features (digits: ./work), where `train fit` looks for them",
    )
    option("--augment", action="store_true", help="also the changed copies of a training part")
    add_processes(parser)
    option("--scheduler", metavar="ADDRESS", help="make them on a Dask cluster")
    parser.set_defaults(run=run, wrong=parser.error)


def run(options: argparse.Namespace) -> int:
    """Prepare."""
    from train.recipe import is_composed

    if is_composed(options.recipe):
        for name in ("words", "augment"):
            if getattr(options, name):
                options.wrong(f"argument --{name}: not with the recipe {options.recipe}")
        return _composed(options)
    if not options.data:
        options.wrong("the following arguments are required: --data")
    from train.console import console
    from train.prepare_system import prepare_system
    from train.systems.recipe import load_system, split_name
    from train.tasks import Tasks

    name, augment = split_name(options.recipe)
    cache = options.out or Path("work/features")
    with Tasks(options.processes, options.scheduler) as tasks:
        summary = prepare_system(
            load_system(name),
            options.data,
            options.words,
            augment=augment or options.augment,
            cache=cache.absolute(),
            tasks=tasks,
        )
    for reason in summary.left_out:
        console.print(
            f"left out: {reason}", style="dim", markup=False, highlight=False, soft_wrap=True
        )
    counts = ", ".join(f"{count} for {part}" for part, count in summary.examples.items())
    sys.stdout.write(f"{cache}: examples of {len(summary.words)} words: {counts}\n")
    return 0


def _composed(options: argparse.Namespace) -> int:
    """Make the windows of a recipe like that of the model that ships."""
    from train.corpora import default_data_folder
    from train.errors import DataError
    from train.options import DIGITS_RECIPE
    from train.prepare_digits import begin, prepare_digits
    from train.recipe import load_recipe

    data = options.data or [default_data_folder()]
    if len(data) > 1:
        raise DataError(
            f"The recipe {options.recipe} takes one folder that holds all corpora, not {len(data)}."
        )
    path = DIGITS_RECIPE if options.recipe == "digits" else Path(options.recipe)
    recipe = load_recipe(path)
    out = options.out or Path("work")
    begin(out, recipe, resume=True)
    parts = prepare_digits(
        recipe, data[0], out, processes=options.processes, scheduler=options.scheduler
    )
    train, validation = (len(part.labels) for part in parts)
    sys.stdout.write(f"{out}: windows: {train} for train, {validation} for validation\n")
    return 0
