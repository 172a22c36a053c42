import json
from pathlib import Path

import pytest

from train.compare.fold import NOTHING, FoldResult
from train.compare.models import ModelFile
from train.compare.rows import figures, model_row, recipe_row
from train.compare.splits import Fold
from train.compare.table import (
    BEGIN,
    END,
    HEADINGS,
    cells,
    check_page,
    markdown,
    row_line,
    text,
    write_markdown,
)
from train.corpora import Clip
from train.errors import DataError

WORDS = ("no", "yes")


def said(words, speaker="ann"):
    return [
        Clip(Path(f"/{speaker}/{word}_{n}.wav"), "own", word, speaker, "train", "")
        for n, word in enumerate(words)
    ]


def result(answers, **options):
    values = {
        "parameters": 1_625_869,
        "multiply_adds": 12_345_678,
        "epochs": 9,
        "best_epoch": 7,
        "seconds": 20.0,
        "answers": answers,
        "left_out": [],
        "float_bytes": None,
        "int8_bytes": None,
    }
    return FoldResult(**{**values, **options})


def fold(kind, name, test):
    return Fold(kind, name, (), (), tuple(test))


@pytest.fixture
def row():
    ann, bob = said(["no", "no", "yes", "yes"]), said(["no", "yes"], "bob")
    results = [
        (fold("random", "1", ann), result([0, 0, 1, 0], float_bytes=6_500_000, int8_bytes=400_000)),
        (fold("speakers", "ann", ann), result([0, 0, 1, NOTHING], seconds=40.0)),
        (fold("speakers", "bob", bob), result([0, 0], seconds=90.0, left_out=["x: broken"])),
    ]
    made = recipe_row("mel-cnn", "a network", WORDS, results)
    assert made["int8_seconds"] is None
    return {**made, "int8_seconds": 0.000456}


@pytest.fixture
def of_a_file():
    clips = said(["no", "yes", "yes"], "theo")
    about = ModelFile(Path("m.tflite"), ("no", "yes"), None, 9_625_920, 193_537, None)
    return model_row(Path("a/m.tflite"), about, WORDS, clips, [0, 1, 1], of_words=3)


@pytest.fixture
def both(row, of_a_file):
    return {"rows": [row, of_a_file], "about": ["2 words."], "command": "recognizer-train compare"}


def test_what_is_right_is_counted_together_by_part_and_by_speaker(row):
    assert (row["random"]["right"]["count"], row["random"]["right"]["of"]) == (3, 4)
    speakers = row["speakers"]
    assert (speakers["right"]["count"], speakers["right"]["of"]) == (4, 6)
    assert speakers["right"]["low"] < 4 / 6 < speakers["right"]["high"]
    assert [one["name"] for one in speakers["folds"]] == ["ann", "bob"]
    assert [one["right"]["share"] for one in speakers["folds"]] == [0.75, 0.5]
    assert [(one["speaker"], one["right"]["count"]) for one in speakers["by_speaker"]] == [
        ("ann", 3),
        ("bob", 1),
    ]
    assert speakers["nothing_heard"] == 1
    assert row["training_seconds"] == 50.0
    assert row["left_out"] == ["x: broken"]
    json.dumps(row)


def test_macro_f1_is_the_mean_over_the_words_and_a_miss_is_no_word():
    # "no": 2 of 2 found, heard 3 times: F1 2*2/(2+3). "yes": 1 of 3, heard once: 2*1/(3+1).
    clips = said(["no", "no", "yes", "yes", "yes"])
    found = figures([("1", clips, [0, 0, 1, 0, NOTHING])], WORDS)
    assert found["macro_f1"] == pytest.approx((0.8 + 0.5) / 2)
    assert figures([], WORDS) is None


def test_the_cells_say_it_with_units(row):
    assert dict(zip(HEADINGS[:9], cells(row), strict=False)) == {
        "System": "mel-cnn",
        "Parameters": "1,625,869",
        "float32": "6,500 kB",
        "int8": "400 kB",
        "Multiply-adds": "12 M",
        "int8 time": "0.46 ms",
        "Training": "50 s",
        "Random split": "75.0 % [30.1, 95.4]",
        "F1": "0.733",
    }
    assert cells(row)[9:] == ["66.7 % [30.0, 90.3]", "0.679", "50.0 \N{EN DASH} 75.0 %"]


def test_what_there_is_not_is_a_dash(of_a_file):
    dash = "\N{EN DASH}"
    assert cells(of_a_file)[1:3] == [dash, dash]
    assert cells(of_a_file)[4] == "9.63 M"
    assert cells(of_a_file)[6:9] == [dash, dash, dash]
    assert cells(of_a_file)[9] == "100.0 % [43.9, 100.0]"
    # One speaker is no spread.
    assert cells(of_a_file)[11] == dash


def test_a_model_file_says_on_what_it_was_measured(of_a_file):
    measured, knows = of_a_file["notes"]
    assert "only on 3 recordings that it cannot have been trained on (theo)" in measured
    assert "knows 2 of the 3 words" in knows


def test_a_model_file_that_may_know_everything_is_not_measured():
    about = ModelFile(Path("m.tflite"), ("no", "yes"), 5, 9, 193_537, None)
    row = model_row(Path("m.tflite"), about, WORDS, [], [], of_words=2)
    assert row["speakers"] is None
    assert row["notes"] == [
        "m.tflite is trained already, and may know every one of these recordings."
    ]
    assert row_line(row) == "m.tflite: nothing to measure it on"


def test_plain_text_is_aligned_and_has_the_notes(both):
    lines = text(both).splitlines()
    assert lines[0].startswith("System")
    assert lines[1].startswith("mel-cnn")
    assert lines[2].startswith("a/m.tflite (1)")
    end = lines[0].index("Parameters") + len("Parameters")
    assert lines[1][:end].endswith(" 1,625,869")
    assert lines[4] == "2 words."
    assert lines[5].startswith("(1) m.tflite is trained already")
    assert lines[6].startswith("(1) m.tflite knows 2")


def test_markdown_is_one_table_with_the_command(both):
    lines = markdown(both).splitlines()
    assert [line.count("|") for line in lines[:4]] == [len(HEADINGS) + 1] * 4
    assert lines[1].startswith("| --- | ---: |")
    assert lines[-1] == "    recognizer-train compare"


def test_a_new_page_is_written_and_written_again(both, tmp_path):
    path = tmp_path / "page.md"
    check_page(path)
    write_markdown(path, both)
    first = path.read_text()
    assert first == f"{BEGIN}\n{markdown(both)}{END}\n"
    write_markdown(path, both)
    assert path.read_text() == first


def test_what_stands_around_the_table_stays(both, tmp_path):
    path = tmp_path / "page.md"
    path.write_text(f"# Title\n\n{BEGIN}\nold\n{END}\n\nThe lesson.\n")
    write_markdown(path, both)
    assert path.read_text() == f"# Title\n\n{BEGIN}\n{markdown(both)}{END}\n\nThe lesson.\n"


@pytest.mark.parametrize("content", ["# Mine\n", f"{BEGIN}\n", f"{END}\n{BEGIN}\n", ""])
def test_a_page_without_a_place_is_left_alone(both, tmp_path, content):
    path = tmp_path / "page.md"
    path.write_text(content)
    for write in (lambda: check_page(path), lambda: write_markdown(path, both)):
        with pytest.raises(DataError, match="has no place for the table: put the lines"):
            write()
    assert path.read_text() == content


def test_a_page_that_cannot_be_is_one_sentence(tmp_path):
    with pytest.raises(DataError, match="there is no folder"):
        check_page(tmp_path / "none" / "page.md")
    with pytest.raises(DataError, match="Cannot read"):
        check_page(tmp_path)
