import subprocess
import sys
from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from train import corpora, splits


def test_the_lot_is_committed():
    # A change of any of these would move people between training and testing.
    assert splits.lot("004ae714") == pytest.approx(0.8321, abs=1e-4)
    assert splits.speech_commands_split("004ae714") == "train"
    assert splits.an4_split("ftal", official_test=False) == "validation"
    assert splits.an4_split("fash", official_test=False) == "train"
    assert splits.other_words_split("alexa") == "test"
    assert splits.other_words_split("computer") == "train"


@given(st.text())
def test_the_lot_is_a_share(name):
    assert 0.0 <= splits.lot(name) < 1.0
    assert splits.lot(name) == splits.lot(name)


def test_shares_come_out_about_as_asked_for():
    parts = [splits.speech_commands_split(f"{number:08x}") for number in range(4000)]
    assert parts.count("test") / 4000 == pytest.approx(0.2, abs=0.02)
    assert parts.count("validation") / 4000 == pytest.approx(0.1, abs=0.015)


def test_words_recorded_together_stay_together():
    for words in (
        ("computer", "heycomputer", "el estor", "aspirador"),
        ("heychatterbox", "blather", "a cheddar block"),
    ):
        assert len({splits.other_words_split(word) for word in words}) == 1


def test_the_rules_can_be_the_first_that_is_imported():
    """They and the corpora know each other."""
    program = "from train import splits; splits.drawn_split('a', test=0.2, validation=0.1)"
    result = subprocess.run(
        [sys.executable, "-c", program],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert (result.returncode, result.stderr) == (0, "")


def test_fixed_choices():
    assert [splits.esc10_split(fold) for fold in range(1, 6)] == [
        "train",
        "train",
        "train",
        "validation",
        "test",
    ]
    assert splits.blanket_split("coffee-shop") == "test"
    assert splits.blanket_split("rain") == "train"
    assert len(splits.KEYBOARDS_FOR_TESTING) == 3
    assert splits.background_noise_split("running_tap") == "test"
    assert splits.background_noise_split("exercise_bike") == "validation"
    assert splits.background_noise_split("pink_noise") == "train"
    assert [room for room in range(20) if splits.rooms_split(room) == "test"] == [0, 5, 10, 15]
    assert splits.librispeech_split("26") == "test"
    assert splits.fsdd_split("theo") == "test"
    assert splits.fsdd_split("theo", held_out="lucas") == "train"
    assert splits.an4_split("ftal", official_test=True) == "test"


def test_nothing_synthetic_is_tested_on():
    assert "test" not in {splits.synthetic_split(f"voice{n}") for n in range(500)}


@given(st.sets(st.text(), max_size=40))
def test_ranked_names_leave_somebody_to_train_on(names):
    parts = splits.ranked_split(names, test=0.2, validation=0.1)
    assert set(parts) == names
    counts = [list(parts.values()).count(part) for part in ("train", "test", "validation")]
    assert counts[0] >= min(1, len(names))
    assert counts[1] >= min(1, len(names) // 2)
    assert counts[2] >= min(1, len(names) // 3)
    assert splits.ranked_split(sorted(names), test=0.2, validation=0.1) == parts


@pytest.mark.data
def test_nobody_is_on_two_sides(data_folder):
    loaded: list[Any] = [
        *corpora.load_isolated(data_folder),
        *corpora.load_utterances(data_folder),
        *corpora.load_rooms(data_folder),
    ]
    sides = defaultdict(set)
    for one in loaded:
        if one.corpus != "other_words":
            sides[one.corpus, one.speaker].add(one.split)
    assert [who for who, parts in sides.items() if len(parts) > 1] == []
    files = [one.path for one in loaded]
    assert len(files) == len(set(files))


@pytest.mark.data
def test_parts_of_the_recordings_have_the_size_they_should(data_folder):
    def speakers(corpus, loaded):
        parts = defaultdict(set)
        for one in loaded:
            if one.corpus == corpus:
                parts[one.split].add(one.speaker)
        everybody = sum(len(part) for part in parts.values())
        return {split: len(part) / everybody for split, part in parts.items()}

    isolated = corpora.load_isolated(data_folder)
    crowd = speakers("speech_commands", isolated)
    assert crowd["test"] == pytest.approx(0.2, abs=0.03)
    assert crowd["validation"] == pytest.approx(0.1, abs=0.02)
    an4 = speakers("an4", corpora.load_utterances(data_folder))
    assert 0.05 <= an4["validation"] <= 0.15
    words = [clip.split for clip in isolated if clip.corpus == "other_words"]
    assert 0.15 <= words.count("test") / len(words) <= 0.35
    noise = corpora.load_noise(data_folder)
    for corpus in ("esc10", "blanket", "keyboards", "background_noise"):
        assert {"train", "test"} <= {clip.split for clip in noise if clip.corpus == corpus}
