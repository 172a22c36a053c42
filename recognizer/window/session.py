"""One run of the recognizer behind the window: a microphone or a file, in a thread of its own.

Threads: the session's worker opens the sound, recognizes and leaves what it saw in an `Inbox`;
the window's timer empties the inbox and never waits. A window that is slow misses pictures, never
samples: pictures wait in a bounded queue, words and sentences in an unbounded one. Only a file
that is read as fast as possible waits for the window.
"""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from recognizer.classifier import Classifier
from recognizer.connected.model import StepClassifier
from recognizer.events import Detection, Event, Rejection, SamplesLost
from recognizer.listener import UntilStopped, recognize
from recognizer.resampler import SAMPLE_RATE
from recognizer.window.hearing import Hearing, SwitchingRecognizer
from recognizer.window.inbox import Ended, Inbox, NotConnected, Notice, Opened, Word
from recognizer.window.recent_sound import RecentSound
from recognizer.window.source_worker import Source, SourceWorker

Float32Array = npt.NDArray[np.float32]

CLIP_BEFORE_S = 0.3
"""What is kept of the sound before a word (seconds)."""
CLIP_S = 1.0
"""The shortest sound kept around a word (seconds)."""
LONGEST_CLIP_S = 2.5
"""The longest sound kept, the end of what was heard (seconds)."""
ROW_CLIP_AROUND_S = 0.1
"""What is kept around a word in a row, where its neighbours are near (seconds)."""

_WAITING_PICTURES = 60
"""A file that is read as fast as possible waits while so many pictures are not drawn yet."""


class Session(SourceWorker):
    """Recognizes one source of sound until it ends or is stopped.

    Parameters
    ----------
    make_source
        As for `SourceWorker`.
    load
        Gives the classifier, in the worker.
    hearing
        How to recognize.
    load_connected
        Gives the classifier of words in a row, in the worker, when they are wanted.
    patient
        Whether the worker waits for the window: only for sound that can wait.
    """

    def __init__(
        self,
        make_source: Callable[[Callable[[str], None]], Source],
        load: Callable[[], Classifier],
        *,
        hearing: Hearing | None = None,
        load_connected: Callable[[], StepClassifier] = StepClassifier,
        patient: bool = False,
    ) -> None:
        super().__init__("Session", make_source)
        self.inbox = Inbox()
        self.hearing = hearing or Hearing()
        """How to recognize; it may be replaced at any time."""
        self._load = load
        self._load_connected = load_connected
        self._patient = patient
        self._recent = RecentSound()
        self._block_samples = 0

    def captured_at(self, at_s: float) -> float | None:
        """When a moment of the stream was captured, on the clock of `time.monotonic` (seconds).

        None where the source is no microphone.
        """
        source = self._source
        find = getattr(source, "captured_at", None)
        return None if find is None else float(find(round(at_s * SAMPLE_RATE)))

    def _run(self) -> None:
        classifier = self._load()
        recognizer = SwitchingRecognizer(
            classifier,
            self._load_connected,
            lambda: self.hearing,
            recent=self._recent,
            observe=self.inbox.put_picture,
            on_trouble=lambda error: self.inbox.put(NotConnected(error)),
        )
        source = self._opened()
        if source is None:
            return
        self.inbox.put(Opened(source.name, source.seconds, classifier.metadata))
        for events in recognize(UntilStopped(source, self._stopping, self._hear), recognizer):
            lost = next((event for event in events if isinstance(event, SamplesLost)), None)
            # What was said before a gap is told when the block behind it is there already.
            heard_s = lost.time + self._block_samples / SAMPLE_RATE if lost else recognizer.time
            for event in events:
                in_row = isinstance(event, Detection | Rejection) and recognizer.is_in_row(event)
                self._tell(event, heard_s, in_row=in_row)
            self._wait_for_window()

    def _notice(self, sentence: str) -> None:
        self.inbox.put(Notice(sentence))

    def _end(self, error: Exception | None) -> None:
        self.inbox.put(Ended(error))

    def _hear(self, block: Float32Array) -> None:
        self._block_samples = len(block)
        self._recent.add(block)

    def _tell(self, event: Event, now_s: float, *, in_row: bool = False) -> None:
        if isinstance(event, SamplesLost):
            # The first block behind the gap is there already.
            self._recent.keep_last_block()
        if not isinstance(event, Detection | Rejection):
            self.inbox.put(event)
            return
        # After the stream's end the recognizer has started anew: the last sample is then the
        # event's own time.
        end_s = max(now_s, event.time)
        if in_row:
            first_s, last_s = event.start - ROW_CLIP_AROUND_S, event.end + ROW_CLIP_AROUND_S
        else:
            first_s = min(event.start - CLIP_BEFORE_S, end_s - CLIP_S)
            last_s = end_s
        first_s = max(first_s, last_s - LONGEST_CLIP_S)
        first, last = (round((end_s - at_s) * SAMPLE_RATE) for at_s in (first_s, last_s))
        self.inbox.put(Word(event, self._recent.last(first, last)))

    def _wait_for_window(self) -> None:
        while (
            self._patient
            and self.inbox.waiting_pictures > _WAITING_PICTURES
            and not self._stopping.wait(0.005)
        ):
            pass
