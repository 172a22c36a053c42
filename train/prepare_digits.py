"""Everything that comes before the training of the composed recipes, as the digits: one command.

Alignment, synthetic voices and composed windows, each kept in the work folder and taken up again
when the command is repeated.
"""

import json
from dataclasses import asdict, replace
from pathlib import Path

from train.align import align
from train.console import console
from train.corpora import Split
from train.prepare import Prepared, load_prepared, prepare
from train.recipe import Recipe
from train.sentences import common_words, read_aloud
from train.synthesize import synthesize
from train.vocabulary import DIGITS


def begin(work: Path, recipe: Recipe, resume: bool) -> None:
    """Forget what another recipe left in the work folder; the threshold changes no weights."""
    work.mkdir(parents=True, exist_ok=True)
    wanted = json.dumps(asdict(replace(recipe, threshold=0.0)), indent=1)
    stamp = work / "recipe.json"
    if not resume or not stamp.exists() or stamp.read_text() != wanted:
        for name in ("train.json", "validation.json", "history.json"):
            (work / name).unlink(missing_ok=True)
        if not resume:
            (work / "alignments.json").unlink(missing_ok=True)
        stamp.write_text(wanted)


def prepare_digits(
    recipe: Recipe,
    data: Path,
    work: Path,
    *,
    voices: Path | None = None,
    processes: int,
    scheduler: str | None = None,
) -> tuple[Prepared, Prepared]:
    """Make what is not in the work folder yet.

    Parameters
    ----------
    recipe
        The recipe; see `begin`.
    data
        The folder of the recordings.
    work
        Where everything is kept.
    voices
        Where alignments and synthetic voices are kept, if elsewhere: they suit every recipe.
    processes, scheduler
        See `train.tasks.Tasks`. On a cluster the windows are composed, which takes longest; voices
        and alignments are made here.

    Returns
    -------
    tuple
        The windows of the training and of the validation speakers.

    Raises
    ------
    DataError
        If recordings or a tool are missing.
    """
    voices = voices or work
    alignments = voices / "alignments.json"
    if not alignments.exists():
        summary = align(data, alignments, processes=processes, console=console)
        for skipped in summary.skipped:
            console.print(f"[dim]not aligned, left out: {skipped}[/dim]")
    synthetic = synthesize(
        voices / "synthetic",
        keyword_clips=recipe.prepare.digit_clips,
        other_clips=recipe.prepare.other_clips,
        near_clips=recipe.prepare.near_clips,
        accented_clips=recipe.prepare.accented_clips,
        more_words=common_words(DIGITS, recipe.prepare.vocabulary),
        processes=processes,
        console=console,
    )
    readings = read_aloud(
        voices / "readings",
        DIGITS,
        count=recipe.prepare.sentences,
        processes=processes,
        console=console,
    )
    parts = []
    split: Split
    for split, streams, clips, sentences in (
        ("train", recipe.prepare.train_streams, synthetic, readings),
        ("validation", recipe.prepare.validation_streams, [], []),
    ):
        if not (work / f"{split}.json").exists():
            prepare(
                data,
                work,
                split,
                alignments=alignments,
                synthetic=clips,
                readings=sentences,
                streams=streams,
                shares=recipe.compose,
                seed=recipe.seed if split == "train" else recipe.seed + 1,
                processes=processes,
                scheduler=scheduler,
            )
        parts.append(load_prepared(work, split))
    return parts[0], parts[1]
