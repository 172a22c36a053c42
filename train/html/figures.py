"""The pictures of the HTML report."""

from collections.abc import Mapping, Sequence
from statistics import NormalDist
from typing import TYPE_CHECKING, Any

import numpy as np

from train.figures.style import shortened
from train.html.svg import ACCENT, FAINT, INK, ON_ACCENT, PALE, SERIES, Drawing

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MARKERS = ("o", "^", "s", "D", "v", "P", "X")
MOST_WORDS = 40
"""A heat map has at most so many words; of more, those with the most errors."""
MOST_NUMBERED = 20
"""Up to so many words, the fields of a heat map have their numbers."""
LEAST_MISS = 0.005
"""Where the axis of misses begins, on which there is no zero (0 to 1)."""
MOST_MISSED = 0.7
"""Where it ends at the latest."""
MOST_ALARMS = 60.0
"""The axis of false alarms ends here at the latest (an hour)."""

_TICKS = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8)


def shares_svg(rows: Sequence[tuple[str, Mapping[str, Any]]]) -> str:
    """Draw shares with their intervals, one below another.

    Parameters
    ----------
    rows
        A name and what `train.intervals.proportion` returned, for each.

    """
    with Drawing("shares", 7.2, 0.7 + 0.32 * len(rows)) as drawing:
        axes = drawing.figure.subplots()
        for place, (_, value) in enumerate(rows):
            axes.plot([100 * value["low"], 100 * value["high"]], [place, place], color=FAINT, lw=5)
            axes.plot(100 * value["share"], place, "o", color=ACCENT, markersize=7)
        axes.set_yticks(range(len(rows)), [shortened(name, 40) for name, _ in rows])
        axes.set(ylim=(len(rows) - 0.5, -0.5), xlabel="found and right (%)")
        lowest = min(value["low"] for _, value in rows)
        axes.set_xlim(10 * np.floor(10 * lowest) - 1, 101)
        axes.grid(axis="x")
    return drawing.svg


def alarms_svg(det: Mapping[str, Any], titles: Mapping[str, str], threshold: float) -> str:
    """Draw the share of missed keywords over the rate of false alarms, a curve for each group."""
    with Drawing("alarms", 7.2, 4.6) as drawing:
        axes = drawing.figure.subplots()
        rates = np.array([row["per_hour"] for row in det["alarms"]], float)
        for number, (name, rows) in enumerate(det["misses"].items()):
            _curve(axes, rates, rows, number, titles[name], threshold)
        finest = det["finest_per_hour"]
        axes.axvspan(0, finest, color=PALE, alpha=0.5, lw=0)
        axes.set_xlim(-0.02 * rates.max() - 0.1, min(MOST_ALARMS, max(rates.max(), 2 * finest)) + 1)
        _miss_axis(axes, det["misses"].values())
        axes.set_xlabel("false alarms an hour")
        axes.grid()
        _legend(axes)
    return drawing.svg


def called_svg(
    group: str,
    misses: Mapping[str, Sequence[Mapping[str, Any]]],
    called: Sequence[Mapping[str, Any]],
    titles: Mapping[str, str],
    threshold: float,
) -> str:
    """Draw the share of missed keywords over that of other words called one: a DET curve.

    Parameters
    ----------
    group
        Of the other words.
    misses, called
        As `train.evaluation.det.trade_off` returns them, the latter of the group.
    titles
        What each group is called.
    threshold
        The one whose marks are large.

    """
    with Drawing(f"called-{group}", 7.2, 4.6) as drawing:
        axes = drawing.figure.subplots()
        # Half a word where none was called one: the scale has no zero.
        shares = np.array([max(row["count"], 0.5) / row["of"] for row in called], float)
        for number, (name, rows) in enumerate(misses.items()):
            _curve(axes, _deviate(shares), rows, number, titles[name], threshold)
        _miss_axis(axes, misses.values())
        low, high = float(shares.min()), float(shares.max())
        ticks = [tick for tick in _TICKS if low / 2 <= tick <= min(0.97, 2 * high)]
        axes.set_xticks(_deviate(ticks), [f"{100 * tick:g}" for tick in ticks])
        axes.set_xlim(*(_deviate([low / 1.5, min(0.99, 1.5 * high)])))
        axes.set_xlabel("other words called a keyword (%)")
        axes.grid()
        _legend(axes)
    return drawing.svg


def noise_svg(curves: Sequence[Mapping[str, Any]], name: str = "noise") -> str:
    """Draw what noise does: the shares right and wrong at each signal-to-noise ratio."""
    with Drawing(name, 7.2, 3.6) as drawing:
        axes = drawing.figure.subplots()
        names: list[str] = []
        for curve in curves:
            for point in curve["points"]:
                name = "no noise" if point["snr_db"] is None else f"{point['snr_db']:g} dB"
                names += [name] if name not in names else []
        series = [(curve, key) for curve in curves for key in ("right", "wrong")]
        for number, (curve, key) in enumerate(series):
            points = curve["points"]
            places = np.arange(len(points)) + 0.03 * number
            share = [100 * point[key]["share"] for point in points]
            ends = [
                [100 * max(0.0, p[key]["share"] - p[key]["low"]) for p in points],
                [100 * max(0.0, p[key]["high"] - p[key]["share"]) for p in points],
            ]
            label = key if len(curves) == 1 else f"{key}, {curve['title']}"
            look: dict[str, Any] = {"color": SERIES[number % 7], "marker": MARKERS[number % 7]}
            axes.errorbar(places, share, yerr=ends, label=label, capsize=3, **look)
        axes.set_xticks(range(len(names)), names)
        axes.set(ylim=(-3, 103), ylabel="keywords (%)", xlabel="words above the noise by")
        axes.grid(axis="y")
        _legend(axes)
    return drawing.svg


def speakers_svg(rows: Sequence[tuple[str, Mapping[str, Any]]], name: str = "speakers") -> str:
    """Draw each speaker's share as a dot, with the quartiles behind, one group below another."""
    with Drawing(name, 7.2, 0.8 + 0.5 * len(rows)) as drawing:
        axes = drawing.figure.subplots()
        for place, (_, spread) in enumerate(rows):
            shares = 100 * np.array(spread["shares"], float)
            # The golden ratio spreads dots evenly whatever their number, and always the same.
            offsets = (np.arange(len(shares)) * 0.618034) % 1.0 - 0.5
            low, middle, high = (
                100 * spread[one] for one in ("quartile_1", "median", "quartile_3")
            )
            axes.barh(place, high - low, left=low, height=0.7, color=PALE, lw=0)
            axes.plot([middle, middle], [place - 0.35, place + 0.35], color=INK, lw=2)
            axes.scatter(shares, place + 0.6 * offsets, s=12, color=ACCENT, alpha=0.6, lw=0)
        axes.set_yticks(range(len(rows)), [shortened(title, 40) for title, _ in rows])
        axes.set(ylim=(len(rows) - 0.4, -0.6), xlim=(-3, 103))
        axes.set_xlabel("a speaker's keywords found and right (%)")
        axes.grid(axis="x")
    return drawing.svg


def delays_svg(histogram: Mapping[str, int]) -> str:
    """Draw how often the decision took how long."""
    with Drawing("delays", 7.2, 2.8) as drawing:
        axes = drawing.figure.subplots()
        starts = np.array([float(start) for start in histogram])
        counts = np.array(list(histogram.values()))
        axes.bar(1000 * starts, counts, width=9, align="edge", color=ACCENT, lw=0)
        axes.set(xlabel="from the word's end to its decision (milliseconds)", ylabel="words")
        axes.grid(axis="y")
    return drawing.svg


def confusion_svg(confusion: Mapping[str, Any], name: str = "confusion") -> tuple[str, int]:
    """Draw what was taken for what as a heat map, each row by its share.

    Returns
    -------
    tuple
        The picture, and the number of words left out of it: of many words, those with the fewest
        errors.

    """
    said, heard = list(confusion["said"]), list(confusion["heard"])
    counts = np.array(confusion["counts"], int).reshape(len(said), len(heard))
    words = len(heard) - 1
    left_out = max(0, words - MOST_WORDS)
    if left_out:
        errors = (
            counts.sum(axis=1)[:words] + counts.sum(axis=0)[:words] - 2 * np.diag(counts)[:words]
        )
        kept = sorted(np.argsort(-errors, kind="stable")[:MOST_WORDS].tolist())
        rows, columns = [*kept, *range(words, len(said))], [*kept, words]
        counts = counts[np.ix_(rows, columns)]
        said, heard = [said[i] for i in rows], [heard[i] for i in columns]
    there = counts.sum(axis=1) > 0
    counts, said = counts[there], [one for one, some in zip(said, there, strict=True) if some]
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    size = 0.42 if len(heard) <= MOST_NUMBERED else 0.24
    width, height = 1.4 + size * len(heard), 1.1 + size * len(said)
    with Drawing(name, max(4.0, width), max(2.0, height)) as drawing:
        from matplotlib.patches import Rectangle

        axes = drawing.figure.subplots()
        for row, column in np.argwhere(counts > 0).tolist():
            share = float(shares[row, column])
            field = Rectangle((column - 0.5, row - 0.5), 1, 1, color=ACCENT, lw=0)
            field.set_alpha(round(0.06 + 0.94 * share, 3))
            axes.add_patch(field)
            if len(heard) <= MOST_NUMBERED:
                color = ON_ACCENT if share > 0.5 else INK
                number = str(counts[row, column])
                axes.text(column, row, number, ha="center", va="center", color=color, size=7.5)
        axes.set_xticks(range(len(heard)), [shortened(one, 14) for one in heard], rotation=90)
        axes.set_yticks(range(len(said)), [shortened(one, 14) for one in said])
        axes.set(xlim=(-0.5, len(heard) - 0.5), ylim=(len(said) - 0.5, -0.5))
        axes.set(xlabel="heard", ylabel="said", aspect="equal")
        axes.spines[["left", "bottom"]].set_visible(False)
        axes.tick_params(length=0)
    return drawing.svg, left_out


def _curve(
    axes: "Axes",
    places: Any,
    rows: Sequence[Mapping[str, Any]],
    number: int,
    title: str,
    threshold: float,
) -> None:
    misses = _deviate([max(row["share"], LEAST_MISS) for row in rows])
    color, marker = SERIES[number % len(SERIES)], MARKERS[number % len(MARKERS)]
    style = "-" if number < len(SERIES) else "--"
    axes.plot(places, misses, style, color=color, marker=marker, markersize=4, label=title)
    for place, miss, row in zip(places, misses, rows, strict=True):
        if row["threshold"] == threshold:
            axes.plot(place, miss, marker, color=color, markersize=9)


def _miss_axis(axes: "Axes", groups: Any) -> None:
    highest = min(MOST_MISSED, max(0.12, *(row["share"] for rows in groups for row in rows)))
    ticks = [tick for tick in _TICKS if LEAST_MISS <= tick <= highest]
    axes.set_yticks(_deviate(ticks), [f"{100 * tick:g}" for tick in ticks])
    axes.set_ylim(*_deviate([0.9 * LEAST_MISS, 1.1 * highest]))
    axes.set_ylabel("keywords missed or mistaken (%)")


def _deviate(shares: Any) -> Any:
    """Return the normal deviates of shares: the scale of DET curves."""
    normal = NormalDist()
    return np.array([normal.inv_cdf(min(max(one, 1e-4), 1 - 1e-4)) for one in shares])


def _legend(axes: "Axes") -> None:
    if axes.get_legend_handles_labels()[0]:
        axes.figure.legend(loc="outside lower center", ncols=2)
