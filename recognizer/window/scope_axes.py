"""The ticks of the scope's axes."""

import numpy as np

from recognizer.log_mel import FrontendParameters, mel_centers

TICKS_HZ = (250, 500, 1000, 2000, 4000, 7000)
"""Frequencies that the axis names, where the bands reach them (Hertz)."""

_MOST_TIME_TICKS = 6
"""Steps of the time axis, at most."""

_TIME_STEPS_S = (1, 2, 5, 10, 20, 30, 60)
"""Distances between two ticks of the time axis (seconds)."""

Ticks = list[tuple[float, str]]


def frequency_ticks(parameters: FrontendParameters) -> Ticks:
    """Return the places, in bands from the bottom, of round frequencies.

    Band ``k`` reaches from ``k`` to ``k + 1``, its centre frequency lies in the middle; between
    two centres the place is interpolated.
    """
    centers = mel_centers(parameters)
    middles = np.arange(parameters.mel_bands) + 0.5
    return [
        (float(np.interp(hertz, centers, middles)), f"{hertz / 1000:g}")
        for hertz in TICKS_HZ
        if centers[0] <= hertz <= centers[-1]
    ]


def time_ticks(seconds: float) -> Ticks:
    """Return round times before now, and now itself (seconds, negative in the past)."""
    step = next((s for s in _TIME_STEPS_S if s * _MOST_TIME_TICKS >= seconds), _TIME_STEPS_S[-1])
    past = range(step, int(seconds) + 1, step)
    return [(0.0, "now"), *((-float(ago), f"-{ago} s") for ago in past)]
