from dataclasses import replace

import numpy as np
import pytest

from tests.train.toy_windows import FRAMES, toy
from train import mining
from train.mining import keyword_scores, mine
from train.prepare import LABELS
from train.vocabulary import DIGITS_OF_SOME

NOISE, OTHER = LABELS.index("silence"), LABELS.index("unknown")


class Scripted:
    """A network that reads its answer off the window: the first value is a keyword's logit."""

    def __init__(self):
        self.batches = []

    def __call__(self, windows, training):
        assert not training
        self.batches.append(len(windows))
        logits = np.zeros((len(windows), len(LABELS)), np.float32)
        logits[:, 5] = windows[:, 0, 0, 0]
        # What is sure to be no keyword does not count, however sure.
        logits[:, OTHER] = windows[:, 1, 0, 0]

        class Tensor:
            def numpy(self):
                return logits

        return Tensor()


@pytest.fixture
def prepared():
    made = toy(1, each=20)
    windows = made.windows.copy()
    rng = np.random.default_rng(0)
    windows[:, 0, 0] = rng.permutation(len(windows)) % 100
    windows[:, 1, 0] = 0
    return type(made)(windows, made.labels, made.words, made.vocabulary)


def test_scores_are_the_likeliest_keywords(prepared, monkeypatch):
    monkeypatch.setattr(mining, "AT_ONCE", 7)
    network = Scripted()
    indices = np.array([3, 50, 17, 200, 9, 10, 11, 12, 90])
    scores = keyword_scores(network, prepared, indices)
    assert network.batches == [7, 2]
    logits = prepared.windows[indices, 0, 0] * 0.1
    rest = len(LABELS) - 1
    np.testing.assert_allclose(scores, np.exp(logits) / (np.exp(logits) + rest), rtol=1e-5)


def test_the_hardest_of_each_kind_are_mined_and_no_keyword(prepared):
    mined = mine(Scripted(), prepared, 0.2)
    labels, words = prepared.labels, prepared.words
    kinds = [
        labels == NOISE,
        (labels == OTHER) & (words > 0),
        (labels == OTHER) & (words == 0),
    ]
    assert [len(one) for one in mined] == [4, 2, 2]
    for one, kind in zip(mined, kinds, strict=True):
        assert kind[one].all()
        assert (np.diff(one) > 0).all()
        loudest = prepared.windows[one, 0, 0].min()
        left = np.setdiff1d(np.flatnonzero(kind), one)
        assert prepared.windows[left, 0, 0].max() <= loudest


def test_a_kind_that_is_not_there_is_left_out():
    keywords = toy(1, each=2, labels=(NOISE, 5, 6))
    [noise] = mine(Scripted(), keywords, 0.01)
    # At least one, however small the part.
    assert len(noise) == 1
    assert keywords.windows.shape[1] == FRAMES


def test_what_some_say_for_a_digit_is_not_mined(prepared):
    said = sorted(np.unique(prepared.words[(prepared.labels == OTHER) & (prepared.words > 0)]))
    names = list(prepared.vocabulary)
    names[said[0] - 1] = DIGITS_OF_SOME[0]
    renamed = replace(prepared, vocabulary=tuple(names))
    spared = prepared.words == said[0]
    assert any(spared[one].any() for one in mine(Scripted(), prepared, 1.0))
    assert not any(spared[one].any() for one in mine(Scripted(), renamed, 1.0))
