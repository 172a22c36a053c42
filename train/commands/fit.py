"""``train fit``: a system trained on your recordings, with everything kept in a run folder."""

import argparse
from pathlib import Path

from train.commands import Commands
from train.options import add_folders, add_processes, add_words, positive

RUNS = Path("runs")

_NOT_FOR_DIGITS = ("words", "augment", "resume", "epochs", "scheduler", "corrections")
_NOT_WITH_FROM = ("augment", "resume", "epochs", "scheduler")


def add(commands: Commands) -> None:
    """Add the command."""
    parser = commands.add_parser(
        "fit",
        help="train a system on your recordings",
        description="Train a system and keep everything about it in a run folder. What is killed "
        "in the middle goes on with --resume.",
    )
    option = parser.add_argument
    option(
        "recipe", metavar="RECIPE", help="a system (simple-cnn …), your own TOML file, or digits"
    )
    add_folders(parser)
    add_words(parser)
    option("--out", type=Path, metavar="FOLDER", help="the run folder; default: runs/RECIPE")
    option("--from", dest="base", type=Path, metavar="MODEL", help="begin with a model's weights")
    option("--keep", action="store_true", help="with --from: also keep the words it knows")
    option("--augment", action="store_true", help="learn from changed copies, too")
    option("--epochs", type=positive, metavar="N", help="at most; default: the recipe's")
    again = parser.add_mutually_exclusive_group()
    again.add_argument("--resume", action="store_true", help="go on where it was interrupted")
    again.add_argument("--force", action="store_true", help="train again where there is a run")
    mine = parser.add_mutually_exclusive_group()
    mine.add_argument(
        "--corrections",
        type=Path,
        metavar="FOLDER",
        help="what you corrected in the window; default: where the window keeps it",
    )
    mine.add_argument("--no-corrections", action="store_true", help="leave that out")
    option("--work", type=Path, default=Path("work"), help="keeps features; default: ./work")
    add_processes(parser)
    option("--scheduler", metavar="ADDRESS", help="make the features on a Dask cluster")
    parser.set_defaults(run=run, wrong=parser.error)


def run(options: argparse.Namespace) -> int:
    """Train."""
    if options.base is not None:
        _refuse(options, _NOT_WITH_FROM, "--from")
        return _teach(options)
    from train.recipe import is_composed

    if is_composed(options.recipe):
        _refuse(options, _NOT_FOR_DIGITS, f"the recipe {options.recipe}")
        return _fit_composed(options)
    if options.keep:
        options.wrong("argument --keep: only with --from")
    from train.systems.command import fit

    if not options.data and not options.resume:
        options.wrong("the following arguments are required: --data")
    return fit(options, out=options.out or RUNS / _name(options))


def _teach(options: argparse.Namespace) -> int:
    """Teach words to the network of a model that is there."""
    from train.errors import DataError
    from train.systems.command import corrections_folder
    from train.teach import teach_words

    if not options.data:
        options.wrong("the following arguments are required: --data")
    out = options.out or RUNS / Path(options.recipe).stem
    model = out / "model.tflite"
    if not options.force and (model.exists() or (out / "run.json").exists()):
        raise DataError(
            f"There is a model in {out}, or a run; name another folder with --out, or do it again "
            "with --force."
        )
    return teach_words(
        options.data,
        options.words,
        options.base,
        model,
        run=out,
        processes=options.processes,
        seed=0,
        corrections=corrections_folder(options),
        keep=options.keep,
    )


def _fit_composed(options: argparse.Namespace) -> int:
    """Train the model that ships, into a run folder."""
    import sys

    from train.corpora import default_data_folder
    from train.errors import DataError
    from train.evaluation.report import print_report
    from train.model import make_model
    from train.options import DIGITS_RECIPE

    path = DIGITS_RECIPE if options.recipe == "digits" else Path(options.recipe)
    data = options.data or [default_data_folder()]
    if len(data) > 1:
        raise DataError(
            f"The recipe {options.recipe} takes one folder that holds all corpora, not {len(data)}."
        )
    out = options.out or RUNS / path.stem
    model = out / "model.tflite"
    if model.exists() and not options.force:
        raise DataError(
            f"There is a finished model in {out}; name another folder with --out, or do it again "
            "with --force."
        )
    out.mkdir(parents=True, exist_ok=True)
    result = make_model(
        path,
        data[0],
        options.work,
        model,
        processes=options.processes,
        resume=not options.force,
    )
    print_report(result, details=False)
    sys.stdout.write(f"Try it with: recognizer --model {model}\n")
    return 0


def _name(options: argparse.Namespace) -> str:
    from train.systems.recipe import AUGMENTED, split_name

    name, augment = split_name(options.recipe)
    return Path(name).stem + (AUGMENTED if augment or options.augment else "")


def _refuse(options: argparse.Namespace, names: tuple[str, ...], what: str) -> None:
    for name in names:
        if getattr(options, name):
            options.wrong(f"argument --{name.replace('_', '-')}: not with {what}")
