from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from tests.local_cluster import cluster, worker_pids
from tests.train.compare.tiny_recipes import write_recipes
from tests.train.systems.tone_words import make_words
from train import prepare_digits as digits
from train import prepare_system as preparing
from train.cli import main
from train.errors import DataError
from train.options import DIGITS_RECIPE
from train.prepare_digits import begin, prepare_digits
from train.prepare_system import make_shared
from train.recipe import is_composed, load_recipe
from train.systems import shards
from train.systems.recipe import load_system
from train.tasks import Tasks

__all__ = ["cluster", "worker_pids"]


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    folder = tmp_path_factory.mktemp("words")
    for speaker in ("ann", "bob", "cy"):
        make_words(folder, ("no", "yes"), count=4, speaker=speaker)
    (folder / "no" / "ann_9.wav").write_bytes(b"no sound")
    return folder


@pytest.fixture(scope="module")
def recipe(tmp_path_factory):
    path = write_recipes(tmp_path_factory.mktemp("recipes"))[0]
    with Path(path).open("a") as file:
        file.write("[augment]\ntime_stretch = [0.8, 1.0]\npitch_shift = [0.0]\n")
    return path


def contents(folder):
    return {path.name: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def run(recipe, data, out, *options):
    return main(["prepare", recipe, "--data", str(data), "--out", str(out), *options])


def test_what_is_prepared_is_found_by_who_trains(recipe, data, tmp_path, capsys):
    from train.systems.dataset import labels_of, make_examples, read_words

    assert run(recipe, data, tmp_path, "--processes", "1") == 0
    printed = capsys.readouterr()
    assert printed.out.startswith(f"{tmp_path}: examples of 2 words: ")
    assert "ann_9.wav: cannot be read" in printed.err

    class NoTasks(Tasks):
        def map(self, function, items, title):
            left = list(items)
            # What could not be read may be readable now.
            assert all("ann_9" in str(job.path) for jobs, _ in left for job in jobs), left
            return super().map(function, left, title)

    clips, loaded = read_words([data]), load_system(recipe)
    counts = []
    for part in ("train", "validation"):
        examples = make_examples(
            [clip for clip in clips if clip.split == part],
            loaded,
            labels_of(loaded, clips),
            negatives=part,
            tasks=NoTasks(1),
            title="",
            cache=tmp_path,
        )
        counts.append(f"{len(examples)} for {part}")
    assert ", ".join(counts) in printed.out
    before = contents(tmp_path)
    assert run(recipe, data, tmp_path, "--processes", "1") == 0
    assert capsys.readouterr().out == printed.out
    assert before.items() <= contents(tmp_path).items()


def test_a_cluster_makes_the_same_files_even_when_a_worker_is_killed(
    recipe, data, tmp_path, monkeypatch, cluster
):
    killed = []

    class KillingTasks(Tasks):
        def map(self, *arguments):
            import os
            import signal

            for result in super().map(*arguments):
                if not killed:
                    killed.append(worker_pids(cluster)[0])
                    os.kill(killed[0], signal.SIGKILL)
                yield result

    monkeypatch.setattr(shards, "SHARD_JOBS", 8)
    assert run(recipe, data, tmp_path / "one", "--augment", "--processes", "1") == 0
    monkeypatch.setattr("train.tasks.Tasks", KillingTasks)
    there = ["--scheduler", cluster.scheduler_address]
    assert run(recipe, data, tmp_path / "two", "--augment", *there) == 0
    assert killed
    one = contents(tmp_path / "one")
    assert len(one) > 4
    assert contents(tmp_path / "two") == one


def test_copies_are_made_when_asked_for(recipe, data, tmp_path, capsys):
    def examples(out, *options):
        assert run(recipe, data, tmp_path / out, "--processes", "1", *options) == 0
        return int(capsys.readouterr().out.split("words: ")[1].split()[0])

    plain = examples("plain")
    assert examples("copies", "--augment") > 1.5 * plain


def test_what_trainings_share_is_made_once(recipe, data, tmp_path, monkeypatch):
    loaded = load_system(recipe)
    made = []
    monkeypatch.setattr(
        preparing, "Shards", lambda jobs, options, **_: made.append((len(jobs), options["kind"]))
    )
    clips = [SimpleNamespace(path="a"), SimpleNamespace(path="b")]
    systems = [(loaded, False), (loaded, True), (loaded, False)]
    make_shared(systems, clips, cache=tmp_path, tasks=Tasks(1))
    assert made == [(2, "log-mel"), (4, "log-mel")]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["nonsense"], "There is no system 'nonsense'"),
        (["simple-cnn", "--words", "often"], "no recordings of 'often'"),
        (["simple-cnn", "--scheduler", "nonsense"], "No Dask scheduler answers at 'nonsense'"),
        (["digits", "--data", "elsewhere"], "takes one folder that holds all corpora, not 2"),
    ],
)
def test_what_does_not_fit_is_one_sentence(data, capsys, tmp_path, monkeypatch, arguments, says):
    monkeypatch.chdir(tmp_path)
    assert main(["prepare", *arguments, "--data", str(data)]) == 1
    error = capsys.readouterr().err
    assert says in error
    assert error.count("\n") == 1


@pytest.mark.parametrize(
    "arguments", [["simple-cnn"], ["digits", "--words", "one"], ["digits", "--augment"]]
)
def test_a_wrong_command_line_is_status_2(capsys, arguments):
    with pytest.raises(SystemExit) as caught:
        main(["prepare", *arguments])
    assert caught.value.code == 2


def test_the_digits_are_a_composed_recipe(tmp_path):
    mine = tmp_path / "mine.toml"
    mine.write_text(DIGITS_RECIPE.read_text())
    assert is_composed("digits")
    assert is_composed(str(mine))
    assert not is_composed("simple-cnn")
    assert not is_composed(str(tmp_path / "none.toml"))


@pytest.fixture
def made(monkeypatch):
    """What is asked for in place of hours of work."""
    calls = []

    def note(name, result):
        def call(*arguments, **options):
            calls.append((name, options))
            return result

        return call

    summary = SimpleNamespace(skipped=["a.wav"])
    windows = SimpleNamespace(labels=np.zeros(3))

    def align(data, out, **options):
        out.write_text("{}")
        calls.append(("align", options))
        return summary

    monkeypatch.setattr(digits, "align", align)
    monkeypatch.setattr(digits, "synthesize", note("synthesize", ["voice"]))
    monkeypatch.setattr(digits, "read_aloud", note("read", ["reading"]))
    monkeypatch.setattr(digits, "common_words", lambda *_: [])
    monkeypatch.setattr(digits, "prepare", note("prepare", windows))
    monkeypatch.setattr(digits, "load_prepared", lambda *_: windows)
    return calls


def test_the_digits_are_prepared_for_training(made, tmp_path, capsys):
    out = tmp_path / "new"
    given = ["--data", str(tmp_path), "--out", str(out), "--processes", "3"]
    assert main(["prepare", "digits", *given, "--scheduler", "tcp://there:1"]) == 0
    assert capsys.readouterr().out == f"{out}: windows: 3 for train, 3 for validation\n"
    assert [name for name, _ in made] == ["align", "synthesize", "read", "prepare", "prepare"]
    train, validation = (options for name, options in made if name == "prepare")
    assert (train["synthetic"], train["readings"]) == (["voice"], ["reading"])
    # Nobody is validated on synthetic voices.
    assert (validation["synthetic"], validation["readings"]) == ([], [])
    assert train["seed"] != validation["seed"]
    assert train["scheduler"] == validation["scheduler"] == "tcp://there:1"
    assert train["processes"] == 3
    assert (out / "recipe.json").exists()


def test_what_is_prepared_is_not_prepared_again(made, tmp_path):
    recipe = load_recipe(DIGITS_RECIPE)
    for name in ("alignments.json", "train.json"):
        (tmp_path / name).touch()
    prepare_digits(recipe, tmp_path, tmp_path, processes=1)
    assert [name for name, _ in made] == ["synthesize", "read", "prepare"]


def test_another_recipe_is_prepared_anew(tmp_path):
    recipe = load_recipe(DIGITS_RECIPE)
    begin(tmp_path, recipe, resume=True)
    (tmp_path / "train.json").touch()
    begin(tmp_path, recipe, resume=True)
    assert (tmp_path / "train.json").exists()
    begin(tmp_path, load_recipe(DIGITS_RECIPE), resume=False)
    assert not (tmp_path / "train.json").exists()


def test_a_missing_corpus_is_one_sentence(tmp_path):
    recipe = load_recipe(DIGITS_RECIPE)
    with pytest.raises(DataError, match="is missing"):
        prepare_digits(recipe, tmp_path, tmp_path, processes=1)
