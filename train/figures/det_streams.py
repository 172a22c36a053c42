"""The same trade-off live: what `train evaluate` measured on streams at several thresholds."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from train.errors import DataError
from train.figures import style
from train.figures.det import deviates, draw_curve, scale_axes
from train.figures.material import Material

FloatArray = npt.NDArray[np.float64]

MOST_GROUPS = 10
"""Groups that have a curve; more could not be told apart."""


@dataclass(frozen=True, slots=True, eq=False)
class StreamCurves:
    """Shares of what went wrong, each at the same thresholds."""

    thresholds: FloatArray
    """``[n]``, rising."""
    misses: dict[str, FloatArray]
    """By the title of each group with keywords: the share of them not detected right, ``[n]``."""
    called: FloatArray | None
    """Share of the other words of all groups that was called a keyword, ``[n]``."""
    others: int
    """How many other words were said."""
    per_hour: FloatArray | None
    """False alarms an hour where no word was said alone, ``[n]``."""
    hours: float
    """How long was listened for them."""


def stream_curves(evaluation: Mapping[str, Any]) -> StreamCurves:
    """Read the curves of an evaluation.

    Raises
    ------
    DataError
        If there are none, or they are not as `train.evaluation.evaluate` writes them.
    """
    try:
        det = evaluation.get("det")
        if not det or not det["misses"]:
            raise DataError(
                "The evaluation has no curve; measure groups with keywords by `train evaluate "
                "--json FILE` without --quick."
            )
        rows: list[Mapping[str, Any]] = det["alarms"]
        misses = {
            str(evaluation["groups"][name]["title"]): _shares(one)
            for name, one in list(det["misses"].items())[:MOST_GROUPS]
        }
        called = list(det["called"].values())
        others = sum(int(one[0]["of"]) for one in called)
        counts = np.sum([[row["count"] for row in one] for one in called], axis=0)
        return StreamCurves(
            np.array([row["threshold"] for row in rows], float),
            misses,
            np.asarray(counts, float) / others if others else None,
            others,
            np.array([row["per_hour"] for row in rows], float) if det["hours"] > 0 else None,
            float(det["hours"]),
        )
    except (KeyError, TypeError, ValueError, IndexError, AttributeError) as error:
        raise DataError(
            f"The evaluation is not as this program's `train evaluate` writes it ({error!r})."
        ) from error


def draw_det_evaluation(material: Material) -> style.Drawing:
    """Draw misses against other words called a keyword, and against false alarms an hour."""
    assert material.evaluation is not None
    curves = stream_curves(material.evaluation)
    threshold = float(material.evaluation["threshold"])
    at = int(np.abs(curves.thresholds - threshold).argmin())
    figure = style.new_figure(
        11,
        6.2,
        "Detection error trade-off of streams",
        f"As the recognizer decides live, at thresholds from {curves.thresholds[0]:g} to "
        f"{curves.thresholds[-1]:g}; marked: {curves.thresholds[at]:g}"
        f"{', the one of the model' if np.isclose(curves.thresholds[at], threshold) else ''}.",
    )
    words, alarms = figure.subplots(1, 2)
    look = style.looks(list(curves.misses))
    most = 0.95 if max(float(one.min()) for one in curves.misses.values()) > 0.4 else 0.6
    scale_axes(words, 0.5 / max(curves.others, 1), 0.002, most=most)
    scale_axes(alarms, 0.001, 0.002, most=most)
    words.set(
        title="against other words",
        xlabel=f"other words called a keyword (%, of {curves.others:,})",
        ylabel="keywords not detected right (%)",
    )
    alarms.set(
        title="against false alarms",
        xlabel=f"false alarms an hour (in {60 * curves.hours:.0f} minutes)",
        ylabel="keywords not detected right (%)",
    )
    _scale_hours(alarms, curves)
    for title, misses in curves.misses.items():
        color, marker = look[title]["color"], look[title]["marker"]
        dot = {"markevery": [at], "marker": marker, "color": color, "markersize": 7}
        if curves.called is not None:
            draw_curve(words, curves.called, misses, **dot)
        if curves.per_hour is not None:
            shown = np.maximum(curves.per_hour, 0.5 / curves.hours)
            alarms.plot(shown, deviates(np.clip(misses, 1e-6, 1 - 1e-6)), **dot)
        words.plot([], [], label=style.shortened(title, 44), color=color, marker=marker)
    for axes, there, what in (
        (words, curves.called, "other words"),
        (alarms, curves.per_hour, "speech or noise without keywords"),
    ):
        if there is None:
            text = f"no {what} in this evaluation"
            axes.text(0.5, 0.5, text, transform=axes.transAxes, ha="center", color=style.FAINT)
    figure.legend(loc="outside lower left", ncols=3, title="keywords of:", alignment="left")
    return style.Drawing(figure)


def _scale_hours(axes: Any, curves: StreamCurves) -> None:
    """Scale the rate by decades, from half an alarm in all the time on."""
    if curves.per_hour is None:
        axes.set_xticks([])
        return
    axes.set_xscale("log")
    low = 0.45 / curves.hours
    high = max(1.3 * float(curves.per_hour.max()), 4.0 * low)
    axes.set_xlim(low, high)
    none = 0.5 / curves.hours
    ticks = [t for t in (0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100, 200) if 1.3 * none < t <= high]
    axes.set_xticks([none, *ticks], ["none", *(f"{tick:g}" for tick in ticks)])
    axes.minorticks_off()


def _shares(rows: Sequence[Mapping[str, Any]]) -> FloatArray:
    return np.array([row["share"] for row in rows], float)
