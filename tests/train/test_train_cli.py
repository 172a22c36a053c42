import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from recognizer import __version__
from train import align, model, prepare_digits
from train.cli import main
from train.errors import DataError
from train.evaluation import report
from train.model import RECIPES
from train.recipe import load_recipe

ROOT = Path(__file__).parents[2]


def one_sentence(capsys):
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.startswith("recognizer-train: ")
    assert printed.err.count("\n") == 1
    assert printed.err.endswith(".\n")
    return printed.err


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ([], "COMMAND"),
        (["nonsense"], "nonsense"),
        (["model", "--nonsense"], "--nonsense"),
        (["model", "--processes", "many"], "many"),
        (["model", "--processes", "0"], "must be 1 or more"),
        (["align", "--processes", "-2"], "must be 1 or more"),
        (["evaluate", "--nonsense"], "--nonsense"),
    ],
)
def test_a_wrong_command_line_is_status_2(capsys, arguments, says):
    with pytest.raises(SystemExit) as caught:
        main(arguments)
    assert caught.value.code == 2
    assert says in capsys.readouterr().err


def test_help_and_version(capsys):
    for arguments in (["--help"], ["model", "--help"], ["evaluate", "--help"]):
        with pytest.raises(SystemExit) as caught:
            main(arguments)
        assert caught.value.code == 0
    help_text = capsys.readouterr().out
    for command in ("model", "align", "synthesize", "evaluate"):
        assert command in help_text
    with pytest.raises(SystemExit) as caught:
        main(["--version"])
    assert caught.value.code == 0
    assert __version__ in capsys.readouterr().out


@pytest.mark.parametrize("command", ["model", "align"])
def test_a_missing_data_folder_is_one_sentence(capsys, tmp_path, command):
    nowhere = tmp_path / "nowhere"
    work, out = tmp_path / "work", tmp_path / "model.tflite"
    arguments = [command, "--data", str(nowhere), "--work", str(work)]
    assert main([*arguments, *(["--out", str(out)] if command == "model" else [])]) == 1
    assert str(nowhere) in one_sentence(capsys)
    assert not out.exists()


def test_the_environment_names_the_data_folder(capsys, tmp_path, monkeypatch):
    monkeypatch.setenv("KEYWORD_DATA", str(tmp_path / "elsewhere"))
    assert main(["align", "--work", str(tmp_path)]) == 1
    assert "elsewhere" in one_sentence(capsys)


def test_a_missing_recipe_is_one_sentence(capsys, tmp_path):
    arguments = ["--recipe", str(tmp_path / "none.toml"), "--work", str(tmp_path / "work")]
    assert main(["model", *arguments]) == 1
    assert "none.toml" in one_sentence(capsys)


@pytest.mark.parametrize("command", ["model", "align"])
def test_a_work_folder_that_is_a_file_is_one_sentence(capsys, tmp_path, command):
    (tmp_path / "work").touch()
    arguments = ["--work", str(tmp_path / "work"), "--data", str(tmp_path)]
    assert main([command, *arguments]) == 1
    assert "work" in one_sentence(capsys)


def test_a_full_disk_is_one_sentence(capsys, tmp_path, monkeypatch):
    def full(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(model, "make_model", full)
    assert main(["model"]) == 1
    assert one_sentence(capsys) == "recognizer-train: No space left on device.\n"


@pytest.mark.parametrize(("command", "missing"), [("model", "rich"), ("evaluate", "soundfile")])
def test_a_missing_module_is_one_sentence(command, missing):
    program = (
        "import sys; sys.modules[sys.argv[2]] = None;"
        "from train.cli import main; sys.exit(main(sys.argv[1:2]))"
    )
    result = subprocess.run(
        [sys.executable, "-c", program, command, missing],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert result.returncode == 1
    assert result.stderr.startswith(f"recognizer-train: Training needs {missing}")
    assert "pip install 'keyword-recognizer[train]'" in result.stderr
    assert result.stderr.count("\n") == 1


def test_a_missing_tensorflow_is_named(capsys, monkeypatch):
    def fit(*_, **__):
        raise ModuleNotFoundError("No module named 'tensorflow'", name="tensorflow")

    monkeypatch.setattr(model, "make_model", fit)
    assert main(["model"]) == 1
    assert "Training needs tensorflow; install it" in one_sentence(capsys)


@pytest.mark.parametrize("command", ["model", "align", "synthesize"])
def test_ctrl_c_is_status_130(capsys, tmp_path, monkeypatch, command):
    def interrupted(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr(model, "make_model", interrupted)
    monkeypatch.setattr(align, "align", interrupted)
    monkeypatch.setattr(prepare_digits, "let_speak", interrupted)
    assert main([command, "--work", str(tmp_path)]) == 130
    assert "interrupted" in one_sentence(capsys)


def test_an_error_that_only_a_bug_can_cause_keeps_its_traceback(monkeypatch):
    def fail(*_, **__):
        raise IndexError("a bug")

    monkeypatch.setattr(model, "make_model", fail)
    with pytest.raises(IndexError):
        main(["model"])


def test_model_passes_its_options_on(tmp_path, monkeypatch):
    given, printed = {}, []

    def make_model(*arguments, **settings):
        given.update(arguments=arguments, **settings)
        return "result"

    monkeypatch.setattr(model, "make_model", make_model)
    monkeypatch.setattr(report, "print_report", lambda *one, **_: printed.append(*one))
    options = ["--recipe", "r.toml", "--data", "d", "--work", "w", "--out", "o", "--processes", "3"]
    assert main(["model", *options, "--fresh"]) == 0
    assert given == {
        "arguments": (Path("r.toml"), Path("d"), Path("w"), Path("o")),
        "processes": 3,
        "resume": False,
    }
    assert printed == ["result"]


def test_align_and_synthesize_say_what_they_made(capsys, tmp_path, monkeypatch):
    summary = SimpleNamespace(aligned=2, words=7, skipped=["a.wav"])
    monkeypatch.setattr(align, "align", lambda data, out, **_: summary)
    monkeypatch.setattr(prepare_digits, "common_words", lambda *_: [])
    monkeypatch.setattr(prepare_digits, "synthesize", lambda out, **_: ["clip"] * 5)
    counts = []

    def read_aloud(out, words, *, count, **_):
        counts.append(count)
        return ["one"] * 3

    monkeypatch.setattr(prepare_digits, "read_aloud", read_aloud)
    work = tmp_path / "new"
    assert main(["align", "--work", str(work)]) == 0
    assert work.is_dir()
    assert main(["synthesize", "--work", str(work)]) == 0
    printed = capsys.readouterr()
    assert printed.out == ""
    assert "2 utterances, 7 words" in printed.err
    assert "left out: a.wav" in printed.err
    assert "5 clips" in printed.err
    assert "3 sentences" in printed.err
    assert counts == [load_recipe(RECIPES / "digits.toml").prepare.sentences]


def test_an_error_is_said_as_it_is(capsys, monkeypatch):
    def fail(*_, **__):
        raise DataError("The corpus an4 is missing.")

    monkeypatch.setattr(model, "make_model", fail)
    assert main(["model"]) == 1
    assert one_sentence(capsys) == "recognizer-train: The corpus an4 is missing.\n"
