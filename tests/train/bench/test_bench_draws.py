import json

import pytest

from tests.made_recordings import make_recordings
from tests.model_fixture import tiny_model
from train.bench.draws import drawn, other_draws
from train.bench.tables import draws_table
from train.cli import main
from train.evaluation.measuring import Job, measure
from train.evaluation.stream_groups import GROUPS, Recordings
from train.intervals import proportion
from train.tasks import Tasks


@pytest.fixture
def folder(tmp_path):
    return make_recordings(tmp_path / "data")


@pytest.fixture
def model(tmp_path):
    return tiny_model(tmp_path / "tiny.tflite", threshold=0.2)


def job(name, folder, model, **settings):
    values = {"seed": 5, "threshold": None, "thresholds": (0.2, 0.4), "command_line": True}
    values |= settings
    return Job(
        *(name, GROUPS[name], Recordings(folder), "test", ("one", "five"), values["seed"], None),
        *(model, values["threshold"], values["thresholds"], values["command_line"], True),
    )


def test_each_draw_is_what_its_seed_gives(folder, model):
    jobs = [job(name, folder, model) for name in ("crowd", "household", "other_words")]
    with Tasks(1) as tasks:
        first, second = other_draws(jobs, 3, measure, tasks)

    assert (first["seed"], second["seed"]) == (6, 7)
    # Of noise no share is wanted.
    assert list(first["groups"]) == list(second["groups"]) == ["crowd", "other_words"]
    alone = job("crowd", folder, model, seed=7, thresholds=(), command_line=False)
    assert second["groups"]["crowd"] == measure(alone).summary
    # The peer and the curve are not for them.
    assert "thresholds" not in second["groups"]["crowd"]


def result_of(right):
    """An evaluation of 100 digits and its other draws; so many were right with each seed."""

    def groups(count):
        keywords = {"said": 100, "right": proportion(count, 100), "wrong": proportion(0, 100)}
        return {"crowd": {"keywords": keywords, "delay_s": {"median": 0.1, "percentile_95": 0.2}}}

    first, *others = [{"seed": seed, "groups": groups(one)} for seed, one in enumerate(right)]
    return first, others


@pytest.mark.parametrize(("right", "reached"), [((93, 92, 91), True), ((95, 90, 90), False)])
def test_the_mean_is_held_against_what_is_wanted(right, reached):
    found = drawn(*result_of(right))

    assert found["seeds"] == [0, 1, 2]
    # Shares alone: no delay.
    row, wrong = found["rows"]
    assert row["figures"] == pytest.approx(right)
    assert row["mean"] == pytest.approx(sum(right) / 3)
    assert row["reached"] is reached
    assert wrong["reached"] is True
    table = draws_table({"draws": found})
    assert table.columns[2:] == ("seed 0", "seed 1", "seed 2", "mean", "reached by the mean")
    assert table.rows[0][1:3] == ("at least 92 %", f"{right[0]:.1f}")
    assert table.rows[0][-2:] == (f"{sum(right) / 3:.1f} %", "yes" if reached else "no")


def test_without_other_draws_there_is_no_table():
    assert drawn(*result_of([93])) is None
    assert draws_table({}) is None
    assert draws_table({"draws": None}) is None


def test_the_command_shows_them(folder, model, tmp_path, capsys):
    figures, page = tmp_path / "figures.json", tmp_path / "page.md"
    arguments = [model, "--data", folder, "--group", "crowd", "--quick", "--in-process", "--bench"]
    arguments += ["--draws", "2", "--processes", "1", "--json", figures, "--markdown", page]

    assert main(["evaluate", *map(str, arguments)]) == 0

    draws = json.loads(figures.read_text())["draws"]
    assert draws["seeds"] == [0, 1]
    assert "seed 1" in page.read_text()
    assert "reached by the mean" in capsys.readouterr().out


def test_they_go_with_the_bench_only(capsys):
    with pytest.raises(SystemExit) as ended:
        main(["evaluate", "--draws", "2"])

    assert ended.value.code == 2
    assert "--draws goes with --bench" in capsys.readouterr().err
