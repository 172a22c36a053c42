"""How long words and recordings are."""

import math

import numpy as np
import numpy.typing as npt

from recognizer.resampler import SAMPLE_RATE
from train.errors import DataError
from train.evaluation.streams import FRAME_S
from train.figures import style
from train.figures.material import Material
from train.figures.recordings import voiced_samples

MOST_CLIPS = 3000
"""Recordings that are measured; more would take long and show the same."""
BARS = 40

Seconds = npt.NDArray[np.float64]


def durations(material: Material) -> tuple[Seconds, Seconds]:
    """Measure recordings, at most `MOST_CLIPS`.

    Returns
    -------
    tuple of numpy.ndarray
        Length of each readable recording's voiced extent, and of the whole recording (seconds).

    Raises
    ------
    DataError
        If none can be read.
    """
    recordings = material.recordings
    voiced, whole = [], []
    for clip in material.track(recordings.draw(MOST_CLIPS), "measuring"):
        samples = recordings.read(clip)
        if samples is not None:
            voiced.append(voiced_samples(samples) / SAMPLE_RATE)
            whole.append(len(samples) / SAMPLE_RATE)
    if not whole:
        raise DataError("None of the recordings can be read.")
    return np.array(voiced), np.array(whole)


def bar_edges(most: float) -> Seconds:
    """Return the edges of about `BARS` bars up to a length (seconds).

    Voiced extents are whole frames: bars of whole frames that begin between two hold as many
    lengths each.
    """
    frames = max(1, math.ceil(most / FRAME_S / BARS))
    bars = math.ceil(most / FRAME_S / frames) + 1
    return np.asarray((np.arange(bars + 1) * frames - 0.5) * FRAME_S, np.float64)


def draw_durations(material: Material) -> style.Drawing:
    """Draw histograms of the words' and of the recordings' lengths."""
    voiced, whole = durations(material)
    there = len(material.recordings.clips)
    of = f" of {there:,}" if len(whole) < there else ""
    figure = style.new_figure(
        8.5,
        5,
        "How long words and recordings are",
        f"{style.counted(len(whole), 'recording')}{of}, "
        f"{style.counted(len(material.recordings.words), 'word')}. "
        "The word is what lies above the noise and within 30 dB of the loudest frames.",
    )
    # One recording of a minute must not push all the others into one bar.
    most = max(min(float(whole.max()), 1.3 * float(np.percentile(whole, 99))), FRAME_S)
    edges = bar_edges(most)
    top = float(edges[-1])
    for axes, values, title, color in zip(
        figure.subplots(2, 1, sharex=True),
        (voiced, whole),
        ("The word in it (voiced extent)", "The whole recording"),
        (style.ACCENT, style.FAINT),
        strict=True,
    ):
        axes.hist(
            np.minimum(values, top - FRAME_S), edges, color=color, edgecolor="white", linewidth=0.4
        )
        low, median, high = np.percentile(values, [5, 50, 95])
        axes.axvline(median, color=style.CONTRAST, linewidth=1.4)
        axes.set(title=title, ylabel="recordings", xlim=(0, top))
        axes.text(
            1.0,
            1.04,
            f"median {median:.2f} s; 90 % between {low:.2f} and {high:.2f} s",
            transform=axes.transAxes,
            ha="right",
            color=style.CONTRAST,
        )
        axes.yaxis.get_major_locator().set_params(integer=True)
        axes.grid(axis="y")
    beyond = int(np.count_nonzero(whole > top))
    more = f"; {beyond} longer ones are in the last bar" if beyond else ""
    axes.set_xlabel(f"length (s){more}")
    return style.Drawing(figure)
