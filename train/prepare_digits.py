"""Everything that comes before the training of the composed recipes, as the digits: one command.

Alignment, synthetic voices and composed windows, each kept in the work folder and taken up again
when the command is repeated.
"""

import json
from dataclasses import asdict, replace
from pathlib import Path

from train.align import align
from train.console import console
from train.corpora import Clip, Utterance
from train.fit import FIRST_STAGE
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
        for name in ("train.json", "validation.json", "history.json", FIRST_STAGE):
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
    return (
        prepare_train(recipe, data, work, voices=voices, processes=processes, scheduler=scheduler),
        prepare_validation(
            recipe, data, work, voices=voices, processes=processes, scheduler=scheduler
        ),
    )


def prepare_train(
    recipe: Recipe,
    data: Path,
    work: Path,
    *,
    voices: Path | None = None,
    processes: int,
    scheduler: str | None = None,
) -> Prepared:
    """Make the windows of the training speakers; see `prepare_digits`."""
    voices = voices or work
    alignments = _aligned(data, voices, processes)
    synthetic, readings = let_speak(recipe, voices, processes=processes)
    if not (work / "train.json").exists():
        prepare(
            data,
            work,
            "train",
            alignments=alignments,
            synthetic=synthetic,
            readings=readings,
            streams=recipe.prepare.train_streams,
            shares=recipe.compose,
            seed=recipe.seed,
            processes=processes,
            scheduler=scheduler,
        )
    return load_prepared(work, "train")


def prepare_validation(
    recipe: Recipe,
    data: Path,
    work: Path,
    *,
    voices: Path | None = None,
    processes: int,
    scheduler: str | None = None,
) -> Prepared:
    """Make the windows of the validation speakers, all of them people; see `prepare_digits`."""
    alignments = _aligned(data, voices or work, processes)
    if not (work / "validation.json").exists():
        prepare(
            data,
            work,
            "validation",
            alignments=alignments,
            synthetic=[],
            readings=[],
            streams=recipe.prepare.validation_streams,
            shares=recipe.compose,
            seed=recipe.seed + 1,
            processes=processes,
            scheduler=scheduler,
        )
    return load_prepared(work, "validation")


def let_speak(
    recipe: Recipe, voices: Path, *, processes: int
) -> tuple[list[Clip], list[Utterance]]:
    """Make what synthetic voices say for a recipe, as far as it is not there.

    Parameters
    ----------
    recipe
        The recipe.
    voices
        The folder that gets the folders ``synthetic`` and ``readings``.
    processes
        How many engines run at once.

    Returns
    -------
    tuple
        Words, and sentences.

    Raises
    ------
    DataError
        If espeak-ng or pocketsphinx is missing, or a file cannot be written.
    """
    wanted = recipe.prepare
    words = synthesize(
        voices / "synthetic",
        keyword_clips=wanted.digit_clips,
        other_clips=wanted.other_clips,
        near_clips=wanted.near_clips,
        accented_clips=wanted.accented_clips,
        more_words=common_words(DIGITS, wanted.vocabulary),
        processes=processes,
        console=console,
    )
    sentences = read_aloud(
        voices / "readings", DIGITS, count=wanted.sentences, processes=processes, console=console
    )
    return words, sentences


def _aligned(data: Path, voices: Path, processes: int) -> Path:
    alignments = voices / "alignments.json"
    if not alignments.exists():
        summary = align(data, alignments, processes=processes, console=console)
        for skipped in summary.skipped:
            console.print(f"[dim]not aligned, left out: {skipped}[/dim]")
    return alignments
