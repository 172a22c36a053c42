"""A network of connected digits, trained for a moment on made-up digits, and its file."""

from dataclasses import replace

import numpy as np
import pytest

from recognizer.connected.model import StepClassifier
from recognizer.connected.recognizer import ConnectedRecognizer
from recognizer.events import Detection
from recognizer.log_mel import log_mel, normalize
from recognizer.model_metadata import ModelMetadata
from tests.tone_digits import FRONTEND, LABELS, PART_S, WORDS, say
from train.connected.batches import Batches, held_windows, judged_steps
from train.connected.prepare import Prepared
from train.connected.recipe import load_connected_recipe
from train.connected.strings import frame_labels
from train.live_windows import Placed
from train.model import RECIPES

pytest.importorskip("keras", reason="training needs TensorFlow")

WINDOW = 96
RECIPE = replace(
    load_connected_recipe(RECIPES / "connected.toml").fit,
    steps=60,
    batch=12,
    window_frames=WINDOW,
    warmup_steps=5,
    learning_rate=1e-2,
    ema_momentum=0.9,
    validate_every=30,
)


def prepared(seed, strings=40):
    """Tones for digits, with their labels."""
    random = np.random.default_rng(seed)
    features, labels = [], []
    for number in range(strings):
        row = random.choice(WORDS, 4)
        samples = say(row, around_s=0.3, seed=number)
        truth = [
            Placed(str(word), 0.3 + 3 * PART_S * at, 0.3 + 3 * PART_S * (at + 1))
            for at, word in enumerate(row)
        ]
        mel = log_mel(samples, FRONTEND)
        features.append(mel.astype(np.float16))
        labels.append(frame_labels(truth, len(mel), FRONTEND, LABELS))
    ends = np.cumsum([len(one) for one in labels])
    return Prepared(np.concatenate(features), np.concatenate(labels), ends)


@pytest.fixture(scope="module")
def trained():
    from train.connected.fit import fit

    progress = []
    steps = []
    model = fit(
        prepared(0),
        prepared(1, 8),
        RECIPE,
        seed=3,
        on_step=steps.append,
        on_progress=progress.append,
    )
    return model, progress, steps


def test_it_learns_to_tell_the_parts_of_digits(trained):
    _, progress, steps = trained
    assert steps == list(range(1, 61))
    assert [one.step for one in progress] == [30, 60]
    assert progress[1].loss < progress[0].loss
    # One of 33 by chance.
    assert progress[1].right > 0.4


def test_its_file_is_int8_and_agrees_with_it(trained, tmp_path):
    from train.connected.export import export_connected

    model, _, _ = trained
    frontend = replace(FRONTEND, window_frames=WINDOW)
    path = tmp_path / "connected.tflite"
    report = export_connected(
        model, path, ModelMetadata(LABELS, frontend, 0.3), held_windows(prepared(1, 8), frontend)
    )
    assert report.file_bytes == path.stat().st_size < 250_000
    assert report.agreement > 0.9
    classifier = StepClassifier(path)
    assert (classifier.steps, classifier.step_frames) == (WINDOW // 2, 2)
    recognizer = ConnectedRecognizer(classifier, threshold=0.0)
    samples = say(["four", "one", "five"])
    events = recognizer.process(samples) + recognizer.finish()
    assert any(isinstance(event, Detection) for event in events)


def test_batches_are_normalized_windows_with_the_labels_of_their_middles():
    frontend = replace(FRONTEND, window_frames=WINDOW)
    strings = prepared(2, 6)
    batches = Batches(strings, frontend, 5, 0)
    windows, labels = batches.draw()
    assert windows.shape == (5, WINDOW, 40, 1)
    assert windows.dtype == np.float32
    assert labels.shape == (5, WINDOW // 2)
    again, same = Batches(strings, frontend, 5, 0).draw()
    assert np.array_equal(windows, again)
    assert np.array_equal(labels, same)
    assert len(list(batches.ahead(3))) == 3


def test_held_windows_follow_each_other():
    frontend = replace(FRONTEND, window_frames=WINDOW)
    strings = prepared(2, 6)
    windows, labels = held_windows(strings, frontend)
    first = normalize(strings.features[WINDOW : 2 * WINDOW].astype(np.float32), frontend)
    assert windows[1, :, :, 0] == pytest.approx(first, abs=1e-5)
    assert np.array_equal(labels[1], strings.labels[WINDOW + 1 : 2 * WINDOW : 2])
    assert len(windows) == len(strings.labels) // WINDOW


def test_the_ends_of_a_window_are_not_judged():
    assert 0 < judged_steps(96).start < 20
    assert judged_steps(96).stop == 96 - judged_steps(96).start
