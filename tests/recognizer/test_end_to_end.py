"""The program as it ships: the demo recording in, every digit of it out, once."""

import json

import numpy as np
import pytest

from recognizer import AudioFile, Detection, Recognizer
from recognizer.model_file import demo_path
from tests.recognizer.faults.programs import Program
from tests.virtual_microphone import VirtualMicrophone

RECORD = json.loads(demo_path().with_suffix(".json").read_text())
DIGITS = [word["word"] for word in RECORD["words"] if word["digit"]]


@pytest.fixture(scope="module")
def demo() -> np.ndarray:
    return np.concatenate(list(AudioFile(demo_path())))


def test_the_demo_s_digits_are_recognized_and_its_other_words_are_not(demo):
    recognizer = Recognizer()
    events = recognizer.process(demo) + recognizer.finish()
    heard = [event for event in events if isinstance(event, Detection)]
    assert [event.label for event in heard] == DIGITS
    for word, event in zip((w for w in RECORD["words"] if w["digit"]), heard, strict=True):
        assert event.start < word["end"]
        assert event.end > word["start"]


@pytest.mark.parametrize("block_samples", [1, 160, 333, 4096])
def test_blocks_of_any_size_give_identical_events(demo, block_samples):
    samples = demo[: 16_000 * (4 if block_samples == 1 else 19)]
    recognizer = Recognizer()
    at_once = recognizer.process(samples) + recognizer.finish()
    in_blocks = []
    for first in range(0, len(samples), block_samples):
        in_blocks += recognizer.process(samples[first : first + block_samples])
    in_blocks += recognizer.finish()
    assert in_blocks == at_once
    assert any(isinstance(event, Detection) for event in at_once)


@pytest.fixture(scope="module")
def seven(demo) -> np.ndarray:
    """The demo's seven alone, between two pauses."""
    word = next(word for word in RECORD["words"] if word["word"] == "seven")
    first, last = int((word["start"] - 0.1) * 16_000), int((word["end"] + 0.1) * 16_000)
    quiet = np.zeros(8_000, np.float32)
    return np.concatenate((quiet, demo[first:last], quiet))


def test_a_digit_said_twice_is_recognized_twice(seven):
    recognizer = Recognizer()
    samples = np.concatenate((seven, seven))
    events = recognizer.process(samples) + recognizer.finish()
    assert [e.label for e in events if isinstance(e, Detection)] == ["seven", "seven"]


def test_the_demo_played_into_a_microphone_is_printed(
    virtual_microphone: VirtualMicrophone, demo, seven
):
    # Once the last one is printed, so is all that was heard before it.
    expected = [*DIGITS, "seven"]
    with Program(variables=virtual_microphone.variables) as program:
        program.wait_until_it_listens()
        virtual_microphone.play(np.concatenate((np.zeros(16_000, np.float32), demo, seven)))
        words = [program.word() for _ in expected]
        assert program.end() == 0
        words += program.more_words()
    assert [word["label"] for word in words] == expected
    assert all(word["latency_ms"] > 0 for word in words)
