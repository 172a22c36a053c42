"""A reader that stalls: sound waits, then the oldest is dropped and counted."""

import threading
import tracemalloc

import numpy as np
import pytest

from recognizer.capture import BUFFER_S
from recognizer.events import Detection, SamplesLost, VoiceStarted
from tests.recognizer.command_line import WAIT_S
from tests.recognizer.faults.listening import BURST, RATE, WORD_S, Listening, feed

ROOM = np.random.default_rng(1).normal(0.0, 1e-4, 60 * RATE).astype(np.float32)


class Stall:
    """Holds the listener's thread at the first voice until it is let go."""

    def __init__(self):
        self.entered, self.over = threading.Event(), threading.Event()

    def __call__(self, event):
        if isinstance(event, VoiceStarted) and not self.entered.is_set():
            self.entered.set()
            assert self.over.wait(WAIT_S)


@pytest.fixture
def stalled(fake, classifier):
    """A listener that has heard the beginning of a word and stands still."""
    fake.plug("built-in")
    stall = Stall()
    # A second at once, all of which the reader takes before it stalls.
    first, second = np.split(BURST[: 2 * RATE], 2)
    with Listening(classifier, on_event=stall) as listening:
        fake.stream.feed(first)
        while listening.recognizer.time < 1.0:
            assert not stall.entered.wait(0.001)
        fake.stream.feed(second)
        assert stall.entered.wait(WAIT_S)
        yield listening, stall
        stall.over.set()


def test_five_seconds_wait_and_nothing_is_lost(fake, stalled):
    listening, stall = stalled
    feed(fake, ROOM[: 5 * RATE])
    stall.over.set()
    assert listening.next(Detection).start == pytest.approx(WORD_S, abs=0.03)
    feed(fake, BURST)
    assert listening.next(Detection).start == pytest.approx(2 + 5 + WORD_S, abs=0.03)
    assert listening.listener.stop()
    assert not any(isinstance(event, SamplesLost) for event in listening.heard)
    assert listening.microphone.take_lost() == 0


@pytest.mark.parametrize("beyond_samples", [1, 5 * RATE])
def test_what_the_buffer_cannot_hold_is_dropped_and_counted(fake, stalled, beyond_samples):
    listening, stall = stalled
    fed = round(BUFFER_S * RATE) + beyond_samples
    feed(fake, ROOM[:fed])
    stall.over.set()
    lost = listening.next(SamplesLost)
    assert (lost.count, lost.total) == (beyond_samples, beyond_samples)
    assert lost.time == 2.0
    feed(fake, BURST)
    # The next word lies where it was said: what was lost counts.
    said_s = 2 + fed / RATE + WORD_S
    assert listening.next(Detection).start == pytest.approx(said_s, abs=0.03)


def test_memory_does_not_grow_with_the_stall(fake, stalled):
    listening, stall = stalled
    # Fill the buffer, which is there from the beginning, first.
    feed(fake, ROOM[: round(BUFFER_S * RATE)])
    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        feed(fake, ROOM)
        after, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert after - before < 100_000 < ROOM.nbytes
    stall.over.set()
    assert listening.next(SamplesLost).count == len(ROOM)
