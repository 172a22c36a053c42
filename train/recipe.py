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
class Round:
    """A later stage of a training, which starts from the mean of those before it."""

    steps: int
    rate: float
    """Its highest learning rate, as a share of the first stage's."""
    mined: float
    """Share of its batches that is drawn from hard negatives: `train.mining`; 0 for none."""


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
    mix: float
    """Share of a round's weights in their mean with those that it started from."""
    mined_part: float
    """Share of the windows without a keyword that is taken for hard."""
    word_loss: float
    """Weight of telling all words apart, beside telling the keywords."""
    rounds: tuple[Round, ...]
    """What comes behind the first stage; may be left out."""

    @property
    def all_steps(self) -> int:
        """Steps of all stages."""
        return self.steps + sum(one.steps for one in self.rounds)


@dataclass(frozen=True, slots=True)
class DecisionRecipe:
    """How the threshold is chosen: `train.threshold`."""

    other_words: float
    """Share of the validation speakers' other words that may pass it."""
    step: float
    """It is a multiple of this."""
    draws: int
    """So many draws of order, gaps and levels are counted together."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """One system."""

    name: str
    seed: int
    prepare: PrepareRecipe
    compose: Shares
    fit: FitRecipe
    decision: DecisionRecipe


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
            fit=read_section(
                FitRecipe, _with_rounds(values["fit"]), shares=_check_shares_or_rounds
            ),
            decision=_decision(values["decision"]),
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


def _decision(values: Any) -> DecisionRecipe:
    one: DecisionRecipe = read_section(DecisionRecipe, values, shares=_check_shares)
    if one.other_words > 1:
        raise TypeError(f"'other_words' must be a share, 1 at most, not {one.other_words}")
    if not 0.01 <= one.step <= 0.5:
        raise TypeError(f"'step' must lie between 0.01 and 0.5, not {one.step}")
    if one.draws == 0:
        raise TypeError("'draws' must be 1 or more, not 0")
    return one


def _with_rounds(fit: Any) -> Any:
    """Return a section whose rounds are read; what is no list of rounds is left as it is."""
    if not isinstance(fit, dict) or not isinstance(fit.get("rounds", []), list):
        return fit
    rounds = tuple(_round(one) for one in fit.get("rounds", []))
    return {**fit, "rounds": rounds}


def _round(values: Any) -> Round:
    one: Round = read_section(Round, values, shares=_check_shares)
    if one.steps == 0:
        raise TypeError("a round has no steps")
    if one.mined > 1:
        raise TypeError(f"'mined' must be a share of a batch, 1 at most, not {one.mined}")
    return one


def _check_shares_or_rounds(name: str, value: Any) -> None:
    if name != "rounds":
        _check_shares(name, value)
    elif not isinstance(value, tuple):
        raise TypeError(f"{name!r} must be sections, [[fit.rounds]], not {value!r}")


def _check_shares(name: str, shares: Any) -> None:
    read_shares(name, shares)
    if sum(shares.values()) > 1:
        raise TypeError("the shares of a batch come to more than 1")
