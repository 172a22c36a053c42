"""A connected model measured: through the program itself, beside PocketSphinx with a digit loop."""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from recognizer.connected.labels import SAID_FOR
from recognizer.connected.model import load_untrusted
from recognizer.connected.recognizer import ConnectedRecognizer
from recognizer.events import Detection
from train.connected.scoring import compare, digit_error_rate
from train.connected.strings_said import (
    Said,
    accented_clips,
    alone,
    crowd_clips,
    joined_strings,
    spoken_strings,
)
from train.console import console
from train.corpora import SAMPLE_RATE, load_noise, load_utterances, read_audio
from train.evaluation.listening import Listening
from train.evaluation.pocketsphinx_peer import PocketSphinxRecognizer
from train.intervals import rate
from train.vocabulary import DIGITS

Float32Array = npt.NDArray[np.float32]

ALONE_AT_MOST = 240
"""Digits said alone, drawn by lot."""
JOINED_SEED = 0


@dataclass(frozen=True, slots=True)
class Row:
    """What was said and what was heard."""

    said: tuple[str, ...]
    heard: tuple[str, ...]
    speaker: str
    source: str


def groups(data: Path, *, validation: bool = False) -> dict[str, Callable[[], Iterator[Said]]]:
    """Return the strings to measure on, by name."""
    if validation:
        return {
            "spoken": lambda: spoken_strings(data, "validation"),
            "crowd_joined": lambda: joined_strings(crowd_clips(data, "validation"), JOINED_SEED),
        }

    def crowd_alone() -> Iterator[Said]:
        clips = crowd_clips(data, "test")
        drawn = np.random.default_rng(JOINED_SEED).permutation(len(clips))[:ALONE_AT_MOST]
        return alone([clips[index] for index in sorted(drawn)], JOINED_SEED)

    return {
        "spoken": lambda: spoken_strings(data, "test"),
        "accented_joined": lambda: joined_strings(accented_clips(data), JOINED_SEED),
        "crowd_joined": lambda: joined_strings(crowd_clips(data, "test"), JOINED_SEED),
        "crowd_alone": crowd_alone,
    }


def hear(recognizer: Listening, samples: Float32Array) -> tuple[str, ...]:
    """Return the words that a recognizer detects in a recording of its own."""
    recognizer.reset()
    events = [*recognizer.process(samples), *recognizer.finish()]
    heard = (event.label for event in events if isinstance(event, Detection))
    # A peer says "oh" where "oh" was said.
    return tuple(SAID_FOR.get(word, word) for word in heard)


def measure_group(recognizer: Listening, strings: Sequence[Said]) -> dict[str, Any]:
    """Return the errors of a recognizer in a group of strings, and what they took."""
    begun = time.process_time()
    rows = [
        Row(one.words, hear(recognizer, one.samples), one.speaker, one.source) for one in strings
    ]
    took = time.process_time() - begun
    seconds = sum(len(one.samples) for one in strings) / SAMPLE_RATE
    each = [compare(row.said, row.heard) for row in rows]
    return {
        **digit_error_rate(each, [row.speaker for row in rows]),
        "seconds": seconds,
        "cost": took / seconds if seconds else None,
        "wrong": [asdict(row) for row, errors in zip(rows, each, strict=True) if errors.count],
    }


def false_digits(recognizer: Listening, recordings: Sequence[Float32Array]) -> dict[str, Any]:
    """Return how many digits an hour are heard where none is said."""
    heard = [hear(recognizer, samples) for samples in recordings]
    hours = sum(map(len, recordings)) / SAMPLE_RATE / 3600
    return {
        **rate(sum(map(len, heard)), hours),
        "hours": hours,
        "words": sorted(word for words in heard for word in words),
    }


def quiet_groups(data: Path, *, validation: bool = False) -> dict[str, list[Float32Array]]:
    """Return recordings without digits: a reader, and household noise."""
    split = "validation" if validation else "test"
    # Nobody reads for validation; AN4's speakers spell and command.
    corpus = "an4" if validation else "librispeech"
    speech = [
        read_audio(one.path)
        for one in load_utterances(data)
        if one.corpus == corpus
        and one.split == split
        and not {*DIGITS, *SAID_FOR, "o"} & set(one.transcript)
    ]
    noises = [one for one in load_noise(data) if one.corpus == "esc10" and one.split == split]
    return {"running_speech": speech, "noise": [read_audio(one.path) for one in noises]}


def evaluate_connected(
    model: Path | None,
    data: Path,
    *,
    threshold: float | None = None,
    validation: bool = False,
    peer: bool = True,
) -> dict[str, Any]:
    """Measure a model on people, rooms and noises that it never heard.

    Parameters
    ----------
    model
        The model file; None for the one that ships.
    data
        The folder of the recordings.
    threshold
        Another threshold than the model's own.
    validation
        Measure on the validation speakers instead, to choose by.
    peer
        Measure PocketSphinx with a grammar of digits in a row, too.

    Returns
    -------
    dict
        "groups" and "quiet" of this recognizer, and the same under "peer".

    Raises
    ------
    DataError
        If a corpus is missing.
    ModelError
        If the model cannot be used.
    """
    ours = ConnectedRecognizer(load_untrusted(model), threshold=threshold)
    recognizers: dict[str, Listening] = {"ours": ours}
    if peer:
        recognizers["peer"] = PocketSphinxRecognizer((*DIGITS, *SAID_FOR), repeated=True)
    result: dict[str, Any] = {"threshold": ours.threshold, "validation": validation}
    result.update({name: {"groups": {}, "quiet": {}} for name in recognizers})
    for group, make in groups(data, validation=validation).items():
        strings = list(make())
        for name, recognizer in recognizers.items():
            console.print(f"[dim]{group}, {name}[/dim]")
            result[name]["groups"][group] = measure_group(recognizer, strings)
    for group, recordings in quiet_groups(data, validation=validation).items():
        for name, recognizer in recognizers.items():
            console.print(f"[dim]{group}, {name}[/dim]")
            result[name]["quiet"][group] = false_digits(recognizer, recordings)
    return result
