import shutil

import numpy as np
import pytest
import soundfile

from tests.made_recordings import RATE, burst
from tests.model_fixture import tiny_model
from train.cli import main
from train.corpora import Clip
from train.errors import DataError
from train.evaluation.evaluate_run import evaluate_run
from train.systems import fit
from train.systems.epochs import Epoch
from train.systems.recipe import load_system
from train.systems.run import APP_MODEL, begin_run, update_record, write_history

SPLITS = ("train", "train", "validation", "test", "test")


@pytest.fixture(autouse=True)
def answers(monkeypatch):
    """The network says "one" whatever it hears; gives the recordings it was asked about."""
    asked = []

    def posteriors(run, clips, *, tasks, cache=None):
        asked.extend(clips)
        scores = np.zeros((len(clips), len(run.labels)), np.float32)
        scores[:, run.labels.index("one")] = 1.0
        return scores, [True] * len(clips)

    monkeypatch.setattr(fit, "posteriors", posteriors)
    return asked


def make_run(folder, recipe="mfcc-mlp", *, finished=True, labels=("one", "two")):
    """A run folder of a training that nobody did, with recordings beside it."""
    clips = []
    for word in ("one", "two", "cat"):
        for number, split in enumerate(SPLITS):
            path = folder.parent / "words" / word / f"speaker{number}_0.wav"
            path.parent.mkdir(parents=True, exist_ok=True)
            soundfile.write(path, burst(10 * len(clips) + number), RATE)
            clips.append(Clip(path, "words", word, f"speaker{number}", split, "none"))
    noise = folder.parent / "hum.wav"
    soundfile.write(noise, burst(1, word_s=2), RATE)
    clips.append(Clip(noise, "words", "silence", "", "test", "none"))
    about = {"data": [str(folder.parent / "words")]}
    run = begin_run(
        folder, load_system(recipe), labels, ("one", "two"), clips, augment=False, about=about
    )
    write_history(folder, [Epoch(1, 0.5, 0.9, 0.6, 0.8, 0.8, 1.0)])
    if finished:
        update_record(run, state="finished")
    return folder


def test_a_network_that_the_app_cannot_run_is_measured_on_single_recordings(tmp_path, answers):
    result = evaluate_run(make_run(tmp_path / "run"))

    assert result["groups"] == {}
    assert result["clips"]["clips"] == 4
    assert result["clips"]["accuracy"]["share"] == 0.5
    assert result["clips"]["classes"]["two"]["recall"] == 0.0
    assert {clip.split for clip in answers} == {"test"}
    assert {clip.word for clip in answers} == {"one", "two"}
    assert "cannot run mfcc-mlp" in result["notes"][0]
    assert result["clips"]["to_hear"][0]["source"] == "words/two/speaker3_0.wav"


def test_what_the_run_learnt_from_is_left_out_of_other_folders(tmp_path, answers):
    folder = make_run(tmp_path / "run")

    result = evaluate_run(folder, [tmp_path / "words"], split="all")

    assert len(answers) == 4
    assert {clip.speaker for clip in answers} == {"speaker3", "speaker4"}
    assert any("9 words of" in note and "were learnt from" in note for note in result["notes"])


def test_a_network_of_the_app_is_measured_on_streams_too(tmp_path):
    labels = ("silence", "unknown", "one", "two")
    folder = make_run(tmp_path / "run", "simple-cnn", labels=labels)
    tiny_model(folder / APP_MODEL, labels, threshold=0.2)

    result = evaluate_run(folder, through_command_line=False, thresholds=(0.5,))

    assert list(result["groups"]) == ["folder_keywords", "folder_other_words", "folder_noise"]
    assert result["groups"]["folder_keywords"]["keywords"]["said"] == 4
    assert result["model"] == str(folder)
    assert result["clips"]["clips"] == 4
    assert result["notes"] == ["The recordings are those that the run kept for testing."]
    assert evaluate_run(folder, (), ["crowd"])["skipped"] == ["crowd"]


def test_a_model_that_was_not_exported_is_told_as_that(tmp_path):
    folder = make_run(tmp_path / "run", "simple-cnn", labels=("silence", "unknown", "one", "two"))

    assert "`train export` makes one" in evaluate_run(folder)["notes"][0]


def test_a_limit_is_drawn_not_cut(tmp_path, answers):
    evaluate_run(make_run(tmp_path / "run"), limit=3)

    assert len(answers) == 3
    assert {clip.word for clip in answers} == {"one", "two"}


def test_the_command_takes_a_run_folder(tmp_path, capsys):
    folder = make_run(tmp_path / "run")
    page = tmp_path / "page.html"

    arguments = [str(folder), "--processes", "1", "--html", str(page), "--details"]
    assert main(["evaluate", *arguments]) == 0

    out = capsys.readouterr().out
    assert "Single recordings" in out
    assert "cannot run mfcc-mlp" in out
    assert "Streams" not in out
    assert "words/two/speaker3_0.wav" in page.read_text()


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda folder: shutil.rmtree(folder), "no model file"),
        (lambda folder: (folder / "run.json").unlink(), "recordings come after --data"),
        (lambda folder: (folder / "run.json").write_text("{"), "damaged"),
    ],
)
def test_a_run_that_is_none_is_one_sentence(tmp_path, capsys, change, says):
    folder = make_run(tmp_path / "run")
    change(folder)

    assert main(["evaluate", str(folder), "--processes", "1"]) == 1

    told = capsys.readouterr().err
    assert told.count("\n") == 1
    assert says in told


def test_a_training_under_way_is_not_measured(tmp_path):
    with pytest.raises(DataError, match="--resume"):
        evaluate_run(make_run(tmp_path / "run", finished=False))


def test_recordings_without_a_word_that_is_known_are_refused(tmp_path):
    folder = make_run(tmp_path / "run")
    shutil.copytree(tmp_path / "words" / "cat", tmp_path / "cats" / "cat")

    with pytest.raises(DataError, match="of the words it knows: one, two"):
        evaluate_run(folder, [tmp_path / "cats"])


def test_all_of_the_runs_own_recordings_cannot_be_asked_for(tmp_path):
    with pytest.raises(DataError, match="goes with --data"):
        evaluate_run(make_run(tmp_path / "run"), split="all")
