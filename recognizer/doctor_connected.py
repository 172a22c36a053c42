"""What ``recognizer --doctor`` finds of digits in a row: the model, its speed, what it hears."""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from recognizer.doctor_finding import Finding
from recognizer.doctor_model import DIGITS
from recognizer.errors import ModelError, RecognizerError
from recognizer.events import Detection, Event, VoiceEnded

if TYPE_CHECKING:
    from recognizer.connected.model import StepClassifier

_MEND = "Install the program anew."
_SLOWEST_S = 0.5
"""A second of speech may take so long: the window and the sound need the rest (seconds)."""


def check_connected() -> Iterator[Finding]:
    """Load the model of digits in a row that ships, let it hear the demo recording, and time it."""
    from recognizer.connected.model import StepClassifier

    try:
        classifier = StepClassifier()
    except ModelError as error:
        yield Finding("connected", "broken", f"Digits in a row: {error}", _MEND)
        return
    yield _described(classifier)
    yield from _demo(classifier)


def _described(classifier: "StepClassifier") -> Finding:
    size = Path(classifier.path).stat().st_size
    return Finding(
        "connected",
        "ok",
        f"Digits in a row: model {classifier.path} ({size / 1000:.0f} kB), threshold "
        f"{classifier.threshold:g}",
        details={
            "path": classifier.path,
            "bytes": size,
            "words": list(classifier.words),
            "threshold": classifier.threshold,
            "frontend": classifier.frontend.to_json(),
        },
    )


def _demo(classifier: "StepClassifier") -> Iterator[Finding]:
    from recognizer.audio_file import AudioFile
    from recognizer.connected.recognizer import ConnectedRecognizer
    from recognizer.model_file import demo_path

    recognizer = ConnectedRecognizer(classifier)
    try:
        with AudioFile(demo_path()) as sound:
            samples = np.concatenate(list(sound))
    except RecognizerError as error:
        yield Finding("connected_demo", "broken", str(error), _MEND)
        return
    events = recognizer.process(samples) + recognizer.finish()
    yield _speed(recognizer.sample_rate, samples, events, classifier)
    heard = [event.label for event in events if isinstance(event, Detection)]
    # Where a word is no digit, a false one may be heard: this way of hearing is for numbers.
    left = iter(heard)
    if all(digit in left for digit in DIGITS):
        text = "Digits in a row: those of the demo recording are heard in order"
        yield Finding("connected_demo", "ok", text, details={"heard": heard})
        return
    said = ", ".join(heard) or "nothing"
    yield Finding(
        "connected_demo",
        "broken",
        f"Digits in a row: heard {said}, in which the demo's ten digits are not in order.",
        _MEND,
        details={"heard": heard},
    )


def _speed(
    rate: int,
    samples: npt.NDArray[np.float32],
    events: list[Event],
    classifier: "StepClassifier",
) -> Finding:
    """Time what is voiced, put together without the pauses, in which little is computed."""
    from recognizer.connected.recognizer import ConnectedRecognizer

    voices = [event for event in events if isinstance(event, VoiceEnded)]
    pieces = [samples[round(one.start * rate) : round(one.end * rate)] for one in voices]
    speech = np.concatenate([samples[:0], *pieces])
    if not len(speech):
        return Finding("connected_speed", "broken", "Digits in a row: no voice is found.", _MEND)
    recognizer = ConnectedRecognizer(classifier)
    block = rate // 50
    begun_s = time.perf_counter()
    for first in range(0, len(speech), block):
        recognizer.process(speech[first : first + block])
    taken_s = (time.perf_counter() - begun_s) * rate / len(speech)
    details = {"second_ms": round(1000 * taken_s, 4), "due_ms": 1000 * _SLOWEST_S}
    text = f"Digits in a row: a second of speech takes {1000 * taken_s:.1f} ms"
    if taken_s < _SLOWEST_S:
        return Finding("connected_speed", "ok", text, details=details)
    mend = "Close programs that keep this machine busy, or hear words one at a time."
    return Finding("connected_speed", "broken", f"{text}: too slow.", mend, details=details)
