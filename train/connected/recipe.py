"""Everything that decides how the model of connected digits is made, in one readable file."""

from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from train.errors import DataError
from train.toml_file import read_toml


@dataclass(frozen=True, slots=True)
class ComposeRecipe:
    """What is composed, and how often what."""

    train_strings: int
    validation_strings: int
    sentences: int
    """Sentences without a digit, read by synthetic voices."""
    longest_s: float
    """Longer sentences are cut (seconds)."""
    other_words: float
    """Share of the joined words that are no digit."""
    rooms: float
    """Share of the strings said in a room."""
    clean: float
    """Share of the strings without noise."""
    share: dict[str, float]
    """How often each kind is drawn: joined, sentences, other, noise."""


@dataclass(frozen=True, slots=True)
class FitRecipe:
    """How the network is trained."""

    steps: int
    batch: int
    window_frames: int
    learning_rate: float
    warmup_steps: int
    weight_decay: float
    label_smoothing: float
    dropout: float
    ema_momentum: float
    validate_every: int


@dataclass(frozen=True, slots=True)
class ConnectedRecipe:
    """One model."""

    seed: int
    threshold: float
    compose: ComposeRecipe
    fit: FitRecipe


def load_connected_recipe(path: Path) -> ConnectedRecipe:
    """Read a recipe.

    Raises
    ------
    DataError
        If the file cannot be read, or something in it is missing, unknown, or no figure.
    """
    try:
        values = read_toml(path)
        recipe = ConnectedRecipe(
            seed=_figure("seed", values.pop("seed"), int),
            threshold=_figure("threshold", values.pop("threshold"), float),
            compose=_section(ComposeRecipe, values.pop("compose")),
            fit=_section(FitRecipe, values.pop("fit")),
        )
        if values:
            raise TypeError(f"{next(iter(values))!r} is unknown")
        if recipe.threshold > 1:
            raise TypeError(f"'threshold' must lie between 0 and 1, not {recipe.threshold!r}")
        return recipe
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise DataError(f"The recipe {path} cannot be read: {reason}.") from error
    except KeyError as error:
        raise DataError(f"The recipe {path} does not fit: {error} is missing.") from error
    except TypeError as error:
        raise DataError(f"The recipe {path} does not fit: {error}.") from error


def _section(kind: Any, values: Any) -> Any:
    if not isinstance(values, dict):
        raise TypeError(f"{values!r} is no section with the figures of {kind.__name__}")
    known = {field.name: field.type for field in fields(kind)}
    for name in sorted(set(values) ^ set(known)):
        raise TypeError(f"{name!r} is {'missing' if name in known else 'unknown'}")
    for name, wanted in known.items():
        if wanted in (int, float):
            _figure(name, values[name], wanted)
        elif not isinstance(values[name], dict):
            raise TypeError(f"{name!r} must be a section, not {values[name]!r}")
        else:
            for key, value in values[name].items():
                _figure(f"{name}.{key}", value, float)
    return kind(**values)


def _figure(name: str, value: Any, kind: Any) -> Any:
    kinds = int if kind is int else (int, float)
    if isinstance(value, bool) or not isinstance(value, kinds) or not 0 <= value < float("inf"):
        wanted = "a whole number" if kind is int else "a number"
        raise TypeError(f"{name!r} must be {wanted}, 0 or more, not {value!r}")
    return value
