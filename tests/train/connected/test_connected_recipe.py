"""The recipe of connected digits."""

import pytest

from train.connected.recipe import load_connected_recipe
from train.errors import DataError
from train.model import RECIPES

PATH = RECIPES / "connected.toml"


def test_the_recipe_that_ships_is_whole():
    recipe = load_connected_recipe(PATH)
    assert set(recipe.compose.share) == {"joined", "sentences", "other", "noise"}
    assert recipe.fit.window_frames % 2 == 0


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ("seed = 5", "seed = 'x'", "seed"),
        ("seed = 5", "", "seed"),
        ("batch = 48", "batch = -1", "batch"),
        ("batch = 48", "", "batch"),
        ("batch = 48", "batch = 48\nmore = 1", "more"),
        ("noise = 0.05", "noise = true", "share.noise"),
        ("threshold = ", "threshold = 7 #", "threshold"),
        ("seed = 5", "seed = 5\nother = 1", "other"),
        ("[fit]", "[fit", "cannot be read"),
    ],
)
def test_a_recipe_that_does_not_fit_is_refused_in_one_sentence(tmp_path, old, new, reason):
    text = PATH.read_text()
    assert old in text
    path = tmp_path / "mine.toml"
    path.write_text(text.replace(old, new, 1))
    with pytest.raises(DataError, match=reason):
        load_connected_recipe(path)


def test_a_recipe_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(DataError, match="cannot be read"):
        load_connected_recipe(tmp_path / "none.toml")
