"""Reading a TOML file that somebody may have sent."""

import tomllib
from pathlib import Path
from typing import Any

LARGEST_BYTES = 16 << 10
"""No recipe is as large as this; what tomllib takes for one grows with the square of its size."""


def read_toml(path: Path) -> dict[str, Any]:
    """Read a TOML file.

    Raises
    ------
    OSError
        If it cannot be read.
    ValueError
        If it is too large, or no TOML.
    """
    with path.open("rb") as file:
        data = file.read(LARGEST_BYTES + 1)
    if len(data) > LARGEST_BYTES:
        raise ValueError(f"it is larger than {LARGEST_BYTES >> 10} kB")
    try:
        return tomllib.loads(data.decode())
    except RecursionError as error:
        raise ValueError("its lists or sections are nested too deep") from error
