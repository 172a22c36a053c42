"""Reading recipes that are trained on what is composed: sections of figures, and what is wrong."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import fields
from pathlib import Path
from typing import Any

from train.errors import DataError


@contextmanager
def mistakes_in(path: Path) -> Iterator[None]:
    """Make a sentence of what is wrong with a recipe.

    Raises
    ------
    DataError
        If the file cannot be read, or something in it is missing, unknown, or no figure: from
        OSError and ValueError, KeyError, and TypeError.
    """
    try:
        yield
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise DataError(f"The recipe {path} cannot be read: {reason}.") from error
    except KeyError as error:
        raise DataError(f"The recipe {path} does not fit: {error} is missing.") from error
    except TypeError as error:
        raise DataError(f"The recipe {path} does not fit: {error}.") from error


def read_section(kind: Any, values: Any, *, shares: Callable[[str, Any], None]) -> Any:
    """Return a section as its dataclass.

    Parameters
    ----------
    kind
        A dataclass, whose fields are figures but for those that hold shares.
    values
        What the file has.
    shares
        Checks a section of shares, given its name and values; may raise TypeError.

    Raises
    ------
    TypeError
        If something is missing, unknown, or no figure.
    """
    if not isinstance(values, dict):
        raise TypeError(f"{values!r} is no section with the figures of {kind.__name__}")
    known = {field.name: field.type for field in fields(kind)}
    for name in sorted(set(values) ^ set(known)):
        raise TypeError(f"{name!r} is {'missing' if name in known else 'unknown'}")
    for name, wanted in known.items():
        if wanted in (int, float):
            read_figure(name, values[name], wanted)
    for name, wanted in known.items():
        if wanted not in (int, float):
            shares(name, values[name])
    return kind(**values)


def read_shares(name: str, values: Any) -> None:
    """Check a section of shares.

    Raises
    ------
    TypeError
        If it is none, or one of them is no figure.
    """
    if not isinstance(values, dict):
        raise TypeError(f"{name!r} must be a section, not {values!r}")
    for label, share in values.items():
        read_figure(f"{name}.{label}", share, float)


def read_figure(name: str, value: Any, kind: Any) -> Any:
    """Return a figure as it is written.

    Raises
    ------
    TypeError
        If it is none of its kind (int or float), or below 0.
    """
    kinds = int if kind is int else (int, float)
    if isinstance(value, bool) or not isinstance(value, kinds) or not 0 <= value < float("inf"):
        wanted = "a whole number" if kind is int else "a number"
        raise TypeError(f"{name!r} must be {wanted}, 0 or more, not {value!r}")
    return value


def read_threshold(value: Any) -> Any:
    """Return a threshold as it is written.

    Raises
    ------
    TypeError
        If it is no figure, or not between 0 and 1.
    """
    if read_figure("threshold", value, float) > 1:
        raise TypeError(f"'threshold' must lie between 0 and 1, not {value!r}")
    return value
