"""What an evaluation does more for the bench."""

import shutil
import tempfile
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any

from train.bench.int8_loss import GROUPS_HEARD, int8_loss
from train.bench.names import scene_of
from train.errors import DataError
from train.evaluation.materials import Material
from train.evaluation.measuring import Job
from train.evaluation.snr_groups import snr_of
from train.evaluation.stream_groups import Recordings
from train.tasks import Tasks

HEARD_AGAIN_DB = (None, 10.0)
"""Over the noise of places, the program of the command line and the peer hear these steps alone
(decibel; None: no noise)."""


def is_heard_again(group: str) -> bool:
    """Whether the program of the command line and the peer hear a group, too."""
    noise = snr_of(group)
    return noise is None or scene_of(noise[0]) is None or noise[1] in HEARD_AGAIN_DB


def int8_of(
    model: Path, copy: Path, materials: Sequence[Material], jobs: Sequence[Job], tasks: Tasks
) -> dict[str, Any]:
    """Measure what int8 loses, on the groups of an evaluation.

    Parameters
    ----------
    model
        The model file, which a trunk may lie beside.
    copy
        A copy of it that nobody replaces.
    materials, jobs
        What the evaluation hears.
    tasks
        Where it is heard.

    Raises
    ------
    DataError
        If it hears none of the groups that this is measured on.
    """
    chosen = [one for one in jobs if one.name in GROUPS_HEARD]
    sources = [one.recordings for one in materials if isinstance(one.recordings, Recordings)]
    if not chosen or not sources:
        raise DataError(
            f"What int8 loses is measured on the groups {', '.join(GROUPS_HEARD)} of the folder of "
            "all corpora."
        )
    with tempfile.TemporaryDirectory(prefix="keyword-") as scratch:
        return int8_loss(
            copy,
            sources[0].data,
            [(one.name, one.kind, one.recordings) for one in chosen],
            chosen[0].keywords,
            tasks,
            Path(scratch),
            split=chosen[0].split,
            seed=chosen[0].seed,
            limit=chosen[0].limit,
            threshold=chosen[0].threshold,
            beside=model,
        )


def why_skipped(skipped: Collection[str]) -> list[str]:
    """Say what is missing where it is no recordings."""
    if "near" in skipped and shutil.which("espeak-ng") is None:
        return ["The near words are said by espeak-ng, which is not installed."]
    return []
