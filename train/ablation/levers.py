"""The parts of the digits' recipe that can be left out, one at a time."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from train.errors import DataError
from train.recipe import Recipe


@dataclass(frozen=True, slots=True)
class Lever:
    """Something of a recipe."""

    name: str
    """What ``--lever`` calls it."""
    left_out: str
    """What a recipe without it has in its place."""
    without: Callable[[Recipe], Recipe]
    """Returns a recipe without it."""


def _prepare(**figures: Any) -> Callable[[Recipe], Recipe]:
    return lambda recipe: replace(recipe, prepare=replace(recipe.prepare, **figures))


def _compose(**shares: float) -> Callable[[Recipe], Recipe]:
    return lambda recipe: replace(recipe, compose=replace(recipe.compose, **shares))


def _fit(**figures: Any) -> Callable[[Recipe], Recipe]:
    return lambda recipe: replace(recipe, fit=replace(recipe.fit, **figures))


def _near_words(recipe: Recipe) -> Recipe:
    without = _compose(near=0.0)(recipe)
    return _prepare(near_clips=recipe.prepare.other_clips)(without)


def _voices(recipe: Recipe) -> Recipe:
    silent = dict.fromkeys(
        ("sentences", "vocabulary", "digit_clips", "near_clips", "other_clips", "accented_clips"), 0
    )
    return _prepare(**silent)(_compose(near=0.0)(recipe))


WHOLE = Lever("nothing", "the recipe as it is", lambda recipe: recipe)
"""What all others are compared with."""

LEVERS = (
    Lever("voices", "no synthetic voices: only what people recorded", _voices),
    Lever("accents", "no voices of other languages", _prepare(accented_clips=0)),
    Lever("near", "near words as seldom as all others", _near_words),
    Lever("telephone", "no telephone", _compose(telephone=0.0)),
    Lever("speech", "no running speech, but for pieces of it", _compose(speech=0.0)),
    Lever("glued", "no keywords within longer words", _compose(glued=0.0)),
    Lever("words", "words that are no keyword are not told apart", _fit(word_loss=0.0)),
    Lever("average", "the last weights, no average", _fit(ema_momentum=0.0)),
    Lever("rounds", "the first stage alone, and so no hard negatives", _fit(rounds=())),
    Lever(
        "blanks",
        "no blanked stripes, no shifted bands",
        _fit(blank_stripes=0, shifted_bands=0),
    ),
    Lever(
        "seed",
        "the recipe as it is, from another seed: what chance does",
        lambda recipe: replace(recipe, seed=recipe.seed + 1),
    ),
)
"""In the order of the table. The last one leaves nothing out: what the others gain or lose is to be
held against it."""


def chosen(names: Sequence[str]) -> tuple[Lever, ...]:
    """Return the levers of these names; all where none is named.

    Raises
    ------
    DataError
        If there is none of a name.
    """
    known = {lever.name: lever for lever in LEVERS}
    for name in names:
        if name not in known:
            raise DataError(f"There is no lever {name!r}; there are {', '.join(known)}.")
    return tuple(lever for lever in LEVERS if not names or lever.name in names)
