import io
import json
import shutil

import numpy as np
import pytest
import soundfile
from rich.console import Console

from tests.made_recordings import burst
from train.errors import DataError
from train.evaluation import evaluate as evaluation
from train.evaluation.folder_groups import FOLDER_GROUPS
from train.evaluation.materials import materials_of
from train.evaluation.report import print_report
from train.evaluation.snr_groups import SNRS_DB
from train.evaluation.stream_groups import GROUPS


@pytest.fixture(scope="module")
def result(data, model):
    return evaluation.evaluate(model, data, through_command_line=False)


@pytest.fixture(scope="module")
def everything(data, model):
    """All that can be measured, on all corpora."""
    return evaluation.evaluate(
        model, data, through_command_line=False, snr=True, thresholds=(0.1, 0.4), single=True
    )


def test_the_command_line_and_this_process_print_the_same(data, model, tmp_path, monkeypatch):
    # The program must be found wherever the evaluation was started from.
    monkeypatch.chdir(tmp_path)
    result = evaluation.evaluate(model, data, ["crowd", "running_speech"])
    quick = evaluation.evaluate(
        model, data, ["crowd", "running_speech"], through_command_line=False
    )

    assert result["agree"] is True
    for group in ("crowd", "running_speech"):
        printed, counted = result["groups"][group], quick["groups"][group]
        for counts in ("keywords", "other_words", "by_speaker", "voice_found"):
            assert printed[counts] == counted[counts]
        assert printed["false_alarms"]["count"] == counted["false_alarms"]["count"]


def test_every_group_says_whose_recordings_it_used(result):
    assert list(result["groups"]) == list(GROUPS)
    for group in result["groups"].values():
        assert group["split"] == "test"
        assert group["clips"] > 0
        assert group["hours"] > 0
        assert group["content"]
    assert result["groups"]["crowd"]["speakers"] == 2
    assert list(result["groups"]["crowd"]["by_speaker"]) != []
    assert result["agree"] is None


def test_the_same_evaluation_comes_out_the_same(result, data, model):
    again = evaluation.evaluate(model, data, through_command_line=False)

    assert json.dumps(again) == json.dumps(result)


def test_groups_that_the_split_lacks_are_named(data, model):
    result = evaluation.evaluate(
        model, data, ["accented", "crowd"], split="validation", through_command_line=False
    )

    assert result["skipped"] == ["accented"]
    assert list(result["groups"]) == ["crowd"]


def test_a_threshold_can_be_tried(data, model):
    result = evaluation.evaluate(model, data, ["crowd"], threshold=1.0, through_command_line=False)

    assert result["threshold"] == 1.0
    assert result["groups"]["crowd"]["keywords"]["missed"]["share"] == 1.0


def test_the_headline_is_small_enough_for_a_model_file(result):
    headline = evaluation.headline(result)

    assert len(json.dumps(headline)) < 10_000
    assert headline["groups"]["crowd"]["words"] == 4
    assert headline["groups"]["household"]["right"] is None
    assert set(headline["groups"]) == set(GROUPS)


def test_the_report_has_every_group_and_says_what_disagrees(result):
    out = io.StringIO()
    changed = {**result, "agree": False, "skipped": ["twice"], "peer": result["groups"]}
    print_report(changed, details=True, console=Console(file=out, width=200))

    text = out.getvalue()
    for group in GROUPS.values():
        assert group.title in text
    assert "DISAGREE" in text
    assert "Skipped twice" in text
    assert "PocketSphinx" in text
    assert "speech_commands/" in text


def test_what_is_measured_besides_changes_none_of_the_figures(result, everything):
    for name, group in result["groups"].items():
        more = dict(everything["groups"][name])
        more.pop("thresholds")
        assert more == group
    assert result["det"] is None
    assert result["snr"] == []
    assert result["clips"] is None


def test_other_thresholds_are_really_run_at(everything, data, model):
    at = evaluation.evaluate(model, data, ["crowd"], threshold=0.4, through_command_line=False)
    crowd, rows = at["groups"]["crowd"], everything["groups"]["crowd"]["thresholds"]

    assert [row["threshold"] for row in rows] == [0.1, 0.2, 0.4]
    assert rows[2]["right"] == crowd["keywords"]["right"]["count"]
    assert rows[2]["wrong"] == crowd["keywords"]["wrong"]["count"]
    assert rows[2]["false_alarms"] == crowd["false_alarms"]["count"]
    own = everything["groups"]["crowd"]
    assert rows[1]["right"] == own["keywords"]["right"]["count"]
    assert everything["det"]["false_alarms_in"] == ["running_speech", "commands", "household"]
    assert not any("snr" in name for name in everything["det"]["misses"])


def test_the_sum_is_over_groups_that_have_no_recording_in_common(everything):
    every = everything["all"]

    assert every["groups"] == [
        *("crowd", "close_talk", "accented", "other_words"),
        *("running_speech", "commands", "household"),
    ]
    groups = [everything["groups"][name] for name in every["groups"]]
    assert every["keywords"]["said"] == sum(one["keywords"]["said"] for one in groups) == 7
    assert every["other_words"]["said"] == sum(one["other_words"]["said"] for one in groups)
    assert every["keywords"]["right"]["count"] == sum(
        one["keywords"]["right"]["count"] for one in groups
    )
    counted = np.sum([np.sum(one["confusion"]["counts"]) for one in groups])
    assert np.sum(every["confusion"]["counts"]) == counted
    quiet = [everything["groups"][name] for name in every["groups"][-3:]]
    assert every["false_alarms"]["count"] == sum(one["false_alarms"]["count"] for one in quiet)
    hits = sum(one["keywords"]["right"]["count"] for one in groups)
    assert sum(every["delay_histogram"].values()) == hits


def test_noise_has_a_row_for_each_step(everything):
    (curve,) = everything["snr"]

    assert [point["snr_db"] for point in curve["points"]] == list(SNRS_DB)
    assert curve["points"][1]["content"] == "speech_commands over coffee-shop at 20 dB"
    assert {point["right"]["of"] for point in curve["points"]} == {4}


def test_single_recordings_are_those_of_the_split(everything):
    clips = everything["clips"]

    assert clips["clips"] == 7
    assert set(clips["by_corpus"]) == {"fsdd", "speech_commands", "testing_only/indian"}
    assert clips["accuracy"]["of"] == 7
    assert {row["source"].split("/")[0] for row in clips["to_hear"]} <= {
        *("fsdd", "speech_commands", "testing_only")
    }


def test_any_folders_are_measured_on_what_is_in_them(data, model):
    folders = [data / "fsdd", data / "speech_commands", data / "noise" / "esc10"]
    result = evaluation.evaluate(
        model, folders, through_command_line=False, snr=True, thresholds=(0.5,), single=True
    )

    assert [name for name in result["groups"] if name in FOLDER_GROUPS] == [
        *("folder_keywords", "folder_other_words", "folder_noise")
    ]
    assert result["groups"]["folder_keywords"]["keywords"]["said"] == 6
    assert result["groups"]["folder_keywords"]["content"] == "fsdd and speech_commands"
    assert result["groups"]["folder_noise"]["clips"] == 2
    assert result["skipped"] == []
    assert any("2 of the 4 words" in note for note in result["notes"])
    assert len(result["snr"][0]["points"]) == len(SNRS_DB)
    assert result["clips"]["clips"] == 6
    asked = evaluation.evaluate(model, folders, ["folder_talk"], through_command_line=False)
    assert asked["skipped"] == ["folder_talk"]
    only_noise = evaluation.evaluate(model, folders[2:], through_command_line=False, snr=True)
    assert (list(only_noise["groups"]), only_noise["skipped"]) == (["folder_noise"], [])
    assert only_noise["snr"] == []


def test_the_folder_of_all_corpora_and_others_go_together(data, model, tmp_path):
    (tmp_path / "mine" / "one").mkdir(parents=True)
    soundfile.write(tmp_path / "mine" / "one" / "1.wav", burst(1), 16000)
    result = evaluation.evaluate(model, [tmp_path / "mine", data], through_command_line=False)

    assert set(result["groups"]) == {*GROUPS, "folder_keywords"}
    assert any("no part for testing: all 1" in note for note in result["notes"])
    with pytest.raises(DataError, match="one after the other"):
        evaluation.evaluate(model, [data, data], through_command_line=False)
    with pytest.raises(DataError, match="of any folder are folder_keywords"):
        evaluation.evaluate(model, [tmp_path / "mine"], ["crowd"])
    with pytest.raises(DataError, match="model that ships learnt"):
        evaluation.evaluate(model, data, split="all")


def test_too_many_recordings_are_drawn_from_and_that_is_told(data, model, monkeypatch):
    monkeypatch.setattr("train.evaluation.materials.RECORDINGS_AT_MOST", 2)
    folder = [data / "speech_commands"]
    few = evaluation.evaluate(model, folder, through_command_line=False)
    all_of_them = evaluation.evaluate(model, folder, limit=100, through_command_line=False)

    assert few["groups"]["folder_keywords"]["clips"] == 2
    assert any("At most 2 recordings of a kind" in note for note in few["notes"])
    assert all_of_them["groups"]["folder_keywords"]["clips"] == 4


def test_several_processes_give_the_same_figures(data, model):
    options = {"snr": False, "thresholds": (0.5,), "single": True}
    here = evaluation.evaluate(
        model, [data / "fsdd"], through_command_line=False, processes=1, **options
    )
    there = evaluation.evaluate(
        model, [data / "fsdd"], through_command_line=False, processes=2, **options
    )

    assert json.dumps(there) == json.dumps(here)


def test_a_model_that_is_replaced_meanwhile_is_measured_as_it_was(
    data, model, tmp_path, monkeypatch
):
    ours = tmp_path / "ours.tflite"
    shutil.copyfile(model, ours)

    def replaced(*arguments, **options):
        ours.write_bytes(b"another")
        return materials_of(*arguments, **options)

    monkeypatch.setattr(evaluation, "materials_of", replaced)
    result = evaluation.evaluate(ours, data, ["crowd"], single=True)

    assert result["agree"] is True
    assert result["model"] == str(ours)


def test_a_recording_that_cannot_be_read_is_told_once(data, model, tmp_path):
    shutil.copytree(data / "fsdd", tmp_path / "fsdd")
    broken = tmp_path / "fsdd" / "recordings" / "3_theo_0.wav"
    broken.write_bytes(b"no sound")
    result = evaluation.evaluate(model, [tmp_path / "fsdd"], through_command_line=False, snr=True)

    assert sum(str(broken) in note for note in result["notes"]) == 1
    assert result["groups"]["folder_keywords"]["clips"] == 1


@pytest.mark.data
def test_the_agreement_holds_on_real_recordings(data_folder, model):
    result = evaluation.evaluate(model, data_folder, ["crowd", "other_words"], limit=8)

    assert result["agree"] is True
    assert result["groups"]["crowd"]["keywords"]["said"] == 8
