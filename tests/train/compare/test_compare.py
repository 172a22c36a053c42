import json
import os
import signal

import pytest

from recognizer.classifier import Classifier
from tests.local_cluster import cluster, worker_pids
from tests.model_fixture import tiny_model
from tests.train.compare.tiny_recipes import write_recipes
from tests.train.systems.tone_words import make_words
from train.cli import main
from train.compare import compare as comparing
from train.compare.compare import compare
from train.compare.fold import FoldJob, train_fold
from train.compare.splits import speaker_folds
from train.errors import DataError
from train.systems.recipe import load_system
from train.systems.words import read_words
from train.tasks import Tasks

__all__ = ["cluster"]

WORDS = ("no", "yes")


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    folder = tmp_path_factory.mktemp("words")
    for speaker in ("ann", "bob"):
        make_words(folder, WORDS, count=8, speaker=speaker)
    return folder


@pytest.fixture(scope="module")
def recipes(tmp_path_factory):
    return write_recipes(tmp_path_factory.mktemp("recipes"))


@pytest.fixture(scope="module")
def local(data, recipes, tmp_path_factory):
    """A comparison on this machine, and the folder of its results."""
    work = tmp_path_factory.mktemp("local")
    rows = []
    result = compare(
        recipes, [data], work=work / "kept", cache=work / "cache", processes=2, on_row=rows.append
    )
    assert sorted(row["name"] for row in rows) == sorted(recipes)
    return result, work


def untimed(result):
    """The result without the figures that differ from run to run."""
    times = {"training_seconds": None, "int8_seconds": None}
    return {**result, "rows": [{**row, **times} for row in result["rows"]]}


class NoTasks(Tasks):
    """For what needs no training any more."""

    def as_done(self, function, items, title):
        assert not list(items), "there is something to train"
        return iter(())


def test_every_system_has_a_row_with_every_figure(local, recipes):
    result, work = local
    assert [row["name"] for row in result["rows"]] == [*recipes]
    assert result["words"] == [*WORDS]
    assert result["recordings"] == 32
    assert [(one["kind"], one["name"]) for one in result["folds"]] == [
        ("random", "1"),
        ("speakers", "ann"),
        ("speakers", "bob"),
    ]
    live, picture = result["rows"]
    for row in (live, picture):
        assert row["random"]["right"]["of"] == 6
        assert row["speakers"]["right"]["of"] == 32
        assert [one["right"]["of"] for one in row["speakers"]["folds"]] == [16, 16]
        assert row["epochs"] == [2, 2, 2]
        assert row["training_seconds"] > 0
        assert row["parameters"] > 100
        assert row["multiply_adds"] > 100
        assert row["float_bytes"] > 1000
    # Only what hears live windows runs in the app.
    assert live["int8_bytes"] > 1000
    assert live["int8_seconds"] > 0
    assert (picture["int8_bytes"], picture["int8_seconds"]) == (None, None)
    models = list((work / "kept").glob("*.tflite"))
    assert [Classifier(path).labels for path in models] == [("silence", "unknown", *WORDS)]
    json.dumps(result)


def test_a_cluster_gives_the_same_table_even_when_a_worker_is_killed(
    local, data, recipes, tmp_path, monkeypatch, cluster
):
    killed = []

    class KillingTasks(Tasks):
        def as_done(self, *arguments):
            for done in super().as_done(*arguments):
                if not killed:
                    killed.append(worker_pids(cluster)[0])
                    os.kill(killed[0], signal.SIGKILL)
                yield done

    monkeypatch.setattr(comparing, "Tasks", KillingTasks)
    result = compare(
        recipes[1:],
        [data],
        work=tmp_path / "kept",
        cache=tmp_path / "cache",
        scheduler=cluster.scheduler_address,
    )
    assert killed
    here = untimed(local[0])
    assert untimed(result) == {**here, "rows": here["rows"][1:]}


def test_what_is_finished_is_taken_up_again(local, data, recipes, monkeypatch):
    result, work = local
    monkeypatch.setattr(comparing, "Tasks", NoTasks)
    options = {"work": work / "kept", "cache": work / "cache", "processes": 2}
    assert untimed(compare(recipes, [data], **options)) == untimed(result)
    one = compare(recipes[1:], [data], folds=2, **options)
    assert untimed(one)["rows"] == untimed(result)["rows"][1:]


def test_another_number_of_epochs_is_another_result(local, data, recipes, monkeypatch):
    _, work = local
    monkeypatch.setattr(comparing, "Tasks", NoTasks)
    options = {"work": work / "kept", "cache": work / "cache", "processes": 2}
    with pytest.raises(AssertionError, match="something to train"):
        compare(recipes[:1], [data], epochs=1, **options)
    with pytest.raises(AssertionError, match="something to train"):
        compare(recipes[:1], [data], seed=8, **options)


@pytest.mark.parametrize("damage", ["result", "model"])
def test_a_damaged_result_is_made_again(local, data, recipes, tmp_path, monkeypatch, damage):
    _, work = local
    for path in (work / "kept").iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    if damage == "model":
        next(tmp_path.glob("*.tflite")).unlink()
    else:
        next(tmp_path.glob("*.json")).write_text('{"answers": []}')
    monkeypatch.setattr(comparing, "Tasks", NoTasks)
    with pytest.raises(AssertionError, match="something to train"):
        compare(recipes, [data], work=tmp_path, cache=work / "cache", processes=2)


def test_the_command_writes_table_page_and_figures(
    local, data, recipes, tmp_path, monkeypatch, capsys
):
    result, work = local
    monkeypatch.setattr(comparing, "Tasks", NoTasks)
    page, figures = tmp_path / "page.md", tmp_path / "figures.json"
    options = ["--work", str(work / "kept"), "--cache", str(work / "cache")]
    options += ["--markdown", str(page), "--json", str(figures)]
    assert main(["compare", *recipes, "--data", str(data), *options]) == 0
    printed = capsys.readouterr()
    lines = printed.out.splitlines()
    assert [line.split()[0] for line in lines[:3]] == ["System", *recipes]
    assert "6 of 6 results are there already" in printed.err
    assert f"{recipes[0]}: random split " in printed.err
    written = json.loads(figures.read_text())
    command = f"recognizer-train compare {recipes[0]} {recipes[1]} --data {data}"
    assert written["command"] == command
    assert untimed(written)["rows"] == untimed(json.loads(json.dumps(result)))["rows"]
    assert f"    {command}\n" in page.read_text()


def test_a_model_file_is_measured_on_what_it_cannot_know(data, tmp_path):
    labels = ("silence", "unknown", "yes", "go")
    path = tiny_model(tmp_path / "tiny.tflite", labels)
    options = {"work": tmp_path / "kept", "cache": tmp_path / "cache"}
    result = compare([], [data], models=[path], **options)
    (row,) = result["rows"]
    # An own folder with few speakers is divided by recordings: a fifth is for testing.
    assert row["speakers"]["right"]["of"] == 3
    assert row["speakers"]["right"]["count"] == 3 - row["speakers"]["nothing_heard"]
    assert row["random"] is None
    assert "knows 1 of the 2 words" in row["notes"][1]
    other = tiny_model(tmp_path / "other.tflite", ("silence", "unknown", "go"))
    with pytest.raises(DataError, match=r"other.tflite knows none of the words compared"):
        compare([], [data], models=[other], **options)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["nonsense"], "There is no system 'nonsense'"),
        (["digits"], "that of the model that ships"),
        (["--model", "none.tflite"], "There is no model file none.tflite"),
        (["simple-cnn", "--words", "yes", "often"], "no recordings of 'often'"),
        (["simple-cnn", "--words", "yes"], "Of one word, 'yes', nothing can be compared"),
        (["simple-cnn", "--work", "file/work"], "Cannot make file/work: "),
        (["simple-cnn", "--json", "no/folder/figures.json"], "there is no folder"),
        (["simple-cnn", "--markdown", "no/folder/page.md"], "there is no folder"),
        (["simple-cnn", "--random-splits", "0", "--folds", "0"], "There is nothing to test on"),
        (["simple-cnn", "--scheduler", "nonsense"], "No Dask scheduler answers at 'nonsense'"),
    ],
)
def test_what_does_not_fit_is_one_sentence(data, capsys, tmp_path, monkeypatch, arguments, says):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "file").touch()
    assert main(["compare", *arguments, "--data", str(data)]) == 1
    error = capsys.readouterr().err
    assert says in error
    assert error.count("\n") == 1


@pytest.mark.parametrize(
    "arguments", [[], ["simple-cnn"], ["--folds", "1"], ["simple-cnn", "--epochs", "0"]]
)
def test_a_wrong_command_line_is_status_2(capsys, data, arguments):
    given = [] if arguments == ["simple-cnn"] else ["--data", str(data)]
    with pytest.raises(SystemExit) as caught:
        main(["compare", *arguments, *given])
    assert caught.value.code == 2


def test_a_recipe_that_cannot_be_augmented_is_refused(data, recipes, tmp_path):
    with pytest.raises(DataError, match="live cannot be augmented"):
        compare([f"{recipes[0]}+augment"], [data], work=tmp_path, cache=tmp_path)


def test_too_little_to_learn_from_says_in_which_division(recipes, tmp_path):
    make_words(tmp_path / "words", WORDS, count=3, speaker="ann")
    make_words(tmp_path / "words", WORDS, count=6, speaker="bob")
    folds = speaker_folds(read_words([tmp_path / "words"]), WORDS)
    recipe = load_system(recipes[1])
    job = FoldJob(recipe, False, WORDS, folds[1], tmp_path / "cache", export=False)
    with pytest.raises(DataError, match=r"^picture with bob held out: There are 2 recordings of"):
        train_fold(job)
