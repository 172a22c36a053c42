import tracemalloc

import numpy as np
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st

from recognizer import Detection, MultiRecognizer, Recognizer, Rejection, SamplesLost, VoiceStarted
from recognizer.classifier import Classifier
from recognizer.errors import ModelError
from recognizer.log_mel import FrontendParameters, LogMel
from recognizer.many_log_mel import AT_ONCE_SAMPLES, ManyLogMel
from recognizer.model_file import demo_path
from tests.model_fixture import DIGIT_LABELS, tiny_model
from tests.recognizer.made_sounds import RATE, babble, noise, scene, vowel

STREAMS = (
    scene(4.0, (1.0, vowel(0.4, -25.0)), (2.2, vowel(0.5, -25.0, 300.0)), floor_db=-65.0),
    scene(4.0, (0.0, vowel(0.3, -20.0)), (0.8, babble(2.5, -25.0, 3)), floor_db=-60.0),
    noise(4.0, -65.0).astype(np.float32),
)
"""Words, talk, and a quiet room."""


@pytest.fixture(scope="module")
def tiny(tmp_path_factory):
    return Classifier(tiny_model(tmp_path_factory.mktemp("model") / "tiny.tflite", threshold=0.15))


def alone(tiny, samples):
    recognizer = Recognizer(tiny)
    return recognizer.process(samples) + recognizer.finish()


@pytest.fixture(scope="module")
def expected(tiny):
    events = [alone(tiny, samples) for samples in STREAMS]
    kinds = {type(event) for heard in events for event in heard}
    assert kinds >= {VoiceStarted, Detection, Rejection}
    assert events[2] == []
    return events


@pytest.mark.parametrize("size", [160, 333, 1_600, AT_ONCE_SAMPLES + 1, 64_000])
def test_events_are_those_of_each_stream_alone(tiny, expected, size):
    recognizer = MultiRecognizer(len(STREAMS), tiny)
    together = np.stack(STREAMS)
    events = [[] for _ in STREAMS]
    for first in range(0, together.shape[1], size):
        for all_events, heard in zip(
            events, recognizer.process(together[:, first : first + size]), strict=True
        ):
            all_events += heard
    for stream, all_events in enumerate(events):
        all_events += recognizer.finish(stream)
    assert events == expected


@settings(deadline=None, max_examples=15)
@given(st.lists(st.dictionaries(st.integers(0, 2), st.integers(0, 9_000), max_size=3), max_size=20))
def test_events_are_those_of_each_stream_alone_in_random_blocks(tiny, expected, sizes):
    recognizer = MultiRecognizer(len(STREAMS), tiny)
    events, heard = [[] for _ in STREAMS], [0] * len(STREAMS)
    for step in [*sizes, dict.fromkeys(range(len(STREAMS)), len(STREAMS[0]))]:
        blocks = {}
        for stream, size in step.items():
            blocks[stream] = STREAMS[stream][heard[stream] : heard[stream] + size]
            heard[stream] += len(blocks[stream])
        for stream, new in enumerate(recognizer.process(blocks)):
            assert stream in blocks or new == []
            events[stream] += new
    for stream, all_events in enumerate(events):
        all_events += recognizer.finish(stream)
    assert events == expected


def test_each_call_gives_what_each_recognizer_gives(tiny):
    recognizer = MultiRecognizer(len(STREAMS), tiny)
    singles = [Recognizer(tiny) for _ in STREAMS]
    for first in range(0, len(STREAMS[0]), 640):
        blocks = [samples[first : first + 640] for samples in STREAMS]
        assert recognizer.process(blocks) == [
            single.process(block) for single, block in zip(singles, blocks, strict=True)
        ]
        assert [recognizer.time(stream) for stream in range(3)] == [one.time for one in singles]


def test_the_model_that_ships_hears_the_demo_in_every_stream():
    samples, _ = soundfile.read(demo_path(), dtype="float32")
    single = Recognizer()
    words = single.process(samples) + single.finish()
    assert sum(isinstance(word, Detection) for word in words) == 10
    recognizer = MultiRecognizer(2)
    late = np.concatenate((np.zeros(160, np.float32), samples))[: len(samples)]
    events = recognizer.process([samples, late])
    assert events[0] + recognizer.finish(0) == words
    single.process(late)
    assert len(events[1] + recognizer.finish(1)) > 20


def test_a_stream_that_ends_or_has_a_gap_disturbs_no_other(tiny, expected):
    recognizer = MultiRecognizer(3, tiny)
    half = len(STREAMS[0]) // 2 + 77
    first = recognizer.process([samples[:half] for samples in STREAMS])
    assert first[1] + recognizer.finish(1) == alone(tiny, STREAMS[1][:half])
    assert recognizer.time(1) == 0.0
    single = Recognizer(tiny)
    single.process(STREAMS[2][:half])
    assert recognizer.skip(2, 800) == single.skip(800) == [SamplesLost(800, 800, half / RATE)]
    rest = recognizer.process({0: STREAMS[0][half:], 1: STREAMS[1], 2: STREAMS[0]})
    assert first[0] + rest[0] + recognizer.finish(0) == expected[0]
    assert rest[1] + recognizer.finish(1) == expected[1]
    assert rest[2] == single.process(STREAMS[0])


def test_reset_starts_one_stream_anew(tiny, expected):
    recognizer = MultiRecognizer(2, tiny)
    recognizer.process(np.stack([STREAMS[1], STREAMS[1]])[:, : 3 * RATE + 77])
    recognizer.reset(0)
    assert (recognizer.time(0), recognizer.time(1)) == (0.0, (3 * RATE + 77) / RATE)
    assert recognizer.process({0: STREAMS[0]})[0] + recognizer.finish(0) == expected[0]


def test_threshold_is_every_stream_s(tiny):
    recognizer = MultiRecognizer(2, tiny)
    assert (recognizer.threshold, recognizer.labels) == (0.15, DIGIT_LABELS)
    assert (recognizer.sample_rate, recognizer.streams) == (RATE, 2)
    assert MultiRecognizer(1, tiny, threshold=0.3).threshold == 0.3
    recognizer.threshold = 1.0
    for events in recognizer.process([STREAMS[0], STREAMS[0]]):
        assert [event.reason for event in events if isinstance(event, Rejection)] != []
        assert not any(isinstance(event, Detection) for event in events)


@pytest.mark.parametrize(
    "blocks",
    [
        np.zeros(3),
        np.zeros((2, 100)),
        np.zeros((3, 100, 1)),
        {0: np.zeros((1, 100))},
        {0: np.zeros(100), 3: np.zeros(100)},
        {-1: np.zeros(100)},
    ],
    ids=str,
)
def test_blocks_of_another_shape_are_refused_and_nothing_is_heard(tiny, blocks):
    recognizer = MultiRecognizer(3, tiny)
    with pytest.raises(ValueError, match=r"have shape|has shape|There is no stream"):
        recognizer.process(blocks)
    assert [recognizer.time(stream) for stream in range(3)] == [0.0] * 3


def test_wrong_arguments_are_refused(tiny, tmp_path):
    with pytest.raises(ValueError, match="at least 1 stream, not 0"):
        MultiRecognizer(0, tiny)
    with pytest.raises(ValueError, match="between 0 and 1, not 2"):
        MultiRecognizer(1, tiny, threshold=2)
    with pytest.raises(ModelError):
        MultiRecognizer(1, tmp_path / "none.tflite")
    for call in (MultiRecognizer(2, tiny).time, MultiRecognizer(2, tiny).finish):
        with pytest.raises(ValueError, match="no stream 2; they go from 0 to 1"):
            call(2)


def test_no_blocks_are_no_events(tiny):
    recognizer = MultiRecognizer(2, tiny)
    assert recognizer.process({}) == recognizer.process(np.zeros((2, 0))) == [[], []]


def test_memory_stays_bounded(tiny):
    recognizer = MultiRecognizer(3, tiny)
    recognizer.process(np.stack(STREAMS))
    tracemalloc.start()
    try:
        recognizer.process(np.stack(STREAMS))
        before, _ = tracemalloc.get_traced_memory()
        for _ in range(3):
            recognizer.process(np.stack(STREAMS))
        after, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert after - before < 50_000


@pytest.mark.parametrize(
    "parameters",
    [
        FrontendParameters(),
        FrontendParameters(frame_samples=512, hop_samples=16),
        FrontendParameters(frame_samples=400, hop_samples=400),
        FrontendParameters(frame_samples=1_024, hop_samples=320, fft_size=2_048, mel_bands=7),
    ],
    ids=["usual", "dense", "apart", "long"],
)
@pytest.mark.parametrize("size", [1, 479, 1_280, AT_ONCE_SAMPLES])
def test_frames_are_those_of_each_frontend_alone(parameters, size):
    sounds = [STREAMS[0][:13_000], STREAMS[1][:13_000]]
    # Sample by sample takes long.
    sounds = [samples[: 2_000 if size == 1 else None] for samples in sounds]
    many, singles = ManyLogMel(2, parameters), [LogMel(parameters) for _ in sounds]
    many.process([1], [sounds[1][:77]])
    singles[1].process(sounds[1][:77])
    for first in range(0, len(sounds[0]), size):
        blocks = [samples[first : first + size] for samples in sounds]
        expected = [one.process(block) for one, block in zip(singles, blocks, strict=True)]
        for one, other in zip(many.process([0, 1], blocks), expected, strict=True):
            np.testing.assert_array_equal(one, other)
