import io

import pytest
from rich.console import Console

from tests.made_evaluation import NASTY, made_result
from train.evaluation.report import print_report
from train.evaluation.report_scores import (
    misses_table,
    scores_table,
    speakers_table,
    thresholds_table,
)
from train.evaluation.report_tables import heading, remarks


@pytest.fixture(scope="module")
def result():
    return made_result()


def printed(result, **options):
    out = io.StringIO()
    print_report(result, console=Console(file=out, width=300), **options)
    return out.getvalue()


def test_every_figure_of_the_evaluation_is_printed(result):
    text = printed(result)

    for part in (
        *("Streams", "Words", "False alarms", "Precision, recall and F1", "In noise", "Speakers"),
        *("Single recordings", "Missed, or taken for another", "Skipped twice"),
    ):
        assert part in text
    assert "60.0 % [23.1, 88.2]" in text


def test_details_have_words_confusions_thresholds_and_what_to_hear(result):
    plain, text = printed(result), printed(result, details=True)

    for part in ("what was taken for what", "At other thresholds", "one/bob.wav"):
        assert part not in plain
        assert part in text


def test_names_are_no_markup():
    result = made_result()
    result["groups"]["digits"]["title"] = "[red]digits[/nonsense]"
    result["notes"] = ["[bold]"]

    text = printed(result)

    assert "[red]digits[/nonsense]" in text
    assert "[bold]" in text
    assert NASTY[:8] in text


def test_the_steps_of_noise_are_in_their_own_table_alone(result):
    table = scores_table(result)

    assert not any("in noise" in row[0] for row in table.rows)
    assert not any("in noise" in row[0] for row in speakers_table(result).rows)


def test_misses_say_why_they_are_not_told(result):
    table = misses_table(result)

    assert table.columns[1:] == ("0.5 an hour", "1 an hour", "5 an hour")
    assert [row[1:3] for row in table.rows] == [("not seen", "not seen")]
    assert "one false alarm is 2.0 an hour" in table.note
    assert table.rows[0][3].endswith("at 0.45")


def test_thresholds_have_a_column_for_each_group(result):
    table = thresholds_table(result)

    assert table.columns[:2] == ("threshold", "false alarms an hour")
    assert table.columns[2:] == ("digits: missed", "others: called")
    assert table.rows[0] == ("0.4", "6.0 [1.2, 17.5]", "40.0 %", "50.0 %")


def test_the_heading_is_what_it_was_before_there_was_more(result):
    told = {**result, "model": "digits.tflite", "limit": 20}

    assert heading(told) == (
        "Model digits.tflite, threshold 0.6; split test, seed 0, at most 20 recordings a group; "
        "through the command line."
    )
    bare = {**told, "threshold": None, "seed": None, "limit": None, "through": None}
    assert heading(bare) == "Model digits.tflite; split test."


def test_only_what_disagrees_is_shouted(result):
    assert not any("DISAGREE" in line for line in remarks(result))
    assert any("DISAGREE" in line for line in remarks({**result, "agree": False}))
