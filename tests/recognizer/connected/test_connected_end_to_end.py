"""Connected mode as it ships, on the demo recording."""

import json

import numpy as np
import pytest

from recognizer import AudioFile, Detection
from recognizer.connected.recognizer import ConnectedRecognizer
from recognizer.model_file import demo_path
from tests.recognizer.faults.programs import Program
from tests.virtual_microphone import VirtualMicrophone

RECORD = json.loads(demo_path().with_suffix(".json").read_text())
WORDS = [word for word in RECORD["words"] if word["digit"]]


@pytest.fixture(scope="module")
def demo():
    return np.concatenate(list(AudioFile(demo_path())))


def detected(samples, block=4096):
    recognizer = ConnectedRecognizer()
    events = []
    for first in range(0, len(samples), block):
        events += recognizer.process(samples[first : first + block])
    events += recognizer.finish()
    return [event for event in events if isinstance(event, Detection)]


def test_the_demo_s_digits_are_heard_in_their_places(demo):
    heard = detected(demo)
    for word in WORDS:
        inside = [
            event.label
            for event in heard
            if word["start"] < (event.start + event.end) / 2 < word["end"]
        ]
        assert inside == [word["word"]]
    # The two other words may pass for a digit: nothing is said about them here.
    assert len(heard) < 2 * len(WORDS)


ORDER = [4, 1, 5, 9, 0, 7, 3]


@pytest.fixture
def joined(demo):
    """Some of the demo's digits right behind one another."""
    pieces = [
        demo[int(WORDS[digit]["start"] * 16_000) : int(WORDS[digit]["end"] * 16_000)]
        for digit in ORDER
    ]
    quiet = np.zeros(8_000, np.float32)
    return np.concatenate((quiet, *pieces, quiet))


def test_the_same_digits_without_the_pauses(joined):
    assert [event.label for event in detected(joined)] == [WORDS[one]["word"] for one in ORDER]


def test_digits_in_a_row_are_printed_live(virtual_microphone: VirtualMicrophone, joined):
    # Once the second row is printed, so is all that was heard of the first.
    expected = 2 * [WORDS[one]["word"] for one in ORDER]
    with Program("--connected", variables=virtual_microphone.variables) as program:
        program.wait_until_it_listens()
        virtual_microphone.play(np.concatenate((np.zeros(16_000, np.float32), joined, joined)))
        words = [program.word() for _ in expected]
        assert program.end() == 0
        words += program.more_words()
    assert [word["label"] for word in words] == expected
    assert all(word["latency_ms"] > 0 for word in words)


def test_blocks_of_any_size_give_the_same_digits(demo):
    assert detected(demo, 777) == detected(demo, 100_000)
