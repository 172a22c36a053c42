from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from recognizer.errors import ModelError
from recognizer.log_mel import FrontendParameters
from recognizer.model_file import read_metadata
from recognizer.model_metadata import ModelMetadata
from tests.made_recordings import make_training_recordings
from tests.model_fixture import tiny_model
from train import model as making
from train.corpora import load_isolated, load_noise
from train.errors import DataError
from train.fit import MEANS, Progress, load_history, save_history
from train.model import CALIBRATION, RECIPES, calibration_windows, choose_calibration, make_model
from train.prepare import LABELS, Prepared
from train.recipe import load_recipe
from train.threshold import Chosen

RECIPE = RECIPES / "digits.toml"
HISTORY = [Progress(5, 10, 2.0, 0.5, 0.8), Progress(10, 10, 1.0, 0.7, 0.9)]
STEPS = ("train.json", "validation.json", "history.json")


@pytest.fixture
def recipe():
    return load_recipe(RECIPE)


@pytest.fixture
def work(tmp_path, recipe):
    """A work folder in which every step is finished."""
    folder = tmp_path / "work"
    folder.mkdir()
    making.begin(folder, recipe, resume=True)
    for name in (*STEPS, "alignments.json", "best.weights.h5"):
        (folder / name).write_text("kept")
    return folder


def test_a_finished_training_is_taken_up(work, recipe, monkeypatch):
    save_history(work / "history.json", HISTORY)
    monkeypatch.setattr(making.fitting, "load", lambda recipe, train, weights: ("model", weights))
    model = making.load_or_fit(recipe, None, None, work)
    assert model == ("model", work / "best.weights.h5")


@pytest.mark.parametrize("missing", ["history.json", "best.weights.h5"])
def test_an_unfinished_training_is_done_again(work, recipe, monkeypatch, missing):
    def fit(train, validation, fit_recipe, checkpoint, *, seed, on_step, on_progress):
        assert (fit_recipe, seed) == (recipe.fit, recipe.seed)
        for progress in HISTORY:
            on_step(progress.step)
            on_progress(progress)
        return "trained"

    save_history(work / "history.json", HISTORY[:1])
    (work / missing).unlink()
    monkeypatch.setattr(making.fitting, "fit", fit)
    assert making.load_or_fit(recipe, None, None, work) == "trained"
    assert load_history(work / "history.json") == HISTORY
    monkeypatch.setattr(making.fitting, "load", lambda *_: "loaded")
    (work / "best.weights.h5").touch()
    assert making.load_or_fit(recipe, None, None, work) == "loaded"


def test_a_training_that_goes_on_keeps_the_curves_of_its_first_stage(work, recipe, monkeypatch):
    def note(*curve):
        def fit(*_, **settings):
            for step in curve:
                settings["on_progress"](Progress(step, 90, 2.0, 0.5, 0.8))
            if curve[-1] != 90:
                raise KeyboardInterrupt
            return "trained"

        return fit

    steps = recipe.fit.steps
    (work / "history.json").unlink()
    monkeypatch.setattr(making.fitting, "fit", note(steps - 1, steps, steps + 1))
    with pytest.raises(KeyboardInterrupt):
        making.load_or_fit(recipe, None, None, work)
    monkeypatch.setattr(making.fitting, "fit", note(90))
    making.load_or_fit(recipe, None, None, work)
    history = load_history(work / "history.json")
    # Nothing is left of a first stage that was not finished, or of a second that was not.
    assert [one.step for one in history] == [90]
    (work / "history.json").unlink()
    (work / MEANS.format(1)).touch()
    monkeypatch.setattr(making.fitting, "fit", note(steps - 1, steps, steps + 1))
    with pytest.raises(KeyboardInterrupt):
        making.load_or_fit(recipe, None, None, work)
    monkeypatch.setattr(making.fitting, "fit", note(90))
    making.load_or_fit(recipe, None, None, work)
    history = load_history(work / "history.json")
    assert [one.step for one in history] == [steps - 1, steps, 90]


def test_a_stage_that_goes_on_keeps_the_curves_up_to_there(work, recipe, monkeypatch):
    (work / "history.json").unlink()
    curve = [Progress(step, 90, 2.0, 0.5, 0.8) for step in (10, 20, 30)]
    save_history(work / "history.part.json", curve)
    monkeypatch.setattr(making.fitting, "steps_behind", lambda *_: 20)
    monkeypatch.setattr(making.fitting, "fit", lambda *_, **__: "trained")
    making.load_or_fit(recipe, None, None, work)
    assert load_history(work / "history.json") == curve[:2]


def test_a_training_that_breaks_off_leaves_no_history(work, recipe, monkeypatch):
    def fit(*_, **settings):
        settings["on_progress"](HISTORY[0])
        raise KeyboardInterrupt

    (work / "history.json").unlink()
    monkeypatch.setattr(making.fitting, "fit", fit)
    with pytest.raises(KeyboardInterrupt):
        making.load_or_fit(recipe, None, None, work)
    assert not (work / "history.json").exists()


@pytest.fixture
def stand_ins(monkeypatch):
    """Every long step of a run replaced by something that takes no time."""
    empty = Prepared(
        np.zeros((4, 98, 40), np.int8), np.zeros(4, np.uint8), np.zeros(4, np.uint16), ()
    )

    def export(model, recipe, data, validation, path):
        tiny_model(path, LABELS, threshold=making.UNDECIDED)
        return SimpleNamespace(file_bytes=1, agreement=1.0, windows=4)

    monkeypatch.setattr(making, "prepare_digits", lambda *_, **__: (empty, empty))
    monkeypatch.setattr(making, "load_or_fit", lambda *_: None)
    monkeypatch.setattr(making, "export_candidate", export)
    monkeypatch.setattr(
        making, "choose_threshold", lambda path, data, decision, processes: Chosen(0.35, 0.015)
    )
    monkeypatch.setattr(making, "_keep_trunk", lambda model, train, data, out, seed, processes: out)
    monkeypatch.setattr(making, "evaluate", lambda path, data: {"measured": read_metadata(path)})
    monkeypatch.setattr(making, "headline", lambda result: {"found": 0.93})


def test_a_run_puts_a_measured_model_in_its_place(tmp_path, stand_ins):
    out = tmp_path / "model.tflite"
    out.write_text("the old model")
    result = make_model(RECIPE, tmp_path, tmp_path / "work", out, processes=1)
    metadata = read_metadata(out)
    assert metadata.training["evaluation"] == {"found": 0.93}
    assert replace(metadata, training={}) == replace(result["measured"], training={})
    assert "evaluation" not in result["measured"].training
    assert metadata.labels == LABELS
    # It is chosen before anything is measured.
    assert metadata.threshold == 0.35
    assert metadata.training["validation"]["other_words_called"] == 0.015


@pytest.mark.parametrize(
    "step",
    [
        *("prepare_digits", "load_or_fit", "export_candidate"),
        *("choose_threshold", "evaluate", "headline"),
    ],
)
@pytest.mark.parametrize("error", [DataError("A corpus is missing."), KeyboardInterrupt()])
def test_a_run_that_fails_leaves_the_old_model_alone(tmp_path, stand_ins, monkeypatch, step, error):
    def fail(*_, **__):
        raise error

    out = tmp_path / "model.tflite"
    out.write_text("the old model")
    monkeypatch.setattr(making, step, fail)
    with pytest.raises(type(error)):
        make_model(RECIPE, tmp_path, tmp_path / "work", out)
    assert out.read_text() == "the old model"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["model.tflite", "work"]


def test_a_place_that_cannot_be_written_is_named(tmp_path, stand_ins):
    out = tmp_path / "nowhere" / "model.tflite"
    with pytest.raises(ModelError, match="nowhere"):
        make_model(RECIPE, tmp_path, tmp_path / "work", out)


def test_a_recipe_that_does_not_fit_stops_a_run_at_once(tmp_path, stand_ins):
    with pytest.raises(DataError, match="cannot be read"):
        make_model(tmp_path / "none.toml", tmp_path, tmp_path / "work", tmp_path / "m.tflite")
    assert not (tmp_path / "work").exists()


def test_the_export_is_compared_on_validation_windows(tmp_path, recipe, monkeypatch):
    given = {}

    def export(model, calibration, path, metadata, *, windows, answers):
        given.update(metadata=metadata, windows=windows, answers=answers)
        return "report"

    rng = np.random.default_rng(0)
    labels = rng.integers(0, 12, 30).astype(np.uint8)
    windows = np.broadcast_to(labels[:, None, None].astype(np.int8), (30, 98, 40))
    monkeypatch.setattr(making, "export_int8", export)
    monkeypatch.setattr(making, "calibration_windows", lambda data, frontend: "calibration")
    monkeypatch.setattr(making, "validate", lambda model, held, answers: (0.56789, held.mean()))
    model = SimpleNamespace(count_params=lambda: 1)
    arguments = (
        model,
        recipe,
        tmp_path,
        Prepared(windows, labels, np.zeros(len(labels), np.uint16), ()),
        tmp_path / "m",
    )
    assert making.export_candidate(*arguments) == "report"
    assert isinstance(given["metadata"], ModelMetadata)
    assert given["metadata"].threshold == making.UNDECIDED
    # Of the network that is exported, whichever steps were the best of its training.
    found = round(float((windows * 0.1).mean()), 4)
    assert given["metadata"].training["validation"] == {"loss": 0.5679, "found": found}
    assert given["windows"].dtype == np.float32
    np.testing.assert_allclose(given["windows"][:, 0, 0], given["answers"] * 0.1, rtol=1e-5)


def test_calibration_without_its_clips_is_refused(tmp_path):
    with pytest.raises(DataError, match=r"Hardly any of the calibration clips .* are in"):
        calibration_windows(tmp_path, FrontendParameters())


def test_calibration_clips_are_drawn_from_training_speakers(tmp_path):
    make_training_recordings(tmp_path)
    names = choose_calibration(tmp_path, 40)
    assert names == choose_calibration(tmp_path, 40)
    assert names == sorted(set(names))
    of_split = {
        clip.path.relative_to(tmp_path).as_posix(): clip.split
        for clip in [*load_isolated(tmp_path), *load_noise(tmp_path)]
    }
    assert {of_split[name] for name in names} == {"train"}
    assert any("noise" in name for name in names)


@pytest.mark.data
def test_the_committed_calibration_clips_are_those_of_training_speakers(data_folder):
    names = CALIBRATION.read_text().split("\n")
    assert names.pop() == ""
    assert len(names) == len(set(names)) > 100
    of_split = {
        clip.path.relative_to(data_folder).as_posix(): clip.split
        for clip in [*load_isolated(data_folder), *load_noise(data_folder)]
    }
    assert {of_split[name] for name in names} == {"train"}
    assert names == choose_calibration(data_folder)


@pytest.mark.data
def test_calibration_windows_are_windows_of_the_model(data_folder):
    frontend = FrontendParameters()
    windows = calibration_windows(data_folder, frontend)
    assert windows.dtype == np.float32
    assert windows.shape[1:] == (frontend.window_frames, frontend.mel_bands)
    assert 200 < len(windows) < 10_000
    assert np.isfinite(windows).all()
