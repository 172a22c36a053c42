"""The program as it ships: the demo recording in, every digit of it out, once."""

import json
import subprocess
import sys
import time

import numpy as np
import pytest

from recognizer import AudioFile, Detection, Recognizer
from recognizer.model_file import demo_path
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


def test_a_digit_said_twice_is_recognized_twice(demo):
    word = next(word for word in RECORD["words"] if word["word"] == "seven")
    first, last = int((word["start"] - 0.1) * 16_000), int((word["end"] + 0.1) * 16_000)
    quiet = np.zeros(8_000, np.float32)
    recognizer = Recognizer()
    samples = np.concatenate((quiet, demo[first:last], quiet, demo[first:last], quiet))
    events = recognizer.process(samples) + recognizer.finish()
    assert [e.label for e in events if isinstance(e, Detection)] == ["seven", "seven"]


def test_the_demo_played_into_a_microphone_is_printed(virtual_microphone: VirtualMicrophone, demo):
    process = subprocess.Popen(
        [sys.executable, "-m", "recognizer", "--cli", "--json"],
        env=virtual_microphone.environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        virtual_microphone.wait_for_listener()
        virtual_microphone.play(np.concatenate((np.zeros(16_000, np.float32), demo)))
        # What was played last is still on its way through the sound server.
        time.sleep(2.0)
        process.terminate()
        printed, said = process.communicate(timeout=30)
    finally:
        process.kill()
        process.wait()
    lines = [json.loads(line) for line in printed.splitlines()]
    assert [line["label"] for line in lines] == DIGITS, said
    assert all(line["latency_ms"] > 0 for line in lines)
    assert process.returncode == 0
