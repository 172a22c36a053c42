"""A run folder measured: its network on single recordings, its model through `recognizer`.

What features the app cannot make live, its network cannot be run by `recognizer`: then there are
only single recordings.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from recognizer.model_metadata import SILENCE
from train.corpora import Clip
from train.errors import DataError
from train.evaluation.clip_scores import clip_figures, draw
from train.evaluation.evaluate import evaluate
from train.evaluation.folder_groups import FolderRecordings, Part, read_folders
from train.systems.features import make_features
from train.systems.run import APP_MODEL, Run, load_run
from train.tasks import Tasks


def evaluate_run(
    folder: Path,
    data: Sequence[Path] = (),
    groups: Sequence[str] | None = None,
    *,
    split: Part = "test",
    limit: int | None = None,
    processes: int = 1,
    **options: Any,
) -> dict[str, Any]:
    """Measure what a training made.

    Parameters
    ----------
    folder
        The run folder.
    data
        Folders of recordings; without any, those of the run that are for testing. What the run
        learnt from is left out.
    groups, split, limit, processes, options
        As for `train.evaluation.evaluate.evaluate`, where the app can run the system.

    Returns
    -------
    dict
        As `train.evaluation.evaluate.evaluate`, with ``clips``
        (`train.evaluation.clip_scores.clip_figures`); without groups where the app cannot run the
        system.

    Raises
    ------
    RecognizerError
        If the run is none or not finished, the network or the recordings cannot be used, or there
        is nothing to test on.

    """
    run = load_run(folder)
    recordings = _recordings(run, data, split)
    clips = recordings.isolated
    model = folder / APP_MODEL
    if model.is_file():
        result = evaluate(
            model, recordings, groups, split=split, limit=limit, processes=processes, **options
        )
    else:
        result = _without_streams(run, split, limit, recordings)
    result["model"] = str(folder)
    result["clips"] = _of_clips(run, clips, recordings, limit, processes)
    if result["clips"] is None and not result["groups"]:
        raise DataError(
            f"There is no recording to test {run.folder} on of the words it knows: "
            f"{', '.join(run.words[:20])}."
        )
    return result


def _of_clips(
    run: Run,
    clips: Sequence[Clip],
    recordings: FolderRecordings,
    limit: int | None,
    processes: int,
) -> dict[str, Any] | None:
    from train.systems.fit import posteriors

    said = draw([clip for clip in clips if clip.word in run.words], limit)
    if not said:
        return None
    with Tasks(processes) as tasks:
        scores, found = posteriors(run, said, tasks=tasks)
    return clip_figures(said, scores, found, run.labels, recordings.name) | {
        "through": "the network, in floating point"
    }


def _recordings(run: Run, data: Sequence[Path], split: Part) -> FolderRecordings:
    if data:
        learnt = {clip.path.resolve() for clip in run.clips if clip.split != "test"}
        if split == "validation":
            learnt = {clip.path.resolve() for clip in run.part("train")}
        return read_folders(data, run.words, split, learnt=learnt)
    if split == "all":
        raise DataError(
            "--split all goes with --data: of its own recordings a run is measured on those for "
            "testing or for validation."
        )
    part = run.part(split)
    return FolderRecordings(
        [clip for clip in part if clip.word != SILENCE],
        noise=[clip for clip in part if clip.word == SILENCE],
        split=split,
        folders=[Path(folder) for folder in run.record.get("data", ())],
        notes=[
            f"The recordings are those that the run kept for "
            f"{'testing' if split == 'test' else 'validation'}."
        ],
    )


def _without_streams(
    run: Run, split: Part, limit: int | None, recordings: FolderRecordings
) -> dict[str, Any]:
    """Return a result that has no streams."""
    return {
        "keywords": list(run.words),
        "threshold": None,
        "split": split,
        "seed": None,
        "limit": limit,
        "through": None,
        "versions": dict(run.record.get("versions", {})),
        "agree": None,
        "skipped": [],
        "groups": {},
        "all": None,
        "det": None,
        "snr": [],
        "notes": [_why_no_streams(run), *recordings.notes],
    }


def _why_no_streams(run: Run) -> str:
    so = "So there are no streams, only single recordings, and no figures of false alarms."
    if make_features(run.recipe.features).streaming:
        return (
            f"There is no {APP_MODEL} in {run.folder}; `train export` makes one, which can be "
            f"measured on streams, too. {so}"
        )
    return (
        f"The app cannot run {run.recipe.name}: it cannot make its features "
        f"({run.recipe.features['kind']}) live. {so}"
    )
