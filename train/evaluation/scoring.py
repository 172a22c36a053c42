"""What came out of a stream, counted: shares, rates, delays, tables, what to listen to."""

from collections import Counter
from collections.abc import Callable, Collection, Sequence
from typing import Any

import numpy as np

from recognizer.events import Detection
from train.evaluation.class_scores import (
    MISSED,
    NOTHING,
    OTHER,
    Answer,
    class_figures,
    speaker_spread,
)
from train.evaluation.det import THRESHOLDS, curve
from train.evaluation.matching import Outcome, Result, Score, Word, score
from train.evaluation.streams import Truth
from train.intervals import proportion, rate

__all__ = [
    "THRESHOLDS",
    "Outcome",
    "Score",
    "Word",
    "answers",
    "curve",
    "percentiles",
    "proportion",
    "rate",
    "score",
    "summarize",
]

DELAY_PERCENTILES = (5, 25, 50, 75, 90, 95, 99)
"""Which percentiles of the delay are told."""
DELAY_BIN_S = 0.01
"""Width of the bars of the delays' histogram (seconds)."""


def summarize(result: Score) -> dict[str, Any]:
    """Count, as plain values for a JSON file; shares are 0 to 1, times are seconds.

    Returns
    -------
    dict
        Among others ``keywords``, ``other_words``, ``false_alarms``, ``delay_s``, tables by word,
        speaker and corpus, and the figures of `train.evaluation.class_scores.class_figures`.

    """
    stream = result.stream
    hours = stream.seconds / 3600.0
    right = [one for one in result.spoken if one.result == "right"]
    hits = [one.hits[0] for one in right]
    delays = [one.time - one.end for one in hits]
    found = [one.found for one in result.outcomes if one.found is not None]
    alarms = result.false_alarms
    answered = answers(result)
    return {
        "split": stream.split,
        "content": stream.content,
        "clips": stream.clips,
        "speakers": stream.speakers,
        "hours": hours,
        "keywords": {
            "said": len(result.spoken),
            "right": proportion(len(right), len(result.spoken)),
            "wrong": proportion(_count(result.spoken, "wrong"), len(result.spoken)),
            "missed": proportion(_count(result.spoken, "missed"), len(result.spoken)),
            "missed_because": dict(
                Counter(one.reason for one in result.spoken if one.result == "missed").most_common()
            ),
        },
        "other_words": {
            "said": len(result.others),
            "called_a_keyword": proportion(
                sum(bool(one.detections) for one in result.others), len(result.others)
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
        "delay_s": percentiles(delays),
        "delay_percentiles_s": delay_percentiles(delays),
        "delay_histogram": delay_histogram(delays),
        "delay_from_true_end_s": percentiles(
            [one.time - outcome.truth.end for one, outcome in zip(hits, right, strict=True)]
        ),
        **class_figures(answered, result.keywords),
        "speaker_spread": speaker_spread(answered),
        "by_word": _table(result, lambda truth: truth.label),
        "by_speaker": _table(result, lambda truth: f"{truth.corpus}/{truth.speaker or '?'}"),
        "by_corpus": _table(result, lambda truth: truth.corpus),
        "curve": curve(result),
        "to_hear": _to_hear(result),
    }


def answers(result: Score) -> list[Answer]:
    """Return what was heard for everything said alone, and what was heard for nothing.

    A keyword that was also called another one was answered with that other one. What is reported
    a second time, and what is reported where no word was said, answers nothing; what running
    speech rightly contains is left out.
    """
    rows = []
    for one in result.outcomes:
        labels = [heard.label for heard in one.detections]
        keyword = one.truth.label in result.keywords
        if keyword and one.result == "wrong":
            labels = [label for label in labels if label != one.truth.label]
        said = one.truth.label if keyword else OTHER
        speaker = f"{one.truth.corpus}/{one.truth.speaker}" if one.truth.speaker else ""
        rows.append(Answer(said, labels[0] if labels else MISSED, speaker))
        rows += [Answer(NOTHING, label) for label in labels[1:]]
    rows += [Answer(NOTHING, one.label) for one in result.stray if isinstance(one, Detection)]
    return rows


def percentiles(values: Sequence[float]) -> dict[str, float] | None:
    """Return the median and the 95th percentile, or None of nothing."""
    if not values:
        return None
    median, high = np.percentile(values, [50, 95])
    return {"median": float(median), "percentile_95": float(high)}


def delay_percentiles(values: Sequence[float]) -> dict[str, float] | None:
    """Return `DELAY_PERCENTILES` by their numbers, or None of nothing."""
    if not values:
        return None
    found = np.percentile(values, DELAY_PERCENTILES)
    return {str(which): float(value) for which, value in zip(DELAY_PERCENTILES, found, strict=True)}


def delay_histogram(values: Sequence[float]) -> dict[str, int]:
    """Return how many delays lie in each bar, named by its left end (seconds), empty ones too."""
    if not values:
        return {}
    # Times have two decimals and lie on the bars' edges: half a millisecond settles the side.
    bars = np.floor((np.asarray(values) + 0.0005) / DELAY_BIN_S).astype(int)
    counts = Counter(bars.tolist())
    return {f"{DELAY_BIN_S * bar:.2f}": counts[bar] for bar in range(min(counts), max(counts) + 1)}


def _count(outcomes: Sequence[Outcome], result: Result) -> int:
    return sum(one.result == result for one in outcomes)


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
