import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from recognizer.errors import ModelError
from train.cli import main
from train.evaluation import evaluate as evaluation
from train.evaluation.det import RUN_AT


def test_a_missing_model_is_one_sentence(data, tmp_path, capsys):
    assert main(["evaluate", "--model", str(tmp_path / "no.tflite"), "--data", str(data)]) == 1

    assert "no model file" in capsys.readouterr().err
    with pytest.raises(ModelError):
        evaluation.evaluate(tmp_path / "no.tflite", data)


def test_the_program_prints_tables_and_writes_figures(data, model, tmp_path, capsys):
    arguments = ["--model", model, "--data", data, "--group", "crowd", "--in-process"]
    figures = tmp_path / "figures.json"

    assert main(["evaluate", *map(str, arguments), "--json", str(figures)]) == 0

    assert "digits, crowd microphones" in capsys.readouterr().out
    assert json.loads(figures.read_text())["groups"]["crowd"]["keywords"]["said"] == 4


def test_figures_that_cannot_be_written_are_one_sentence(data, model, tmp_path, capsys):
    arguments = ["--model", model, "--data", data, "--group", "crowd", "--in-process"]

    assert main(["evaluate", *map(str, arguments), "--json", str(tmp_path)]) == 1

    assert str(tmp_path) in capsys.readouterr().err


def test_the_model_comes_first_and_the_report_is_a_page(data, model, tmp_path, capsys):
    page = tmp_path / "report.html"
    arguments = [model, "--data", data / "fsdd", data / "noise", "--in-process", "--html", page]
    arguments += ["--processes", "1", "--details"]

    assert main(["evaluate", *map(str, arguments)]) == 0

    out = capsys.readouterr().out
    assert "keywords in the folders" in out
    assert "At other thresholds" in out
    assert page.read_text().startswith("<!DOCTYPE html>")


def test_every_threshold_is_told_but_in_a_hurry(data, model, tmp_path):
    arguments = [model, "--data", data / "fsdd", "--in-process", "--processes", "1"]
    arguments += ["--json", tmp_path / "figures.json"]
    assert main(["evaluate", *map(str, arguments)]) == 0
    figures = json.loads((tmp_path / "figures.json").read_text())
    assert [row["threshold"] for row in figures["det"]["alarms"]] == list(RUN_AT)

    assert main(["evaluate", *map(str, arguments), "--quick"]) == 0
    assert json.loads((tmp_path / "figures.json").read_text())["det"] is None


@pytest.mark.parametrize("option", ["--json", "--html"])
def test_a_file_that_could_not_be_written_is_told_before_the_work(option, tmp_path, capsys):
    nowhere = tmp_path / "no" / "figures"
    assert main(["evaluate", str(tmp_path / "no.tflite"), option, str(nowhere)]) == 1

    assert "there is no folder" in capsys.readouterr().err


def test_a_model_among_the_folders_is_told_where_it_belongs(data, model, tmp_path, capsys):
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "run.json").touch()
    for thing in (model, tmp_path / "run"):
        assert main(["evaluate", "--data", str(data), str(thing)]) == 1
        assert f"{thing} is a " in (told := capsys.readouterr().err)
        assert "name it before --data" in told


def test_figures_go_to_a_pipe_as_to_a_file(data, model, tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    arguments = ["--model", model, "--data", data, "--group", "crowd", "--in-process", "--quick"]
    with subprocess.Popen(["cat", pipe], stdout=subprocess.PIPE, text=True) as reader:
        assert main(["evaluate", *map(str, arguments), "--json", str(pipe)]) == 0
        assert json.loads(reader.communicate(timeout=60)[0])["groups"]["crowd"]["clips"] == 4
    assert pipe.is_fifo()


@pytest.mark.parametrize(
    "wrong",
    [
        *(["--threshold", "2"], ["--limit", "0"], ["--group", "nobody"], ["--split", "train"]),
        *(["--seed", "-1"], ["--model", "a.tflite", "b.tflite"]),
    ],
)
def test_wrong_arguments_end_with_status_2(wrong, capsys):
    with pytest.raises(SystemExit) as ended:
        main(["evaluate", *wrong])

    assert ended.value.code == 2
    assert wrong[0] in capsys.readouterr().err


def test_an_evaluation_does_not_load_tensorflow_or_librosa():
    code = (
        "import sys; import train.evaluation.evaluate, train.evaluation.evaluate_run; "
        "import train.evaluation.report, train.html.report; "
        "heavy = ('tensorflow', 'librosa', 'scipy', 'matplotlib', 'sklearn', 'sounddevice'); "
        "print([n for n in heavy if n in sys.modules])"
    )
    root = str(Path(evaluation.__file__).parents[2])
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONPATH": root},
        capture_output=True,
        text=True,
        check=True,
    )

    assert done.stdout.strip() == "[]"
