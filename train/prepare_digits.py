"""Everything that comes before the training of the composed recipes, as the digits: one command.

Alignment, synthetic voices and composed windows, each kept in the work folder and taken up again
when the command is repeated.
"""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Literal

from train.align import align
from train.console import console
from train.corpora import Clip, Utterance
from train.fit import MEANS, STATE
from train.prepare import Prepared, load_prepared, prepare
from train.recipe import Recipe
from train.sentences import common_words, read_aloud
from train.synthesize import synthesize
from train.vocabulary import DIGITS

Part = Literal["train", "validation"]
PARTS: tuple[Part, ...] = ("train", "validation")
"""What is composed, each from a seed of its own."""


def begin(work: Path, recipe: Recipe, resume: bool) -> None:
    """Forget what another recipe left in the work folder; the decision changes no weights."""
    work.mkdir(parents=True, exist_ok=True)
    decides = asdict(recipe)
    del decides["decision"]
    wanted = json.dumps(decides, indent=1)
    stamp = work / "recipe.json"
    if not resume or not stamp.exists() or stamp.read_text() != wanted:
        for name in ("train.json", "validation.json", "history.json", STATE):
            (work / name).unlink(missing_ok=True)
        for mean in work.glob(MEANS.format("*")):
            mean.unlink(missing_ok=True)
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
    train, validation = (
        prepare_part(
            part, recipe, data, work, voices=voices, processes=processes, scheduler=scheduler
        )
        for part in PARTS
    )
    return train, validation


def prepare_part(
    part: Part,
    recipe: Recipe,
    data: Path,
    work: Path,
    *,
    voices: Path | None = None,
    processes: int,
    scheduler: str | None = None,
) -> Prepared:
    """Make the windows of one part of the speakers; see `prepare_digits`.

    Synthetic voices are only among the speakers for training.
    """
    voices = voices or work
    alignments = _aligned(data, voices, processes)
    training = part == "train"
    synthetic, readings = let_speak(recipe, voices, processes=processes) if training else ([], [])
    if not (work / f"{part}.json").exists():
        wanted = recipe.prepare
        prepare(
            data,
            work,
            part,
            alignments=alignments,
            synthetic=synthetic,
            readings=readings,
            streams=wanted.train_streams if training else wanted.validation_streams,
            shares=recipe.compose,
            seed=recipe.seed + PARTS.index(part),
            processes=processes,
            scheduler=scheduler,
        )
    return load_prepared(work, part)


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
