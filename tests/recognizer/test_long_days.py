"""A recognizer that runs for days: counters, times, memory, and the same events as on day one."""

import dataclasses
import math

import numpy as np
import pytest

from recognizer.capture import BUFFER_S
from recognizer.events import Detection, Event, SamplesLost
from recognizer.log_mel import GROUP_FRAMES
from recognizer.microphone import Microphone
from recognizer.model_file import default_model_path
from recognizer.recognizer import Recognizer
from tests.benchmarks.live_soak import unlike
from tests.benchmarks.run_core_soak import begin_samples
from tests.benchmarks.soak import differing, furthest, soak
from tests.benchmarks.soak_sound import MINUTE_SAMPLES, minute
from tests.fake_sounddevice import FakeSounddevice

RATE = 16_000
HOP = 160
LIMITS = [2**31, 2**32, 2**53 // 1000]
"""Where counters of 32 bits end, as signed and unsigned ones, and 17 years."""

GROWTH_LIMIT_MB = 10.0
"""Far from the half day's megabyte, because other tests' machines are not this one's; a buffer
that keeps what it heard grows by 19 MB in these minutes."""


@pytest.fixture(scope="module")
def soaked():
    return soak(default_model_path(), 6, 1)


def test_some_minutes_through_the_core(soaked):
    """The short form of ``python -m tests.benchmarks soak``, across two to the 31."""
    first, last = soaked.marks[0], soaked.marks[-1]
    assert first["samples"] < 2**31 < last["samples"]
    assert last["samples"] == begin_samples(6) + 6 * MINUTE_SAMPLES
    assert last["time_s"] * RATE == last["samples"]
    assert last["words"] > 60
    assert furthest(soaked) == 0
    assert last["memory_mb"] - first["memory_mb"] < GROWTH_LIMIT_MB
    assert last["python_objects"] - first["python_objects"] < 1_000


def test_every_minute_gives_the_events_of_a_fresh_start(soaked):
    assert len(soaked.events) > 300
    assert differing(default_model_path(), soaked) == 0


def test_a_difference_would_be_noticed(soaked):
    moved = dataclasses.replace(
        soaked, events=[{**one, "time": one["time"] + 1 / RATE} for one in soaked.events]
    )
    assert differing(default_model_path(), moved) == 2 * len(soaked.events)
    blurred = dataclasses.replace(
        soaked, events=[{**one, "time": one["time"] + 1e-6} for one in soaked.events]
    )
    assert furthest(blurred) == 0.016


def test_the_sound_is_the_same_each_time_and_never_the_same():
    again, other = minute(7), minute(8)
    np.testing.assert_array_equal(minute(7), again)
    assert (again != other).mean() > 0.5
    assert len(again) == MINUTE_SAMPLES
    assert np.abs(again).max() == 1.0
    # Digital silence, which lasts.
    assert (again == 0.0).sum() > RATE / 2


def heard(recognizer: Recognizer, sound: np.ndarray) -> list[Event]:
    events = []
    for first in range(0, len(sound), 1_000):
        events += recognizer.process(sound[first : first + 1_000])
    return events


def in_samples(event: Event) -> dict:
    """An event's values, its times as samples, each of which must be whole."""
    values = dataclasses.asdict(event)
    for name in ("start", "end", "time"):
        if name in values:
            samples = values[name] * RATE
            assert abs(samples - round(samples)) < 1e-3
            values[name] = round(samples)
    return {"kind": type(event), **values}


def moved(events: list[Event], samples: int) -> list[dict]:
    return [
        {
            name: value + samples if name in ("start", "end", "time") else value
            for name, value in in_samples(event).items()
        }
        for event in events
    ]


@pytest.mark.parametrize("limit", LIMITS)
def test_times_are_exact_where_counters_of_32_bits_end(limit):
    sound = minute(0)
    expected = heard(Recognizer(), sound)
    assert sum(isinstance(event, Detection) for event in expected) > 5
    # The limit is passed in the middle of the minute.
    begin = limit - 30 * RATE - 7
    recognizer = Recognizer()
    assert recognizer.skip(begin) == [SamplesLost(begin, begin, 0.0)]
    events = heard(recognizer, sound)
    assert [in_samples(event) for event in events] == moved(expected, begin)
    assert recognizer.time * RATE == begin + MINUTE_SAMPLES
    # And what is lost behind the limit is counted on.
    assert recognizer.skip(3)[-1] == SamplesLost(3, begin + 3, (begin + MINUTE_SAMPLES) / RATE)


@pytest.mark.parametrize("limit", LIMITS)
def test_frames_and_samples_heard_without_a_gap_are_exact(limit):
    """As after so many samples, and after so many frames, of one stream without any loss."""
    # A voice at the very beginning has no room for its pre-roll.
    sound = np.concatenate((np.zeros(RATE, np.float32), minute(0)))
    expected = heard(Recognizer(), sound)
    recognizer = Recognizer()
    detector = recognizer._detector
    p = detector.parameters
    period = math.lcm(p.cut_every, p.floor_block, GROUP_FRAMES)
    for passed in (limit // HOP, limit):
        # The limit is passed in the middle of the minute.
        frames = (passed - 3_000) // period * period
        recognizer.reset()
        detector.now = frames
        recognizer._heard = frames * HOP
        events = heard(recognizer, sound)
        assert [in_samples(event) for event in events] == moved(expected, frames * HOP)


@pytest.mark.parametrize("limit", LIMITS)
@pytest.mark.parametrize("rate", [16_000, 48_000])
def test_a_microphone_counts_on(monkeypatch, limit, rate):
    fake = FakeSounddevice()
    fake.plug("built-in", rate=float(rate), rates=(float(rate),))
    now = [1_000.0]
    clock = type("Clock", (), {"monotonic": staticmethod(lambda: now[0])})
    monkeypatch.setattr("recognizer.portaudio.load_sounddevice", lambda: fake)
    monkeypatch.setattr("recognizer.capture.time", clock)
    with Microphone() as mic:
        # As if the stream had run until shortly before the limit, and all of it had been read.
        before = (limit - 1_000) // 3 * 3
        ring = mic._capture.ring
        ring._announced = ring._written = ring._read = before
        mic._given_samples = before * RATE // rate
        blocks = iter(mic)
        second = np.full(rate, 0.5, np.float32)
        fake.stream.feed(second)
        next(blocks)
        assert mic._capture.mark == (before + rate, 1_000.0)
        at = (before + rate) * RATE // rate
        assert mic.captured_at(at) == pytest.approx(1_000.0, abs=1 / rate)
        assert mic.captured_at(at - RATE) == pytest.approx(999.0, abs=1 / rate)
        # A reader that stalls behind the limit: every sample that does not fit is counted.
        for _ in range(round(BUFFER_S) + 2):
            fake.stream.feed(second)
        next(blocks)
        if rate != RATE:
            # The end of what came before the gap was first.
            next(blocks)
        assert mic.take_lost() == 2 * RATE


def test_words_are_compared_however_far_they_are_shifted():
    expected = [("one", 1.0), ("two", 3.0), ("two", 5.0), ("six", 7.0)]
    shifted = [(label, start + 0.73) for label, start in expected]
    assert unlike(shifted, expected) == 0
    assert unlike(shifted[1:], expected) == 1
    assert unlike([*shifted, ("nine", 9.0)], expected) == 1
    assert unlike([("six", 1.73), *shifted[1:]], expected) == 2
    assert unlike([], expected) == 4
