"""Words alone and digits in a row in one stream: what is told across a change."""

import numpy as np
import pytest

from recognizer.classifier import Classifier
from recognizer.connected.model import StepClassifier
from recognizer.connected.recognizer import ConnectedRecognizer
from recognizer.errors import ModelError
from recognizer.events import Detection, SamplesLost, VoiceEnded, VoiceStarted
from recognizer.window import recent_sound
from recognizer.window.hearing import Hearing, SwitchingRecognizer
from recognizer.window.recent_sound import RecentSound
from tests.model_fixture import DIGIT_LABELS, tiny_model
from tests.tone_digits import RATE, say, tone_model

BLOCK = 640
ROW = ["four", "one", "five", "nine"]


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    """A model of words alone that hears nothing for sure, and one of tones in a row."""
    folder = tmp_path_factory.mktemp("models")
    alone = tiny_model(folder / "tiny.tflite", DIGIT_LABELS, threshold=1.0)
    return Classifier(alone), StepClassifier(tone_model(folder / "tones.tflite"))


class Heard:
    """A stream through a `SwitchingRecognizer`, as a session drives it."""

    def __init__(self, models, hearing, *, load=None):
        self.hearing = hearing
        self.recent = RecentSound()
        self.pictures, self.troubles, self.events = [], [], []
        alone, in_row = models
        self.recognizer = SwitchingRecognizer(
            alone,
            load or (lambda: in_row),
            lambda: self.hearing,
            recent=self.recent,
            observe=self.pictures.append,
            on_trouble=self.troubles.append,
        )

    def hear(self, samples):
        for first in range(0, len(samples), BLOCK):
            block = samples[first : first + BLOCK]
            self.recent.add(block)
            self.events += self.recognizer.process(block)
        return self

    def finish(self):
        self.events += self.recognizer.finish()
        return self

    @property
    def digits(self):
        return [one.label for one in self.events if isinstance(one, Detection)]


def test_the_thresholds_of_both_ways_are_apart(models):
    hearing = Hearing(threshold=0.7, connected_threshold=0.2)
    assert hearing.present_threshold == 0.7
    assert hearing.with_threshold(0.8) == Hearing(False, 0.8, 0.2)
    in_row = Hearing(True, 0.7, 0.2)
    assert in_row.present_threshold == 0.2
    assert in_row.with_threshold(None) == Hearing(True, 0.7, None)
    heard = Heard(models, Hearing(True, None, 1.0)).hear(say(ROW)).finish()
    assert heard.digits == []
    heard.hearing = Hearing(True, 1.0, None)
    assert heard.hear(say(ROW)).finish().digits == ROW


def test_the_threshold_counts_for_what_is_heard_anew_at_a_change(models):
    samples = say(ROW)
    at = int(2.15 * RATE)
    heard = Heard(models, Hearing()).hear(samples[:at])
    heard.hearing = Hearing(True, None, 1.0)
    heard.hear(samples[at:]).finish()
    assert heard.digits == []
    heard.hearing = Hearing(False, 1.0)
    heard.hear(samples[:at])
    heard.hearing = Hearing(True, 1.0, 0.5)
    assert heard.hear(samples[at:]).finish().digits == ROW


def test_in_a_row_it_hears_what_a_connected_recognizer_hears(models):
    samples = say(ROW)
    plain = ConnectedRecognizer(models[1])
    expected = plain.process(samples) + plain.finish()
    assert Heard(models, Hearing(True)).hear(samples).finish().events == expected


# At every tenth of a second from before the row to behind its last digit's decision.
@pytest.mark.parametrize("at_s", [round(0.9 + 0.1 * step, 1) for step in range(14)])
def test_a_row_that_a_change_falls_into_is_heard_from_its_beginning(models, at_s):
    samples = say(ROW)
    at = int(at_s * RATE)
    heard = Heard(models, Hearing()).hear(samples[:at])
    heard.hearing = Hearing(True)
    heard.hear(samples[at:]).finish()
    assert heard.digits == ROW
    times = [one.time for one in heard.events]
    assert times == sorted(times)


# Every 5 ms, on and off the grid of frame groups, while the voice is being noticed.
@pytest.mark.parametrize("at", range(17_200, 17_600, 80))
def test_times_never_go_back_at_a_change(models, at):
    samples = say(ROW)
    heard = Heard(models, Hearing()).hear(samples[:at])
    heard.hearing = Hearing(True)
    heard.hear(samples[at:])
    times = [one.time for one in heard.events]
    assert times == sorted(times)


@pytest.mark.parametrize("at_s", [round(0.95 + 0.1 * step, 2) for step in range(16)])
def test_digits_that_are_over_are_told_once_when_the_row_is_left(models, at_s):
    """Words alone, of which this model knows none, are left with what is being said."""
    samples = say(ROW)
    at = int(at_s * RATE)
    heard = Heard(models, Hearing(True)).hear(samples[:at])
    heard.hearing = Hearing()
    heard.hear(samples[at:]).finish()
    over = [word for number, word in enumerate(ROW) if 1.3 + 0.3 * number < at_s - 0.1]
    assert heard.digits == over


def test_a_row_goes_on_behind_a_short_change(models):
    samples = say(ROW)
    heard = Heard(models, Hearing(True)).hear(samples[:24_000])
    heard.hearing = Hearing()
    heard.hear(samples[24_000:24_640])
    heard.hearing = Hearing(True)
    heard.hear(samples[24_640:]).finish()
    assert heard.digits == ROW


def test_what_was_said_before_the_change_stays_as_it_was_heard(models):
    samples = say(ROW)
    heard = Heard(models, Hearing()).hear(samples).hear(np.zeros(RATE, np.float32))
    heard.hearing = Hearing(True)
    heard.hear(samples).finish()
    assert heard.digits == ROW


def test_a_voice_that_was_open_is_closed_and_opened_again(models):
    before, samples = say(["six"]), say(ROW)
    at = int(1.5 * RATE)
    heard = Heard(models, Hearing()).hear(before).hear(samples[:at])
    kinds = [VoiceStarted, VoiceEnded, VoiceStarted]
    assert [type(one) for one in heard.events if type(one) in kinds] == kinds
    heard.hearing = Hearing(True)
    heard.hear(samples[at:]).finish()
    voices = [one for one in heard.events if type(one) in kinds]
    assert [type(one) for one in voices] == [VoiceStarted, VoiceEnded] * 3
    begin_s = len(before) / RATE
    assert voices[3].end == pytest.approx(begin_s + 1.5, abs=0.05)
    assert voices[5].end == pytest.approx(begin_s + 1.0 + 0.3 * len(ROW), abs=0.1)


def test_pictures_and_losses_go_on(models):
    samples = say(ROW)
    heard = Heard(models, Hearing()).hear(samples[:20_000])
    heard.events += heard.recognizer.skip(800)
    heard.recent.add(samples[:100])
    heard.recent.keep_last_block()
    heard.events += heard.recognizer.process(samples[:100])
    heard.hearing = Hearing(True)
    heard.hear(samples)
    lost = [one for one in heard.events if isinstance(one, SamplesLost)]
    assert [one.total for one in lost] == [800]
    assert heard.digits == ROW
    assert heard.recognizer.time == pytest.approx((20_900 + len(samples)) / RATE)
    starts = [one.start for one in heard.pictures]
    assert starts == sorted(starts)


def test_what_cannot_be_loaded_is_told_once_and_words_alone_go_on(models):
    tries = []

    def load():
        tries.append(1)
        raise ModelError("There is no model file.")

    heard = Heard(models, Hearing(True), load=load).hear(say(ROW))
    assert [str(error) for error in heard.troubles] == ["There is no model file."]
    assert not heard.recognizer.is_connected
    heard.hearing = Hearing()
    heard.hear(say(ROW))
    assert len(tries) == 1
    heard.hearing = Hearing(True)
    heard.hear(say(ROW))
    assert len(heard.troubles) == len(tries) == 2


def test_the_model_in_a_row_is_loaded_when_it_is_wanted_and_once(models):
    tries = []

    def load():
        tries.append(1)
        return models[1]

    heard = Heard(models, Hearing(), load=load).hear(say(["four"]))
    assert tries == []
    for connected in (True, False, True):
        heard.hearing = Hearing(connected)
        heard.hear(say(["four"]))
        assert heard.recognizer.is_connected == connected
    assert len(tries) == 1


def test_recent_sound_is_bounded_and_knows_places(monkeypatch):
    monkeypatch.setattr(recent_sound, "KEPT_S", 10 / RATE)
    recent = RecentSound()
    assert len(recent.last(5)) == 0
    block = np.zeros(4, np.float32)
    for number in range(6):
        block[:] = np.arange(4 * number, 4 * number + 4)
        recent.add(block)
    assert len(recent) == 12
    assert recent.last(3).tolist() == [21, 22, 23]
    assert recent.last(5, 3).tolist() == [19, 20]
    assert recent.last(100, -5).tolist() == list(range(12, 24))
    assert recent.last(2, 7).tolist() == []
    recent.keep_last_block()
    assert recent.last(100).tolist() == [20, 21, 22, 23]
