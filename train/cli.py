"""The command line of training: ``python -m train`` or ``recognizer-train``."""

import argparse
import os
import sys
from collections.abc import Callable
from pathlib import Path

from recognizer import __version__
from recognizer.errors import RecognizerError

_RECIPE = Path(__file__).parent / "recipes" / "digits.toml"


def main(argv: list[str] | None = None) -> int:
    """Run one training command.

    Parameters
    ----------
    argv
        The arguments; None takes the process's own.

    Returns
    -------
    int
        Exit status: 0; 1 when something a user can mend is missing; 2 for a wrong command
        line; 130 when interrupted.
    """
    arguments = sys.argv[1:] if argv is None else argv
    # The measuring bench has options of its own and prints its own help.
    if arguments[:1] == ["evaluate"]:
        return _guarded(lambda: _evaluate(arguments[1:]))
    options = _parser().parse_args(arguments)
    run: Callable[[argparse.Namespace], int] = options.run
    return _guarded(lambda: run(options))


def _guarded(run: Callable[[], int]) -> int:
    try:
        return run()
    except RecognizerError as error:
        sys.stderr.write(f"recognizer-train: {error}\n")
        return 1
    except ModuleNotFoundError as error:
        sys.stderr.write(
            f"recognizer-train: Training needs {error.name}; install it with "
            "`pip install 'keyword-recognizer[train]'`.\n"
        )
        return 1
    except OSError as error:
        named = f"{error.filename}: " if error.filename else ""
        sys.stderr.write(f"recognizer-train: {named}{error.strerror or error}.\n")
        return 1
    except KeyboardInterrupt:
        sys.stderr.write("recognizer-train: interrupted; what is finished is kept.\n")
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="recognizer-train", description="Train and measure the recognizer's model."
    )
    parser.add_argument("--version", action="version", version=f"%(prog)s {__version__}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    model = commands.add_parser("model", help="everything: from recordings to the model file")
    _add_data(model)
    model.add_argument("--recipe", type=Path, default=_RECIPE, help="default: the digits")
    model.add_argument("--out", type=Path, help="the model file; default: the one that ships")
    model.add_argument("--fresh", action="store_true", help="redo steps the work folder holds")
    model.set_defaults(run=_model)

    align = commands.add_parser("align", help="find the words' boundaries in running speech")
    _add_data(align)
    align.set_defaults(run=_align)

    synthesize = commands.add_parser("synthesize", help="make the synthetic voices")
    _add_data(synthesize)
    synthesize.set_defaults(run=_synthesize)

    commands.add_parser("evaluate", help="measure a model on held-out speakers")
    return parser


def _add_data(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--data", type=Path, help="the recordings; default: KEYWORD_DATA")
    parser.add_argument("--work", type=Path, default=Path("work"), help="default: ./work")
    parser.add_argument(
        "--processes", type=_positive, default=os.cpu_count() or 1, help="default: one a core"
    )


def _positive(text: str) -> int:
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError(f"must be 1 or more, not {text!r}")
    return value


def _data(options: argparse.Namespace) -> Path:
    from train.corpora import default_data_folder

    given: Path | None = options.data
    return given or default_data_folder()


def _evaluate(arguments: list[str]) -> int:
    from train.evaluate import main as evaluate

    return evaluate(arguments)


def _model(options: argparse.Namespace) -> int:
    from recognizer.model_file import default_model_path
    from train.model import make_model
    from train.report import print_report

    out = options.out or default_model_path()
    result = make_model(
        options.recipe,
        _data(options),
        options.work,
        out,
        processes=options.processes,
        resume=not options.fresh,
    )
    print_report(result, details=False)
    return 0


def _align(options: argparse.Namespace) -> int:
    from train.align import align
    from train.console import console

    out = options.work / "alignments.json"
    out.parent.mkdir(parents=True, exist_ok=True)
    summary = align(_data(options), out, processes=options.processes, console=console)
    console.print(f"{summary.aligned} utterances, {summary.words} words: {out}")
    for skipped in summary.skipped:
        console.print(f"left out: {skipped}")
    return 0


def _synthesize(options: argparse.Namespace) -> int:
    from train.console import console
    from train.recipe import load_recipe
    from train.sentences import read_aloud
    from train.synthesize import synthesize
    from train.vocabulary import DIGITS

    clips = synthesize(options.work / "synthetic", processes=options.processes, console=console)
    console.print(f"{len(clips)} clips: {options.work / 'synthetic'}")
    count = load_recipe(_RECIPE).prepare.sentences
    folder = options.work / "readings"
    readings = read_aloud(folder, DIGITS, count=count, processes=options.processes, console=console)
    console.print(f"{len(readings)} sentences: {folder}")
    return 0
