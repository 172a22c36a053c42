"""The int8 model: how long one window takes."""

import numpy as np

from recognizer.classifier import Classifier
from recognizer.log_mel import log_mel, normalize
from recognizer.voice_parameters import VoiceParameters
from tests.benchmarks.bench import Settings, Speech, median_s, on_one_core, print_table, sound


def main(settings: Settings) -> None:
    """Print the table."""
    classifier = Classifier(settings.model)
    frontend = classifier.frontend
    seconds = frontend.window_samples / frontend.sample_rate
    samples = np.concatenate(list(sound("talk", seconds, Speech())))
    window = normalize(log_mel(samples, frontend), frontend)
    repeats = 20 if settings.quick else 200
    with on_one_core():
        ours_s = median_s(lambda: classifier.posteriors(window), repeats=repeats, inner=10)
        mel_s = median_s(lambda: log_mel(samples, frontend), repeats=repeats, inner=10)
    cuts = VoiceParameters().cut_every * frontend.hop_samples / frontend.sample_rate
    print_table(
        "Model, one window of one second",
        ("what", "median", "of one core while someone talks"),
        [
            ("classifier", f"{1e3 * ours_s:.3f} ms", f"{100 * ours_s / cuts:.2f} %"),
            ("log-mel of the same second", f"{1e3 * mel_s:.3f} ms", f"{100 * mel_s:.2f} %"),
        ],
        (
            f"{settings.model.name}, {settings.model.stat().st_size / 1e3:.0f} kB; "
            f"at least a window every {1e3 * cuts:.0f} ms, one thread",
        ),
    )
