"""What ``train fit`` does for a system: recordings, corrections, training, the app's model."""

import argparse
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from train.console import console, say
from train.corpora import Clip
from train.errors import DataError
from train.systems import run as runs
from train.systems.augment import for_copies
from train.systems.corrections import read_corrections, saved_folder, with_corrections
from train.systems.display import Display
from train.systems.features import make_features
from train.systems.fit import best_epoch, fit_system
from train.systems.recipe import SystemRecipe, load_system, split_name
from train.systems.run import Run, load_run
from train.systems.words import keywords_of, normal, read_words
from train.tasks import Tasks


def fit(options: argparse.Namespace, out: Path) -> int:
    """Train a system into a run folder, and make the app's model where the app can run it.

    Parameters
    ----------
    options
        As `train.commands.fit` parses them.
    out
        The run folder.

    Raises
    ------
    DataError
        If there is a run in the folder already, or the recordings, the recipe or the options do
        not fit.
    """
    name, augmented = split_name(options.recipe)
    recipe = load_system(name)
    augment = augmented or options.augment
    before = None
    if options.resume and (out / runs.RECORD).exists():
        before = load_run(out, unfinished=True)
        _check_same(before, options, augment)
        clips, words, augment = before.clips, list(before.words), before.augment
        data = before.record.get("data", [])
    else:
        if not options.data:
            raise DataError(
                f"There is no run in {out} to go on with; name the recordings with --data."
            )
        if not options.force:
            runs.check_free(out)
        clips, words = _recordings(options, recipe)
        data = [str(folder.absolute()) for folder in options.data]
    if augment:
        recipe = for_copies(recipe)
    cache = options.work / "features"
    parts = {split: [c for c in clips if c.split == split] for split in ("train", "validation")}
    with Tasks(options.processes, options.scheduler) as tasks:
        with _told_how_to_go_on(out), Display(console) as display:
            fit_system(
                recipe,
                parts["train"],
                parts["validation"],
                words,
                augment=augment,
                tasks=tasks,
                run=out,
                resume=before is not None,
                force=options.force,
                epochs=options.epochs or (before.recipe.training.epochs if before else None),
                cache=cache,
                test=[clip for clip in clips if clip.split == "test"],
                about={"data": data},
                watcher=display,
            )
        run = load_run(out)
        _say_result(run)
        _export(run, tasks, cache)
    return 0


def corrections_folder(options: argparse.Namespace) -> Path | None:
    """Return the folder of the user's corrections: the one named, or the window's."""
    if options.no_corrections:
        return None
    named: Path | None = options.corrections
    return named or saved_folder()


def _recordings(options: argparse.Namespace, recipe: SystemRecipe) -> tuple[list[Clip], list[str]]:
    """List the recordings, with the user's corrections, and the words to be known."""
    clips = read_words(options.data, options.words)
    # What was corrected for another model makes no new words.
    words = list(keywords_of(clips, options.words))
    folder = corrections_folder(options)
    if folder is None:
        return clips, words
    streaming = make_features(recipe.features).streaming
    fitting = [clip for clip in read_corrections(folder) if streaming or clip.word in words]
    if fitting or options.corrections:
        one = len(fitting) == 1
        say(
            f"{len(fitting)} correction{'' if one else 's'} from {folder} {'is' if one else 'are'} "
            "used; --no-corrections leaves them out"
        )
    return with_corrections(clips, fitting), words


@contextmanager
def _told_how_to_go_on(out: Path) -> Iterator[None]:
    try:
        yield
    except KeyboardInterrupt:
        if (out / runs.STATE).exists():
            say("repeat the command with --resume to go on")
        raise


def _check_same(before: Run, options: argparse.Namespace, augment: bool) -> None:
    """Refuse to go on with other options than a training was begun with."""
    data = [str(folder.absolute()) for folder in options.data or []]
    words = tuple(dict.fromkeys(map(normal, options.words or [])))
    differs = None
    if data and data != before.record.get("data"):
        differs = f"--data {' '.join(before.record.get('data', []))}"
    elif words and words != before.words:
        differs = f"the words {', '.join(before.words)}"
    elif augment and not before.augment:
        differs = "no --augment"
    elif before.finished and options.epochs not in (None, before.recipe.training.epochs):
        differs = f"--epochs {before.recipe.training.epochs}, and is finished"
    if differs:
        raise DataError(
            f"The training in {before.folder} was begun with {differs}; go on with just --resume, "
            "or begin again with --force."
        )


def _say_result(run: Run) -> None:
    best = best_epoch(run.history)
    sys.stdout.write(
        f"{run.folder}: epoch {best.epoch} of {len(run.history)} is kept, with a validation loss "
        f"of {best.validation_loss:.3f}, accuracy {best.validation_accuracy:.1%} and macro F1 "
        f"{best.validation_f1:.3f}\n"
    )
    sys.stdout.flush()


def _export(run: Run, tasks: Tasks, cache: Path) -> None:
    """Make the app's model, or say plainly that the app cannot run the system."""
    if not make_features(run.recipe.features).streaming:
        sys.stdout.write(
            f"The app cannot run {run.recipe.name}, whose features need the whole recording; "
            f"measure it with: recognizer-train evaluate {run.folder}\n"
        )
        return
    from train.exports import export_run
    from train.exports.report import text_of

    out = run.folder / runs.APP_MODEL
    if not out.exists():
        sys.stdout.write(f"{text_of(export_run(run, out, tasks=tasks, cache=cache))}\n")
    sys.stdout.write(f"Try it with: recognizer --model {out}\n")
