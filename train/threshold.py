"""The threshold of a finished network: chosen on validation speakers, before the test is heard.

A threshold that is chosen by hand is chosen by somebody who may have seen the test.
"""

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from recognizer.model_file import read_metadata, read_model, write_model
from train.errors import DataError
from train.evaluation.measuring import Job, Measured, measure
from train.evaluation.stream_groups import GROUPS, Recordings
from train.recipe import DecisionRecipe
from train.tasks import Tasks

GROUP = "other_words"


@dataclass(frozen=True, slots=True)
class Chosen:
    """A threshold."""

    threshold: float
    called: float
    """Share of the validation speakers' other words that pass it, mean of the draws."""


def choose_threshold(
    model: Path, data: Path, decision: DecisionRecipe, *, processes: int = 1
) -> Chosen:
    """Find the lowest threshold that few enough of the validation speakers' other words pass.

    They are heard in a stream, as in `train.evaluation.evaluate`, once for each draw and threshold.

    Parameters
    ----------
    model
        The model file; its own threshold does not matter.
    data
        The folder of the recordings.
    decision
        What is few enough, how finely is sought, and how often is drawn.
    processes
        How many draws are heard at a time.

    Raises
    ------
    DataError
        When there are no such words, or too many of them pass every threshold.
    RecognizerError
        When the model or a recording cannot be used.
    """
    thresholds = tuple(_multiples(decision.step))
    first = Job(
        GROUP,
        GROUPS[GROUP],
        Recordings(data),
        "validation",
        read_metadata(model).keywords,
        seed=0,
        limit=None,
        model=model,
        threshold=None,
        thresholds=thresholds,
        through_command_line=False,
        peer=False,
    )
    jobs = [replace(first, seed=seed) for seed in range(decision.draws)]
    with Tasks(processes) as tasks:
        shares = [_called(one) for one in tasks.map(measure, jobs, "Choosing the threshold")]
    called = np.mean(shares, axis=0)
    # Behind the last that too many pass, should a higher threshold ever let more pass.
    few = 1 + max(np.flatnonzero(called > decision.other_words), default=-1)
    if few == len(thresholds):
        raise DataError(
            f"More than {decision.other_words:.1%} of the validation speakers' other words pass "
            "every threshold; the recipe must let more of them pass, or train for longer."
        )
    return Chosen(thresholds[few], float(called[few]))


def set_threshold(model: Path, chosen: Chosen) -> None:
    """Write a chosen threshold into a model file, and into its record what passes it.

    Raises
    ------
    ModelError
        When the file cannot be read or written.
    """
    flatbuffer, metadata = read_model(model)
    validation = {
        **metadata.training.get("validation", {}),
        "other_words_called": round(chosen.called, 4),
    }
    training = {**metadata.training, "validation": validation}
    write_model(model, flatbuffer, replace(metadata, threshold=chosen.threshold, training=training))


def _multiples(step: float) -> list[float]:
    return [round(step * number, 4) for number in range(1, int(np.ceil(1 / step)))]


def _called(measured: Measured) -> list[float]:
    """Share of the other words that pass, for each threshold."""
    summary = measured.summary or {}
    said = summary.get("other_words", {}).get("said", 0)
    if not said:
        raise DataError("There are no other words by validation speakers to choose a threshold by.")
    return [row["called"] / said for row in summary["thresholds"]]
