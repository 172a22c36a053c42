"""Everything that decides how the model of connected digits is made, in one readable file."""

from dataclasses import dataclass
from pathlib import Path

from train.recipe_sections import (
    mistakes_in,
    read_figure,
    read_section,
    read_shares,
    read_threshold,
)
from train.toml_file import read_toml


@dataclass(frozen=True, slots=True)
class ComposeRecipe:
    """What is composed, and how often what."""

    train_strings: int
    validation_strings: int
    sentences: int
    """Sentences without a digit, read by synthetic voices."""
    digit_clips: int
    """How often synthetic voices say each digit."""
    accented_clips: int
    """How often those of other languages do: `train.accents`."""
    longest_s: float
    """Longer sentences are cut (seconds)."""
    other_words: float
    """Share of the joined words that are no digit."""
    rooms: float
    """Share of the strings said in a room."""
    clean: float
    """Share of the strings without noise."""
    telephone: float
    """Share of the others that are heard over a telephone."""
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
    with mistakes_in(path):
        values = read_toml(path)
        recipe = ConnectedRecipe(
            seed=read_figure("seed", values.pop("seed"), int),
            threshold=read_threshold(values.pop("threshold")),
            compose=read_section(ComposeRecipe, values.pop("compose"), shares=read_shares),
            fit=read_section(FitRecipe, values.pop("fit"), shares=read_shares),
        )
        if values:
            raise TypeError(f"{next(iter(values))!r} is unknown")
        return recipe
