"""Files that are there whole or not at all; who cannot write one is told which and why."""

from pathlib import Path

from recognizer import files
from train.errors import DataError


def replace_file(path: Path, data: bytes | str) -> None:
    """Write a file in one step: there is the old one or the whole new one.

    Raises
    ------
    DataError
        If it cannot be written.
    """
    try:
        files.replace_file(path, data)
    except OSError as error:
        raise DataError(f"{path} cannot be written: {error.strerror or error}.") from error
