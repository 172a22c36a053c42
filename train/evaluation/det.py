"""Misses against false alarms at other thresholds: the curve of detection errors (DET).

Martin and others, "The DET curve in assessment of detection task performance", Eurospeech 1997.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from recognizer.events import Rejection
from train.evaluation.matching import Score, Word, result_of
from train.intervals import proportion, rate

THRESHOLDS = (*(round(0.05 * step, 2) for step in range(1, 20)), 0.97, 0.99)
"""Where `curve` is drawn."""
RUN_AT = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.98)
"""Thresholds at which the recognizer runs once more for the DET curve."""
FALSE_ALARMS_PER_HOUR = (0.5, 1.0, 5.0)
"""The rates of false alarms at which the misses are told."""


def count_at(threshold: float, result: Score) -> dict[str, Any]:
    """Count what a run at a threshold got wrong, for `trade_off`."""
    return {
        "threshold": threshold,
        "right": sum(one.result == "right" for one in result.spoken),
        "wrong": sum(one.result == "wrong" for one in result.spoken),
        "called": sum(bool(one.detections) for one in result.others),
        "false_alarms": len(result.false_alarms),
    }


def trade_off(groups: Mapping[str, Mapping[str, Any]]) -> dict[str, Any] | None:
    """Set the misses of some groups against the false alarms of others.

    False alarms are counted in the groups in which nobody says a word alone, neither a keyword
    nor another: running speech and noise. Where there are none, the groups without keywords
    serve, and every other word that is called a keyword is a false alarm.

    Parameters
    ----------
    groups
        What `train.evaluation.scoring.summarize` returned for each, and ``thresholds``, a row of
        `count_at` for each threshold; groups without them are left out.

    Returns
    -------
    dict or None
        ``false_alarms_in``: the groups they were counted in; ``other_words_count``: whether other
        words called a keyword are among them; ``hours``; ``finest_per_hour``, one false alarm in
        these hours, below which no rate can be shown; ``alarms``: for each threshold the count,
        the rate an hour and its 95 % interval; ``misses``: for each group with keywords, for each
        threshold, the share that was missed or called another keyword; ``called``: for each group
        with other words the share of these called a keyword; ``at``: for each group of ``misses``
        the rows of `misses_at`. None where no group has thresholds.

    """
    swept = {name: group for name, group in groups.items() if group.get("thresholds")}
    if not swept:
        return None
    quiet = {name: one for name, one in swept.items() if not one["keywords"]["said"]}
    wordless = {name: one for name, one in quiet.items() if not one["other_words"]["said"]}
    counted = wordless or quiet
    thresholds = [row["threshold"] for row in next(iter(swept.values()))["thresholds"]]
    hours = sum(group["hours"] for group in counted.values())
    alarms = []
    for index, threshold in enumerate(thresholds):
        rows = [group["thresholds"][index] for group in counted.values()]
        count = sum(row["false_alarms"] + row["called"] for row in rows)
        alarms.append({"threshold": threshold, **rate(count, hours)})
    misses = {
        name: [
            {"threshold": row["threshold"], **proportion(said - row["right"], said)}
            for row in group["thresholds"]
        ]
        for name, group in swept.items()
        if (said := group["keywords"]["said"])
    }
    return {
        "false_alarms_in": list(counted),
        "other_words_count": bool(counted) and not wordless,
        "hours": hours,
        "finest_per_hour": 1.0 / hours if hours > 0 else None,
        "alarms": alarms,
        "misses": misses,
        "called": {
            name: [
                {"threshold": row["threshold"], **proportion(row["called"], others)}
                for row in group["thresholds"]
            ]
            for name, group in swept.items()
            if (others := group["other_words"]["said"])
        },
        "at": {name: misses_at(alarms, rows, hours) for name, rows in misses.items()},
    }


def misses_at(
    alarms: Sequence[Mapping[str, Any]], misses: Sequence[Mapping[str, Any]], hours: float
) -> list[dict[str, Any]]:
    """Return the share of keywords missed at each of `FALSE_ALARMS_PER_HOUR`.

    Between two thresholds the share is interpolated over the rate of false alarms.

    Parameters
    ----------
    alarms, misses
        Rows of the same thresholds in rising order, as in `trade_off`.
    hours
        How long was listened for false alarms.

    Returns
    -------
    list of dict
        ``per_hour``; ``miss`` (0 to 1), its 95 % interval ``low`` and ``high``, and ``threshold``,
        or None for each of them and ``reason`` for people.

    """
    return [_miss_at(wanted, alarms, misses, hours) for wanted in FALSE_ALARMS_PER_HOUR]


def _miss_at(
    wanted: float,
    alarms: Sequence[Mapping[str, Any]],
    misses: Sequence[Mapping[str, Any]],
    hours: float,
) -> dict[str, Any]:
    nothing = {"per_hour": wanted, "miss": None, "low": None, "high": None, "threshold": None}
    if hours <= 0:
        return {**nothing, "reason": "nothing was heard without keywords in it"}
    if wanted * hours < 1.0:
        return {
            **nothing,
            "reason": f"not to be seen in {duration(hours)}: one false alarm is "
            f"{1.0 / hours:.1f} an hour",
        }
    rates = [row["per_hour"] for row in alarms]
    shares = [row["share"] for row in misses]
    first = len(rates)
    while first > 0 and rates[first - 1] <= wanted:
        first -= 1
    if first == len(rates):
        return {
            **nothing,
            "reason": f"not reached: {rates[-1]:.1f} an hour even at a threshold of "
            f"{alarms[-1]['threshold']:g}",
        }
    miss, threshold = shares[first], alarms[first]["threshold"]
    if first > 0:
        weight = (rates[first - 1] - wanted) / (rates[first - 1] - rates[first])
        miss = shares[first - 1] + weight * (miss - shares[first - 1])
        below = alarms[first - 1]["threshold"]
        threshold = below + weight * (threshold - below)
    said = misses[first]["of"]
    around = proportion(round(miss * said), said)
    return {
        "per_hour": wanted,
        "miss": miss,
        "low": around["low"],
        "high": around["high"],
        "threshold": round(threshold, 3),
        "reason": None,
    }


def duration(hours: float) -> str:
    """Write a length of time for people."""
    return f"{60 * hours:.0f} minutes" if hours < 2 else f"{hours:.1f} hours"


def curve(result: Score) -> list[dict[str, float]]:
    """What other thresholds would give, roughly, from the confidences of one run.

    A word refused for its confidence counts as detected at that confidence, and a detection as
    lost above the confidence it had when it was decided. Running at another threshold, the
    recognizer decides earlier or later, at another confidence, and in the middle of talk it asks
    for more than the threshold: see `trade_off` for what it then really does.

    Returns
    -------
    list of dict
        For each of `THRESHOLDS`: ``right`` and ``wrong``, shares of the keywords said;
        ``called_a_keyword``, share of the other words; ``false_alarms_per_hour``.

    """
    digits, others = result.spoken, result.others
    hours = max(result.stream.seconds / 3600.0, 1e-9)
    points = []
    for threshold in THRESHOLDS:
        heard = [
            (one.truth.label, [word.label for word in one.words if _passes(word, threshold)])
            for one in digits
        ]
        results = Counter(result_of(label, labels) for label, labels in heard)
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


def _passes(word: Word, threshold: float) -> bool:
    if isinstance(word, Rejection) and (word.reason != "low confidence" or word.label is None):
        return False
    return word.confidence >= threshold
