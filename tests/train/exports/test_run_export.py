import json
import shutil
import zipfile
from dataclasses import replace

import numpy as np
import pytest

from recognizer.classifier import Classifier
from recognizer.errors import ModelError
from recognizer.model_file import read_metadata, read_model
from tests.model_fixture import tiny_model
from tests.train.exports.small_runs import small_run
from train.cli import main
from train.errors import DataError
from train.exports import export_run
from train.exports.c_source import read_c_source
from train.exports.float_file import read_float
from train.exports.report import text_of
from train.systems.run import load_run
from train.tasks import Tasks

pytest.importorskip("tensorflow")

# Keras reads its own variables in a way that NumPy 2.4 is about to refuse.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")


@pytest.fixture(scope="module")
def live(tmp_path_factory):
    """A run of a system that the app can run."""
    return small_run(tmp_path_factory.mktemp("live"))


@pytest.fixture(scope="module")
def whole_clip(tmp_path_factory):
    """A run of a system that it cannot."""
    return small_run(tmp_path_factory.mktemp("clips"), "mfcc-mean")


@pytest.fixture(scope="module")
def export():
    def export(run, out, **options):
        with Tasks(1) as tasks:
            return export_run(
                run, out, tasks=tasks, cache=run.folder.parent / "features", **options
            )

    return export


@pytest.fixture(scope="module")
def exported(live, export, tmp_path_factory):
    out = tmp_path_factory.mktemp("out") / "model.tflite"
    return out, export(live, out)


def test_the_app_runs_it_and_it_tells_how_it_was_made(live, exported):
    out, report = exported
    metadata = Classifier(out).metadata
    assert metadata.labels == ("silence", "unknown", "no", "yes")
    assert metadata.threshold == live.recipe.threshold
    training = json.loads(json.dumps(metadata.training))
    assert training["recipe"] == live.recipe.to_json()
    assert training["corpora"] == {
        "tones": "none; 16 recordings of 1 speaker for training, "
        "8 recordings of 1 speaker for validation"
    }
    assert training["counts"]["tones"]["train"] == {"recordings": 16, "speakers": 1}
    assert training["splits"] == "by speaker: nobody is in two parts"
    assert (training["seed"], training["parameters"]) == (3, report.parameters)
    assert training["versions"].keys() >= {"python", "keras", "numpy"}
    best = min(live.history, key=lambda epoch: epoch.validation_loss)
    assert training["validation"]["epoch"] == best.epoch
    assert training["validation"]["accuracy"] == round(best.validation_accuracy, 4)
    assert training["export"] == report.to_json()
    assert str(live.folder.parent) not in json.dumps(training)


def test_the_report_counts_what_it_costs(live, exported):
    out, report = exported
    assert (report.path, report.kind, report.part) == (out, "int8", "validation")
    words, others = report.counts
    assert (words.what, words.of) == ("words", 8)
    assert others.what == "other sounds"
    assert others.of > 4
    assert words.after >= 7
    assert report.agreement > 0.9
    assert report.file_bytes == len(read_model(out)[0])
    assert report.lost_points == pytest.approx(
        100 * (report.total.before - report.total.after) / report.total.of
    )
    text = text_of(report)
    assert text.splitlines()[0] == str(out)
    assert f"({report.total.before} of {report.total.of} right before" in text
    assert f"{report.parameters:,} weights" in text


def test_equal_runs_give_equal_files(live, exported, export, tmp_path):
    export(live, tmp_path / "again.tflite")
    assert (tmp_path / "again.tflite").read_bytes() == exported[0].read_bytes()


def test_the_calibration_is_chosen_by_names_alone(live, tmp_path):
    from train.exports.run import calibration_windows

    with Tasks(1) as tasks:
        cache = live.folder.parent / "features"
        windows = calibration_windows(live, tasks=tasks, cache=cache)
        backwards = replace(live, clips=live.clips[::-1])
        np.testing.assert_array_equal(
            calibration_windows(backwards, tasks=tasks, cache=cache), windows
        )
    assert windows.shape[1:] == (98, 40)
    assert 20 < len(windows) <= 500


@pytest.mark.parametrize("kind", ["live", "whole_clip"])
def test_the_float_file_answers_as_the_network(kind, export, tmp_path, request):
    run = request.getfixturevalue(kind)
    out = tmp_path / "model.float.tflite"
    report = export(run, out, kind="float")
    assert report.agreement == 1.0
    assert report.lost_points == 0.0
    content = read_float(out)
    assert (content.labels, content.features) == (run.labels, run.recipe.features)
    with zipfile.ZipFile(out) as archive:
        assert archive.read("labels.txt").decode().split() == list(run.labels)
        assert json.loads(archive.read("metadata.json"))["training"]["seed"] == 3
    with pytest.raises(ModelError):
        Classifier(out)


def test_the_app_cannot_run_every_system(whole_clip, export, tmp_path):
    for kind in ("int8", "c"):
        with pytest.raises(DataError, match=r"cannot run tiny, whose features \(mfcc-mean\)"):
            export(whole_clip, tmp_path / "m.tflite", kind=kind)
    assert not any(tmp_path.iterdir())


def test_c_source_is_the_same_network(live, exported, export, tmp_path):
    export(live, tmp_path / "m.h", kind="c")
    assert read_c_source(tmp_path / "m.h") == read_model(exported[0])


@pytest.fixture
def better(exported, tmp_path):
    """The exported model, in place."""
    return shutil.copy(exported[0], tmp_path / "model.tflite")


@pytest.fixture
def worse(live, tmp_path):
    """The run with a network that has learnt nothing."""
    run = replace(live, folder=tmp_path / "worse")
    shutil.copytree(live.folder, run.folder)
    model = run.model()
    model.set_weights([np.zeros_like(one) for one in model.get_weights()])
    model.save(run.folder / "model.keras")
    return run


def test_a_better_model_stays(worse, better, export):
    before = better.read_bytes()
    with pytest.raises(
        DataError,
        match=r"model.tflite is better than the new model: of 8 sounds it gets [78] right "
        r"\([\d.]+%\), the new one 0 \(0.0%\); .* --force",
    ):
        export(worse, better)
    assert better.read_bytes() == before
    export(worse, better, force=True)
    assert better.read_bytes() != before
    assert [path.name for path in better.parent.iterdir() if path.is_file()] == ["model.tflite"]


def test_a_worse_model_goes(live, worse, exported, export, tmp_path):
    out = tmp_path / "model.tflite"
    export(worse, out)
    export(live, out)
    assert out.read_bytes() == exported[0].read_bytes()


def test_better_c_source_and_float_files_stay_too(live, worse, export, tmp_path):
    for kind, name in (("c", "m.h"), ("float", "m.tflite")):
        out = tmp_path / name
        export(live, out, kind=kind)
        before = {path: path.read_bytes() for path in tmp_path.iterdir() if path.is_file()}
        with pytest.raises(DataError, match="is better than the new model"):
            export(worse, out, kind=kind)
        assert {path: path.read_bytes() for path in before} == before
        export(live, out, kind=kind)


def test_a_model_of_other_words_stays(live, export, tmp_path):
    other = tiny_model(tmp_path / "model.tflite")
    before = other.read_bytes()
    with pytest.raises(DataError, match=r"other words \(zero, one, .*nine\) than .*\(no, yes\)"):
        export(live, other)
    assert other.read_bytes() == before
    export(live, other, force=True)
    assert read_metadata(other).keywords == ("no", "yes")


@pytest.mark.parametrize("kind", ["int8", "c", "float"])
def test_what_is_no_model_stays(live, export, tmp_path, kind):
    out = tmp_path / ("m.h" if kind == "c" else "m.tflite")
    out.write_text("mine")
    with pytest.raises(DataError, match=r"is there and cannot be compared: .* --force"):
        export(live, out, kind=kind)
    assert out.read_text() == "mine"


def test_recordings_that_are_gone(live, export, tmp_path):
    gone = replace(
        live,
        clips=[replace(clip, path=tmp_path / clip.path.name) for clip in live.clips],
    )
    with pytest.raises(DataError, match=r"None of the recordings .* to measure on can be used \(/"):
        export(gone, tmp_path / "m.tflite")
    kept = [clip for clip in live.clips if clip.split == "validation"]
    gone = replace(gone, clips=[one for one in gone.clips if one.split == "train"] + kept)
    with pytest.raises(DataError, match=r"that .* was trained on can be used any more"):
        export(gone, tmp_path / "m.tflite")
    assert not any(tmp_path.iterdir())


def test_other_recordings_to_measure_on(live, export, tmp_path):
    from tests.train.systems.tone_words import make_words

    for speaker in ("ann", "bob", "cy", "dee", "eve"):
        make_words(tmp_path / "more", count=3, speaker=speaker)
    report = export(live, tmp_path / "m.tflite", data=[tmp_path / "more"])
    assert (report.part, report.counts[0].of) == ("test", 6)
    with pytest.raises(DataError, match="no recording for testing of no, yes in"):
        export(live, tmp_path / "m.tflite", data=[make_words(tmp_path / "o", ("maybe", "often"))])


def test_the_command(live, tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    work = str(live.folder.parent)
    assert main(["export", str(live.folder), "--processes", "1", "--work", work]) == 0
    out = live.folder / "model.tflite"
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == str(out)
    assert any(line.startswith("accuracy ") for line in lines)
    assert Classifier(out).metadata.keywords == ("no", "yes")
    model = tiny_model(tmp_path / "other.tflite")
    assert main(["export", str(model)]) == 0
    assert capsys.readouterr().out.splitlines()[:2] == ["other.h", "other.c"]
    assert read_c_source(tmp_path / "other.h") == read_model(model)
    assert main(["export", str(model)]) == 0


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["nowhere"], "nowhere"),
        (["folder"], "folder is no run folder"),
        (["m.tflite", "--format", "float"], "its weights are int8 already"),
        (["m.tflite", "--out", "m.txt"], "m.txt must end in .h"),
        (["m.tflite", "--out", "no/m.h"], "There is no folder no to write m.h into"),
        (["m.tflite", "--data", "folder"], "folder"),
        (["m.tflite", "--out", "other.h"], "without recordings nobody can say which"),
    ],
)
def test_mistakes_of_a_user(tmp_path, capsys, monkeypatch, arguments, says):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "folder").mkdir()
    tiny_model(tmp_path / "m.tflite")
    assert (
        main(
            ["export", str(tiny_model(tmp_path / "o.tflite", input_scale=0.2)), "--out", "other.h"]
        )
        == 0
    )
    before = (tmp_path / "other.h").read_bytes()
    capsys.readouterr()
    assert main(["export", *arguments]) == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert says in err
    assert err.count("\n") == 1
    assert (tmp_path / "other.h").read_bytes() == before


def test_a_run_that_is_not_finished(live, tmp_path, capsys):
    folder = tmp_path / "run"
    shutil.copytree(live.folder, folder)
    record = json.loads((folder / "run.json").read_text())
    (folder / "run.json").write_text(json.dumps({**record, "state": "training"}))
    assert main(["export", str(folder)]) == 1
    assert "is not finished" in capsys.readouterr().err
    assert load_run(live.folder).finished
