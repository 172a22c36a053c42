"""What the recognizer printed, given to what was said."""

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from recognizer.events import Detection, Rejection, VoiceEnded
from train.evaluation.streams import Stream, Truth

TOLERANCE_S = 0.2
"""How far from where a word is said it may be reported (seconds)."""
FOUND_OVERLAP = 0.5
"""Share of a word that must lie in a voice segment for the word to count as found."""

Word = Detection | Rejection
Result = Literal["right", "wrong", "missed"]


@dataclass(frozen=True, slots=True)
class Outcome:
    """One word said alone, and everything that was reported for it."""

    truth: Truth
    """What was said."""
    words: tuple[Word, ...]
    """What was reported, in the order of decision."""
    found: bool | None
    """Whether a voice segment covers it, or None where segments were not recorded."""

    @property
    def detections(self) -> list[Detection]:
        """What was reported as a keyword."""
        return [one for one in self.words if isinstance(one, Detection)]

    @property
    def result(self) -> Result:
        """Right, or wrong if any other keyword was reported, or missed."""
        return result_of(self.truth.label, [one.label for one in self.detections])

    @property
    def hits(self) -> list[Detection]:
        """The detections of what was really said; more than one is one too many."""
        return [one for one in self.detections if one.label == self.truth.label]

    @property
    def reason(self) -> str:
        """Why a missed word was missed: the likeliest rejection's reason."""
        rejections = [one for one in self.words if isinstance(one, Rejection)]
        if rejections:
            return max(rejections, key=lambda one: one.confidence).reason
        return "no voice" if self.found is False else "no word"


@dataclass(frozen=True, slots=True)
class Score:
    """A stream's outcomes."""

    stream: Stream
    """What was heard."""
    keywords: frozenset[str]
    """The words that are to be detected."""
    outcomes: tuple[Outcome, ...]
    """The words said alone."""
    stray: tuple[Word, ...]
    """What was reported where no word was said alone."""
    said: tuple[Word, ...]
    """What was reported in running speech whose transcript has that keyword."""

    @property
    def spoken(self) -> list[Outcome]:
        """The keywords said alone."""
        return [one for one in self.outcomes if one.truth.label in self.keywords]

    @property
    def others(self) -> list[Outcome]:
        """The other words said alone."""
        return [one for one in self.outcomes if one.truth.label not in self.keywords]

    @property
    def false_alarms(self) -> list[Detection]:
        """Keywords reported where nobody said them, apart from other words said alone."""
        stray = [one for one in self.stray if isinstance(one, Detection)]
        again = [detection for outcome in self.spoken for detection in outcome.hits[1:]]
        return sorted(stray + again, key=lambda one: one.time)


def score(
    stream: Stream,
    words: Iterable[Word],
    keywords: Collection[str],
    voices: Sequence[VoiceEnded] | None = None,
) -> Score:
    """Give every reported word to the word said that it overlaps most.

    Parameters
    ----------
    stream
        What was heard.
    words
        Every detection and rejection.
    keywords
        The words that are to be detected.
    voices
        Every voice segment, or None where they were not recorded.

    """
    alone = [one for one in stream.truth if one.label]
    speech = [one for one in stream.truth if not one.label]
    starts = np.array([one.start for one in alone]) - TOLERANCE_S
    ends = np.array([one.end for one in alone]) + TOLERANCE_S
    budgets = [Counter(one.transcript) for one in speech]
    given: list[list[Word]] = [[] for _ in alone]
    stray: list[Word] = []
    said: list[Word] = []
    for word in sorted(words, key=lambda one: one.time):
        overlaps = np.minimum(ends, word.end) - np.maximum(starts, word.start)
        best = int(overlaps.argmax()) if len(alone) else -1
        if best >= 0 and overlaps[best] > 0:
            given[best].append(word)
        elif _is_said(word, speech, budgets):
            said.append(word)
        else:
            stray.append(word)
    return Score(
        stream,
        frozenset(keywords),
        tuple(
            Outcome(truth, tuple(given[index]), None if voices is None else _found(truth, voices))
            for index, truth in enumerate(alone)
        ),
        tuple(stray),
        tuple(said),
    )


def result_of(label: str, heard: Sequence[str | None]) -> Result:
    """Return what became of a keyword for which `heard` was reported."""
    if any(one != label for one in heard):
        return "wrong"
    return "right" if heard else "missed"


def _is_said(word: Word, speech: Sequence[Truth], budgets: Sequence[Counter[str]]) -> bool:
    for truth, budget in zip(speech, budgets, strict=True):
        if word.label is None or not truth.start < (word.start + word.end) / 2 < truth.end:
            continue
        if isinstance(word, Rejection):
            return word.label in truth.transcript
        budget[word.label] -= 1
        return budget[word.label] >= 0
    return False


def _found(truth: Truth, voices: Sequence[VoiceEnded]) -> bool:
    covered = sum(max(0.0, min(truth.end, v.end) - max(truth.start, v.start)) for v in voices)
    return covered >= FOUND_OVERLAP * (truth.end - truth.start)
