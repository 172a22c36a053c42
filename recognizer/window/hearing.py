"""Words that stand alone, or digits in a row: one stream, heard in whichever way is wanted."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from recognizer.classifier import Classifier
from recognizer.connected.model import StepClassifier
from recognizer.connected.recognizer import ConnectedRecognizer
from recognizer.errors import RecognizerError
from recognizer.events import (
    Detection,
    Event,
    Observation,
    Rejection,
    VoiceEnded,
    VoiceStarted,
)
from recognizer.recognizer import Recognizer
from recognizer.stream import StreamRecognizer
from recognizer.window.recent_sound import RecentSound

Float32Array = npt.NDArray[np.float32]

_STILL_SAID_S = 0.1
"""What ends no longer than this before a moment may be going on then (seconds)."""


@dataclass(frozen=True, slots=True)
class Hearing:
    """How to recognize."""

    connected: bool = False
    """Whether words follow each other without pauses."""
    threshold: float | None = None
    """The least confidence of a word that stands alone (0 to 1); None takes the model's own."""
    connected_threshold: float | None = None
    """The same of a word in a row."""

    @property
    def present_threshold(self) -> float | None:
        """The threshold of the way that is chosen."""
        return self.connected_threshold if self.connected else self.threshold

    def with_threshold(self, value: float | None) -> "Hearing":
        """Return the same way with another threshold."""
        if self.connected:
            return replace(self, connected_threshold=value)
        return replace(self, threshold=value)


class SwitchingRecognizer:
    """Recognizes in the way that is wanted, and changes it between two blocks.

    Each word is told once, by the one in whose time it was finished: what is being said at a
    change is heard anew, from its beginning, by the one that comes.

    Parameters
    ----------
    classifier
        Of words that stand alone.
    load_connected
        Gives the classifier of words in a row, the first time that it is wanted.
    wanted
        Tells the way; asked before each block.
    recent
        The stream's last samples, up to the block that is about to be processed.
    observe
        As `StreamRecognizer.observe`.
    on_trouble
        Takes the reason why words in a row cannot be recognized; until another way is wanted it
        goes on with words that stand alone.
    """

    def __init__(
        self,
        classifier: Classifier,
        load_connected: Callable[[], StepClassifier],
        wanted: Callable[[], Hearing],
        *,
        recent: RecentSound,
        observe: Callable[[Observation], object],
        on_trouble: Callable[[RecognizerError], object],
    ) -> None:
        self._classifier = classifier
        self._load_connected = load_connected
        self._wanted = wanted
        self._recent = recent
        self._observe = observe
        self._on_trouble = on_trouble
        self._followed: Hearing | None = None
        self._steps: StepClassifier | None = None
        self._present: StreamRecognizer = Recognizer(classifier)
        self._present.observe = observe
        # How far what was told reaches, and where what the present one tells begins (seconds).
        self._told_until_s = 0.0
        self._told_from_s = 0.0
        self._changed_at_s = 0.0
        self.follow()

    @property
    def is_connected(self) -> bool:
        """Whether words in a row are recognized now."""
        return isinstance(self._present, ConnectedRecognizer)

    def is_in_row(self, word: Detection | Rejection) -> bool:
        """Whether a word that the last block gave was recognized as one in a row."""
        # What the block gave may be of both ways, where it was the first one behind a change.
        return self.is_connected == (_middle_s(word) >= self._told_from_s)

    @property
    def time(self) -> float:
        """How much of the stream has been heard, lost samples included (seconds)."""
        return self._present.time

    def process(self, block: Float32Array, /) -> list[Event]:
        """Take samples, return what was heard in them; see `StreamRecognizer.process`."""
        return self.follow(len(block)) + self._told(self._present.process(block))

    def skip(self, lost_samples: int, /) -> list[Event]:
        """Go on behind a gap; see `StreamRecognizer.skip`."""
        return self._told(self._present.skip(lost_samples))

    def finish(self) -> list[Event]:
        """End the stream; see `StreamRecognizer.finish`."""
        events = self._told(self._present.finish())
        self._told_until_s = self._told_from_s = self._changed_at_s = 0.0
        return events

    def follow(self, ahead_samples: int = 0) -> list[Event]:
        """Recognize in the way that is wanted from now on.

        Parameters
        ----------
        ahead_samples
            How many of the recent samples have not been processed.

        Returns
        -------
        list of Event
            What the one that goes had not told yet.
        """
        wanted = self._wanted()
        if wanted == self._followed:
            return []
        self._followed = wanted
        # With its threshold from the start: it decides words while it takes over.
        if wanted.connected and not self.is_connected:
            try:
                self._steps = self._steps or self._load_connected()
            except RecognizerError as error:
                self._on_trouble(error)
            else:
                in_row = ConnectedRecognizer(self._steps, threshold=wanted.connected_threshold)
                return self._hand_over(in_row, ahead_samples)
        elif not wanted.connected and self.is_connected:
            alone = Recognizer(self._classifier, threshold=wanted.threshold)
            return self._hand_over(alone, ahead_samples)
        self._set_threshold(wanted)
        return []

    def _set_threshold(self, wanted: Hearing) -> None:
        if self.is_connected and self._steps is not None:
            own, chosen = self._steps.threshold, wanted.connected_threshold
        else:
            own, chosen = self._classifier.threshold, wanted.threshold
        self._present.threshold = own if chosen is None else chosen

    def _hand_over(self, successor: StreamRecognizer, ahead_samples: int) -> list[Event]:
        before, now_s = self._present, self._present.time
        recent = self._recent.last(len(self._recent), ahead_samples)
        again = successor.take_over(before, recent)
        last = before.finish()
        said = [one for one in last if isinstance(one, Detection | Rejection | VoiceEnded)]
        going_on = [one for one in said if one.end > now_s - _STILL_SAID_S]
        events = self._told([one for one in last if one not in going_on])
        voice = next((one for one in going_on if isinstance(one, VoiceEnded)), None)
        if voice is not None:
            # Where it will have ended is for the successor to say, if it hears it, too.
            events.append(voice)
        begun_s = min((one.start for one in going_on), default=now_s)
        self._told_from_s = max(self._told_until_s, begun_s)
        successor.observe = self._observe
        self._present = successor
        self._changed_at_s = now_s
        return events + self._told([one for one in again if _is_open(one, again)])

    def _told(self, events: list[Event]) -> list[Event]:
        """Return what is to be told of events: not the words before the last change."""
        told = []
        for event in events:
            if isinstance(event, Detection | Rejection):
                if _middle_s(event) < self._told_from_s:
                    continue
                self._told_until_s = max(self._told_until_s, event.end)
            # Whenever it happened, one that came with a change tells it no earlier.
            told.append(replace(event, time=max(event.time, self._changed_at_s)))
        return told


def _middle_s(word: Detection | Rejection) -> float:
    """Where the middle of a word lies in the stream (seconds)."""
    return (word.start + word.end) / 2


def _is_open(event: Event, events: list[Event]) -> bool:
    """Whether an event tells of anything but a voice that has ended."""
    ended = {other.start for other in events if isinstance(other, VoiceEnded)}
    return not (isinstance(event, VoiceEnded | VoiceStarted) and event.start in ended)
