"""What ``recognizer --doctor`` finds of the model: whether it loads, its speed, what it hears."""

import statistics
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from recognizer.doctor_finding import Finding
from recognizer.errors import ModelError, RecognizerError
from recognizer.events import Detection
from recognizer.voice_parameters import VoiceParameters

if TYPE_CHECKING:
    from recognizer.classifier import Classifier

DIGITS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
"""What is said in the demo recording, in this order, between words that are no digits."""

_RUNS = 30
_SHOWN_WORDS = 20


def check_model(path: Path | None) -> Iterator[Finding]:
    """Load a model, time it, and let it hear the demo recording.

    Parameters
    ----------
    path
        The model file, or None for the one that comes with the program.
    """
    from recognizer.trial_load import load_untrusted

    try:
        classifier = load_untrusted(path)
    except ModelError as error:
        mend = "Install the program anew." if path is None else "Use another file, or no --model."
        yield Finding("model", "broken", str(error), mend)
        return
    yield _described(classifier)
    yield _timed(classifier)
    yield _demo(classifier, is_own=path is not None)


def _described(classifier: "Classifier") -> Finding:
    metadata, frontend = classifier.metadata, classifier.frontend
    size = Path(classifier.path).stat().st_size
    words = metadata.keywords
    shown = ", ".join(words[:_SHOWN_WORDS])
    if len(words) > _SHOWN_WORDS:
        shown += f" and {len(words) - _SHOWN_WORDS} more"
    return Finding(
        "model",
        "ok",
        f"Model {classifier.path} ({size / 1000:.0f} kB), threshold {metadata.threshold:g}, "
        f"{frontend.window_frames} frames of {frontend.mel_bands} mel bands at "
        f"{frontend.sample_rate} Hz: {shown}",
        details={
            "path": classifier.path,
            "bytes": size,
            "labels": list(metadata.labels),
            "threshold": metadata.threshold,
            "frontend": frontend.to_json(),
        },
    )


def _timed(classifier: "Classifier") -> Finding:
    frontend = classifier.frontend
    window = np.zeros((frontend.window_frames, frontend.mel_bands), np.float32)
    taken_s = []
    for _ in range(_RUNS):
        begun_s = time.perf_counter()
        classifier.posteriors(window)
        taken_s.append(time.perf_counter() - begun_s)
    taken_ms = 1000 * statistics.median(taken_s)
    due_ms = 1000 * VoiceParameters().cut_every * frontend.hop_samples / frontend.sample_rate
    details = {"window_ms": round(taken_ms, 4), "due_ms": due_ms}
    text = f"One look of the model takes {taken_ms:.2f} ms; there is one every {due_ms:.0f} ms"
    if taken_ms < due_ms / 2:
        return Finding("speed", "ok", text, details=details)
    mend = "Close programs that keep this machine busy, or use a smaller model."
    return Finding("speed", "broken", f"{text}: too slow.", mend, details=details)


def _demo(classifier: "Classifier", *, is_own: bool) -> Finding:
    if set(classifier.metadata.keywords) != set(DIGITS):
        return Finding(
            "demo", "absent", "Demo recording: not tried, for this model's words differ."
        )
    from recognizer.audio_file import AudioFile
    from recognizer.model_file import demo_path
    from recognizer.recognizer import Recognizer

    recognizer = Recognizer(classifier)
    try:
        with AudioFile(demo_path()) as sound:
            events = [event for block in sound for event in recognizer.process(block)]
    except RecognizerError as error:
        return Finding("demo", "broken", str(error), "Install the program anew.")
    events += recognizer.finish()
    heard = [event.label for event in events if isinstance(event, Detection)]
    details: dict[str, Any] = {"heard": heard}
    if heard == list(DIGITS):
        return Finding("demo", "ok", "Demo recording: all ten digits are right", details=details)
    said = ", ".join(heard) or "nothing"
    return Finding(
        "demo",
        # A model of one's own need not know the voices of the demo.
        "attention" if is_own else "broken",
        f"Demo recording: heard {said} instead of the ten digits in order.",
        "Try it without --model." if is_own else "Install the program anew.",
        details=details,
    )
