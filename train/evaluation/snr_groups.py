"""The same words in ever louder noise: how much of it a recognizer stands.

Order, gaps and level of the words are the same in each of these groups; only the noise differs.
"""

from collections.abc import Callable, Sequence
from functools import partial

import numpy as np

from train.augment import sloped_noise
from train.corpora import SAMPLE_RATE, Clip
from train.evaluation.folder_groups import keywords_of
from train.evaluation.stream_groups import cafe, crowd_keywords
from train.evaluation.stream_plan import NOISY_SPEECH_DB, Group, Plan, at_snr, word_stream
from train.evaluation.streams import Float32Array, Stream

SNRS_DB: tuple[float | None, ...] = (None, 20.0, 10.0, 5.0, 0.0)
"""How far the noise lies below the words (decibel); None for no noise."""

MADE_NOISE_S = 20.0
"""Length of the noise that is made where the recordings have none (seconds)."""

LONGEST_NOISE_S = 600.0
"""So much of the recordings' own noise is enough (seconds)."""

Noise = Callable[[Plan], tuple[Float32Array, str] | None]


def snr_of(group: str) -> tuple[str, float | None] | None:
    """Return a group's prefix and signal-to-noise ratio (decibel; None without noise).

    Returns
    -------
    tuple or None
        None where the group is none of `snr_groups`.

    """
    for snr_db in SNRS_DB:
        if group.endswith(f"snr_{_name(snr_db)}"):
            return group.removesuffix(f"snr_{_name(snr_db)}"), snr_db
    return None


def snr_groups(prefix: str = "") -> dict[str, Group]:
    """Return a group for each of `SNRS_DB`.

    Parameters
    ----------
    prefix
        Empty for the digits of the project's recordings over a café; else for the keywords and
        noises of any folders, and what the groups' names begin with.

    """
    choose, noise = (keywords_of, _own_noise) if prefix else (crowd_keywords, cafe)
    return {
        f"{prefix}snr_{_name(snr_db)}": Group(
            "keywords without noise" if snr_db is None else f"keywords in noise, {snr_db:g} dB",
            partial(_at_snr, snr_db, choose, noise),
            f"{prefix}snr",
            again=True,
        )
        for snr_db in SNRS_DB
    }


def _name(snr_db: float | None) -> str:
    return "clean" if snr_db is None else f"{snr_db:g}"


def _at_snr(
    snr_db: float | None,
    choose: Callable[[Plan], Sequence[Clip]],
    noise: Noise,
    name: str,
    plan: Plan,
) -> Stream | None:
    if snr_db is None:
        return word_stream(name, plan, choose(plan), level_db=NOISY_SPEECH_DB)
    found = noise(plan)
    if found is None:
        return None
    return word_stream(
        name,
        plan,
        choose(plan),
        background=at_snr(found[0], snr_db),
        level_db=NOISY_SPEECH_DB,
        note=f" over {found[1]} at {snr_db:g} dB",
    )


def _own_noise(plan: Plan) -> tuple[Float32Array, str]:
    """Return the folders' noise, or some that is made where they have none."""
    pieces: list[Float32Array] = []
    for clip in plan.recordings.noise:
        samples = plan.recordings.read(clip.path)
        if samples is not None:
            pieces.append(samples)
        if sum(map(len, pieces)) > LONGEST_NOISE_S * SAMPLE_RATE:
            break
    if pieces:
        return np.concatenate(pieces), "the folders' own noise"
    noise = sloped_noise(np.random.default_rng(0), round(MADE_NOISE_S * SAMPLE_RATE))
    return noise, "steady noise that was made"
