import json
from dataclasses import asdict
from types import SimpleNamespace

from tests.made_recordings import make_training_recordings
from train.corpora import load_isolated, load_noise
from train.model import RECIPES
from train.model_record import CORPORA, training_record
from train.recipe import load_recipe


def test_the_file_records_how_it_was_made():
    recipe = load_recipe(RECIPES / "digits.toml")
    model = SimpleNamespace(count_params=lambda: 1234)
    record = training_record(recipe, model, {"loss": 0.5, "found": 0.9})
    assert record["parameters"] == 1234
    assert record["recipe"] == json.loads(json.dumps(asdict(recipe)))
    assert record["validation"] == {"loss": 0.5, "found": 0.9}
    assert {"numpy", "python", "keras"} <= set(record["versions"])
    assert len(record["splits_sha256"]) == 64
    assert json.loads(json.dumps(record)) == record


def test_every_corpus_that_is_trained_on_is_credited(tmp_path):
    make_training_recordings(tmp_path)
    clips = [*load_isolated(tmp_path), *load_noise(tmp_path)]
    used = {clip.corpus for clip in clips if clip.split == "train"}
    # The background noises come with Speech Commands.
    assert used - {"background_noise"} <= set(CORPORA)
