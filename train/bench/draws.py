"""The wanted shares once more, with other draws of the recordings' order, gaps and levels.

The draw is luck: of eight hundred words some lie near the bound between found and missed, and which
side they fall on changes with what surrounds them. A figure near what is wanted means little until
it comes again.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from train.bench.wanted import judged, reaches
from train.evaluation.measuring import Job, Measured
from train.tasks import Tasks

DRAWN = ("crowd", "accented", "noisy", "twice", "other_words")
"""The groups that are drawn anew: those whose shares are wanted."""


def other_draws(
    jobs: Sequence[Job], draws: int, measure: Callable[[Job], Measured], tasks: Tasks
) -> list[dict[str, Any]]:
    """Measure the groups `DRAWN` among the jobs with other seeds.

    Parameters
    ----------
    jobs
        What an evaluation hears, with its own seed.
    draws
        How many draws are wanted, the evaluation's own among them: the seeds are its own and those
        that follow.
    measure
        Measures a job.
    tasks
        Where that is done.

    Returns
    -------
    list of dict
        ``seed`` and ``groups``, as an evaluation has them, for each draw but its own. They are
        heard in this process, at one threshold.
    """
    chosen = [
        replace(job, thresholds=(), through_command_line=False, peer=False)
        for job in jobs
        if job.name in DRAWN
    ]
    again = [replace(job, seed=job.seed + more) for more in range(1, draws) for job in chosen]
    found: dict[int, dict[str, Any]] = {}
    for job, one in zip(again, tasks.map(measure, again, "Drawing anew"), strict=True):
        if one.summary is not None:
            found.setdefault(job.seed, {})[job.name] = one.summary
    return [{"seed": seed, "groups": groups} for seed, groups in found.items()]


def drawn(result: Mapping[str, Any], others: Sequence[Mapping[str, Any]]) -> dict[str, Any] | None:
    """Set the wanted shares of an evaluation beside those of its `other_draws`.

    Parameters
    ----------
    result
        An evaluation: its ``seed`` and its ``groups``.
    others
        What `other_draws` returned.

    Returns
    -------
    dict or None
        ``seeds``, and ``rows``: ``what``, ``bound``, ``least`` and ``unit`` as
        `train.bench.wanted.judged` has them, a figure for each seed in ``figures``, their ``mean``,
        and whether the mean is ``reached``. None without other draws, or where nothing is wanted
        of what was drawn.
    """
    own = {name: one for name, one in result["groups"].items() if name in DRAWN}
    draws = [{"seed": result["seed"], "groups": own}, *others]
    judgements = [[row for row in judged(draw) if row["unit"] == "%"] for draw in draws]
    if not others or not judgements[0]:
        return None
    rows = []
    for same in zip(*judgements, strict=True):
        first = same[0]
        figures = [row["figure"] for row in same]
        mean = float(np.mean(figures))
        rows.append(
            {key: first[key] for key in ("what", "bound", "least", "unit")}
            | {
                "figures": figures,
                "mean": mean,
                "reached": reaches(mean, first["bound"], least=first["least"]),
            }
        )
    return {"seeds": [draw["seed"] for draw in draws], "rows": rows}
