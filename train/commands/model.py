"""``train model``: from the recordings to the model that ships, in one command."""

import argparse
from pathlib import Path

from train.commands import Commands
from train.options import DIGITS_RECIPE, add_data, data_folder


def add(commands: Commands) -> None:
    """Add the command."""
    parser = commands.add_parser("model", help="everything: from recordings to the model file")
    add_data(parser)
    parser.add_argument("--recipe", type=Path, default=DIGITS_RECIPE, help="default: the digits")
    parser.add_argument("--out", type=Path, help="the model file; default: the one that ships")
    parser.add_argument("--fresh", action="store_true", help="redo steps the work folder holds")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Make the model."""
    from recognizer.model_file import default_model_path
    from train.evaluation.report import print_report
    from train.model import make_model

    out = options.out or default_model_path()
    result = make_model(
        options.recipe,
        data_folder(options),
        options.work,
        out,
        processes=options.processes,
        resume=not options.fresh,
    )
    print_report(result, details=False)
    return 0
