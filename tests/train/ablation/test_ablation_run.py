import json
from types import SimpleNamespace

import pytest

from tests.model_fixture import tiny_model
from train.ablation import run as running
from train.ablation.levers import chosen
from train.ablation.run import ablate, shortened
from train.ablation.table import table
from train.cli import main
from train.errors import DataError
from train.model import RECIPES
from train.prepare import LABELS
from train.recipe import load_recipe


def group(**figures):
    names = ("right", "wrong", "called_a_keyword", "false_alarms_per_hour")
    return {"hours": 0.25, **dict.fromkeys(names), **figures}


PASSES_AT = 0.37

GROUPS = {
    "crowd": group(right=0.9),
    "accented": group(right=0.8, wrong=0.015),
    "other_words": group(called_a_keyword=0.02),
    "running_speech": group(false_alarms_per_hour=8.0),
    "household": group(false_alarms_per_hour=0.0),
}


@pytest.fixture
def recipe():
    return shortened(load_recipe(RECIPES / "digits.toml"), 400, 30)


@pytest.fixture
def trained(monkeypatch):
    """What is composed, fitted and measured, in place of hours of work."""
    calls = []

    def prepare(part, recipe, data, folder, *, voices, processes):
        assert folder.parent == voices
        assert folder.is_dir()
        return SimpleNamespace(of=recipe, where=folder)

    def fit(recipe, train, validation, folder):
        calls.append((recipe, train, validation))
        return "model"

    def export(model, recipe, data, validation, path):
        tiny_model(path, LABELS, training={"validation": {"found": 0.8}})
        return SimpleNamespace(file_bytes=200_000)

    def evaluate(path, data, groups, *, threshold, **_):
        if groups == ["other_words"]:
            share = {"share": max(0.0, 0.02 + 0.5 * (PASSES_AT - threshold))}
            return {"groups": {"other_words": {"other_words": {"called_a_keyword": share}}}}
        assert threshold == PASSES_AT
        return {"groups": GROUPS}

    monkeypatch.setattr(running, "prepare_part", prepare)
    monkeypatch.setattr(running, "load_or_fit", fit)
    monkeypatch.setattr(running, "export_candidate", export)
    monkeypatch.setattr(running, "evaluate", evaluate)
    monkeypatch.setattr(running, "headline", lambda result: result)
    return calls


def test_the_recipe_is_shortened(recipe):
    whole = load_recipe(RECIPES / "digits.toml")
    assert (recipe.fit.steps, recipe.prepare.train_streams) == (400, 30)
    for short, long in zip(recipe.fit.rounds, whole.fit.rounds, strict=True):
        assert short.steps / long.steps == pytest.approx(
            recipe.fit.steps / whole.fit.steps, rel=0.01
        )
        assert (short.rate, short.mined) == (long.rate, long.mined)
    assert recipe.compose == whole.compose
    assert shortened(whole, None, None) == whole
    with pytest.raises(DataError, match="10 steps are no more than the warm-up's"):
        shortened(whole, 10, None)


def test_every_lever_is_trained_once_and_held_against_the_same_windows(recipe, trained, tmp_path):
    levers = chosen(["accents", "telephone", "average"])
    rows = ablate(recipe, levers, tmp_path, tmp_path / "work")
    assert [row["lever"] for row in rows] == ["nothing", "accents", "telephone", "average"]
    assert [row["validation"] for row in rows] == [0.8] * 4
    assert all(validation.of == recipe for _, _, validation in trained)
    assert [fitted for fitted, _, _ in trained] == [
        recipe,
        *(lever.without(recipe) for lever in levers),
    ]
    # What changes no window is trained on the same ones.
    folders = [train.where for _, train, _ in trained]
    assert folders[3] == folders[0]
    assert len(set(folders)) == 3
    assert ablate(recipe, levers, tmp_path, tmp_path / "work") == rows
    assert len(trained) == 4


def test_a_run_that_broke_off_goes_on(recipe, trained, tmp_path, monkeypatch):
    levers = chosen(["accents", "words"])

    def interrupt(recipe, train, validation, folder):
        if recipe.fit.word_loss == 0:
            raise KeyboardInterrupt
        trained.append(recipe)
        return "model"

    fit = running.load_or_fit
    monkeypatch.setattr(running, "load_or_fit", interrupt)
    with pytest.raises(KeyboardInterrupt):
        ablate(recipe, levers, tmp_path, tmp_path / "work")
    assert len(trained) == 2
    monkeypatch.setattr(running, "load_or_fit", fit)
    assert len(ablate(recipe, levers, tmp_path, tmp_path / "work")) == 3
    assert len(trained) == 3


def test_another_recipe_is_measured_anew(recipe, trained, tmp_path):
    ablate(recipe, (), tmp_path, tmp_path / "work")
    ablate(shortened(recipe, 500, None), (), tmp_path, tmp_path / "work")
    assert len(trained) == 2


def test_the_table_has_a_row_for_each_and_no_figure_where_there_is_none(recipe, trained, tmp_path):
    rows = ablate(recipe, chosen(["glued"]), tmp_path, tmp_path / "work")
    head, _, whole, glued = table(rows).splitlines()
    assert head.count("|") == whole.count("|") == glued.count("|")
    cells = [cell.strip() for cell in whole.strip("|").split("|")]
    assert cells == [
        *("nothing", "the recipe as it is", "80.0 %", "0.37", "90.0 %", "80.0 %"),
        *("1.5 %", "-", "-", "2.0 %", "-", "2 in 30 minutes"),
    ]


@pytest.mark.parametrize("passes_at", [0.0, 0.004, 0.29, 0.5, 0.985, 1.0])
def test_the_threshold_is_the_lowest_at_which_few_others_pass(tmp_path, monkeypatch, passes_at):
    tried = []

    def evaluate(model, data, groups, *, threshold, **_):
        tried.append(threshold)
        share = {"share": 0.02 if threshold >= passes_at else 0.03}
        return {"groups": {"other_words": {"other_words": {"called_a_keyword": share}}}}

    monkeypatch.setattr(running, "evaluate", evaluate)
    found = running.matched_threshold(tmp_path / "model.tflite", tmp_path)
    assert max(0.01, passes_at) <= found + 1e-9
    assert found - 0.01 < max(0.01, passes_at)
    assert len(tried) <= 7


def test_the_command_writes_page_and_figures(trained, tmp_path, capsys):
    page = tmp_path / "page.md"
    page.write_text("before\n<!-- ablate: begin -->\nanother table\n<!-- ablate: end -->\nafter\n")
    figures = tmp_path / "figures.json"
    given = ["--data", str(tmp_path), "--work", str(tmp_path / "work"), "--steps", "400"]
    assert (
        main(["ablate", *given, "--lever", "near", "--markdown", str(page), "--json", str(figures)])
        == 0
    )
    text = page.read_text()
    assert text.startswith("before\n")
    assert text.endswith("after\n")
    assert "    recognizer-train ablate --steps 400 --lever near\n" in text
    assert "another table" not in text
    assert str(tmp_path) not in text
    assert [row["lever"] for row in json.loads(figures.read_text())["rows"]] == ["nothing", "near"]
    assert "near words as seldom" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--lever", "luck"], "There is no lever 'luck'"),
        (["--steps", "3"], "3 steps are no more than the warm-up's"),
        (["--recipe", "none.toml"], "none.toml cannot be read"),
    ],
)
def test_what_does_not_fit_is_one_sentence(trained, capsys, tmp_path, arguments, says):
    assert main(["ablate", "--data", str(tmp_path), *arguments]) == 1
    error = capsys.readouterr().err
    assert says in error
    assert error.count("\n") == 1
    assert trained == []
