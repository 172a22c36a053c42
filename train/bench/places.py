"""The noise of a café, an office and a kitchen, of recordings that training never heard."""

import numpy as np

from train.bench.sounds import at_rms, hum, ventilation
from train.corpora import SAMPLE_RATE, Clip
from train.evaluation.stream_groups import cafe
from train.evaluation.stream_plan import Plan
from train.evaluation.streams import Float32Array

LOOP_S = 120.0
"""The noise of an office or a kitchen begins anew after this time (seconds)."""

KEYS_DB, FAN_DB, HUM_DB = 0.0, -12.0, -18.0
"""How loud the parts of an office are beside each other (decibel)."""
TAP_DB, FRYING_DB, CLOCK_DB = 0.0, -3.0, -10.0
"""How loud the parts of a kitchen are beside each other (decibel)."""

Noise = tuple[Float32Array, str]


def office(plan: Plan) -> Noise | None:
    """Return keyboards being typed on, over a fan and the hum of the mains, both generated.

    Returns
    -------
    tuple or None
        The samples and what they are; None where the part of the plan has no keyboard.
    """
    keyboards = [one for one in _noises(plan) if one.corpus == "keyboards"]
    if not keyboards:
        return None
    # The noise must not depend on how many words were drawn before.
    random = np.random.default_rng(50)
    mixed = _joined(plan, keyboards, KEYS_DB)
    mixed = mixed + at_rms(ventilation(random, LOOP_S), FAN_DB)
    mixed = mixed + at_rms(hum(random, LOOP_S, 50.0, 0.0, -60.0), HUM_DB)
    names = ", ".join(sorted(one.path.stem for one in keyboards))
    return mixed, f"keyboards ({names}), a fan and mains hum"


def kitchen(plan: Plan) -> Noise | None:
    """Return a running tap, a crackling fire for something that fries, and a clock.

    Returns
    -------
    tuple or None
        The samples and what they are; None where the part of the plan lacks one of them.
    """
    there = _noises(plan)
    tap = [one for one in there if one.corpus == "background_noise" and "tap" in one.path.stem]
    fire, clock = ([one for one in there if name in str(one.path)] for name in ("Fire", "Clock"))
    if not (tap and fire and clock):
        return None
    mixed = _joined(plan, tap, TAP_DB)
    mixed = mixed + _joined(plan, fire, FRYING_DB) + _joined(plan, clock, CLOCK_DB)
    return mixed, "a running tap, a crackling fire for frying, and a clock"


NOISES = {"cafe": cafe, "office": office, "kitchen": kitchen}
"""What makes the noise of each of `train.bench.names.PLACES`."""


def _noises(plan: Plan) -> list[Clip]:
    return [one for one in plan.recordings.noise if one.split == plan.split]


def _joined(plan: Plan, clips: list[Clip], level_db: float) -> Float32Array:
    """Return recordings one behind another, equally loud, as long as `LOOP_S`."""
    pieces = [plan.recordings.read(one.path) for one in clips]
    joined = np.concatenate([at_rms(one, 0.0) for one in pieces if one is not None])
    return at_rms(np.resize(joined, round(LOOP_S * SAMPLE_RATE)), level_db)
