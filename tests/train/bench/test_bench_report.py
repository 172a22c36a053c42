import copy
import io

import pytest
from rich.console import Console

from tests.made_evaluation import NASTY, heard, made_group, made_result, said
from train.bench.failures import failures
from train.bench.page import BEGIN, END, check_page, markdown, write_page
from train.bench.run import is_heard_again, why_skipped
from train.bench.tables import beside_table, failure_tables, scenes_tables, wanted_table
from train.bench.wanted import WANTED, judged
from train.errors import DataError
from train.evaluation.pooling import snr_curve
from train.evaluation.report import print_report
from train.evaluation.report_tables import of_each_place
from train.html.report import html_report
from train.intervals import proportion, rate


def group(title, right, wrong, of, *, alarms=0, hours=0.5):
    """A group with counts that are easy to follow."""
    made = made_group(title, (said("one", 0.0, "ann"),), [heard("one", 0.0)], seconds=60)
    made["keywords"] = {
        "said": of,
        "right": proportion(right, of),
        "wrong": proportion(wrong, of),
        "missed": proportion(of - right - wrong, of),
        "missed_because": {},
    }
    made["false_alarms"] = {**rate(alarms, hours), "list": [{"label": "six"}] * alarms}
    made.pop("thresholds")
    return made


@pytest.fixture
def bench():
    """A small evaluation as the bench makes it."""
    result = made_result()
    groups = {
        "crowd": group("digits, crowd microphones", 95, 1, 100),
        "accented": group("digits, accented speakers", 87, 2, 100),
        "crowd_rooms": group("rooms", 90, 0, 100),
        "crowd_snr_clean": group("crowd, no noise", 96, 0, 100),
        "crowd_kitchen_snr_10": group("crowd, kitchen, 10 dB", 80, 1, 100),
        "crowd_kitchen_snr_0": group("crowd, kitchen, 0 dB", 30, 9, 100),
        "running_speech": group("running speech", 0, 0, 0, alarms=1, hours=0.125),
    }
    groups["crowd"]["delay_s"] = {"median": 0.1, "percentile_95": 0.4}
    groups["crowd"]["by_speaker"] = {
        f"made/{name}": {
            "keywords": of,
            "right": right,
            "wrong": of - right,
            "missed": 0,
            "other_words": 0,
            "called_a_keyword": 0,
            "heard_as": {"nine": of - right},
        }
        for name, right, of in (("luckless", 0, 1), ("bad", 1, 9), ("good", 9, 9), ("?", 0, 9))
    }
    groups["crowd"]["by_word"] = {
        "one": {
            "keywords": 20,
            "right": 10,
            "wrong": 6,
            "missed": 4,
            "other_words": 0,
            "called_a_keyword": 0,
            "heard_as": {"nine": 5, "four": 1},
        },
        "two": {
            "keywords": 3,
            "right": 0,
            "wrong": 0,
            "missed": 3,
            "other_words": 0,
            "called_a_keyword": 0,
            "heard_as": {},
        },
    }
    result |= {"groups": groups, "all": None, "det": None, "clips": None}
    result["snr"] = snr_curve(groups)
    result["fails"] = failures(groups, ["crowd", "accented", "running_speech"], ["one", "two"])
    result["int8"] = {
        "networks": [
            {"title": "this", "said": 100, "float_right": 95, "int8_right": 94, "only_float": 2}
            | {"only_int8": 1, "points": 1.0, "low": -2.4, "high": 4.4}
        ],
        "notes": ["Something is left out."],
    }
    result["wanted"] = judged(result)
    return result


def test_what_is_wanted_is_judged_by_figure_and_interval(bench):
    rows = {row["what"]: row for row in bench["wanted"]}

    crowd = rows["digits, crowd microphones"]
    assert (crowd["figure"], crowd["reached"], crowd["sure"]) == (95.0, True, False)
    wrong = rows["… taken for another digit"]
    assert (wrong["figure"], wrong["reached"]) == (1.0, True)
    alarms = rows["false alarms, running speech"]
    assert (alarms["figure"], alarms["reached"], alarms["sure"]) == (8.0, False, False)
    assert rows["delay, median"]["reached"] is True
    late = rows["delay, 95th percentile"]
    assert (late["reached"], late["sure"]) == (False, True)
    assert rows["lost by int8 against float"]["figure"] == 1.0
    # What was not measured is not judged.
    assert "each digit twice, 0.5 to 0.8 s apart" not in rows
    assert len(rows) < len(WANTED)
    cells = {row[0]: row[1:] for row in wanted_table(bench).rows}
    assert cells["delay, 95th percentile"] == ("at most 0.35 s", "0.40 s", "no")
    assert cells["false alarms, running speech"][2] == "no, but perhaps"
    assert cells["digits, crowd microphones"][0] == "at least 92 %"
    assert cells["digits, crowd microphones"][2] == "yes, but not surely"


def test_the_largest_loss_by_int8_counts(bench):
    less = {**bench["int8"]["networks"][0], "points": 0.1, "low": 0.0, "high": 0.2}
    bench["int8"]["networks"].insert(0, less)

    assert judged(bench)[-1]["figure"] == 1.0


def test_nothing_measured_is_nothing_wanted(bench):
    assert judged({"groups": {}}) == []
    assert wanted_table({}) is None


def test_one_unlucky_word_makes_nobody_the_worst(bench):
    fails = bench["fails"]

    assert [row["name"] for row in fails["speakers"]][:2] == ["made/bad", "made/luckless"]
    # Who has no name is nobody's worst, and who is understood is not on the list.
    assert {row["name"] for row in fails["speakers"]}.isdisjoint({"made/?", "made/good"})
    # "two" was said three times.
    assert [row["name"] for row in fails["words"]] == ["one"]
    assert fails["words"][0]["missed"] == 4


def test_confusions_are_counted_with_who_said_what(bench):
    first, second = bench["fails"]["confusions"][:2]

    assert (first["said"], first["heard"], first["count"], first["of"]) == ("one", "nine", 5, 20)
    assert (second["heard"], second["count"], second["keyword"]) == ("four", 1, True)


def test_noises_are_held_against_the_same_words_without_noise(bench):
    noises = {row["title"]: row for row in bench["fails"]["noises"]}

    assert list(noises) == ["crowd, kitchen, 0 dB", "crowd, kitchen, 10 dB", "rooms"]
    assert noises["crowd, kitchen, 0 dB"]["lost"] == pytest.approx(0.66)
    assert noises["rooms"]["lost"] == pytest.approx(0.05)
    assert bench["fails"]["alarms"][0]["heard"] == {"six": 1}


def test_each_place_is_a_row_and_the_words_without_noise_its_first_column(bench):
    (curve,) = bench["snr"]
    assert (curve["voice"], curve["place"]) == ("crowd", "kitchen")
    assert [point["snr_db"] for point in curve["points"]] == [None, 10.0, 0.0]

    right, wrong = scenes_tables(bench["snr"])
    assert right.columns == ("who and where", "no noise", "10 dB", "0 dB")
    assert right.rows[0][0] == "crowd microphones, kitchen"
    assert right.rows[0][3].startswith("30.0 %")
    assert wrong.rows[0][3].startswith("9.0 %")
    assert list(scenes_tables([])) == []


def test_of_the_steps_of_noise_one_says_what_it_is_made_of(bench):
    shown = of_each_place(bench["groups"])

    assert "crowd_kitchen_snr_10" in shown
    assert "crowd_kitchen_snr_0" not in shown
    assert "crowd" in shown


def test_the_peer_stands_beside_on_the_same_streams(bench):
    peer = {"crowd": group("x", 75, 20, 100), "crowd_kitchen_snr_10": group("y", 40, 30, 100)}
    bench["peer"] = peer
    rows = beside_table(bench).rows

    assert rows[0][0] == "digits, crowd microphones"
    assert rows[0][1].startswith("95.0 %")
    assert "/ 75.0 %" in rows[0][1]
    assert rows[0][3] == "-"
    assert beside_table({"groups": {}}) is None


def test_the_terminal_and_the_page_have_every_section(bench):
    out = io.StringIO()
    bench["peer"] = {"crowd": bench["groups"]["crowd"]}
    print_report(bench, console=Console(file=out, width=300))
    text, page = out.getvalue(), html_report(bench)

    for title in ("What is wanted", "What int8 loses", "Where it fails: the worst speakers"):
        assert title in text
        assert title in page
    assert "Over the noise of places: found and right" in text
    assert "Something is left out." in text
    assert "<h2>Where it fails</h2>" in page
    assert "noise-crowd" in page


def test_an_evaluation_without_a_bench_has_no_sections():
    page = html_report(made_result())

    assert "<h2>Where it fails</h2>" not in page
    assert list(failure_tables({})) == []


def test_a_page_gets_the_tables_between_its_marks(bench, tmp_path):
    page = tmp_path / "page.md"
    page.write_text(f"before\n{BEGIN}\nfigures of yesterday\n{END}\nafter\n")
    write_page(page, bench)
    text = page.read_text()

    assert text.startswith(f"before\n{BEGIN}\nModel ")
    assert text.endswith(f"{END}\nafter\n")
    assert "yesterday" not in text
    assert "### What is wanted" in text
    write_page(page, bench)
    assert page.read_text() == text
    for line in text.splitlines():
        if line.startswith("| digits, crowd"):
            assert line.endswith(" |")


def test_tables_in_markdown_have_as_many_cells_as_columns(bench):
    bench = copy.deepcopy(bench)
    bench["groups"]["crowd"]["title"] = f"a | b {NASTY}"
    lines = [line for line in markdown(bench).splitlines() if line.startswith("|")]

    blocks, last = [], None
    for line in lines:
        cells = line.replace("\\|", "").count("|")
        if set(line) <= set("|-: "):
            last = cells
            blocks.append(last)
        elif last is not None and "**" not in line:
            assert cells >= 3
    assert len(blocks) >= 8
    assert "<script>" not in markdown(bench)
    assert "a \\| b" in markdown(bench)


def test_a_page_without_marks_is_refused_before_the_work(tmp_path):
    page = tmp_path / "page.md"
    page.write_text("mine\n")
    with pytest.raises(DataError, match="no place for the tables"):
        check_page(page)
    with pytest.raises(DataError, match="there is no folder"):
        check_page(tmp_path / "none" / "page.md")
    check_page(tmp_path / "new.md")
    page.write_bytes(b"\xff\xfe")
    with pytest.raises(DataError, match="it is no text"):
        check_page(page)


def test_over_noise_the_peer_and_the_program_hear_some_steps_only():
    assert is_heard_again("crowd")
    assert is_heard_again("snr_5")
    assert is_heard_again("crowd_snr_clean")
    assert is_heard_again("accented_cafe_snr_10")
    assert not is_heard_again("accented_cafe_snr_5")


def test_where_the_voices_are_missing_it_is_said(monkeypatch):
    monkeypatch.setattr("shutil.which", lambda name: None)

    assert "espeak-ng" in why_skipped(["near"])[0]
    assert why_skipped(["accented"]) == []
