"""What the recognizer printed against what was said."""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from recognizer.events import Detection, Rejection, VoiceEnded
from train.intervals import poisson, wilson
from train.streams import Stream, Truth

TOLERANCE_S = 0.2
"""How far from where a word is said it may be reported (seconds)."""
FOUND_OVERLAP = 0.5
"""Share of a word that must lie in a voice segment for the word to count as found."""
THRESHOLDS = (*(round(0.05 * step, 2) for step in range(1, 20)), 0.97, 0.99)
"""Where the curves are drawn."""

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
        return _result(self.truth.label, [one.label for one in self.detections])

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
    def false_alarms(self) -> list[Detection]:
        """Keywords reported where nobody said them, apart from other words said alone."""
        stray = [one for one in self.stray if isinstance(one, Detection)]
        again = [
            detection
            for outcome in self.outcomes
            if outcome.truth.label in self.keywords
            for detection in _same(outcome)[1:]
        ]
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


def summarize(result: Score) -> dict[str, Any]:
    """Count, as plain values for a JSON file; shares are 0 to 1, times are seconds."""
    stream = result.stream
    digits = [one for one in result.outcomes if one.truth.label in result.keywords]
    others = [one for one in result.outcomes if one.truth.label not in result.keywords]
    hours = stream.seconds / 3600.0
    right = [one for one in digits if one.result == "right"]
    hits = [_same(one)[0] for one in right]
    found = [one.found for one in result.outcomes if one.found is not None]
    alarms = result.false_alarms
    return {
        "split": stream.split,
        "content": stream.content,
        "clips": stream.clips,
        "speakers": stream.speakers,
        "hours": hours,
        "keywords": {
            "said": len(digits),
            "right": proportion(len(right), len(digits)),
            "wrong": proportion(_count(digits, "wrong"), len(digits)),
            "missed": proportion(_count(digits, "missed"), len(digits)),
            "missed_because": dict(
                Counter(one.reason for one in digits if one.result == "missed").most_common()
            ),
        },
        "other_words": {
            "said": len(others),
            "called_a_keyword": proportion(
                sum(bool(one.detections) for one in others), len(others)
            ),
        },
        "false_alarms": {
            **rate(len(alarms), hours),
            "list": [
                {"label": one.label, "confidence": one.confidence, "at": one.start}
                for one in alarms
            ],
        },
        "keywords_in_running_speech": sum(isinstance(one, Detection) for one in result.said),
        "voice_found": proportion(sum(found), len(found)) if found else None,
        "delay_s": percentiles([one.time - one.end for one in hits]),
        "delay_from_true_end_s": percentiles(
            [one.time - outcome.truth.end for one, outcome in zip(hits, right, strict=True)]
        ),
        "by_word": _table(result, lambda truth: truth.label),
        "by_speaker": _table(result, lambda truth: f"{truth.corpus}/{truth.speaker or '?'}"),
        "by_corpus": _table(result, lambda truth: truth.corpus),
        "curve": curve(result),
        "to_hear": _to_hear(result),
    }


def curve(result: Score) -> list[dict[str, float]]:
    """What other thresholds would give, from the confidences of one run.

    An approximation: a word refused for its confidence counts as detected at that confidence,
    although the recognizer, running at the lower threshold, might have decided earlier.

    Returns
    -------
    list of dict
        For each of `THRESHOLDS`: ``right`` and ``wrong``, shares of the keywords said;
        ``called_a_keyword``, share of the other words; ``false_alarms_per_hour``.

    """
    digits = [one for one in result.outcomes if one.truth.label in result.keywords]
    others = [one for one in result.outcomes if one.truth.label not in result.keywords]
    hours = max(result.stream.seconds / 3600.0, 1e-9)
    points = []
    for threshold in THRESHOLDS:
        heard = [
            (one.truth.label, [word.label for word in one.words if _passes(word, threshold)])
            for one in digits
        ]
        results = Counter(_result(label, labels) for label, labels in heard)
        called = sum(any(_passes(word, threshold) for word in one.words) for one in others)
        again = sum(max(0, labels.count(label) - 1) for label, labels in heard)
        stray = sum(_passes(word, threshold) for word in result.stray)
        points.append(
            {
                "threshold": threshold,
                "right": results["right"] / max(1, len(digits)),
                "wrong": results["wrong"] / max(1, len(digits)),
                "called_a_keyword": called / max(1, len(others)),
                "false_alarms_per_hour": (stray + again) / hours,
            }
        )
    return points


def proportion(count: int, of: int) -> dict[str, Any]:
    """Return a count, its share (None of nothing) and the share's 95 % interval."""
    low, high = wilson(count, of)
    share = count / of if of else None
    return {"count": count, "of": of, "share": share, "low": low, "high": high}


def rate(count: int, hours: float) -> dict[str, Any]:
    """Return a count, its rate an hour (None in no time) and the rate's 95 % interval."""
    low, high = poisson(count)
    if hours <= 0:
        return {"count": count, "per_hour": None, "low": None, "high": None}
    return {"count": count, "per_hour": count / hours, "low": low / hours, "high": high / hours}


def percentiles(values: Sequence[float]) -> dict[str, float] | None:
    """Return the median and the 95th percentile, or None of nothing."""
    if not values:
        return None
    median, high = np.percentile(values, [50, 95])
    return {"median": float(median), "percentile_95": float(high)}


def _result(label: str, heard: Sequence[str | None]) -> Result:
    if any(one != label for one in heard):
        return "wrong"
    return "right" if heard else "missed"


def _passes(word: Word, threshold: float) -> bool:
    if isinstance(word, Rejection) and (word.reason != "low confidence" or word.label is None):
        return False
    return word.confidence >= threshold


def _same(outcome: Outcome) -> list[Detection]:
    return [one for one in outcome.detections if one.label == outcome.truth.label]


def _count(outcomes: Sequence[Outcome], result: Result) -> int:
    return sum(one.result == result for one in outcomes)


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


def _table(result: Score, key: Callable[[Truth], str]) -> dict[str, dict[str, Any]]:
    rows: dict[str, list[Outcome]] = {}
    for one in result.outcomes:
        rows.setdefault(key(one.truth), []).append(one)
    return {name: _row(rows[name], result.keywords) for name in sorted(rows)}


def _row(outcomes: Sequence[Outcome], keywords: Collection[str]) -> dict[str, Any]:
    digits = [one for one in outcomes if one.truth.label in keywords]
    others = [one for one in outcomes if one.truth.label not in keywords]
    heard_as = Counter(
        heard.label
        for one in outcomes
        for heard in one.detections
        if heard.label != one.truth.label
    )
    return {
        "keywords": len(digits),
        "right": _count(digits, "right"),
        "wrong": _count(digits, "wrong"),
        "missed": _count(digits, "missed"),
        "other_words": len(others),
        "called_a_keyword": sum(bool(one.detections) for one in others),
        "heard_as": dict(heard_as.most_common()),
    }


def _to_hear(result: Score) -> list[dict[str, Any]]:
    """List what went wrong, for a person to hear: the recording may be mislabelled."""
    rows = []
    for one in result.outcomes:
        keyword = one.truth.label in result.keywords
        if one.result == ("right" if keyword else "missed"):
            continue
        rows.append(
            {
                "source": one.truth.source,
                "said": one.truth.label,
                "at": one.truth.start,
                "result": one.result if keyword else "called a keyword",
                "reason": one.reason if one.result == "missed" else None,
                "heard": [[word.label, word.confidence] for word in one.words],
            }
        )
    return rows
