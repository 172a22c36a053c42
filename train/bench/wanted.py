"""What the digits' model is to reach, and whether it does."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

Figure = tuple[float, float, float]
"""A figure, and its 95 % interval."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """One figure and its bound."""

    what: str
    """The figure, for people."""
    bound: float
    """At least, or at most, this."""
    unit: Literal["%", "an hour", "s", "points"]
    """Shares are told in percent."""
    of: Callable[[Mapping[str, Any]], Figure | None]
    """Reads it from an evaluation; None where it was not measured."""
    least: bool = False
    """Whether the bound is the least; else it is the most."""


def reaches(figure: float, bound: float, *, least: bool) -> bool:
    """Whether a figure is on the right side of its bound, which is the least, or else the most."""
    return figure >= bound if least else figure <= bound


def _group(name: str, *keys: str) -> Callable[[Mapping[str, Any]], Figure | None]:
    def read(result: Mapping[str, Any]) -> Figure | None:
        value: Any = result["groups"].get(name)
        for key in keys:
            value = value and value[key]
        figure = value and value.get("share", value.get("per_hour"))
        if figure is None:
            return None
        scale = 100.0 if "share" in value else 1.0
        return scale * figure, scale * value["low"], scale * value["high"]

    return read


def _delay(key: str) -> Callable[[Mapping[str, Any]], Figure | None]:
    def read(result: Mapping[str, Any]) -> Figure | None:
        group = result["groups"].get("crowd")
        delay = group and group["delay_s"]
        # What was counted on hundreds of words has no interval worth telling.
        return (delay[key],) * 3 if delay else None

    return read


def _int8(result: Mapping[str, Any]) -> Figure | None:
    networks = (result.get("int8") or {}).get("networks") or ()
    measured = [one for one in networks if one["points"] is not None]
    if not measured:
        return None
    worst = max(measured, key=lambda one: float(one["points"]))
    return worst["points"], worst["low"], worst["high"]


_RIGHT = ("keywords", "right")
_CALLED = ("other_words", "called_a_keyword")

WANTED = (
    Wanted("digits, crowd microphones", 92, "%", _group("crowd", *_RIGHT), True),
    Wanted("… taken for another digit", 1, "%", _group("crowd", "keywords", "wrong")),
    Wanted("digits, strongly accented speakers", 86, "%", _group("accented", *_RIGHT), True),
    Wanted("crowd microphones in a café, 10 dB", 80, "%", _group("noisy", *_RIGHT), True),
    Wanted("each digit twice, 0.5 to 0.8 s apart", 92, "%", _group("twice", *_RIGHT), True),
    Wanted("other words called a digit", 2, "%", _group("other_words", *_CALLED)),
    Wanted("false alarms, running speech", 3, "an hour", _group("running_speech", "false_alarms")),
    Wanted("false alarms, household noise", 0.5, "an hour", _group("household", "false_alarms")),
    Wanted("delay, median", 0.20, "s", _delay("median")),
    Wanted("delay, 95th percentile", 0.35, "s", _delay("percentile_95")),
    Wanted("lost by int8 against float", 0.3, "points", _int8),
)
"""What must be reached, all at one threshold."""


def judged(result: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Hold an evaluation against `WANTED`.

    Parameters
    ----------
    result
        What `train.evaluation.evaluate.evaluate` returned.

    Returns
    -------
    list of dict
        For each figure that was measured ``what``, ``unit``, ``bound``, ``least``, ``figure``,
        ``low`` and ``high`` in that unit, ``reached``, and ``sure``: whether its whole interval
        lies on the same side of the bound.
    """
    rows = []
    for one in WANTED:
        figure = one.of(result)
        if figure is None:
            continue
        value, low, high = figure
        sides = [reaches(end, one.bound, least=one.least) for end in (value, low, high)]
        rows.append(
            {
                "what": one.what,
                "unit": one.unit,
                "bound": one.bound,
                "least": one.least,
                "figure": value,
                "low": low,
                "high": high,
                "reached": sides[0],
                "sure": len(set(sides)) == 1,
            }
        )
    return rows
