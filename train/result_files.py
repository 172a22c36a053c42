"""Figures written to files: whole, or as they were before."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from train.errors import DataError
from train.systems.checkpoint import whole_file


def check_writable(path: Path) -> None:
    """Refuse a file that could not be written, before the work that it is to hold.

    Raises
    ------
    DataError
        If it is a folder, or its folder is missing.
    """
    if path.is_dir():
        raise DataError(f"Cannot write {path}: it is a folder; name a file in it.")
    if not path.parent.is_dir():
        raise DataError(f"Cannot write {path}: there is no folder {path.parent}.")


def make_folder(path: Path) -> None:
    """Make a folder where there is none.

    Raises
    ------
    DataError
        If it cannot be made.
    """
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise DataError(f"Cannot make the folder {path}: {error.strerror or error}.") from error


def write_text(path: Path, text: str) -> None:
    """Write a text file in UTF-8, in one step.

    Raises
    ------
    DataError
        If it cannot be written.
    """
    try:
        if path.parent == Path("/dev") or (path.exists() and not path.is_file()):
            # A terminal or a pipe is written to, not replaced.
            path.write_text(text, encoding="utf-8")
            return
        with whole_file(path.resolve()) as partial:
            partial.write_text(text, encoding="utf-8")
    except OSError as error:
        raise DataError(f"Cannot write {path}: {error.strerror or error}.") from error


def write_json(path: Path, result: Mapping[str, Any]) -> None:
    """Write all figures to a file.

    Raises
    ------
    DataError
        If it cannot be written.
    """
    write_text(path, json.dumps(result, indent=1) + "\n")
