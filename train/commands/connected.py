"""``train connected``: the model of digits in a row, made and measured."""

import argparse
from pathlib import Path

from train.commands import Commands
from train.options import add_data, data_folder, share

RECIPE = Path(__file__).parents[1] / "recipes" / "connected.toml"
"""How the model that ships is made."""


def add(commands: Commands) -> None:
    """Add the command."""
    parser = commands.add_parser(
        "connected",
        help="digits in a row without pauses: fit or evaluate their model",
        description="The model behind `recognizer --cli --connected`.",
    )
    steps = parser.add_subparsers(required=True, metavar="STEP")
    fit = steps.add_parser("fit", help="from the recordings to the model file")
    add_data(fit)
    fit.add_argument("--recipe", type=Path, default=RECIPE, help="default: the digits")
    fit.add_argument("--out", type=Path, help="the model file; default: the one that ships")
    fit.set_defaults(run=run_fit)
    evaluate = steps.add_parser("evaluate", help="digit error rate on people never heard")
    option = evaluate.add_argument
    option("model", nargs="?", type=Path, metavar="MODEL", help="default: the one that ships")
    option("--data", type=Path, help="the recordings; default: KEYWORD_DATA")
    option("--threshold", type=share, help="another threshold than the model's own")
    option("--validation", action="store_true", help="on the speakers that may be chosen by")
    option("--peer", action="store_true", help="measure PocketSphinx with a digit loop, too")
    option("--details", action="store_true", help="also each string that is wrong")
    option("--json", type=Path, metavar="FILE", help="write all figures to a file")
    evaluate.set_defaults(run=run_evaluate)


def run_fit(options: argparse.Namespace) -> int:
    """Make the model."""
    from recognizer.connected.model import default_connected_path
    from train.connected.make import make_connected
    from train.connected.report import lines

    result = make_connected(
        options.recipe,
        data_folder(options),
        options.work,
        options.out or default_connected_path(),
        processes=options.processes,
    )
    _print(lines(result))
    return 0


def run_evaluate(options: argparse.Namespace) -> int:
    """Measure a model."""
    from train.connected.measure import evaluate_connected
    from train.connected.report import lines, wrong_lines
    from train.result_files import check_writable, write_json

    if options.json is not None:
        check_writable(options.json)
    result = evaluate_connected(
        options.model,
        data_folder(options),
        threshold=options.threshold,
        validation=options.validation,
        peer=options.peer,
    )
    if options.json is not None:
        write_json(options.json, result)
    _print(lines(result))
    if options.details:
        _print(wrong_lines(result))
    return 0


def _print(lines: list[str]) -> None:
    import sys

    sys.stdout.writelines(f"{line}\n" for line in lines)
