import json
import shutil
import subprocess
import sys
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pytest

from recognizer.model_file import read_metadata
from recognizer.window.examples import Examples
from recognizer.window.settings import SETTINGS_VARIABLE, Settings, save_settings
from tests.train.systems.tone_words import make_words, tone_word
from train import model
from train import teach as teaching
from train.cli import main
from train.evaluation import report
from train.systems import command
from train.systems.epochs import Epoch
from train.systems.fit import Trained
from train.systems.recipe import load_system
from train.systems.run import begin_run, load_run, update_record, write_history

# Keras reads its own variables in a way that NumPy 2.4 is about to refuse.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")

RECIPE = """
description = "a system for tests"
source = "nowhere"
seed = 3
[features]
kind = "log-mel"
[network]
kind = "simple-cnn"
filters = [2]
dense = 4
dropout = 0.0
[augment]
time_stretch = [0.8, 1.0]
pitch_shift = [0.0]
[training]
epochs = 2
batch = 16
learning_rate = 1e-2
patience = 5
[decision]
threshold = 0.5
"""

HISTORY = [Epoch(1, 0.5, 0.5, 0.25, 0.5, 0.5, 1.0)]


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    """An empty folder to work in, and nobody's own settings."""
    monkeypatch.setenv(SETTINGS_VARIABLE, str(tmp_path / "settings.json"))
    monkeypatch.chdir(tmp_path)
    Path("tiny.toml").write_text(RECIPE)
    return tmp_path


@dataclass
class Fitting:
    """Stands for the training, and remembers what it was given."""

    given: dict = field(default_factory=dict)

    def __call__(self, recipe, train, validation, words, *, run, test, about, **options):
        if options["epochs"]:
            training = replace(recipe.training, epochs=options["epochs"])
            recipe = replace(recipe, training=training)
        self.given = {"recipe": recipe, "train": train, "validation": validation, "test": test}
        self.given |= {"words": words, "run": run, "about": about, **options}
        if not (run / "run.json").exists():
            labels = ("silence", "unknown", *words)
            clips = [*train, *validation, *test]
            begin_run(run, recipe, labels, words, clips, augment=options["augment"], about=about)
        write_history(run, HISTORY)
        update_record(load_run(run, unfinished=True), state="finished", seconds=1.0, left_out=[])
        return Trained(None, recipe, (), HISTORY, 1.0, [])


@pytest.fixture
def fitting(monkeypatch):
    one = Fitting()
    monkeypatch.setattr(command, "fit_system", one)
    monkeypatch.setattr(command, "_export", lambda run, tasks, cache: None)
    return one


@pytest.fixture
def data(tmp_path):
    return make_words(tmp_path / "data", ("yes", "no", "often"), count=10)


def one_sentence(capsys):
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.startswith("recognizer-train: ")
    assert printed.err.count("\n") == 1
    assert printed.err.endswith(".\n")
    return printed.err


def test_fit_makes_the_apps_model(capsys, data, monkeypatch):
    monkeypatch.setattr(
        "train.systems.curves.draw_curves", lambda history, path, title: path.touch()
    )
    words = ["--words", "yes", "no"]
    assert main(["fit", "tiny.toml", "--data", "data", *words, "--processes", "1"]) == 0
    printed = capsys.readouterr()
    assert "runs/tiny: epoch " in printed.out
    assert " of 2 is kept, with a validation loss of " in printed.out
    assert printed.out.splitlines()[-1] == "Try it with: recognizer --model runs/tiny/model.tflite"
    assert "epoch 2 of 2: loss" in printed.err
    assert read_metadata("runs/tiny/model.tflite").labels == ("silence", "unknown", "yes", "no")
    run = load_run(Path("runs/tiny"))
    assert run.record["data"] == [str(data)]
    assert len(run.part("test")) == 6
    assert any(Path("work/features").iterdir())
    # What is there already is made again only where the model is missing.
    Path("runs/tiny/model.tflite").unlink()
    assert main(["fit", "tiny.toml", "--resume", "--processes", "1"]) == 0
    assert read_metadata("runs/tiny/model.tflite").keywords == ("yes", "no")


def test_options_are_passed_on(data, fitting):
    options = ["--epochs", "3", "--out", "elsewhere", "--augment", "--work", "kept", "--force"]
    assert main(["fit", "tiny.toml", "--data", "data", "--words", "no", *options]) == 0
    given = fitting.given
    assert given["recipe"].features == load_system("tiny.toml").features
    assert given["words"] == ["no"]
    assert given["run"] == Path("elsewhere")
    assert (given["augment"], given["epochs"], given["force"]) == (True, 3, True)
    assert given["cache"] == Path("kept/features")
    assert {clip.word for clip in given["train"]} == {"yes", "no", "often"}
    for part in ("train", "validation", "test"):
        assert {clip.split for clip in given[part]} == {part}


@pytest.mark.parametrize(
    ("arguments", "folder"),
    [
        (["mfcc-mlp"], "runs/mfcc-mlp"),
        (["mfcc-mlp", "--augment"], "runs/mfcc-mlp+augment"),
        (["mfcc-mlp+augment"], "runs/mfcc-mlp+augment"),
    ],
)
def test_a_run_is_called_like_its_recipe(data, fitting, arguments, folder):
    assert main(["fit", *arguments, "--data", "data"]) == 0
    assert fitting.given["run"] == Path(folder)
    assert fitting.given["augment"] == ("augment" in folder)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["tiny.toml"], "required: --data"),
        (["tiny.toml", "--data"], "expected at least one argument"),
        (["tiny.toml", "--data", "data", "--epochs", "0"], "must be 1 or more"),
        (["tiny.toml", "--data", "data", "--resume", "--force"], "not allowed with"),
        (["tiny.toml", "--data", "data", "--keep"], "--keep: only with --from"),
        (["tiny.toml", "--corrections", "a", "--no-corrections"], "not allowed with"),
        (["digits", "--words", "one"], "--words: not with the recipe digits"),
        (["digits", "--resume"], "--resume: not with the recipe digits"),
        (["words", "--from", "m", "--data", "data", "--augment"], "--augment: not with --from"),
        (["words", "--from", "m"], "required: --data"),
    ],
)
def test_a_wrong_command_line_is_status_2(capsys, arguments, says):
    with pytest.raises(SystemExit) as caught:
        main(["fit", *arguments])
    assert caught.value.code == 2
    assert says in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["nonsense", "--data", "data"], "There is no system 'nonsense'; there are"),
        (["none.toml", "--data", "data"], "none.toml cannot be read"),
        (["tiny.toml", "--data", "nowhere"], "nowhere"),
        (["tiny.toml", "--data", "tiny.toml"], "tiny.toml"),
        (["tiny.toml", "--data", "data", "--words", "maybe"], "no recordings of 'maybe'"),
        (["tiny.toml", "--data", "few"], "There are 3 recordings of 'maybe' to learn from"),
        (["tiny.toml", "--data", "data", "--out", "data"], "is no run folder; name another"),
        (["tiny.toml", "--data", "data", "--out", "tiny.toml"], "is a file and no folder"),
        (["tiny.toml", "--resume"], "no run in runs/tiny to go on with; name the recordings"),
        (["tiny.toml", "--data", "data", "--corrections", "nowhere"], "nowhere"),
        (["tiny.toml", "--data", "data", "--scheduler", "nonsense"], "nonsense"),
    ],
)
def test_what_a_user_can_mend_is_one_sentence(capsys, data, arguments, says):
    make_words(Path("few"), ("maybe",), count=5)
    assert main(["fit", *arguments]) == 1
    assert says in one_sentence(capsys)
    assert not Path("runs").exists()


def test_a_finished_run_is_never_overwritten(capsys, data, fitting):
    assert main(["fit", "tiny.toml", "--data", "data"]) == 0
    before = Path("runs/tiny/run.json").read_bytes()
    capsys.readouterr()
    assert main(["fit", "tiny.toml", "--data", "data"]) == 1
    assert "finished run in runs/tiny; name another folder with --out, or do it again with " in (
        one_sentence(capsys)
    )
    assert Path("runs/tiny/run.json").read_bytes() == before


def interrupted(run: Path) -> None:
    """Make a finished run one that was interrupted after its first epoch."""
    update_record(load_run(run), state="training")
    (run / "checkpoint" / "state.npz").touch()


def test_resume_needs_nothing_but_the_recipe(capsys, data, fitting):
    words = ["--words", "no", "yes"]
    assert main(["fit", "tiny.toml", "--data", str(data), *words, "--epochs", "7"]) == 0
    first = fitting.given
    interrupted(Path("runs/tiny"))
    # What was recorded since does not belong to this training.
    make_words(data, ("no",), count=12)
    capsys.readouterr()
    assert main(["fit", "tiny.toml", "--data", "data"]) == 1
    assert "unfinished run in runs/tiny; go on with --resume, or begin again with --force" in (
        one_sentence(capsys)
    )
    assert main(["fit", "tiny.toml", "--resume"]) == 0
    again = fitting.given
    assert again["resume"]
    assert again["epochs"] == 7
    for name in ("train", "validation", "test", "words"):
        assert again[name] == first[name]
    interrupted(Path("runs/tiny"))
    assert main(["fit", "tiny.toml", "--data", "data", *words, "--resume", "--epochs", "9"]) == 0
    assert fitting.given["epochs"] == 9


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["--data", "few"], "was begun with --data "),
        (["--words", "yes"], "was begun with the words no, yes"),
        (["--augment"], "was begun with no --augment"),
    ],
)
def test_resume_with_other_options_is_refused(capsys, data, fitting, options, says):
    assert main(["fit", "tiny.toml", "--data", "data", "--words", "no", "yes"]) == 0
    interrupted(Path("runs/tiny"))
    capsys.readouterr()
    arguments = options if "--augment" not in options else [*options, "--out", "runs/tiny"]
    assert main(["fit", "tiny.toml", "--resume", *arguments]) == 1
    assert says in one_sentence(capsys)


def test_a_finished_training_does_not_grow(capsys, data, fitting):
    assert main(["fit", "tiny.toml", "--data", "data", "--epochs", "7"]) == 0
    assert main(["fit", "tiny.toml", "--resume", "--epochs", "7"]) == 0
    capsys.readouterr()
    assert main(["fit", "tiny.toml", "--resume", "--epochs", "8"]) == 1
    assert "begun with --epochs 7, and is finished" in one_sentence(capsys)


@pytest.fixture
def corrected(tmp_path):
    examples = Examples(tmp_path / "corrected")
    for word in ("yes", "yes", "maybe", None):
        examples.save(tone_word(word or "often", 7), word)
    return examples.folder


def corrections(given):
    return sorted(clip.word for clip in given["train"] if clip.corpus == "corrections")


def test_corrections_from_the_window_are_used(capsys, data, fitting, corrected, tmp_path):
    save_settings(tmp_path / "settings.json", Settings(examples_folder=str(corrected)))
    assert main(["fit", "tiny.toml", "--data", "data"]) == 0
    assert corrections(fitting.given) == ["maybe", "unknown", "yes", "yes"]
    # A word that was corrected only is no new keyword.
    assert fitting.given["words"] == ["no", "often", "yes"]
    assert f"4 corrections from {corrected} are used; --no-corrections leaves them out\n" in (
        capsys.readouterr().err
    )
    assert main(["fit", "tiny.toml", "--data", "data", "--no-corrections", "--out", "b"]) == 0
    assert corrections(fitting.given) == []
    assert "correction" not in capsys.readouterr().err


def test_systems_without_unknown_learn_only_corrected_words(capsys, data, fitting, corrected):
    named = ["--corrections", str(corrected)]
    assert main(["fit", "mfcc-mlp", "--data", "data", *named]) == 0
    assert corrections(fitting.given) == ["yes", "yes"]
    assert f"2 corrections from {corrected} are used" in capsys.readouterr().err
    words = ["--words", "no", "often", "--out", "b"]
    assert main(["fit", "mfcc-mlp", "--data", "data", *words, *named]) == 0
    assert f"0 corrections from {corrected} are used" in capsys.readouterr().err


def test_corrections_inside_the_data_are_for_training_only(data, fitting, capsys):
    assert main(["fit", "tiny.toml", "--data", "data", "--corrections", "data"]) == 0
    assert len(fitting.given["train"]) == 30
    assert not fitting.given["test"]


def test_no_folder_of_corrections_is_no_matter(capsys, data, fitting, tmp_path):
    save_settings(tmp_path / "settings.json", Settings(examples_folder=str(tmp_path / "gone")))
    assert main(["fit", "tiny.toml", "--data", "data"]) == 0
    (tmp_path / "empty").mkdir()
    save_settings(tmp_path / "settings.json", Settings(examples_folder=str(tmp_path / "empty")))
    assert main(["fit", "tiny.toml", "--data", "data", "--force"]) == 0
    assert "correction" not in capsys.readouterr().err


def test_what_the_app_cannot_run_is_said_plainly(capsys, data, monkeypatch):
    monkeypatch.setattr(command, "fit_system", Fitting())
    assert main(["fit", "mfcc-mlp", "--data", "data"]) == 0
    assert capsys.readouterr().out.splitlines()[1] == (
        "The app cannot run mfcc-mlp, whose features need the whole recording; measure it with: "
        "recognizer-train evaluate runs/mfcc-mlp"
    )


def test_ctrl_c_tells_how_to_go_on(capsys, data, monkeypatch):
    def stopped(*arguments, run, **options):
        (run / "checkpoint").mkdir(parents=True)
        (run / "checkpoint" / "state.npz").touch()
        raise KeyboardInterrupt

    monkeypatch.setattr(command, "fit_system", stopped)
    assert main(["fit", "tiny.toml", "--data", "data"]) == 130
    said = capsys.readouterr().err
    assert "repeat the command with --resume to go on" in said


@pytest.fixture
def made(monkeypatch):
    given: dict = {}

    def make_model(*arguments, **options):
        given.update(arguments=arguments, **options)
        arguments[3].write_text("a model")
        return "result"

    monkeypatch.setattr(model, "make_model", make_model)
    monkeypatch.setattr(report, "print_report", lambda result, **_: None)
    return given


def test_the_recipe_of_the_digits_makes_the_model_that_ships(capsys, made):
    assert main(["fit", "digits", "--data", "d", "--work", "w", "--processes", "3"]) == 0
    out = Path("runs/digits/model.tflite")
    assert made["arguments"] == (model.RECIPES / "digits.toml", Path("d"), Path("w"), out)
    assert (made["processes"], made["resume"]) == (3, True)
    assert capsys.readouterr().out.splitlines()[-1] == f"Try it with: recognizer --model {out}"
    assert main(["fit", "digits", "--data", "d"]) == 1
    assert "finished model in runs/digits; name another folder" in one_sentence(capsys)
    assert main(["fit", "digits", "--data", "d", "--force"]) == 0
    assert made["resume"] is False


def test_a_composed_recipe_of_ones_own(made, capsys):
    shutil.copy(model.RECIPES / "digits.toml", "mine.toml")
    assert main(["fit", "mine.toml", "--data", "d", "--out", "m"]) == 0
    assert made["arguments"][0] == Path("mine.toml")
    assert made["arguments"][3] == Path("m/model.tflite")
    capsys.readouterr()
    assert main(["fit", "mine.toml", "--data", "d", "e", "--out", "n"]) == 1
    assert "takes one folder that holds all corpora, not 2" in one_sentence(capsys)


def test_from_teaches_words_to_a_model(capsys, monkeypatch, corrected):
    given: list = []

    def teach_words(*arguments, **options):
        given.append((arguments, options))
        arguments[3].parent.mkdir(parents=True)
        arguments[3].write_text("a model")
        return 0

    monkeypatch.setattr(teaching, "teach_words", teach_words)
    arguments = ["fit", "words", "--from", "digits", "--data", "a", "b", "--words", "yes", "no"]
    extra = ["--corrections", str(corrected), "--keep", "--processes", "2"]
    assert main([*arguments, *extra]) == 0
    [(positional, options)] = given
    out = Path("runs/words/model.tflite")
    assert positional == ([Path("a"), Path("b")], ["yes", "no"], Path("digits"), out)
    assert options["run"] == Path("runs/words")
    assert (options["processes"], options["keep"]) == (2, True)
    assert options["corrections"] == corrected
    assert main(arguments) == 1
    assert "There is a model in runs/words, or a run; name another folder" in one_sentence(capsys)


def test_help_is_fast_and_needs_nothing():
    program = (
        "import sys; from train.cli import main\n"
        "try: main(['fit', '--help'])\n"
        "except SystemExit: pass\n"
        "print(*[name for name in sys.modules if name in "
        "('numpy', 'rich', 'keras', 'tensorflow', 'librosa', 'matplotlib', 'soundfile')])"
    )
    root = Path(__file__).parents[3]
    result = subprocess.run(
        [sys.executable, "-c", program], cwd=root, capture_output=True, text=True, timeout=60
    )
    assert "--resume" in result.stdout
    assert result.stdout.splitlines()[-1] == ""


def test_the_record_names_every_part(data, fitting):
    assert main(["fit", "tiny.toml", "--data", "data"]) == 0
    record = json.loads(Path("runs/tiny/run.json").read_text())
    assert {clip["split"] for clip in record["clips"]} == {"train", "validation", "test"}
    assert np.isfinite(record["seconds"])
