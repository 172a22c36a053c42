"""The classifier against the same network in float, and against its multiply-adds alone."""

from functools import partial

import numpy as np
import numpy.typing as npt

from recognizer.classifier import Classifier
from recognizer.log_mel import log_mel, normalize
from recognizer.model_file import read_model
from recognizer.voice_parameters import VoiceParameters
from tests.benchmarks.bench import Float32Array, Settings, Speech, print_table, sound
from tests.benchmarks.networks import Network, large_layer
from tests.benchmarks.side_by_side import in_turns, times_as_much
from train.bench.float_model import dequantized
from train.compare.models import multiply_adds_of

MOST_MS = 1.0
"""A window may take so long on one core."""
SECONDS = 60.0
INNER = 20


def main(settings: Settings) -> None:
    """Print the table."""
    classifier = Classifier(settings.model)
    flatbuffer, _ = read_model(settings.model)
    int8, twin = Network(flatbuffer), Network(dequantized(flatbuffer))
    windows = _windows(classifier)
    window = windows[len(windows) // 2]
    layers = [large_layer(int8=True), large_layer(int8=False)]
    int8_layer, float_layer = map(Network, layers)
    # What it runs on from here on.
    twin(window)
    app_s, int8_s, twin_s, int8_layer_s, float_layer_s = in_turns(
        (
            partial(classifier.posteriors, window),
            int8.invoke,
            twin.invoke,
            int8_layer.invoke,
            float_layer.invoke,
        ),
        rounds=5 if settings.quick else 40,
        inner=INNER,
    )
    work, layer_work = multiply_adds_of(flatbuffer), multiply_adds_of(layers[0])
    int8_bound_s = int8_layer_s * work / layer_work
    float_bound_s = float_layer_s * work / layer_work
    kept = "kept" if 1e3 * np.median(app_s) <= MOST_MS else "MISSED"

    def row(title: str, cost_s: npt.NDArray[np.float64], *bar: str) -> tuple[str, ...]:
        return (
            title,
            f"{1e3 * np.median(cost_s):.3f} ms",
            *(bar or ("", "")),
            f"{times_as_much(cost_s, int8_s):.2f}",
            f"{work / np.median(cost_s) / 1e9:.0f}",
        )

    same, apart = _alike(classifier, twin, windows)
    print_table(
        "Classifier, one window of one second, on one thread",
        (
            "what",
            "median",
            "bar",
            "",
            "times int8's run",
            "thousand million multiply-adds a second",
        ),
        [
            row("int8 as the app runs it", app_s, f"<= {MOST_MS:g} ms", kept),
            row("int8, the network's run alone", int8_s),
            row("the same network in float32, its run alone", twin_s),
            row("the multiply-adds alone, int8", int8_bound_s),
            row("the multiply-adds alone, float32", float_bound_s),
        ],
        (
            f"{settings.model.name}: {work / 1e6:.1f} million multiply-adds a window; processor "
            "time, in turns; the median of the rounds",
            "as the app runs it: quantizing the window, the run, and the softmax",
            "in float32: the file's own network, each int8 weight as the number that it stands "
            f"for; of {len(windows)} windows of speech and pauses {100 * same:.1f} % get the same "
            f"label, and no posterior is further apart than {apart:.2f}",
            "the multiply-adds alone: at the pace of one large convolution in the same interpreter "
            f"({layer_work / 1e6:.0f} million)",
            f"live, a window every {10 * VoiceParameters().cut_every} ms while somebody talks",
        ),
    )


def _windows(classifier: Classifier) -> Float32Array:
    """Return windows of speech and pauses, float32 ``[n, window_frames, mel_bands]``."""
    frontend = classifier.frontend
    mel = log_mel(np.concatenate(list(sound("mixed", SECONDS, Speech()))), frontend)
    length, step = frontend.window_frames, VoiceParameters().cut_every
    return np.stack(
        [
            normalize(mel[first : first + length], frontend)
            for first in range(0, len(mel) - length, step)
        ]
    )


def _alike(classifier: Classifier, twin: Network, windows: Float32Array) -> tuple[float, float]:
    """Return the share of windows with the same best label, and the largest difference."""
    ours = np.stack([classifier.posteriors(window) for window in windows])
    theirs = np.stack([twin(window) for window in windows])
    if classifier.metadata.output == "logits":
        theirs = np.exp(theirs - theirs.max(axis=1, keepdims=True))
        theirs /= theirs.sum(axis=1, keepdims=True)
    same = float(np.mean(ours.argmax(axis=1) == theirs.argmax(axis=1)))
    return same, float(np.abs(ours - theirs).max())
