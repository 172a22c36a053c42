"""A recipe: everything that decides how a model is trained, in one readable TOML file."""

from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from train.errors import DataError
from train.toml_file import read_toml


@dataclass(frozen=True, slots=True)
class PrepareRecipe:
    """How much is composed."""

    train_streams: int
    validation_streams: int
    sentences: int
    vocabulary: int


@dataclass(frozen=True, slots=True)
class FitRecipe:
    """How the network is trained."""

    steps: int
    batch: int
    learning_rate: float
    warmup_steps: int
    weight_decay: float
    label_smoothing: float
    dropout: float
    ema_momentum: float
    validate_every: int
    patience: int
    share: dict[str, float]
    vocabulary_share: float
    """Share of a batch drawn from the words that are no keyword, word by word."""
    word_loss: float
    """Weight of telling all words apart, beside telling the keywords."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """One system."""

    name: str
    seed: int
    prepare: PrepareRecipe
    fit: FitRecipe
    threshold: float


def load_recipe(path: Path) -> Recipe:
    """Read a recipe.

    Raises
    ------
    DataError
        If the file cannot be read, something in it is missing or unknown, or no figure.
    """
    try:
        values = read_toml(path)
        return Recipe(
            name=path.stem,
            seed=_number("seed", values["seed"], int),
            prepare=_section(PrepareRecipe, values["prepare"]),
            fit=_section(FitRecipe, values["fit"]),
            threshold=_threshold(values["decision"]),
        )
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise DataError(f"The recipe {path} cannot be read: {reason}.") from error
    except KeyError as error:
        raise DataError(f"The recipe {path} does not fit: {error} is missing.") from error
    except TypeError as error:
        raise DataError(f"The recipe {path} does not fit: {error}.") from error


def is_composed(recipe: str) -> bool:
    """Whether a recipe, named or a file, is trained on composed streams as the digits are."""
    if recipe == "digits":
        return True
    try:
        values = read_toml(Path(recipe))
    except (OSError, ValueError):
        # The name of a system, or nothing: `train.systems.recipe.load_system` says what is wrong.
        return False
    return "features" not in values and {"prepare", "fit"} <= set(values)


def _section(kind: Any, values: Any) -> Any:
    if not isinstance(values, dict):
        raise TypeError(f"{values!r} is no section with the figures of {kind.__name__}")
    known = {field.name: field.type for field in fields(kind)}
    for name in sorted(set(values) ^ set(known)):
        raise TypeError(f"{name!r} is {'missing' if name in known else 'unknown'}")
    for name, wanted in known.items():
        if wanted in (int, float):
            _number(name, values[name], wanted)
    if kind is FitRecipe:
        _check_shares(values["share"])
    return kind(**values)


def _threshold(decision: Any) -> float:
    if not isinstance(decision, dict):
        raise TypeError(f"{decision!r} is no section with the threshold")
    value = float(_number("threshold", decision["threshold"], float))
    if value > 1:
        raise TypeError(f"'threshold' must lie between 0 and 1, not {value!r}")
    return value


def _number(name: str, value: Any, kind: Any) -> Any:
    """Return a figure as it is written, unless it is none."""
    kinds = int if kind is int else (int, float)
    if isinstance(value, bool) or not isinstance(value, kinds) or not 0 <= value < float("inf"):
        wanted = "a whole number" if kind is int else "a number"
        raise TypeError(f"{name!r} must be {wanted}, 0 or more, not {value!r}")
    return value


def _check_shares(shares: Any) -> None:
    if not isinstance(shares, dict):
        raise TypeError(f"'share' must be a section, not {shares!r}")
    for label, share in shares.items():
        _number(f"share.{label}", share, float)
    if sum(shares.values()) > 1:
        raise TypeError("the shares of a batch come to more than 1")
