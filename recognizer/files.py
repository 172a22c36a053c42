"""Files that are there whole or not at all."""

import os
from pathlib import Path


def replace_file(path: Path, data: bytes | str) -> None:
    """Write a file in one step: there is the old one or the whole new one.

    Raises
    ------
    OSError
        If it cannot be written. What was there before is still there.
    """
    temporary = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with temporary.open("wb") as file:
            file.write(data.encode() if isinstance(data, str) else data)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
