"""Digits in a row: samples in, events out."""

import numpy as np
import pytest

from recognizer.connected.model import StepClassifier
from recognizer.connected.recognizer import ConnectedRecognizer
from recognizer.events import Detection, Rejection, SamplesLost, VoiceEnded, VoiceStarted
from tests.tone_digits import PART_S, RATE, say, tone_model

NUMBER = ["four", "one", "five", "nine", "nine", "two"]


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    return StepClassifier(tone_model(tmp_path_factory.mktemp("model") / "tones.tflite"))


def hear(recognizer, samples, block=None):
    """Everything heard in samples that come in blocks of one length, or of random lengths."""
    events = []
    random = np.random.default_rng(3)
    at = 0
    while at < len(samples):
        length = block or int(random.integers(0, 700))
        events += recognizer.process(samples[at : at + length])
        at += length
    return events + recognizer.finish()


def digits(events):
    return [event.label for event in events if isinstance(event, Detection)]


def test_digits_without_pauses_are_heard_in_order_and_in_their_places(model):
    heard = [one for one in hear(ConnectedRecognizer(model), say(NUMBER)) if type(one) is Detection]
    assert [one.label for one in heard] == NUMBER
    for number, one in enumerate(heard):
        begin = 1.0 + 3 * PART_S * number
        assert one.start == pytest.approx(begin, abs=0.05)
        assert one.end == pytest.approx(begin + 3 * PART_S, abs=0.05)
        assert 0.5 < one.confidence <= 1.0
        assert one.time > one.end


def test_oh_is_a_zero(model):
    assert digits(hear(ConnectedRecognizer(model), say(["two", "oh", "zero"]))) == [
        "two",
        "zero",
        "zero",
    ]
    assert "oh" not in ConnectedRecognizer(model).labels


@pytest.mark.parametrize("block", [160, 1000, 16_001, 100_000, None])
def test_the_blocks_do_not_matter(model, block):
    samples = np.concatenate((say(NUMBER), say(["six"], pause_s=0.4), say(["oh", "three"])))
    expected = hear(ConnectedRecognizer(model), samples, 4096)
    assert hear(ConnectedRecognizer(model), samples, block) == expected
    assert len(digits(expected)) == 9


def test_events_come_in_the_order_of_their_time_and_voices_open_and_close(model):
    samples = np.concatenate((say(NUMBER), say(NUMBER)))
    events = hear(ConnectedRecognizer(model), samples, 800)
    times = [event.time for event in events]
    assert times == sorted(times)
    kinds = [type(event) for event in events if not isinstance(event, Detection | Rejection)]
    assert kinds == [VoiceStarted, VoiceEnded, VoiceStarted, VoiceEnded]


def test_a_digit_comes_before_the_row_is_over(model):
    recognizer = ConnectedRecognizer(model)
    samples = say(NUMBER * 3)
    events = recognizer.process(samples)
    first = next(event for event in events if isinstance(event, Detection))
    assert first.time - first.end < 1.0


def test_the_end_of_the_stream_decides_the_last_digits(model):
    samples = say(NUMBER, around_s=0.0)
    recognizer = ConnectedRecognizer(model)
    events = recognizer.process(samples) + recognizer.finish()
    assert digits(events) == NUMBER
    last = [event for event in events if isinstance(event, Detection)][-1]
    assert last.end <= last.time == pytest.approx(len(samples) / RATE)
    # The next stream begins at 0.
    assert recognizer.time == 0.0
    assert digits(recognizer.process(samples) + recognizer.finish()) == NUMBER


def test_quiet_costs_no_inference(model, monkeypatch):
    looks = []
    right = model.posteriors

    def look(window):
        looks.append(window)
        return right(window)

    monkeypatch.setattr(model, "posteriors", look)
    quiet = np.random.default_rng(0).normal(0.0, 1e-4, 10 * RATE).astype(np.float32)
    recognizer = ConnectedRecognizer(model)
    assert hear(recognizer, quiet) == []
    assert not looks
    hear(recognizer, say(NUMBER))
    assert looks


def test_memory_stays_bounded_in_endless_speech(model):
    recognizer = ConnectedRecognizer(model)
    samples = say(NUMBER * 5, around_s=0.0)
    sizes = []
    for _ in range(12):
        recognizer.process(samples)
        sizes.append(len(recognizer._search._decoder._segments))
    assert max(sizes) < 60
    assert len(recognizer._search._features) == model.frontend.window_frames


def test_a_digit_below_the_threshold_is_rejected(model):
    events = hear(ConnectedRecognizer(model, threshold=1.0), say(["four", "two"]))
    rejected = [event for event in events if isinstance(event, Rejection)]
    assert [(one.reason, one.label) for one in rejected] == [
        ("low confidence", "four"),
        ("low confidence", "two"),
    ]
    assert digits(events) == []


def test_a_gap_decides_what_was_said_and_times_go_on(model):
    recognizer = ConnectedRecognizer(model)
    samples = say(["four", "two"], around_s=0.5)
    before = recognizer.process(samples)
    gap = recognizer.skip(RATE)
    after = recognizer.process(samples) + recognizer.finish()
    assert digits(before + gap) == digits(after) == ["four", "two"]
    assert isinstance(gap[-1], SamplesLost)
    assert gap[-1].count == RATE
    shift = len(samples) / RATE + 1.0
    first, again = (
        next(event for event in events if isinstance(event, Detection))
        for events in (before + gap, after)
    )
    assert again.start - first.start == pytest.approx(shift, abs=0.02)
    assert recognizer.skip(0) == []
    with pytest.raises(ValueError, match="-1"):
        recognizer.skip(-1)


def test_an_observer_sees_every_frame_once(model):
    recognizer = ConnectedRecognizer(model)
    seen = []
    recognizer.observe = seen.append
    recognizer.process(say(NUMBER))
    frames = [one.log_mel.shape[0] for one in seen]
    starts = [one.start for one in seen]
    assert starts == pytest.approx(np.cumsum([0, *frames[:-1]]) * 0.01)


def test_what_is_no_row_of_samples_is_refused(model):
    with pytest.raises(ValueError, match="one-dimensional"):
        ConnectedRecognizer(model).process(np.zeros((2, 2)))
    with pytest.raises(ValueError, match="between 0 and 1"):
        ConnectedRecognizer(model, threshold=1.5)
