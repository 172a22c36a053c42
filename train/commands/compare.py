"""``train compare``: systems on the same recordings and the same divisions, in one table."""

import argparse
import shlex
import sys
from pathlib import Path

from train.commands import Commands
from train.options import add_folders, add_processes, add_words, positive


def add(commands: Commands) -> None:
    """Add the command."""
    parser = commands.add_parser(
        "compare",
        help="train systems on the same data and print one table",
        description="Train systems on the same divisions of the same recordings, by chance and "
        "with speakers held out, and print one table. Finished trainings are kept: repeat the "
        "command to go on after an interruption.",
    )
    option = parser.add_argument
    option(
        "recipes",
        nargs="*",
        metavar="RECIPE",
        help="systems (simple-cnn, spectrogram-lstm+augment …), or TOML files of your own",
    )
    add_folders(parser, required=True)
    add_words(parser)
    option(
        "--model",
        type=Path,
        action="append",
        default=[],
        metavar="FILE",
        help="also a model that is trained already; repeatable",
    )
    option(
        "--random-splits",
        type=_count,
        default=1,
        metavar="N",
        help="divisions by chance; default: 1, and 0 for none",
    )
    option(
        "--folds",
        type=_groups,
        metavar="N",
        help="groups of speakers held out in turn; default: one each speaker up to ten, else 5, "
        "and 0 for none",
    )
    option("--epochs", type=positive, metavar="N", help="at most; default: each recipe's")
    option("--seed", type=_count, default=7, help="of the divisions by chance; default: 7")
    option("--json", type=Path, metavar="FILE", help="write all figures to a file")
    option("--markdown", type=Path, metavar="FILE", help="write the table into a page")
    option(
        "--work",
        type=Path,
        default=Path("work/compare"),
        metavar="FOLDER",
        help="keeps finished trainings; default: ./work/compare",
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
    parser.set_defaults(run=run, wrong=parser.error)


def run(options: argparse.Namespace) -> int:
    """Compare."""
    from train.compare.compare import compare
    from train.compare.table import check_page, row_line, text, write_markdown
    from train.console import console
    from train.result_files import check_writable, write_json

    if not options.recipes and not options.model:
        options.wrong("name a RECIPE, or a model with --model")
    if options.json is not None:
        check_writable(options.json)
    if options.markdown is not None:
        check_page(options.markdown)
    result = compare(
        options.recipes,
        options.data,
        options.words,
        models=options.model,
        random_splits=options.random_splits,
        folds=options.folds or None,
        held_out=options.folds != 0,
        epochs=options.epochs,
        seed=options.seed,
        work=options.work,
        cache=options.cache,
        processes=options.processes,
        scheduler=options.scheduler,
        command=_command(options),
        on_row=lambda row: console.print(
            row_line(row), markup=False, highlight=False, soft_wrap=True
        ),
    )
    if options.json is not None:
        write_json(options.json, result)
    if options.markdown is not None:
        write_markdown(options.markdown, result)
    sys.stdout.write(text(result))
    return 0


def _command(options: argparse.Namespace) -> str:
    """Return the command that prints the same table, apart from where things are kept."""
    parts = ["recognizer-train", "compare", *options.recipes, "--data", *map(str, options.data)]
    if options.words:
        parts += ["--words", *options.words]
    for model in options.model:
        parts += ["--model", str(model)]
    for name, default in (("random_splits", 1), ("folds", None), ("epochs", None), ("seed", 7)):
        value = getattr(options, name)
        if value != default:
            parts += [f"--{name.replace('_', '-')}", str(value)]
    return shlex.join(parts)


def _groups(text: str) -> int:
    value = _count(text)
    if value == 1:
        raise argparse.ArgumentTypeError("with one group nobody is left to learn from")
    return value


def _count(text: str) -> int:
    value = int(text)
    if value < 0:
        raise argparse.ArgumentTypeError(f"must be 0 or more, not {text!r}")
    return value
