"""How well the model does, on every stream of the bench, PocketSphinx beside it.

The same as ``recognizer-train evaluate --bench --peer --draws 4``, which can also go on where it
was broken off, and write pages.
"""

import os

from tests.benchmarks.bench import NotHereError, Settings
from train.bench.draws import DRAWN
from train.corpora import default_data_folder
from train.evaluation.det import RUN_AT
from train.evaluation.evaluate import evaluate
from train.evaluation.report import print_report

DRAWS = 4
QUICK_GROUPS = (*DRAWN, "running_speech", "household")
QUICK_RECORDINGS = 60
"""The most of a group."""


def main(settings: Settings) -> None:
    """Print the tables."""
    data = default_data_folder()
    if not data.is_dir():
        raise NotHereError(f"there are no recordings in {data}")
    quick = settings.quick
    result = evaluate(
        settings.model,
        data,
        QUICK_GROUPS if quick else None,
        limit=QUICK_RECORDINGS if quick else None,
        through_command_line=not quick,
        peer=not quick,
        thresholds=() if quick else RUN_AT,
        bench=True,
        int8=not quick,
        draws=1 if quick else DRAWS,
        processes=os.cpu_count() or 1,
    )
    print_report(result)
