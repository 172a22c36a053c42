from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from recognizer.errors import ModelError
from recognizer.model_file import read_model, write_model
from tests.model_fixture import tiny_model
from train.errors import DataError
from train.prepare import LABELS, Prepared
from train.teach import background as drawing
from train.teach.background import choose_background
from train.teach.trunk import Background, load_trunk, save_trunk, trunk_path


@pytest.fixture
def model(tmp_path) -> Path:
    path = tmp_path / "base.tflite"
    tiny_model(path, LABELS)
    return path


def background(count=20, size=8):
    rng = np.random.default_rng(0)
    shows = tuple(str(rng.choice(["silence", "unknown", "one", "tea time"])) for _ in range(count))
    return Background(rng.random((count, size), np.float32) * 3.0, shows, np.arange(count) // 3)


def weights():
    rng = np.random.default_rng(1)
    return [rng.normal(size=shape).astype(np.float32) for shape in ((3, 4), (4,), (2, 2, 1))] * 5


def test_what_was_saved_is_loaded(model):
    kept = background()

    assert (
        save_trunk(model, weights(), kept) == trunk_path(model) == model.parent / "base.trunk.npz"
    )
    trunk = load_trunk(model)

    assert trunk.labels == len(LABELS)
    assert trunk.background.shows == kept.shows
    np.testing.assert_array_equal(trunk.background.voices, kept.voices)
    np.testing.assert_allclose(trunk.background.embeddings, kept.embeddings, atol=3.0 / 255)
    assert len(trunk.weights) == 15
    for loaded, saved in zip(trunk.weights, weights(), strict=True):
        np.testing.assert_allclose(loaded, saved, rtol=1e-3, atol=1e-6)


def test_equal_trunks_are_equal_files(model):
    first = save_trunk(model, weights(), background()).read_bytes()

    assert save_trunk(model, weights(), background()).read_bytes() == first


def test_a_model_without_a_trunk_teaches_nothing(model):
    with pytest.raises(DataError, match=r"base\.trunk\.npz, is not beside it"):
        load_trunk(model)
    with pytest.raises(ModelError, match="There is no model file"):
        load_trunk(model.with_name("none.tflite"))


def test_the_trunk_of_another_model_is_refused(model):
    save_trunk(model, weights(), background())
    other = model.with_name("other.tflite")
    tiny_model(other, (*LABELS, "ten"))
    trunk_path(model).rename(trunk_path(other))

    with pytest.raises(DataError, match="it belongs to a model of other words"):
        load_trunk(other)


@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 0.95])
def test_a_trunk_cut_short_is_one_sentence(model, share):
    path = save_trunk(model, weights(), background())
    data = path.read_bytes()
    path.write_bytes(data[: int(share * len(data))])

    with pytest.raises(DataError, match=r"The trunk .*base\.trunk\.npz cannot be used"):
        load_trunk(model)


def test_a_pickle_in_it_is_never_opened(model):
    save_trunk(model, weights(), background())
    with np.load(trunk_path(model)) as file:
        arrays = dict(file)
    arrays["shows"] = np.array([print], object)
    np.savez(trunk_path(model), **arrays)

    with pytest.raises(DataError, match="cannot be used"):
        load_trunk(model)


def test_the_background_is_drawn_fairly(monkeypatch):
    monkeypatch.setattr(drawing, "SILENCES", 5)
    monkeypatch.setattr(drawing, "SPEECH", 7)
    monkeypatch.setattr(drawing, "PER_KEYWORD", 4)
    one, unknown = LABELS.index("one"), LABELS.index("unknown")
    # 30 windows of noise, 30 of speech, 30 of "one", 30 of "tea" and 2 of "gong".
    labels = np.repeat(np.array([0, unknown, one, unknown, unknown], np.uint8), [30, 30, 30, 30, 2])
    words = np.repeat(np.array([0, 0, 2, 3, 1], np.uint16), [30, 30, 30, 30, 2])
    numbers = np.arange(122, dtype=np.int8)
    windows = np.broadcast_to(numbers[:, None, None], (122, 3, 2))
    prepared = Prepared(windows, labels, words, ("gong", "one", "tea"))

    chosen = choose_background(prepared, lambda some: some[:, 0, :1] * 10.0, seed=0)
    again = choose_background(prepared, lambda some: some[:, 0, :1] * 10.0, seed=0)

    counts = {name: chosen.shows.count(name) for name in set(chosen.shows)}
    assert counts == {"silence": 5, "unknown": 7, "gong": 2, "one": 4, "tea": 3}
    assert chosen.shows == again.shows
    drawn = np.rint(chosen.embeddings[:, 0]).astype(int)
    names = np.array(["silence", "unknown", "one", "tea", "gong"])
    of_window = names[np.repeat(np.arange(5), [30, 30, 30, 30, 2])]
    assert tuple(of_window[drawn]) == chosen.shows
    assert len(set(drawn.tolist())) == len(drawn)


def test_another_threshold_does_not_part_a_model_from_its_trunk(model):
    save_trunk(model, weights(), background())
    flatbuffer, metadata = read_model(model)
    write_model(model, flatbuffer, replace(metadata, threshold=0.123))

    assert load_trunk(model).labels == len(LABELS)
