"""``train sweep``: a system trained with every combination of some settings."""

import argparse
import shlex
import sys
from pathlib import Path
from typing import Any

from train.commands import Commands
from train.options import add_folders, add_processes, add_words, positive


def add(commands: Commands) -> None:
    """Add the command."""
    parser = commands.add_parser(
        "sweep",
        help="try settings of a recipe",
        description="Train a system with every combination of some settings and list them by "
        "validation accuracy. Finished trainings are kept: repeat the command to go on after an "
        "interruption.",
    )
    option = parser.add_argument
    option("recipe", metavar="RECIPE", help="a system, or a TOML file of your own")
    option(
        "--set",
        dest="settings",
        type=_setting,
        nargs="+",
        action="extend",
        required=True,
        metavar="KEY=VALUES",
        help="e.g. training.learning_rate=1e-3,3e-3 network.dropout=0.1,0.3",
    )
    add_folders(parser, required=True)
    add_words(parser)
    option("--augment", action="store_true", help="learn from changed copies, too")
    option("--epochs", type=positive, metavar="N", help="at most; default: the recipe's")
    option("--json", type=Path, metavar="FILE", help="write all figures to a file")
    option(
        "--work",
        type=Path,
        default=Path("work/sweep"),
        metavar="FOLDER",
        help="keeps finished trainings; default: ./work/sweep",
    )
    option(
        "--cache",
        type=Path,
        default=Path("work/features"),
        metavar="FOLDER",
        help="keeps features; default: ./work/features",
    )
    add_processes(parser)
    option("--scheduler", metavar="ADDRESS", help="train on a Dask cluster")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Try."""
    from train.result_files import check_writable, write_json
    from train.sweep import sweep, table

    if options.json is not None:
        check_writable(options.json)
    result = sweep(
        options.recipe,
        options.settings,
        options.data,
        options.words,
        augment=options.augment,
        epochs=options.epochs,
        work=options.work,
        cache=options.cache,
        processes=options.processes,
        scheduler=options.scheduler,
        command=_command(options),
    )
    if options.json is not None:
        write_json(options.json, result)
    sys.stdout.write(table(result))
    return 0


def _command(options: argparse.Namespace) -> str:
    """Return the command that finds the same, apart from where things are kept."""
    settings = [f"{key}={_typed(values)}" for key, values in options.settings]
    parts = ["recognizer-train", "sweep", options.recipe, "--set", *settings]
    parts += ["--data", *map(str, options.data)]
    if options.words:
        parts += ["--words", *options.words]
    if options.augment:
        parts.append("--augment")
    if options.epochs is not None:
        parts += ["--epochs", str(options.epochs)]
    return shlex.join(parts)


def _typed(values: list[Any]) -> str:
    return ",".join(str(one).lower() if isinstance(one, bool) else str(one) for one in values)


def _setting(text: str) -> tuple[str, list[Any]]:
    from train.sweep import read_setting

    try:
        return read_setting(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error
