import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recognizer.classifier import Classifier
from recognizer.errors import ModelError
from recognizer.events import Detection, Rejection, SamplesLost, VoiceEnded, VoiceStarted
from recognizer.log_mel import FrontendParameters
from recognizer.recognizer import Recognizer
from tests.model_fixture import DIGIT_LABELS, tiny_model
from tests.recognizer.made_sounds import RATE, babble, fricative, noise, scene, vowel

LABELS = ("silence", "unknown", "low", "high")


class ByPitch(Classifier):
    """Calls a word with its energy below 1 kHz "low", any other "high"; always as sure."""

    def __init__(self, sure=0.9, threshold=0.6):
        self.sure = sure
        self.model_threshold = threshold
        self.windows = 0

    labels = property(lambda self: LABELS)
    frontend = property(lambda self: FrontendParameters())
    threshold = property(lambda self: self.model_threshold)

    def posteriors(self, window):
        assert window.shape == (98, 40)
        assert window.dtype == np.float32
        assert np.isfinite(window).all()
        self.windows += 1
        # Normalized windows rise above each band's mean where the word is.
        contrast = window.max(axis=0)
        label = 2 if contrast[:14].sum() > contrast[26:].sum() else 3
        rest = (1.0 - self.sure) / 3
        return np.array([self.sure if i == label else rest for i in range(4)], np.float32)


class Unsure(ByPitch):
    """Finds "unknown" the likeliest."""

    def posteriors(self, window):
        return np.array([0.0, 0.7, 0.3, 0.0], np.float32)


def low(seconds=0.4, level_db=-22.0):
    return vowel(seconds, level_db)


def high(seconds=0.4, level_db=-22.0):
    return fricative(seconds, level_db)


def heard(samples, model=None, size=None):
    recognizer = Recognizer(model or ByPitch())
    size = size or max(1, len(samples))
    events = []
    for first in range(0, len(samples), size):
        events += recognizer.process(samples[first : first + size])
    return events + recognizer.finish()


def of(kind, events):
    return [event for event in events if isinstance(event, kind)]


def labels(events):
    return [event.label for event in of(Detection, events)]


CONVERSATION = scene(
    17.0,
    (0.9, low(0.35)),
    (1.5, low(0.35)),
    (2.7, high(0.5, -30.0)),
    (4.0, babble(4.5, -25.0, 3)),
    (9.5, low(0.3, -40.0)),
    (10.6, vowel(1.4, -25.0)),
    (12.7, high(0.4)),
    (13.6, low(0.4)),
    (15.0, np.concatenate([low(0.4), vowel(0.8, -33.0)])),
    floor_db=-65.0,
)


class TestWords:
    def test_word_is_heard_where_it_is(self):
        events = heard(scene(3.0, (1.0, low())))
        assert [type(event) for event in events] == [VoiceStarted, Detection, VoiceEnded]
        started, detection, ended = events
        assert detection.label == "low"
        assert detection.confidence == pytest.approx(0.9)
        assert detection.start == pytest.approx(1.0, abs=0.03)
        assert detection.end == pytest.approx(1.4, abs=0.03)
        assert started.start == ended.start
        assert 0.87 <= started.start <= 1.0
        assert ended.end == pytest.approx(1.4, abs=0.05)

    def test_word_is_decided_soon_after_its_end(self):
        for phase_s in np.arange(0.0, 0.08, 0.01):
            (detection,) = of(Detection, heard(scene(3.0, (1.0 + phase_s, low()))))
            assert 0.1 <= detection.time - detection.end <= 0.25

    def test_times_never_go_back(self):
        times = [event.time for event in heard(CONVERSATION)]
        assert times == sorted(times)
        for event in of(Detection, heard(CONVERSATION)):
            assert 0.0 <= event.start < event.end <= event.time <= 17.0

    def test_every_word_once(self):
        words = [(1.0, low()), (2.0, high()), (3.0, low()), (4.0, high())]
        assert labels(heard(scene(5.5, *words))) == ["low", "high", "low", "high"]

    @pytest.mark.parametrize("phase_s", np.arange(0.0, 0.08, 0.01).tolist())
    @pytest.mark.parametrize("room_db", [-70.0, -55.0])
    def test_same_word_twice_a_quarter_second_apart_is_two_detections(self, room_db, phase_s):
        words = [(1.5 + phase_s, low(0.35)), (1.5 + phase_s + 0.35 + 0.25, low(0.35))]
        events = heard(scene(4.0, *words, floor_db=room_db))
        assert [
            (event.label, round(event.start - phase_s, 1)) for event in of(Detection, events)
        ] == [
            ("low", 1.5),
            ("low", 2.1),
        ]

    @pytest.mark.parametrize("phase_s", np.arange(0.0, 0.08, 0.01).tolist())
    @pytest.mark.parametrize("closure_s", [0.06, 0.1, 0.12])
    def test_word_with_a_closure_is_one_detection(self, closure_s, phase_s):
        word = np.concatenate([low(0.2), np.zeros(round(closure_s * RATE)), low(0.15, -28.0)])
        assert labels(heard(scene(4.0, (1.5 + phase_s, word)))) == ["low"]

    def test_stream_may_begin_with_a_word(self):
        events = heard(scene(2.0, (0.0, low()), floor_db=-65.0))
        (detection,) = of(Detection, events)
        assert detection.start == pytest.approx(0.0, abs=0.02)
        assert events[0].start == 0.0

    @pytest.mark.parametrize("cut_s", [0.0, 0.02, 0.1])
    def test_last_word_is_decided_at_the_end(self, cut_s):
        samples = scene(2.4 + cut_s, (2.0, low()))
        recognizer = Recognizer(ByPitch())
        assert of(Detection, recognizer.process(samples)) == []
        events = recognizer.finish()
        assert labels(events) == ["low"]
        (detection,) = of(Detection, events)
        assert detection.end == pytest.approx(2.4, abs=0.03)
        length_s = len(samples) / RATE
        assert {event.time for event in events} == {length_s}
        assert all(event.end <= length_s for event in events)

    def test_quiet_says_nothing_and_costs_nothing(self):
        model = ByPitch()
        assert heard(noise(10.0, -65.0).astype(np.float32), model) == []
        assert heard(np.zeros(5 * RATE, np.float32), model) == []
        assert heard(np.zeros(0, np.float32), model) == []
        assert heard(np.ones(11, np.float32), model) == []
        assert model.windows == 0

    def test_works_whatever_the_level(self):
        for level_db in (-45.0, -30.0, -15.0, 5.0):
            assert labels(heard(scene(3.0, (1.5, low(0.4, level_db)), floor_db=-72.0))) == ["low"]


class TestRejections:
    def test_low_confidence(self):
        events = heard(scene(4.0, (1.0, low())), ByPitch(sure=0.5))
        assert labels(events) == []
        (rejection,) = of(Rejection, events)
        assert rejection.reason == "low confidence"
        assert rejection.label == "low"
        assert rejection.confidence == pytest.approx(0.5)
        assert rejection.start == pytest.approx(1.0, abs=0.03)

    def test_unknown(self):
        (rejection,) = of(Rejection, heard(scene(4.0, (1.0, low())), Unsure()))
        assert (rejection.reason, rejection.label) == ("unknown", "low")

    def test_unknown_at_the_end_of_the_stream(self):
        (rejection,) = of(Rejection, heard(scene(1.5, (1.0, low())), Unsure()))
        assert rejection.time == 1.5

    @pytest.mark.parametrize("model", [Unsure(), ByPitch(sure=0.5)], ids=["unknown", "low"])
    def test_rejection_does_not_wait_for_the_next_word(self, model):
        events = heard(scene(10.0, (1.0, low()), (8.0, high())), model)
        rejection, _ = of(Rejection, events)
        assert rejection.end == pytest.approx(1.4, abs=0.03)
        assert rejection.time - rejection.end <= 1.05

    def test_each_word_is_rejected_once(self):
        events = heard(scene(6.0, (1.0, low()), (2.0, low()), (4.0, high())), Unsure())
        starts = [rejection.start for rejection in of(Rejection, events)]
        assert starts == [pytest.approx(at_s, abs=0.04) for at_s in (1.0, 2.0, 4.0)]

    def test_too_long_to_be_one_word(self):
        events = heard(scene(5.0, (1.0, vowel(1.5, -25.0))))
        assert labels(events) == []
        (rejection,) = of(Rejection, events)
        (ended,) = of(VoiceEnded, events)
        assert (rejection.reason, rejection.label, rejection.confidence) == ("too long", None, 0.0)
        assert (rejection.start, rejection.end) == (ended.start, ended.end)

    @pytest.mark.parametrize("phase_s", np.arange(0.0, 0.08, 0.02).tolist())
    @pytest.mark.parametrize("first", ["word", "breath"])
    def test_a_word_that_a_breath_runs_into_is_heard_once(self, first, phase_s):
        parts = [low(0.4), vowel(0.8, -33.0)]
        sound = np.concatenate(parts if first == "word" else parts[::-1])
        start_s = 1.0 + phase_s + (0.0 if first == "word" else 0.8)
        events = heard(scene(5.0, (1.0 + phase_s, sound)))
        assert [type(event) for event in events] == [VoiceStarted, VoiceEnded, Detection]
        detection = events[-1]
        assert detection.label == "low"
        assert detection.start == pytest.approx(start_s, abs=0.05)
        assert detection.end == pytest.approx(start_s + 0.4, abs=0.05)
        assert detection.time == events[1].time

    def test_a_word_that_a_breath_runs_into_is_refused_where_it_is_not_sure(self):
        sound = np.concatenate([low(0.4), vowel(0.8, -33.0)])
        events = heard(scene(5.0, (1.0, sound)), ByPitch(sure=0.75))
        assert labels(events) == []
        (rejection,) = of(Rejection, events)
        assert rejection.reason == "too long"
        assert labels(heard(scene(5.0, (1.0, sound)), ByPitch(sure=0.85))) == ["low"]

    def test_the_end_of_the_stream_ends_such_a_word(self):
        sound = np.concatenate([low(0.4), vowel(0.8, -33.0)])
        assert labels(heard(scene(2.2, (1.0, sound)))) == ["low"]

    def test_word_after_one_that_a_breath_runs_into_is_heard(self):
        sound = np.concatenate([low(0.4), vowel(0.8, -33.0)])
        events = heard(scene(6.0, (1.0, sound), (2.8, high()), (4.0, low())))
        assert labels(events) == ["low", "high", "low"]

    def test_word_after_one_too_long_is_heard(self):
        assert labels(heard(scene(5.0, (1.0, vowel(1.5, -25.0)), (3.2, low())))) == ["low"]


class TestThreshold:
    def test_comes_from_the_model_unless_given(self):
        assert Recognizer(ByPitch(threshold=0.71)).threshold == 0.71
        assert Recognizer(ByPitch(), threshold=0.3).threshold == 0.3

    @pytest.mark.parametrize("value", [-0.01, 1.01, 2, float("nan"), float("inf")])
    def test_out_of_range_is_refused(self, value):
        with pytest.raises(ValueError, match=r"between 0 and 1, not "):
            Recognizer(ByPitch(), threshold=value)
        recognizer = Recognizer(ByPitch())
        with pytest.raises(ValueError, match=r"between 0 and 1, not "):
            recognizer.threshold = value
        assert recognizer.threshold == 0.6

    @pytest.mark.parametrize("value", [0, 0.0, 1, 1.0])
    def test_ends_of_the_range_are_allowed(self, value):
        assert Recognizer(ByPitch(), threshold=value).threshold == value

    def test_may_change_while_running(self):
        recognizer = Recognizer(ByPitch(sure=0.5))
        samples = scene(2.0, (1.0, low()))
        assert labels(recognizer.process(samples)) == []
        recognizer.threshold = 0.4
        assert labels(recognizer.process(samples)) == ["low"]
        recognizer.threshold = 0.6
        assert labels(recognizer.process(samples)) == []
        recognizer.finish()
        assert recognizer.threshold == 0.6


@pytest.fixture(scope="module")
def tiny(tmp_path_factory):
    return Classifier(tiny_model(tmp_path_factory.mktemp("model") / "tiny.tflite", threshold=0.15))


class TestBlocks:
    @pytest.mark.parametrize("size", [160, 333, 4096, 16_001])
    def test_same_events_in_any_size(self, size):
        at_once = heard(CONVERSATION)
        assert {type(event) for event in at_once} >= {
            VoiceStarted,
            VoiceEnded,
            Detection,
            Rejection,
        }
        assert heard(CONVERSATION, size=size) == at_once

    def test_same_events_sample_by_sample(self):
        samples = CONVERSATION[: 4 * RATE]
        assert len(labels(heard(samples))) == 3
        assert heard(samples, size=1) == heard(samples)

    @pytest.mark.parametrize("size", [160, 333, 4096])
    def test_same_events_from_a_real_interpreter(self, size, tiny):
        at_once = heard(CONVERSATION, tiny)
        assert of(Detection, at_once)
        assert heard(CONVERSATION, tiny, size) == at_once

    @settings(deadline=None, max_examples=20)
    @given(st.lists(st.integers(0, 20_000), max_size=25))
    def test_same_events_in_random_blocks(self, sizes):
        recognizer, events, first = Recognizer(ByPitch()), [], 0
        samples = CONVERSATION[: 4 * RATE]
        for size in [*sizes, len(samples)]:
            events += recognizer.process(samples[first : first + size])
            first += size
        assert events + recognizer.finish() == heard(samples)

    def test_block_is_not_changed(self):
        samples = CONVERSATION.copy()
        heard(samples, size=999)
        np.testing.assert_array_equal(samples, CONVERSATION)

    def test_block_may_be_reused_by_its_owner(self):
        recognizer, block, events = Recognizer(ByPitch()), np.empty(1_000, np.float32), []
        for first in range(0, len(CONVERSATION), 1_000):
            block[:] = CONVERSATION[first : first + 1_000]
            events += recognizer.process(block)
        assert events + recognizer.finish() == heard(CONVERSATION)

    def test_lists_and_other_numbers_are_taken(self):
        samples = scene(2.0, (1.0, low()))
        assert heard(samples.astype(np.float64)) == heard(samples)
        assert Recognizer(ByPitch()).process([0.0, 0.5, -0.5]) == []

    @pytest.mark.parametrize("shape", [(), (100, 2), (1, 100), (0, 1)])
    def test_block_of_another_shape_is_refused(self, shape):
        recognizer = Recognizer(ByPitch())
        with pytest.raises(ValueError, match="one-dimensional") as caught:
            recognizer.process(np.zeros(shape, np.float32))
        assert str(shape) in str(caught.value)
        assert recognizer.time == 0.0


class TestStreams:
    def test_finish_starts_anew(self):
        recognizer = Recognizer(ByPitch())
        first = recognizer.process(CONVERSATION) + recognizer.finish()
        assert recognizer.time == 0.0
        assert recognizer.finish() == []
        assert recognizer.process(CONVERSATION) + recognizer.finish() == first

    def test_reset_starts_anew(self):
        recognizer = Recognizer(ByPitch())
        recognizer.process(CONVERSATION[: 3 * RATE + 77])
        recognizer.reset()
        assert recognizer.time == 0.0
        assert recognizer.process(CONVERSATION) + recognizer.finish() == heard(CONVERSATION)

    def test_time_counts_samples(self):
        recognizer = Recognizer(ByPitch())
        recognizer.process(np.zeros(1, np.float32))
        assert recognizer.time == 1 / RATE
        recognizer.process(np.zeros(40_000, np.float32))
        assert recognizer.time == 40_001 / RATE

    def test_level_and_floor_are_for_meters(self):
        recognizer = Recognizer(ByPitch())
        assert recognizer.level_db == recognizer.floor_db == -75.0
        recognizer.process(noise(4.0, -50.0).astype(np.float32))
        assert recognizer.level_db == pytest.approx(-50.0, abs=3.0)
        assert recognizer.floor_db == pytest.approx(-50.0, abs=3.0)
        assert recognizer.onset_threshold_db == pytest.approx(recognizer.floor_db + 9.0)
        recognizer.process(vowel(0.3, -20.0).astype(np.float32)[: 4 * 1_000])
        assert recognizer.level_db == pytest.approx(-20.0, abs=4.0)
        assert recognizer.floor_db == pytest.approx(-50.0, abs=3.0)

    def test_labels_and_rate(self, tiny):
        assert Recognizer(tiny).labels == DIGIT_LABELS
        assert Recognizer(tiny).sample_rate == RATE
        assert Recognizer(ByPitch()).labels == LABELS

    def test_model_may_be_a_path(self, tmp_path):
        path = tiny_model(tmp_path / "tiny.tflite", threshold=0.42)
        assert Recognizer(path).threshold == Recognizer(str(path)).threshold == 0.42

    def test_missing_model_is_a_model_error(self, tmp_path):
        with pytest.raises(ModelError):
            Recognizer(tmp_path / "none.tflite")

    def test_two_recognizers_do_not_disturb_each_other(self):
        one, other = Recognizer(ByPitch()), Recognizer(ByPitch())
        events = []
        for first in range(0, len(CONVERSATION), 3_000):
            events += one.process(CONVERSATION[first : first + 3_000])
            other.process(CONVERSATION[-first - 1 :][:2_000])
        assert events + one.finish() == heard(CONVERSATION)

    def test_memory_stays_bounded_in_long_streams(self):
        recognizer = Recognizer(ByPitch())
        recognizer.process(CONVERSATION)
        tracemalloc.start()
        try:
            recognizer.process(CONVERSATION)
            before, _ = tracemalloc.get_traced_memory()
            for _ in range(3):
                recognizer.process(CONVERSATION)
            after, _ = tracemalloc.get_traced_memory()
            tracemalloc.reset_peak()
            recognizer.process(np.tile(CONVERSATION, 3))
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
        assert after - before < 50_000
        # The block itself, and a second of working memory.
        assert peak - after < 3 * CONVERSATION.nbytes + 2_000_000


class TestGaps:
    def test_lost_samples_are_reported_and_counted(self):
        recognizer = Recognizer(ByPitch())
        recognizer.process(np.zeros(RATE, np.float32))
        assert recognizer.skip(800) == [SamplesLost(800, 800, 1.0)]
        assert recognizer.time == 1.05
        recognizer.process(np.zeros(RATE // 2, np.float32))
        assert recognizer.skip(160) == [SamplesLost(160, 960, 1.55)]
        recognizer.reset()
        assert recognizer.skip(5) == [SamplesLost(5, 5, 0.0)]

    @pytest.mark.parametrize("lost", [1, 4_000, 10 * RATE])
    def test_times_go_on_counting(self, lost):
        samples = scene(3.0, (1.0, low()))
        recognizer = Recognizer(ByPitch())
        (first,) = of(Detection, recognizer.process(samples))
        recognizer.skip(lost)
        (second,) = of(Detection, recognizer.process(samples))
        assert second.start == pytest.approx(first.start + 3.0 + lost / RATE, abs=0.015)
        assert second.time == pytest.approx(second.end + (first.time - first.end), abs=0.1)

    def test_voice_ends_at_the_gap_and_its_word_is_lost(self):
        samples = scene(3.0, (1.0, low()))
        recognizer = Recognizer(ByPitch())
        events = recognizer.process(samples[: round(1.2 * RATE)])
        assert [type(event) for event in events] == [VoiceStarted]
        ended, lost = recognizer.skip(RATE)
        assert isinstance(ended, VoiceEnded)
        assert ended.start == events[0].start
        assert ended.end <= ended.time <= lost.time == 1.2
        events = recognizer.process(samples[round(2.2 * RATE) :])
        assert events + recognizer.finish() == []

    def test_word_across_the_gap_is_not_put_together(self):
        # Without the gap the two halves would be one word of 0.4 s.
        recognizer = Recognizer(ByPitch())
        recognizer.process(scene(1.2, (1.0, low())))
        recognizer.skip(30 * RATE)
        events = recognizer.process(scene(1.5, (0.0, low()[round(0.2 * RATE) :])))
        for detection in of(Detection, events):
            assert detection.start >= 31.2

    def test_floor_survives_the_gap(self):
        recognizer = Recognizer(ByPitch())
        recognizer.process(noise(4.0, -45.0).astype(np.float32))
        recognizer.skip(RATE)
        assert recognizer.process(noise(4.0, -45.0, 1).astype(np.float32)) == []

    def test_rejection_comes_before_the_loss(self):
        recognizer = Recognizer(Unsure())
        recognizer.process(scene(1.7, (1.0, low())))
        events = recognizer.skip(100)
        assert [type(event) for event in events][-1] is SamplesLost
        assert of(Rejection, events)
        assert [event.time for event in events] == sorted(event.time for event in events)

    def test_nothing_lost_is_nothing(self):
        assert Recognizer(ByPitch()).skip(0) == []

    def test_nothing_lost_does_not_cut_a_word(self):
        samples, recognizer = scene(3.0, (1.0, low())), Recognizer(ByPitch())
        events = recognizer.process(samples[:19_000]) + recognizer.skip(0)
        events += recognizer.process(samples[19_000:]) + recognizer.finish()
        assert events == heard(samples)

    def test_negative_count_is_refused(self):
        with pytest.raises(ValueError, match="-1"):
            Recognizer(ByPitch()).skip(-1)

    def test_same_events_in_any_blocks_around_a_gap(self):
        def run(size):
            recognizer, events = Recognizer(ByPitch()), []
            for part in (CONVERSATION[:43_210], CONVERSATION[50_001:]):
                for first in range(0, len(part), size):
                    events += recognizer.process(part[first : first + size])
                events += recognizer.skip(6_791) if part[0] == CONVERSATION[0] else []
            return events + recognizer.finish()

        at_once = run(10**9)
        assert of(SamplesLost, at_once)
        assert run(333) == run(4_096) == at_once
