"""Command line options that several training commands have."""

import argparse
import os
from pathlib import Path

DIGITS_RECIPE = Path(__file__).parent / "recipes" / "digits.toml"
"""How the model that ships is made."""


def add_data(parser: argparse.ArgumentParser) -> None:
    """Add ``--data``, ``--work`` and ``--processes``."""
    parser.add_argument("--data", type=Path, help="the recordings; default: KEYWORD_DATA")
    parser.add_argument("--work", type=Path, default=Path("work"), help="default: ./work")
    add_processes(parser)


def add_folders(
    parser: argparse.ArgumentParser,
    *,
    help: str = "corpora, or folders with a folder for each word",
    required: bool = False,
) -> None:
    """Add ``--data`` for any number of folders; None where none is given."""
    parser.add_argument(
        "--data",
        type=Path,
        nargs="+",
        action="extend",
        required=required,
        metavar="FOLDER",
        help=help,
    )


def add_words(parser: argparse.ArgumentParser) -> None:
    """Add ``--words``; None where all are meant."""
    parser.add_argument(
        "--words", nargs="+", action="extend", metavar="WORD", help="default: all that are in it"
    )


def add_processes(parser: argparse.ArgumentParser) -> None:
    """Add ``--processes``."""
    parser.add_argument(
        "--processes", type=positive, default=os.cpu_count() or 1, help="default: one a core"
    )


def data_folder(options: argparse.Namespace) -> Path:
    """Return the folder of the recordings that ``--data`` or the environment names."""
    from train.corpora import default_data_folder

    given: Path | None = options.data
    return given or default_data_folder()


def positive(text: str) -> int:
    """Read a whole number from 1 on.

    Raises
    ------
    argparse.ArgumentTypeError
        If it is none.
    """
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError(f"must be 1 or more, not {text!r}")
    return value


def share(text: str) -> float:
    """Read a number from 0 to 1.

    Raises
    ------
    argparse.ArgumentTypeError
        If it is none.
    """
    value = float(text)
    if not 0 <= value <= 1:
        raise argparse.ArgumentTypeError(f"must be a number from 0 to 1, not {text!r}")
    return value
