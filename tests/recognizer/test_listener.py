import queue
import threading

import numpy as np
import pytest

from recognizer.events import SamplesLost, VoiceEnded, VoiceStarted
from recognizer.listener import Listener, recognize


class Source:
    """Blocks, losses before them, and exceptions, as the test puts them in."""

    def __init__(self, *items) -> None:
        self._items: queue.Queue = queue.Queue()
        self._lost = 0
        self.closed = 0
        for item in items:
            self.put(item)

    def put(self, item) -> None:
        self._items.put(item)

    def __iter__(self):
        while True:
            item = self._items.get(timeout=20)
            if item is None:
                return
            if isinstance(item, Exception):
                raise item
            self._lost, count = item if isinstance(item, tuple) else (0, item)
            yield np.full(count, 0.5, np.float32)

    def take_lost(self) -> int:
        lost, self._lost = self._lost, 0
        return lost

    def close(self) -> None:
        self.closed += 1
        self._items.put(None)


class Recognizer:
    """Every block starts a voice, every gap and the end of the stream ends one."""

    def __init__(self) -> None:
        self.calls = []
        self.lost = 0
        self.threads = set()

    def process(self, block):
        self.calls.append(("process", len(block)))
        self.threads.add(threading.current_thread().name)
        return [VoiceStarted(0.0, 0.0)]

    def skip(self, lost_samples):
        self.calls.append(("skip", lost_samples))
        self.lost += lost_samples
        return [VoiceEnded(0.0, 1.0, 1.0), SamplesLost(lost_samples, self.lost, 1.0)]

    def finish(self):
        self.calls.append(("finish", 0))
        return [VoiceEnded(0.0, 2.0, 2.0)]


def test_losses_are_skipped_and_told_before_the_block_behind_them():
    recognizer = Recognizer()
    source = Source(16_000, (8_000, 1_600), (16_000, 320), None)
    events = list(recognize(source, recognizer))
    assert recognizer.calls == [
        ("process", 16_000),
        ("skip", 8_000),
        ("process", 1_600),
        ("skip", 16_000),
        ("process", 320),
        ("finish", 0),
    ]
    assert events[1] == [VoiceEnded(0.0, 1.0, 1.0), SamplesLost(8_000, 8_000, 1.0)]
    assert events[3] == [VoiceEnded(0.0, 1.0, 1.0), SamplesLost(16_000, 24_000, 1.0)]
    assert events[5] == [VoiceEnded(0.0, 2.0, 2.0)]


def test_events_reach_the_callback_in_the_workers_thread_until_the_source_ends():
    events: queue.Queue = queue.Queue()
    blocks = []
    recognizer = Recognizer()
    listener = Listener(
        Source(160, (5, 160), None), recognizer, events.put, on_block=lambda: blocks.append(1)
    )
    assert not listener.is_listening
    listener.start()
    kinds = [type(events.get(timeout=20)) for _ in range(5)]
    assert kinds == [VoiceStarted, VoiceEnded, SamplesLost, VoiceStarted, VoiceEnded]
    assert listener.stop()
    assert recognizer.threads == {"Listener"}
    assert len(blocks) == 4
    assert listener.error is None


def test_stop_closes_the_microphone_finishes_the_last_word_and_joins():
    events: queue.Queue = queue.Queue()
    source, recognizer = Source(160), Recognizer()
    with Listener(source, recognizer, events.put) as listener:
        assert events.get(timeout=20) == VoiceStarted(0.0, 0.0)
        assert listener.is_listening
    assert not listener.is_listening
    assert source.closed == 1
    assert recognizer.calls[-1] == ("finish", 0)
    assert events.get_nowait() == VoiceEnded(0.0, 2.0, 2.0)
    assert listener.stop()


def test_stop_does_not_work_off_what_is_waiting():
    held, entered = threading.Event(), threading.Event()
    recognizer = Recognizer()
    source = Source(*[160] * 1_000)

    def hold(event) -> None:
        entered.set()
        held.wait(20)

    listener = Listener(source, recognizer, hold).start()
    assert entered.wait(20)
    assert not listener.stop(timeout_s=0.01)
    held.set()
    assert listener.stop()
    assert recognizer.calls == [("process", 160), ("finish", 0)]


def test_stop_from_inside_a_callback_does_not_wait_for_itself():
    results = []
    listener = Listener(Source(160), Recognizer(), lambda _: results.append(listener.stop()))
    listener.start()
    assert listener.stop()
    assert results
    assert listener.error is None


def test_stop_before_start_is_nothing():
    source = Source()
    assert Listener(source, Recognizer(), print).stop()
    assert source.closed == 1


@pytest.mark.parametrize("where", ["source", "recognizer", "callback"])
def test_an_exception_in_the_worker_is_kept_and_reported(where, monkeypatch):
    failure = KeyError(where)

    def fail(_) -> None:
        raise failure

    errors: queue.Queue = queue.Queue()
    recognizer = Recognizer()
    if where == "recognizer":
        monkeypatch.setattr(recognizer, "process", fail)
    source = Source(failure if where == "source" else 160)
    on_event = fail if where == "callback" else lambda _: None
    listener = Listener(source, recognizer, on_event, on_error=errors.put).start()
    assert errors.get(timeout=20) is failure
    assert listener.stop()
    assert listener.error is failure
    assert ("finish", 0) not in recognizer.calls


def test_an_exception_is_kept_when_nobody_asked_to_be_told():
    failure = ValueError("x")
    listener = Listener(Source(failure), Recognizer(), print).start()
    listener._worker.join(20)
    assert listener.error is failure


def test_it_starts_once():
    listener = Listener(Source(), Recognizer(), print).start()
    with pytest.raises(RuntimeError):
        listener.start()
    assert listener.stop()
