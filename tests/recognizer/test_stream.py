"""One recognizer takes over another's stream."""

from itertools import pairwise

import numpy as np
import pytest

from recognizer.connected.model import StepClassifier
from recognizer.connected.recognizer import ConnectedRecognizer
from recognizer.events import Detection
from recognizer.recognizer import Recognizer
from tests.model_fixture import DIGIT_LABELS, tiny_model
from tests.tone_digits import RATE, say, tone_model


@pytest.fixture(scope="module")
def rows(tmp_path_factory):
    return StepClassifier(tone_model(tmp_path_factory.mktemp("model") / "tones.tflite"))


@pytest.fixture(scope="module")
def alone(tmp_path_factory):
    return str(tiny_model(tmp_path_factory.mktemp("model") / "tiny.tflite", DIGIT_LABELS))


def places(events):
    return [(one.label, one.start, one.end) for one in events if isinstance(one, Detection)]


# In the middle of the second digit, on the grid of frame groups and off it.
@pytest.mark.parametrize("at", [16_000 + 7_200, 16_000 + 7_123])
@pytest.mark.parametrize("known_s", [0.9, 6.0])
def test_the_successor_goes_on_in_the_middle_of_a_row(rows, alone, at, known_s):
    samples = say(["four", "one", "five"])
    whole = ConnectedRecognizer(rows)
    expected = places(whole.process(samples) + whole.finish())
    before, after = Recognizer(alone), ConnectedRecognizer(rows)
    before.process(samples[:at])
    recent = samples[max(0, at - int(known_s * RATE)) : at]

    events = after.take_over(before, recent)
    assert after.time == at / RATE
    events += after.process(samples[at:])
    assert after.time == len(samples) / RATE
    events += after.finish()

    assert [label for label, _, _ in expected] == ["four", "one", "five"]
    heard = places(events)
    assert [label for label, _, _ in heard] == ["four", "one", "five"]
    for (_, start, end), (_, first, last) in zip(heard, expected, strict=True):
        assert (start, end) == pytest.approx((first, last), abs=0.03)


def test_its_pictures_follow_right_behind_the_other_one_s(rows, alone):
    samples = say(["four", "one", "five"])
    seen = []
    before, after = Recognizer(alone), ConnectedRecognizer(rows)
    before.observe = after.observe = seen.append
    before.process(samples[:10_000])
    # A gap moves all that comes behind it off the grid.
    before.skip(777)
    before.process(samples[10_000:20_001])
    after.take_over(before, samples[12_345:20_001])
    after.process(samples[20_001:])

    behind = [one for one in seen if one.start > 0.62]
    assert len(behind) > 2
    for one, following in pairwise(behind):
        assert following.start == pytest.approx(one.start + len(one.log_mel) * one.hop)
    assert any(one.posteriors is not None for one in seen)


def test_what_came_before_a_gap_is_not_known(rows, alone):
    before, after = Recognizer(alone), ConnectedRecognizer(rows)
    before.process(np.zeros(RATE, np.float32))
    before.skip(RATE)
    before.process(np.zeros(100, np.float32))
    after.take_over(before, np.zeros(100, np.float32))
    assert after.time == pytest.approx(2.0 + 100 / RATE)
    assert after.skip(5)[-1].total == RATE + 5


def test_nothing_heard_is_taken_over_as_nothing(rows, alone):
    after = ConnectedRecognizer(rows)
    assert after.take_over(Recognizer(alone), np.zeros(0, np.float32)) == []
    assert after.time == 0.0


def test_posteriors_of_words_in_a_row_are_those_of_the_words(rows):
    recognizer = ConnectedRecognizer(rows)
    seen = []
    recognizer.observe = seen.append
    samples = say(["four", "oh", "one"])
    for first in range(0, len(samples), 640):
        recognizer.process(samples[first : first + 640])
    shown = [one.posteriors for one in seen if one.posteriors is not None]
    best = [recognizer.labels[int(one.argmax())] for one in shown]
    assert list(dict.fromkeys(best)) == ["silence", "four", "zero", "one"]
    for one in shown:
        assert one.shape == (len(recognizer.labels),)
        assert one.sum() == pytest.approx(1.0, abs=1e-4)
