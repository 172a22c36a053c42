"""The comparison: every system on every fold, one task each; what is finished is kept."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from train.compare.describe import describe, fold_record
from train.compare.fold import NOTHING, FoldJob, FoldResult, train_fold, with_epochs
from train.compare.kept import Kept
from train.compare.models import ModelFile, answers_of, read_model_file, time_of
from train.compare.rows import model_row, recipe_row
from train.compare.splits import Fold, material, random_fold, speaker_folds
from train.console import console
from train.corpora import Clip
from train.errors import DataError
from train.prepare_system import make_shared
from train.systems.augment import for_copies
from train.systems.recipe import AUGMENTED, SystemRecipe, load_system, split_name
from train.systems.words import keywords_of, read_words
from train.tasks import Tasks

SEED = 7
"""Of the random splits: that of the recipes."""


@dataclass(frozen=True, slots=True)
class System:
    """One system to compare."""

    name: str
    recipe: SystemRecipe
    augment: bool


def compare(
    names: Sequence[str],
    data: Sequence[Path],
    words: Sequence[str] | None = None,
    *,
    models: Sequence[Path] = (),
    random_splits: int = 1,
    folds: int | None = None,
    held_out: bool = True,
    epochs: int | None = None,
    seed: int = SEED,
    work: Path,
    cache: Path,
    processes: int = 1,
    scheduler: str | None = None,
    command: str = "",
    on_row: Callable[[dict[str, Any]], None] = lambda row: None,
) -> dict[str, Any]:
    """Train systems on the same divisions of the same recordings, and measure them on the rest.

    Every training runs on one thread, so that its figures do not depend on how many run beside it.

    Parameters
    ----------
    names
        Systems or recipe files; with "+augment" behind the name, with augmented training parts.
    data
        Folders of recordings, as `train.systems.words.read_words` takes them.
    words
        The words to be known; None: all there are.
    models
        Files of trained models, measured on recordings that they cannot know.
    random_splits, folds, held_out, seed
        How many divisions by chance, how many groups of speakers are held out in turn (None: see
        `speaker_folds`), whether any are, and what chance is seeded with.
    epochs
        Other than the recipes'.
    work, cache
        Where finished results, and features, are kept and found again.
    processes, scheduler
        See `train.tasks.Tasks`.
    command
        What was typed, for the record.
    on_row
        Called with each row as soon as it is known.

    Returns
    -------
    dict
        Plain values: ``rows`` in the order of `names`, then of `models` (see `train.compare.rows`),
        ``about`` what was compared, in sentences; ``folds`` the sizes of each division.

    Raises
    ------
    DataError
        If a recipe, the recordings, a model file or the cluster cannot be used.
    """
    systems = [_system(name, epochs) for name in dict.fromkeys(names)]
    files = [read_model_file(path) for path in models]
    clips = material(read_words(data, words))
    keywords = keywords_of(clips, words)
    if len(keywords) < 2:
        raise DataError(
            f"Of one word, {keywords[0]!r}, nothing can be compared; name at least two."
        )
    divisions = [
        random_fold(clips, keywords, seed=seed, number=n + 1) for n in range(random_splits)
    ]
    speakers = speaker_folds(clips, keywords, folds=folds) if held_out else []
    divisions += speakers
    if not divisions and systems:
        raise DataError(
            "There is nothing to test on: without random splits, recordings by at least two named "
            "speakers are needed."
        )
    kept = Kept(work)
    cache = cache.absolute()
    plans = [_plan(system, divisions, keywords, cache, kept) for system in systems]
    rows: dict[str, dict[str, Any]] = {}
    with Tasks(processes, scheduler, threads=1) as tasks:
        for one, results in _finished(plans, clips, kept, tasks):
            rows[one.system.name] = one.row(results, keywords)
            on_row(rows[one.system.name])
        made = [rows[system.name] for system in systems]
        for path, about in zip(models, files, strict=True):
            made.append(_listened(path, about, clips, keywords, tasks))
            on_row(made[-1])
    # Now that nothing else is computed here.
    for one, row in zip(plans, made, strict=False):
        if row["int8_bytes"] is not None:
            row["int8_seconds"] = time_of(kept.model(one.jobs[0][0]))
    for path, row in zip(models, made[len(plans) :], strict=True):
        row["int8_seconds"] = time_of(path)
    return {
        "command": command,
        "about": describe(clips, keywords, random_splits, speakers, epochs),
        "data": [str(folder) for folder in data],
        "words": list(keywords),
        "recordings": len([clip for clip in clips if clip.word in keywords]),
        "folds": [fold_record(fold) for fold in divisions],
        "seed": seed,
        "epochs": epochs,
        "rows": made,
    }


def _system(name: str, epochs: int | None) -> System:
    plain, augment = split_name(name)
    recipe = load_system(plain)
    if augment:
        # Says so where the recipe has no copies.
        recipe = for_copies(recipe)
    return System(name, with_epochs(recipe, epochs), augment)


@dataclass(frozen=True, slots=True)
class _Plan:
    """What is to be done for one system."""

    system: System
    jobs: list[tuple[str, FoldJob]]
    """With the keys of their results; one for each division."""

    def row(self, results: Sequence[FoldResult], words: Sequence[str]) -> dict[str, Any]:
        """Return the row of the system."""
        return recipe_row(
            self.system.name,
            self.system.recipe.description,
            words,
            [(job.fold, one) for (_, job), one in zip(self.jobs, results, strict=True)],
        )


def _plan(
    system: System, divisions: Sequence[Fold], words: tuple[str, ...], cache: Path, kept: Kept
) -> _Plan:
    jobs = []
    for number, fold in enumerate(divisions):
        # What a network takes as a file does not depend on the fold.
        job = FoldJob(system.recipe, system.augment, words, fold, cache, export=number == 0)
        jobs.append((kept.key(job.about(), fold.train, fold.validation, fold.test), job))
    return _Plan(system, jobs)


def _finished(
    plans: Sequence[_Plan], clips: Sequence[Clip], kept: Kept, tasks: Tasks
) -> Iterator[tuple[_Plan, list[FoldResult]]]:
    """Give each system with its results as soon as they are complete; keep every result."""
    results: dict[str, FoldResult] = {}
    todo: dict[str, FoldJob] = {}
    for key, job in (one for plan in plans for one in plan.jobs):
        if (found := _found(kept, key)) is not None:
            results[key] = found
        else:
            todo[key] = job
    if results:
        _say(f"{len(results)} of {len(results) + len(todo)} results are there already")
    waiting = list(plans)

    def complete() -> Iterator[tuple[_Plan, list[FoldResult]]]:
        for plan in list(waiting):
            if all(key in results for key, _ in plan.jobs):
                waiting.remove(plan)
                yield plan, [results[key] for key, _ in plan.jobs]

    yield from complete()
    for job in list(todo.values())[:1]:
        make_shared(
            [(plan.system.recipe, plan.system.augment) for plan in waiting],
            [clip for clip in clips if clip.word in job.words],
            cache=job.cache,
            tasks=tasks,
        )
    keys = list(todo)
    for number, (result, model) in tasks.as_done(train_fold, todo.values(), "training"):
        job = todo[keys[number]]
        kept.keep(keys[number], result.to_json(), model)
        results[keys[number]] = result
        _say(_told(job, result))
        yield from complete()


def _found(kept: Kept, key: str) -> FoldResult | None:
    """Return a result that is there and whole."""
    values = kept.find(key)
    if values is None:
        return None
    try:
        result = FoldResult(**values)
    except TypeError:
        return None
    whole = result.int8_bytes is None or kept.model(key).is_file()
    return result if whole else None


def _listened(
    path: Path, about: ModelFile, clips: Sequence[Clip], words: Sequence[str], tasks: Tasks
) -> dict[str, Any]:
    """Return the row of a model file."""
    known = [word for word in words if word in about.words]
    if not known:
        raise DataError(
            f"The model file {path} knows none of the words compared; it knows "
            f"{', '.join(about.words)}."
        )
    unseen = [clip for clip in clips if clip.word in known and not about.may_know(clip)]
    answers = answers_of(path, unseen, known, tasks=tasks, title=f"{path.name} listens")
    return model_row(path, about, known, unseen, answers, of_words=len(words))


def _told(job: FoldJob, result: FoldResult) -> str:
    words = job.words
    heard = [NOTHING if one == NOTHING else words[one] for one in result.answers]
    right = sum(one == clip.word for one, clip in zip(heard, job.fold.test, strict=True))
    what = "random split" if job.fold.kind == "random" else f"{job.fold.name} held out"
    name = job.recipe.name + (AUGMENTED if job.augment else "")
    epochs = "one epoch" if result.epochs == 1 else f"{result.epochs} epochs"
    return (
        f"{name}, {what}: {right / len(heard):.1%} of {len(heard)} right, "
        f"{epochs} in {result.seconds:.0f} s"
    )


def _say(text: str) -> None:
    console.print(text, markup=False, highlight=False, soft_wrap=True)
