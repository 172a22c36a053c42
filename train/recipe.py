"""A recipe: everything that decides how a model is trained, in one readable TOML file."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from train.compose import Shares
from train.recipe_sections import (
    mistakes_in,
    read_figure,
    read_section,
    read_shares,
    read_threshold,
)
from train.toml_file import read_toml


@dataclass(frozen=True, slots=True)
class PrepareRecipe:
    """How much is composed."""

    train_streams: int
    validation_streams: int
    sentences: int
    vocabulary: int
    digit_clips: int
    """How often synthetic voices say each digit."""
    other_clips: int
    """How often they say each other word of `train.vocabulary`."""
    near_clips: int
    """How often synthetic voices say each word that shares sounds with a digit."""
    accented_clips: int
    """How often synthetic voices of other languages say each digit: `train.accents`."""


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
    shifted_bands: int
    """Bands by which a window is moved up or down at most, as another vocal tract would."""
    blank_stripes: int
    """Stripes of frames, and as many of bands, that are blanked (SpecAugment)."""
    mining_steps: int
    """Steps of a second stage, in which hard negatives are drawn more often; 0 for none."""
    mining_share: float
    """Share of its batches that is drawn from them."""
    mining_rate: float
    """Its highest learning rate, as a share of the first stage's."""
    mining_mix: float
    """Share of the second stage's weights in the mean of both that ships."""
    mined_part: float
    """Share of the windows without a keyword that is taken for hard."""
    word_loss: float
    """Weight of telling all words apart, beside telling the keywords."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """One system."""

    name: str
    seed: int
    prepare: PrepareRecipe
    compose: Shares
    fit: FitRecipe
    threshold: float


def load_recipe(path: Path) -> Recipe:
    """Read a recipe.

    Raises
    ------
    DataError
        If the file cannot be read, something in it is missing or unknown, or no figure.
    """
    with mistakes_in(path):
        values = read_toml(path)
        return Recipe(
            name=path.stem,
            seed=read_figure("seed", values["seed"], int),
            prepare=read_section(PrepareRecipe, values["prepare"], shares=_check_shares),
            compose=read_section(Shares, values["compose"], shares=_check_shares),
            fit=read_section(FitRecipe, values["fit"], shares=_check_shares),
            threshold=_threshold(values["decision"]),
        )


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


def _threshold(decision: Any) -> float:
    if not isinstance(decision, dict):
        raise TypeError(f"{decision!r} is no section with the threshold")
    return float(read_threshold(decision["threshold"]))


def _check_shares(name: str, shares: Any) -> None:
    read_shares(name, shares)
    if sum(shares.values()) > 1:
        raise TypeError("the shares of a batch come to more than 1")
