from dataclasses import replace
from types import SimpleNamespace

import pytest

from train import prepare_digits as making
from train.fit import MEANS, STATE
from train.model import RECIPES
from train.recipe import load_recipe
from train.vocabulary import DIGITS

STEPS = ("train.json", "validation.json", "history.json", STATE, MEANS.format(1), MEANS.format(2))


@pytest.fixture
def recipe():
    return load_recipe(RECIPES / "digits.toml")


@pytest.fixture
def work(tmp_path, recipe):
    """A work folder in which every step is finished."""
    folder = tmp_path / "work"
    making.begin(folder, recipe, resume=True)
    for name in (*STEPS, "alignments.json"):
        (folder / name).write_text("kept")
    return folder


def left(work):
    return [name for name in STEPS if (work / name).exists()]


def test_the_same_recipe_goes_on_where_it_stopped(work, recipe):
    making.begin(work, recipe, resume=True)
    assert left(work) == [*STEPS]


def test_another_way_to_the_threshold_keeps_every_step(work, recipe):
    other = replace(recipe, decision=replace(recipe.decision, other_words=0.123))
    making.begin(work, other, resume=True)
    assert left(work) == [*STEPS]


@pytest.mark.parametrize("section", ["seed", "prepare", "fit", "name"])
def test_another_recipe_forgets_every_step(work, recipe, section):
    other = {
        "seed": replace(recipe, seed=recipe.seed + 1),
        "prepare": replace(recipe, prepare=replace(recipe.prepare, train_streams=3)),
        "fit": replace(recipe, fit=replace(recipe.fit, share={"unknown": 0.3})),
        "name": replace(recipe, name="mine"),
    }[section]
    making.begin(work, other, resume=True)
    assert left(work) == []
    # No recipe changes where the words of a sentence lie.
    assert (work / "alignments.json").exists()
    for name in STEPS:
        (work / name).write_text("kept")
    making.begin(work, other, resume=True)
    assert left(work) == [*STEPS]


def test_a_fresh_start_forgets_everything(work, recipe):
    making.begin(work, recipe, resume=False)
    assert left(work) == []
    assert not (work / "alignments.json").exists()


def test_a_folder_of_unknown_origin_is_not_trusted(work, recipe):
    (work / "recipe.json").unlink()
    making.begin(work, recipe, resume=True)
    assert left(work) == []


def test_windows_are_prepared_once_and_from_different_seeds(tmp_path, recipe, monkeypatch):
    calls = []

    def align(data, out, **_):
        out.write_text("{}")
        calls.append("align")
        return SimpleNamespace(skipped=[])

    def prepare(data, out, split, *, streams, seed, synthetic, readings, **_):
        (out / f"{split}.json").write_text("{}")
        calls.append((split, streams, seed, synthetic, readings))

    def read_aloud(out, keywords, *, count, **_):
        assert out == tmp_path / "readings"
        assert keywords == DIGITS
        return [count]

    monkeypatch.setattr(making, "align", align)
    monkeypatch.setattr(making, "synthesize", lambda *_, **__: ["voice"])
    monkeypatch.setattr(making, "read_aloud", read_aloud)
    monkeypatch.setattr(making, "prepare", prepare)
    monkeypatch.setattr(making, "load_prepared", lambda work, split: split)
    for _ in range(2):
        assert making.prepare_digits(recipe, tmp_path, tmp_path, processes=1) == (
            "train",
            "validation",
        )
    counts = recipe.prepare
    assert calls == [
        "align",
        ("train", counts.train_streams, recipe.seed, ["voice"], [counts.sentences]),
        ("validation", counts.validation_streams, recipe.seed + 1, [], []),
    ]
    (tmp_path / "validation.json").unlink()
    making.prepare_digits(recipe, tmp_path, tmp_path, processes=1)
    assert [call[0] for call in calls[3:]] == ["validation"]
