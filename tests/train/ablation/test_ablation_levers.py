from dataclasses import asdict

import pytest

from train.ablation.levers import LEVERS, WHOLE, chosen
from train.errors import DataError
from train.model import RECIPES
from train.recipe import load_recipe


@pytest.fixture(scope="module")
def recipe():
    return load_recipe(RECIPES / "digits.toml")


def changed(before, after):
    """Return what differs, by section and name."""
    return {
        f"{section}.{name}"
        for section in ("prepare", "compose", "fit")
        for name, value in asdict(before)[section].items()
        if asdict(after)[section][name] != value
    }


def test_nothing_left_out_is_the_recipe(recipe):
    assert WHOLE.without(recipe) == recipe


@pytest.mark.parametrize("lever", LEVERS, ids=lambda lever: lever.name)
def test_a_lever_changes_only_its_own_part(recipe, lever):
    without = lever.without(recipe)
    wanted = {
        "voices": {
            "compose.near",
            *(f"prepare.{what}_clips" for what in ("digit", "near", "other", "accented")),
            "prepare.sentences",
            "prepare.vocabulary",
        },
        "accents": {"prepare.accented_clips"},
        "near": {"compose.near", "prepare.near_clips"},
        "telephone": {"compose.telephone"},
        "speech": {"compose.speech"},
        "glued": {"compose.glued"},
        "words": {"fit.word_loss"},
        "average": {"fit.ema_momentum"},
        "rounds": {"fit.rounds"},
        "blanks": {"fit.blank_stripes", "fit.shifted_bands"},
        "seed": set(),
    }
    assert changed(recipe, without) == wanted[lever.name]
    assert (without.seed != recipe.seed) == (lever.name == "seed")
    assert without.decision == recipe.decision


def test_levers_are_chosen_by_name_and_stay_in_order():
    assert chosen([]) == LEVERS
    assert [lever.name for lever in chosen(["words", "accents"])] == ["accents", "words"]
    with pytest.raises(DataError, match="There is no lever 'luck'; there are voices, accents,"):
        chosen(["accents", "luck"])
