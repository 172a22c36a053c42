import json
import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest

from tests.made_evaluation import NASTY, made_group, made_result
from train.evaluation.det import trade_off
from train.evaluation.pooling import pool
from train.html.figures import MOST_WORDS, confusion_svg
from train.html.report import html_report
from train.html.svg import VARIABLES

VOID = {"meta", "br", "link", "img", "input"}


@pytest.fixture(scope="module")
def result():
    return made_result()


@pytest.fixture(scope="module")
def page(result):
    return html_report(result)


class Reader(HTMLParser):
    """Checks that what is opened is closed, and keeps elements, attributes and text."""

    def __init__(self):
        super().__init__()
        self.open, self.tags, self.attributes, self.text = [], [], [], []

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += attrs
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += attrs

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text.append(data)


@pytest.fixture(scope="module")
def reader(page):
    reader = Reader()
    reader.feed(page)
    reader.close()
    assert reader.open == []
    return reader


def test_the_page_needs_nothing_but_itself(page, reader):
    assert not {"script", "link", "img", "iframe", "object", "embed"} & set(reader.tags)
    for name, value in reader.attributes:
        assert not name.startswith("on")
        if name in ("src", "href", "xlink:href"):
            assert value.startswith("#")
    assert not re.search(r"https?://|@import|url\((?!#)", page)


def test_names_are_shown_as_they_are_and_never_obeyed(page, reader):
    assert "<script>" not in page
    assert NASTY in "".join(reader.text)
    # In the pictures, too: a dollar sign begins no formula.
    drawn = re.findall(r"<svg.*?</svg>", page, re.DOTALL)
    assert any("$x^2$" in svg for svg in drawn)


def test_pictures_are_well_formed_named_and_have_no_name_twice(page):
    drawn = re.findall(r"<svg.*?</svg>", page, re.DOTALL)
    names = []
    for svg in drawn:
        root = ElementTree.fromstring(svg)
        assert root.get("role") == "img"
        assert root.get("aria-label")
        own = [one.get("id") for one in root.iter() if one.get("id")]
        names += own
        for used in re.findall(r'(?:href="|url\()#([^")]+)', svg):
            assert used in own
    assert len(drawn) == 9
    assert len(names) == len(set(names))


def test_every_colour_is_the_pages_own(page):
    drawn = "".join(re.findall(r"<svg.*?</svg>", page, re.DOTALL))

    assert not re.search(r"#[0-9a-f]{6}\b", drawn)
    assert not re.search(r"fill: (?!none|var\()", drawn)
    light, dark = page.split("prefers-color-scheme: dark")
    for variable in VARIABLES.values():
        name = variable[4:-1]
        assert f"{name}:" in light
        assert f"{name}:" in dark


def test_the_figures_are_those_that_were_measured(result, reader):
    text = " ".join("".join(reader.text).split())

    assert "60.0 %" in text
    assert "3 of 5; [23.1, 88.2] %" in text
    assert "Missed words against false alarms" in text
    assert "one false alarm is 2.0 an hour" in text
    assert "A note on" in text
    assert "Skipped twice" in text
    for row in result["groups"]["digits"]["to_hear"]:
        assert row["source"] in text


def test_the_same_figures_give_the_same_page_in_any_process(page, tmp_path):
    code = (
        "import json, sys; from train.html.report import html_report; "
        "sys.stdout.write(html_report(json.load(open(sys.argv[1]))))"
    )
    (tmp_path / "result.json").write_text(json.dumps(made_result()))
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "result.json")],
        cwd=Path(__file__).parents[3],
        capture_output=True,
        text=True,
        check=True,
    )

    assert done.stdout == page


def test_a_network_without_streams_has_a_page(result):
    nothing = dict.fromkeys(("all", "det", "threshold", "seed", "through"))
    page = html_report({**result, **nothing, "groups": {}, "snr": [], "skipped": []})

    assert "Single recordings" in page
    assert "Stream by stream" not in page


def test_without_other_words_noise_and_names_there_is_a_page(result):
    digits = {
        **result["groups"]["digits"],
        "speaker_spread": None,
        "delay_histogram": {},
        "delay_percentiles_s": None,
    }
    groups = {"digits": digits}
    page = html_report(
        {**result, "groups": groups, "all": pool(groups), "det": trade_off(groups), "clips": None}
        | {"snr": [], "skipped": []}
    )

    assert "Nothing was heard without keywords" in page
    assert "Speaker by speaker" not in page


def test_of_a_silent_model_there_is_a_page(result):
    groups = {"talk": made_group("talk", (), [])}
    more = {"groups": groups, "all": pool(groups), "det": trade_off(groups), "snr": []}

    assert "At a glance" in html_report({**result, **more, "clips": None})


def test_disagreement_cannot_be_overlooked(result):
    assert '<p class="warning">The command line program' in html_report({**result, "agree": False})


def test_of_many_words_those_with_most_errors_are_drawn():
    words = [f"word{number:03}" for number in range(100)]
    counts = 5 * np.eye(102, 101, dtype=int)
    counts[-2:] = 0
    counts[90, 91] = 7
    confusion = {
        "said": [*words, "(other word)", "(no word)"],
        "heard": [*words, "(missed)"],
        "counts": counts.tolist(),
    }

    svg, left_out = confusion_svg(confusion)

    assert left_out == 100 - MOST_WORDS
    assert "word090" in svg
    assert "word091" in svg
    assert "word099" not in svg
    # Too many fields for numbers.
    assert ">7<" not in svg


def test_words_of_other_scripts_are_drawn(result):
    counts = [[1, 0, 0], [0, 1, 0], [0, 0, 0], [0, 0, 0]]
    names = ["네", "да"]
    confusion = {
        "said": [*names, "(other word)", "(no word)"],
        "heard": [*names, "(missed)"],
        "counts": counts,
    }

    assert "네" in confusion_svg(confusion)[0]


def test_the_peer_is_shown_beside(result):
    page = html_report({**result, "peer": result["groups"]})

    assert page.count("PocketSphinx with a grammar") == 2
