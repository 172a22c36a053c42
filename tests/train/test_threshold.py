from dataclasses import replace

import numpy as np
import pytest

from recognizer.model_file import read_metadata, read_model, write_model
from tests.made_recordings import make_training_recordings
from tests.model_fixture import tiny_model
from train import threshold as choosing
from train.errors import DataError
from train.evaluation.measuring import Measured
from train.prepare import LABELS
from train.recipe import DecisionRecipe
from train.threshold import Chosen, choose_threshold, set_threshold

DECISION = DecisionRecipe(other_words=0.02, step=0.25, draws=2)


@pytest.fixture
def model(tmp_path):
    return tiny_model(tmp_path / "m.tflite", LABELS, threshold=0.9)


def pass_at(monkeypatch, *draws):
    """Let so many of 100 words pass at each threshold, for each draw."""
    jobs = []

    def measure(job):
        jobs.append(job)
        rows = zip(job.thresholds, draws[job.seed], strict=True)
        counts = [{"threshold": threshold, "called": called} for threshold, called in rows]
        return Measured({"other_words": {"said": 100}, "thresholds": counts})

    monkeypatch.setattr(choosing, "measure", measure)
    return jobs


def test_the_lowest_threshold_that_few_enough_pass_on_the_mean_of_the_draws(
    tmp_path, model, monkeypatch
):
    jobs = pass_at(monkeypatch, (9, 1, 0), (9, 3, 0))
    assert choose_threshold(model, tmp_path, DECISION) == Chosen(0.5, pytest.approx(0.02))
    assert [job.seed for job in jobs] == [0, 1]
    assert {job.split for job in jobs} == {"validation"}
    assert {job.thresholds for job in jobs} == {(0.25, 0.5, 0.75)}


def test_one_word_more_asks_for_a_higher_one(tmp_path, model, monkeypatch):
    pass_at(monkeypatch, (9, 2, 0), (9, 3, 0))
    assert choose_threshold(model, tmp_path, DECISION) == Chosen(0.75, 0.0)


def test_a_threshold_below_one_that_too_many_pass_is_not_taken(tmp_path, model, monkeypatch):
    pass_at(monkeypatch, (1, 3, 1), (1, 3, 0))
    assert choose_threshold(model, tmp_path, DECISION) == Chosen(0.75, pytest.approx(0.005))


def test_where_too_many_pass_every_threshold_it_is_said(tmp_path, model, monkeypatch):
    pass_at(monkeypatch, (9, 5, 3), (9, 5, 3))
    with pytest.raises(DataError, match=r"More than 2.0% of .* pass every threshold; .*\.$"):
        choose_threshold(model, tmp_path, DECISION)


def test_without_words_there_is_nothing_to_choose_by(tmp_path, model, monkeypatch):
    monkeypatch.setattr(choosing, "measure", lambda job: Measured())
    with pytest.raises(DataError, match="no other words by validation speakers"):
        choose_threshold(model, tmp_path, DECISION)


def always(path, label):
    """A model that takes whatever it hears for one label, as sure as it can be."""
    features = np.zeros((len(LABELS), 140), np.int8)
    bias = np.where(np.array(LABELS) == label, 4000, -4000).astype(np.int32)
    return tiny_model(path, LABELS, weights=features, bias=bias)


def test_the_words_are_really_heard(tmp_path):
    data = tmp_path / "data"
    make_training_recordings(data)
    deaf = always(tmp_path / "deaf.tflite", "unknown")
    assert choose_threshold(deaf, data, DECISION, processes=2) == Chosen(0.25, 0.0)
    eager = always(tmp_path / "eager.tflite", "one")
    everything = choose_threshold(eager, data, replace(DECISION, other_words=1.0))
    assert everything.threshold == 0.25
    assert everything.called > 0.5
    with pytest.raises(DataError, match="pass every threshold"):
        choose_threshold(eager, data, DECISION)


def test_a_chosen_threshold_is_written_with_what_passes_it(model):
    flatbuffer, metadata = read_model(model)
    write_model(model, flatbuffer, replace(metadata, training={"validation": {"found": 0.8}}))
    set_threshold(model, Chosen(0.45, 0.01234))
    after = read_metadata(model)
    assert after.threshold == 0.45
    assert after.training["validation"] == {"found": 0.8, "other_words_called": 0.0123}
    assert after.labels == metadata.labels
    assert read_model(model)[0] == flatbuffer


def test_thresholds_are_round_figures_between_nothing_and_certainty():
    steps = choosing._multiples(0.05)
    np.testing.assert_allclose(steps, np.arange(1, 20) / 20)
    assert steps[2] == 0.15
    assert choosing._multiples(0.3) == [0.3, 0.6, 0.9]
