"""The command line of training: ``python -m train`` or ``recognizer-train``."""

import argparse
import sys
from collections.abc import Callable

from recognizer import __version__
from recognizer.errors import RecognizerError
from train.commands import add_all


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
    options = _parser().parse_args(argv)
    run: Callable[[argparse.Namespace], int] = options.run
    return _guarded(lambda: run(options))


def _guarded(run: Callable[[], int]) -> int:
    try:
        return run()
    except RecognizerError as error:
        sys.stderr.write(f"recognizer-train: {_printable(str(error))}\n")
        return 1
    except ModuleNotFoundError as error:
        sys.stderr.write(
            f"recognizer-train: Training needs {error.name}; install it with "
            "`pip install 'keyword-recognizer[train]'`.\n"
        )
        return 1
    except OSError as error:
        named = f"{error.filename}: " if error.filename else ""
        sys.stderr.write(f"recognizer-train: {_printable(named)}{error.strerror or error}.\n")
        return 1
    except KeyboardInterrupt:
        sys.stderr.write("recognizer-train: interrupted; what is finished is kept.\n")
        return 130


def _printable(text: str) -> str:
    """Escape what is no text: the names of files that others made may hold anything."""
    return "".join(one if one.isprintable() else repr(one)[1:-1] for one in text)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="recognizer-train",
        description="Train and measure the recognizer's model, on public recordings or your own.",
    )
    parser.add_argument("--version", action="version", version=f"%(prog)s {__version__}")
    add_all(parser.add_subparsers(required=True, metavar="COMMAND"))
    return parser
