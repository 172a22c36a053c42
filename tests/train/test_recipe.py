from dataclasses import fields, replace

import pytest

from train.compose import USUAL, Shares
from train.errors import DataError
from train.model import RECIPES
from train.prepare import LABELS
from train.recipe import DecisionRecipe, FitRecipe, PrepareRecipe, Round, load_recipe

TEXT = (RECIPES / "digits.toml").read_text()


def write(tmp_path, text):
    path = tmp_path / "mine.toml"
    path.write_text(text)
    return path


def test_the_recipe_that_ships_is_complete():
    recipe = load_recipe(RECIPES / "digits.toml")
    assert recipe.name == "digits"
    assert isinstance(recipe.seed, int)
    assert recipe.prepare.train_streams > recipe.prepare.validation_streams > 0
    assert recipe.fit.warmup_steps < recipe.fit.steps
    assert set(recipe.fit.share) <= set(LABELS)
    assert recipe.decision == DecisionRecipe(other_words=0.02, step=0.05, draws=8)
    # What is taught and what counts digits in a row is composed as the digits are.
    assert recipe.compose == USUAL


def test_rounds_may_be_left_out(tmp_path):
    recipe = load_recipe(RECIPES / "digits.toml").fit
    assert recipe.all_steps == recipe.steps + sum(one.steps for one in recipe.rounds)
    before, behind = TEXT.split("[[fit.rounds]]", 1)
    text = before + behind[behind.index("[decision]") :]
    alone = load_recipe(write(tmp_path, text)).fit
    assert alone == replace(recipe, rounds=())
    assert alone.all_steps == recipe.steps


@pytest.mark.parametrize("rounds", ["3", "{ steps = 3 }", "[3]"])
def test_what_is_no_round_is_said(tmp_path, rounds):
    before, behind = TEXT.split("[[fit.rounds]]", 1)
    text = before + behind[behind.index("[decision]") :]
    text = text.replace("patience =", f"rounds = {rounds}\npatience =")
    with pytest.raises(
        DataError, match=r"mine\.toml does not fit: .*(\[\[fit.rounds\]\]|no section)"
    ):
        load_recipe(write(tmp_path, text))


def test_a_recipe_is_named_after_its_file(tmp_path):
    assert load_recipe(write(tmp_path, TEXT)).name == "mine"


@pytest.mark.parametrize(
    "name",
    [
        field.name
        for kind in (PrepareRecipe, Shares, FitRecipe, Round, DecisionRecipe)
        for field in fields(kind)
        if field.name != "rounds"
    ],
)
def test_every_figure_is_wanted(tmp_path, name):
    lines = [
        line
        for line in TEXT.splitlines()
        if not line.startswith((f"{name} =", f"[fit.{name}]", "unknown =", "silence ="))
    ]
    with pytest.raises(DataError, match=f"mine.toml does not fit: '{name}' is missing"):
        load_recipe(write(tmp_path, "\n".join(lines)))


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("seed = 7", "", "'seed' is missing"),
        ("[prepare]", "[prepared]", "'prepare' is missing"),
        ("[decision]", "[decided]", "'decision' is missing"),
        ("other_words =", "threshold =", "'other_words' is missing"),
        ("patience =", "patients = 3\npatience =", "'patients' is unknown"),
        ("seed = 7", "seed = 'seven'", "'seed' must be a whole number, 0 or more, not 'seven'"),
        ("batch = 256", "batch = 2.5", "'batch' must be a whole number"),
        ("batch = 256", "batch = -1", "'batch' must be a whole number, 0 or more, not -1"),
        ("dropout = 0.25", "dropout = 'a lot'", "'dropout' must be a number"),
        ("dropout = 0.25", "dropout = true", "'dropout' must be a number"),
        ("dropout = 0.25", "dropout = nan", "'dropout' must be a number"),
        ("other_words = 0.02", "other_words = 'few'", "'other_words' must be a number"),
        ("other_words = 0.02", "other_words = 2", "'other_words' must be a share, 1 at most"),
        ("step = 0.05", "step = 0", "'step' must lie between 0.01 and 0.5, not 0"),
        ("draws = 8", "draws = 0", "'draws' must be 1 or more, not 0"),
        ("unknown = 0.26", "unknown = 'half'", "'share.unknown' must be a number"),
        ("unknown = 0.26", "unknown = 0.99", "come to more than 1"),
        ("telephone = 0.2", "telephone = 'often'", "'telephone' must be a number"),
        ("near = 0.25", "near = 0.99", "near and vocabulary come to more than 1"),
        ("rate = 0.3", "rate = 'slow'", "'rate' must be a number"),
        ("rate = 0.3", "rate = 0.3\npace = 1", "'pace' is unknown"),
        ("mined = 0.15", "mined = 1.5", "'mined' must be a share of a batch, 1 at most, not 1.5"),
        ("steps = 2500", "steps = 0", "a round has no steps"),
    ],
)
def test_what_does_not_fit_is_said_in_one_sentence(tmp_path, old, new, says):
    assert old in TEXT
    path = write(tmp_path, TEXT.replace(old, new, 1))
    with pytest.raises(DataError) as caught:
        load_recipe(path)
    message = str(caught.value)
    assert message.startswith(f"The recipe {path} does not fit: ")
    assert says in message
    assert message.endswith(".")
    assert "\n" not in message


@pytest.mark.parametrize("section", ["prepare", "decision"])
def test_a_figure_in_place_of_a_section(tmp_path, section):
    lines = TEXT.split(f"[{section}]")
    text = f"{section} = 3\n" + lines[0] + "[other]" + lines[1]
    with pytest.raises(DataError, match="3 is no section"):
        load_recipe(write(tmp_path, text))


def test_what_cannot_be_read_is_named(tmp_path):
    with pytest.raises(DataError, match=r"none\.toml cannot be read: No such file or directory\.$"):
        load_recipe(tmp_path / "none.toml")
    with pytest.raises(DataError, match=r"mine\.toml cannot be read: "):
        load_recipe(write(tmp_path, "seed = = 7"))
    (tmp_path / "bytes.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(DataError, match=r"bytes\.toml cannot be read: "):
        load_recipe(tmp_path / "bytes.toml")
