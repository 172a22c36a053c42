"""How well a model does on people, microphones and noises it has never heard.

Streams of the held-out recordings go through the very program that users run, in a process of
its own, and once more through the `Recognizer` in this process, which also tells where it
heard voice. Both must print the same words.
"""

import importlib.metadata
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from recognizer import __version__
from recognizer.model_file import default_model_path, read_metadata
from train.bench.draws import drawn, other_draws
from train.bench.failures import failures
from train.bench.kept import measuring
from train.bench.run import int8_of, is_heard_again, why_skipped
from train.bench.wanted import judged
from train.evaluation.det import trade_off
from train.evaluation.evaluate_clips import single_recordings
from train.evaluation.folder_groups import FolderRecordings, Part
from train.evaluation.materials import materials_of
from train.evaluation.measuring import Job, Measured, evaluate_stream
from train.evaluation.pooling import pool, snr_curve
from train.evaluation.snr_groups import snr_of
from train.tasks import Tasks

__all__ = ["evaluate", "evaluate_stream", "headline"]


def evaluate(
    model_path: Path | None = None,
    data: Path | Sequence[Path] | FolderRecordings | None = None,
    groups: Sequence[str] | None = None,
    *,
    split: Part = "test",
    seed: int = 0,
    threshold: float | None = None,
    limit: int | None = None,
    through_command_line: bool = True,
    peer: bool = False,
    snr: bool = False,
    thresholds: Sequence[float] = (),
    single: bool = False,
    bench: bool = False,
    int8: bool = False,
    draws: int = 1,
    kept: Path | None = None,
    processes: int = 1,
) -> dict[str, Any]:
    """Measure a model on streams of held-out recordings.

    Parameters
    ----------
    model_path
        The model file; None takes the one that ships.
    data
        The folder of the recordings; None takes `default_data_folder`. Or any other folders: see
        `train.evaluation.folder_groups.read_folders`. Or what that returned.
    groups
        Some of `train.evaluation.stream_groups.GROUPS` and
        `train.evaluation.folder_groups.FOLDER_GROUPS`; None takes all there are recordings for.
    split
        The part of the speakers and noises to use: "test", or "validation" to tune on; of other
        folders than that of all corpora, also "all".
    seed
        Chooses order, gaps and levels.
    threshold
        Another threshold than the model's own.
    limit
        The most recordings in a group; None takes them all, of other folders
        `train.evaluation.folder_groups.RECORDINGS_AT_MOST`.
    through_command_line
        Take the words from the command line program, in a process of its own, and compare
        them with this process's; False is faster.
    peer
        Measure PocketSphinx on the same streams, too.
    snr
        Measure also the same words in ever louder noise.
    thresholds
        Run also at these thresholds, in this process, for the curve of misses against false
        alarms.
    single
        Measure also each recording of a keyword by itself.
    bench
        Measure on the streams of `train.bench.groups`, too, and hold the figures against what is
        wanted.
    int8
        Measure also what int8 loses (`train.bench.int8_loss`).
    draws
        Measure the wanted shares with so many draws of order, gaps and levels, the seed's own among
        them (`train.bench.draws`).
    kept
        Keep what was measured of each group in this folder, and take it from there again.
    processes
        How many groups are measured at a time.

    Returns
    -------
    dict
        Plain values for a JSON file. ``groups`` has what `train.evaluation.scoring.summarize`
        returns for each group, ``skipped`` the groups the split has no recordings for, ``peer`` the
        same as ``groups`` for PocketSphinx, ``agree`` whether program and process printed the same.
        ``all`` sums up the groups (`train.evaluation.pooling.pool`), ``det`` has the curves of
        `train.evaluation.det.trade_off`, ``snr`` what noise does
        (`train.evaluation.pooling.snr_curve`), ``clips`` the single recordings
        (`train.evaluation.clip_scores.clip_figures`), ``fails`` where the model fails
        (`train.bench.failures.failures`), ``wanted`` what is reached (`train.bench.wanted.judged`),
        ``int8`` what int8 loses, ``draws`` what other draws come to (`train.bench.draws.drawn`),
        ``notes`` what a reader must know about the choice of recordings.

    Raises
    ------
    RecognizerError
        When the model, a corpus or a recording cannot be used.

    """
    model = model_path or default_model_path()
    # Its errors name the file that was asked for.
    read_metadata(model)
    with tempfile.TemporaryDirectory(prefix="keyword-") as folder, Tasks(processes) as tasks:
        # Whoever trains may replace the file at any moment, and this takes minutes.
        copy = Path(shutil.copyfile(model, Path(folder) / model.name))
        metadata = read_metadata(copy)
        own = metadata.threshold if threshold is None else threshold
        materials = materials_of(
            data, groups, metadata.keywords, split, limit, snr=snr, bench=bench
        )
        jobs = [
            Job(
                name,
                kind,
                material.recordings,
                "validation" if split == "validation" else "test",
                metadata.keywords,
                seed,
                material.limit,
                copy,
                threshold,
                tuple(sorted({*thresholds, own}))
                if thresholds and kind.sweep and snr_of(name) is None
                else (),
                through_command_line and is_heard_again(name),
                peer and is_heard_again(name),
            )
            for material in materials
            for name, kind in material.kinds.items()
        ]
        measured = list(tasks.map(measuring(kept), jobs, "Evaluating"))
        clips = (
            single_recordings(materials, copy, metadata, split, limit, tasks) if single else None
        )
        again = other_draws(jobs, draws, measuring(kept), tasks) if draws > 1 else []
        lost = None
        if int8:
            lost = int8_of(model, copy, materials, jobs, tasks)
    found = _found(jobs, measured, groups or ())
    kinds = {job.name: job.kind for job in jobs}
    pooled = pool({name: one for name, one in found["groups"].items() if not kinds[name].again})
    notes = [note for one in materials for note in getattr(one.recordings, "notes", ())]
    notes += [f"Left out: {reason}" for one in measured for reason in one.left_out]
    notes += why_skipped(found["skipped"])
    result = {
        "model": str(model),
        "keywords": list(metadata.keywords),
        "threshold": own,
        "split": split,
        "seed": seed,
        "limit": limit,
        "through": "command line" if through_command_line else "this process",
        "versions": _versions(),
        "agree": all(one.agree for one in measured) if through_command_line else None,
        "skipped": found["skipped"],
        "groups": found["groups"],
        **({"peer": found["peer"]} if peer else {}),
        "all": pooled,
        "fails": failures(
            found["groups"], (pooled or {}).get("groups", []), list(metadata.keywords)
        ),
        "int8": lost,
        "det": trade_off(found["groups"]),
        "snr": snr_curve(found["groups"]),
        "clips": clips,
        "notes": list(dict.fromkeys(notes)),
    }
    if draws > 1:
        result["draws"] = drawn(result, again)
    return {**result, "wanted": judged(result)} if bench else result


def _found(
    jobs: Sequence[Job], measured: Sequence[Measured], asked: Sequence[str]
) -> dict[str, Any]:
    """Return ``groups``, ``peer`` and ``skipped``, in the order of the jobs."""
    groups, peer = {}, {}
    skipped = [name for name in asked if all(job.name != name for job in jobs)]
    for job, one in zip(jobs, measured, strict=True):
        if one.summary is not None:
            groups[job.name] = one.summary
        # Nobody expects every kind of recording in just any folder.
        elif job.name in asked or not isinstance(job.recordings, FolderRecordings):
            skipped.append(job.name)
        if one.peer is not None:
            peer[job.name] = one.peer
    return {"groups": groups, "peer": peer, "skipped": skipped}


def headline(result: dict[str, Any]) -> dict[str, Any]:
    """Return the few figures of an evaluation that belong into the model file.

    Returns
    -------
    dict
        For each group: its size, the shares right, wrong, of other words called a keyword and
        of voice found, false alarms an hour, the delay; None where a group has no such figure.

    """
    rows = {}
    for name, group in result["groups"].items():
        delay = group["delay_s"] or {"median": None, "percentile_95": None}
        rows[name] = {
            "words": group["keywords"]["said"] + group["other_words"]["said"],
            "speakers": group["speakers"],
            "hours": round(group["hours"], 4),
            "right": _rounded(group["keywords"]["right"]["share"]),
            "wrong": _rounded(group["keywords"]["wrong"]["share"]),
            "called_a_keyword": _rounded(group["other_words"]["called_a_keyword"]["share"]),
            "voice_found": _rounded((group["voice_found"] or {}).get("share")),
            "false_alarms_per_hour": _rounded(group["false_alarms"]["per_hour"]),
            "delay_median_s": _rounded(delay["median"]),
            "delay_95_s": _rounded(delay["percentile_95"]),
        }
    return {
        "split": result["split"],
        "seed": result["seed"],
        "threshold": result["threshold"],
        "through": result["through"],
        "groups": rows,
    }


def _versions() -> dict[str, str]:
    names = ("ai-edge-litert", "numpy", "soundfile", "soxr")
    return {"keyword-recognizer": __version__} | {
        name: importlib.metadata.version(name) for name in names
    }


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 4)
