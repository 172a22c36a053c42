"""Strings kept on disk as features."""

from dataclasses import replace

import numpy as np
import pytest

from tests.made_recordings import make_training_recordings
from train.connected import prepare as preparing
from train.connected.prepare import LABELS, Material, prepare
from train.connected.recipe import load_connected_recipe
from train.errors import DataError
from train.model import RECIPES

RECIPE = replace(
    load_connected_recipe(RECIPES / "connected.toml").compose,
    share={"joined": 0.8, "noise": 0.2},
)


@pytest.fixture
def material(tmp_path, monkeypatch):
    data = tmp_path / "data"
    alignments = make_training_recordings(data)
    # Nobody here says "oh".
    monkeypatch.setattr(preparing, "WORDS", preparing.WORDS[:10])
    return Material(data, "train", alignments)


def test_strings_are_the_same_however_many_processes_make_them(material, tmp_path):
    one = prepare(material, tmp_path / "one", RECIPE, strings=5, seed=1, processes=1)
    again = prepare(material, tmp_path / "again", RECIPE, strings=5, seed=1, processes=1)
    assert np.array_equal(one.features, again.features)
    assert np.array_equal(one.labels, again.labels)
    assert len(one.ends) == 5
    assert one.ends[-1] == len(one.labels) == len(one.features)
    assert one.labels.max() < len(LABELS)
    assert (one.labels > 1).any()
    assert (one.labels == 0).any()


def test_what_was_composed_is_kept_until_the_recipe_changes(material, tmp_path, monkeypatch):
    first = prepare(material, tmp_path / "work", RECIPE, strings=3, seed=1, processes=1)
    with monkeypatch.context() as patched:
        patched.setattr(preparing, "_compose", lambda task: pytest.fail("composed again"))
        kept = prepare(material, tmp_path / "work", RECIPE, strings=3, seed=1, processes=1)
    assert np.array_equal(first.labels, kept.labels)
    other = prepare(material, tmp_path / "work", RECIPE, strings=3, seed=2, processes=1)
    assert not np.array_equal(first.features[:100], other.features[:100])


def test_what_is_not_whole_is_told_in_one_sentence(material, tmp_path):
    prepare(material, tmp_path / "work", RECIPE, strings=2, seed=1, processes=1)
    (tmp_path / "work" / "connected-train" / "labels.npy").write_bytes(b"no")
    with pytest.raises(DataError, match="not whole"):
        prepare(material, tmp_path / "work", RECIPE, strings=2, seed=1, processes=1)


def test_sentences_with_digits_are_drawn_with_their_places(material, tmp_path):
    recipe = replace(RECIPE, share={"sentences": 1.0}, rooms=0.0)
    made = prepare(material, tmp_path / "work", recipe, strings=2, seed=1, processes=1)
    assert set(np.unique(made.labels)) == {0, 1, *(LABELS.index(f"three {n}") for n in (1, 2, 3))}
