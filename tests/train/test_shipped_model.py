"""What the shipped model must reach, on people it never heard, through the command line."""

import pytest

from recognizer.model_file import default_model_path, read_metadata
from train.evaluation.evaluate import evaluate

pytestmark = pytest.mark.data


@pytest.fixture(scope="module")
def figures(data_folder):
    groups = ("crowd", "other_words", "household")
    result = evaluate(None, data_folder, groups)
    assert result["agree"] is True
    return result["groups"]


def test_digits_of_unseen_speakers_are_found_and_right(figures):
    crowd = figures["crowd"]
    assert crowd["speakers"] >= 90
    assert crowd["keywords"]["right"]["share"] >= 0.90
    assert crowd["keywords"]["wrong"]["share"] <= 0.02
    assert crowd["voice_found"]["share"] >= 0.99


def test_other_words_are_seldom_called_a_digit(figures):
    assert figures["other_words"]["other_words"]["called_a_keyword"]["share"] <= 0.05


def test_decisions_come_soon(figures):
    delay = figures["crowd"]["delay_s"]
    assert delay["median"] <= 0.25
    assert delay["percentile_95"] <= 0.45


def test_household_noise_raises_hardly_any_false_alarm(figures):
    assert figures["household"]["false_alarms"]["per_hour"] <= 2.0


def test_the_file_says_what_it_was_trained_on_and_what_it_reached():
    metadata = read_metadata(default_model_path())
    training = metadata.training
    assert {"an4", "fsdd", "speech_commands"} <= set(training["corpora"])
    assert "testing_only" not in training["corpora"]
    assert training["parameters"] <= 200_000
    assert training["evaluation"]["threshold"] == metadata.threshold
    assert default_model_path().stat().st_size <= 250_000
