import threading
import time

import numpy as np
import pytest
import soundfile

from recognizer.classifier import Classifier
from recognizer.connected.model import StepClassifier
from recognizer.errors import AudioError
from recognizer.events import Detection, SamplesLost, VoiceStarted
from recognizer.model_file import demo_path
from recognizer.window.hearing import Hearing
from recognizer.window.inbox import KEPT_PICTURES, Ended, Inbox, Notice, Opened, Word
from recognizer.window.session import ROW_CLIP_AROUND_S, Session
from recognizer.window.sources import FileSource, file_source
from tests.tone_digits import say, tone_model

RATE = 16_000


@pytest.fixture(scope="module")
def demo():
    samples, rate = soundfile.read(demo_path(), dtype="float32")
    assert rate == RATE
    return samples


@pytest.fixture(scope="module")
def classifier():
    return Classifier()


class MadeSource:
    """Blocks that a test hands over, as a microphone would."""

    name = "made"
    seconds = None

    def __init__(self, blocks, *, lost=None, error=None, opening=None):
        self._blocks = blocks
        self._lost = lost or {}
        self._error = error
        self._opening = opening
        self._at = -1
        self.closed = threading.Event()
        self.opened_in = None

    def open(self):
        self.opened_in = threading.current_thread()
        if self._opening is not None:
            self._opening.wait(20)

    def __iter__(self):
        for block in self._blocks:
            if self.closed.is_set():
                return
            self._at += 1
            yield block
        if self._error is not None:
            raise self._error

    def take_lost(self):
        return self._lost.pop(self._at, 0)

    def close(self):
        self.closed.set()


def blocks_of(samples, size=640):
    return [samples[i : i + size] for i in range(0, len(samples), size)]


def run(source, classifier, **options):
    session = Session(lambda notify: source, lambda: classifier, **options).start()
    session._worker.join(60)
    assert not session.is_alive
    pictures, messages = session.inbox.take()
    return pictures, messages


def test_words_come_with_the_sound_around_them(demo, classifier):
    _, messages = run(MadeSource(blocks_of(demo)), classifier)
    words = [m for m in messages if isinstance(m, Word) and isinstance(m.event, Detection)]
    assert [w.event.label for w in words] == [
        "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine",
    ]  # fmt: skip
    for word in words:
        event = word.event
        assert len(word.samples) >= RATE * 0.99
        # The very samples of the stream, found again where the event says they are.
        end = round(event.time * RATE)
        shift = [
            s
            for s in range(-700, 701)
            if np.array_equal(demo[end + s - len(word.samples) : end + s], word.samples)
        ]
        assert shift, event
        first = (end + shift[0] - len(word.samples)) / RATE
        assert first <= event.start - 0.2
    assert isinstance(messages[0], Opened)
    assert isinstance(messages[-1], Ended)
    assert messages[-1].error is None


def test_pictures_have_every_frame_once(demo, classifier):
    pictures, _ = run(MadeSource(blocks_of(demo[: 5 * RATE], 333)), classifier)
    at = 0.0
    for picture in pictures:
        assert picture.start == pytest.approx(at, abs=1e-6)
        assert len(picture.log_mel) == len(picture.energies_db)
        at += len(picture.log_mel) * picture.hop
    assert at == pytest.approx(5.0, abs=0.06)
    assert any(picture.posteriors is not None for picture in pictures)


def test_observing_changes_no_event(demo, classifier):
    from recognizer.recognizer import Recognizer

    plain = Recognizer(classifier)
    expected = [*plain.process(demo), *plain.finish()]
    _, messages = run(MadeSource(blocks_of(demo, 1000)), classifier)
    seen = [m.event if isinstance(m, Word) else m for m in messages]
    assert [m for m in seen if not isinstance(m, Opened | Ended)] == expected


def test_the_worker_opens_and_the_error_of_a_source_ends_the_run(demo, classifier):
    source = MadeSource(blocks_of(demo[:RATE]), error=AudioError("cut off"))
    _, messages = run(source, classifier)
    assert source.opened_in is not threading.main_thread()
    assert str(messages[-1].error) == "cut off"
    assert source.closed.is_set()


def test_a_model_that_cannot_be_loaded_ends_the_run_before_the_source_is_made():
    def load():
        raise AudioError("no model")

    made = []
    session = Session(made.append, load).start()
    session._worker.join(20)
    messages = session.inbox.take()[1]
    assert [str(m.error) for m in messages] == ["no model"]
    assert made == []


def test_losses_are_told_and_the_words_behind_them_have_their_own_sound(demo, classifier):
    blocks = blocks_of(demo[: 4 * RATE])
    source = MadeSource(blocks, lost={40: 8000})
    _, messages = run(source, classifier)
    lost = [m for m in messages if isinstance(m, SamplesLost)]
    assert [m.count for m in lost] == [8000]
    words = [m for m in messages if isinstance(m, Word)]
    assert all(len(word.samples) for word in words)


def test_words_in_a_row_before_a_gap_have_their_own_sound(tmp_path, classifier):
    steps = StepClassifier(tone_model(tmp_path / "tones.tflite"))
    samples = say(["four", "two"], around_s=0.5)
    blocks = blocks_of(samples)
    # The row is over, and nobody has decided yet when the gap comes.
    gap = 28
    source = MadeSource(blocks, lost={gap: 8000})
    _, messages = run(
        source, classifier, hearing=Hearing(connected=True), load_connected=lambda: steps
    )
    at = next(i for i, m in enumerate(messages) if isinstance(m, SamplesLost))
    words = [m for m in messages[:at] if isinstance(m, Word)]
    assert words[-1].event.label == "two"
    for word in words:
        first = round((word.event.start - ROW_CLIP_AROUND_S) * RATE)
        cut = word.samples[: gap * 640 - first]
        np.testing.assert_array_equal(cut, samples[first : first + len(cut)])


def test_words_of_the_row_that_is_left_have_their_own_sound(tmp_path, classifier):
    steps = StepClassifier(tone_model(tmp_path / "tones.tflite"))
    samples = say(["four", "two", "nine"], around_s=0.5)
    # The row is over, and none of it is decided when it is left.
    before, after = blocks_of(samples)[:39], blocks_of(samples)[39:]
    sessions = []

    def blocks():
        yield from before
        sessions[0].hearing = Hearing()
        yield from after

    sessions.append(
        Session(
            lambda notify: MadeSource(blocks()),
            lambda: classifier,
            hearing=Hearing(connected=True),
            load_connected=lambda: steps,
        )
    )
    session = sessions[0].start()
    session._worker.join(30)
    words = [m for m in session.inbox.take()[1] if isinstance(m, Word)]
    assert [word.event.label for word in words] == ["four", "two", "nine"]
    assert len({word.event.time for word in words[1:]}) == 1
    for word in words:
        first = round((word.event.start - ROW_CLIP_AROUND_S) * RATE)
        last = round((word.event.end + ROW_CLIP_AROUND_S) * RATE)
        np.testing.assert_array_equal(word.samples, samples[first:last])


def test_notices_reach_the_window(demo, classifier):
    def make(notify):
        notify("The microphone is gone.")
        return MadeSource(blocks_of(demo[:RATE]))

    session = Session(make, lambda: classifier).start()
    session._worker.join(30)
    assert Notice("The microphone is gone.") in session.inbox.take()[1]


def test_the_threshold_can_be_changed_before_and_while_it_runs(demo, classifier):
    _, messages = run(MadeSource(blocks_of(demo)), classifier, hearing=Hearing(threshold=1.0))
    assert not [m for m in messages if isinstance(m, Word) and isinstance(m.event, Detection)]

    changed, reached = threading.Event(), threading.Event()

    def halves():
        blocks = blocks_of(demo)
        yield from blocks[: len(blocks) // 2]
        reached.set()
        assert changed.wait(20)
        yield from blocks[len(blocks) // 2 :]

    hearing = Hearing(threshold=0.3)
    session = Session(lambda n: MadeSource(halves()), lambda: classifier, hearing=hearing).start()
    assert reached.wait(20)
    session.hearing = Hearing(threshold=1.0)
    changed.set()
    session._worker.join(30)
    words = [m.event for m in session.inbox.take()[1] if isinstance(m, Word)]
    half_s = len(demo) / RATE / 2
    assert any(isinstance(event, Detection) for event in words if event.time < half_s - 1)
    assert not any(isinstance(event, Detection) for event in words if event.start > half_s)


def test_the_first_block_behind_a_gap_belongs_to_the_sound_kept(classifier):
    session = Session(lambda notify: MadeSource([]), lambda: classifier)
    before, behind = np.zeros(640, np.float32), np.ones(640, np.float32)
    session._hear(before)
    session._hear(behind)
    session._tell(SamplesLost(100, 100, 0.04), 0.0)
    session._tell(Detection("one", 0.9, 0.05, 0.08, 0.086), 0.086)
    (word,) = [m for m in session.inbox.take()[1] if isinstance(m, Word)]
    np.testing.assert_array_equal(word.samples, behind)


def test_stopping_ends_it_while_the_source_opens(demo, classifier):
    opening = threading.Event()
    source = MadeSource(blocks_of(demo), opening=opening)
    session = Session(lambda notify: source, lambda: classifier).start()
    while source.opened_in is None:
        time.sleep(0.005)
    assert not session.stop(0.05)
    opening.set()
    assert session.stop(20)
    messages = session.inbox.take()[1]
    assert [type(m) for m in messages] == [Ended]


def test_stopping_ends_it_in_the_middle(demo, classifier):
    def endless():
        while True:
            yield demo[:640]

    source = MadeSource(endless())
    session = Session(lambda notify: source, lambda: classifier).start()
    while not session.inbox.waiting_pictures:
        time.sleep(0.005)
    assert session.stop(20)
    assert source.closed.is_set()
    assert not session.is_alive


def test_a_slow_window_loses_pictures_and_no_word():
    inbox = Inbox()
    for number in range(KEPT_PICTURES + 10):
        inbox.put_picture(number)
        inbox.put(VoiceStarted(number, number))
    pictures, messages = inbox.take()
    assert pictures[0] == 10
    assert len(messages) == KEPT_PICTURES + 10
    assert inbox.take() == ([], [])


def test_a_fast_file_waits_for_the_window(tmp_path, classifier):
    path = tmp_path / "long.wav"
    noise = np.random.default_rng(0).normal(0, 0.01, 120 * RATE).astype(np.float32)
    soundfile.write(path, noise, RATE)
    session = Session(file_source(path, "fast"), lambda: classifier, patient=True).start()
    frames, most = 0, 0
    while session.is_alive or session.inbox.waiting_pictures:
        most = max(most, session.inbox.waiting_pictures)
        frames += sum(len(p.log_mel) for p in session.inbox.take()[0])
        time.sleep(0.002)
    assert frames == pytest.approx(12_000, abs=6)
    assert most < 100


def test_a_file_keeps_a_microphones_pace(tmp_path):
    path = tmp_path / "three.wav"
    soundfile.write(path, np.zeros(RATE, np.float32), RATE)
    now_s = 100.0
    waits = []
    source = FileSource(path, "real time", clock=lambda: now_s)
    source._closing = type(
        "Closing", (), {"wait": lambda self, s: waits.append(s), "is_set": lambda self: False}
    )()
    source.open()
    assert source.seconds == 1.0
    given = 0
    for block in source:
        given += len(block)
        # The clock stands still, so each wait is counted from the beginning.
        assert waits[-1] == pytest.approx(given / RATE)


def test_a_closed_file_ends(tmp_path):
    path = tmp_path / "two.wav"
    soundfile.write(path, np.zeros(2 * RATE, np.float32), RATE)
    source = FileSource(path, "fast")
    source.open()
    for _ in source:
        source.close()
    assert source._sound is not None
    with pytest.raises(AudioError, match="nothing here"):
        FileSource(tmp_path / "nothing here.wav", "fast").open()
