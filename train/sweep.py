"""A search over a grid of settings: each is one training, chosen by the validation recordings.

The recordings of the part "test" are not touched.
"""

import itertools
import tomllib
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from train.compare.fold import forget_networks, with_epochs
from train.compare.kept import Kept
from train.console import console
from train.corpora import Clip
from train.errors import DataError
from train.prepare_system import make_shared
from train.systems.augment import for_copies
from train.systems.recipe import SystemRecipe, load_system, split_name
from train.systems.words import keywords_of, read_words
from train.tasks import Tasks

Setting = dict[str, Any]
"""Values by the key they are set for, as ``training.batch``."""

MOST_SETTINGS = 10_000


@dataclass(frozen=True, slots=True)
class SettingJob:
    """One training."""

    recipe: SystemRecipe
    augment: bool
    words: tuple[str, ...]
    train: tuple[Clip, ...]
    validation: tuple[Clip, ...]
    cache: Path


@dataclass(frozen=True, slots=True)
class SettingResult:
    """What came of it: the figures of the epoch whose weights would be kept."""

    validation_accuracy: float
    validation_f1: float
    validation_loss: float
    epochs: int
    """That were trained."""
    best_epoch: int
    parameters: int
    seconds: float


def sweep(
    name: str,
    grid: Sequence[tuple[str, Sequence[Any]]],
    data: Sequence[Path],
    words: Sequence[str] | None = None,
    *,
    augment: bool = False,
    epochs: int | None = None,
    work: Path,
    cache: Path,
    processes: int = 1,
    scheduler: str | None = None,
    command: str = "",
) -> dict[str, Any]:
    """Train a system with every combination of some settings.

    Parameters
    ----------
    name
        A system, or a recipe file; "+augment" behind it does the same as `augment`.
    grid
        Keys of the recipe, as ``training.learning_rate``, and their values.
    data, words
        As `train.systems.words.read_words` takes them, which also divides them.
    epochs
        Other than the recipe's.
    work, cache
        Where finished results, and features, are kept and found again.
    processes, scheduler
        See `train.tasks.Tasks`. Every training runs on one thread.
    command
        What was typed, for the record.

    Returns
    -------
    dict
        Plain values. ``rows``: the settings with what came of them, by falling validation
        accuracy, then by rising validation loss.

    Raises
    ------
    DataError
        If a key or a value does not fit, or as `train.systems.fit.fit_system`.
    """
    plain, with_copies = split_name(name)
    augment = augment or with_copies
    recipe = load_system(plain)
    base = with_epochs(for_copies(recipe) if augment else recipe, epochs)
    settings = combinations(grid)
    recipes = [with_setting(base, setting) for setting in settings]
    clips = read_words(data, words)
    keywords = keywords_of(clips, words)
    train = tuple(clip for clip in clips if clip.split == "train")
    validation = tuple(clip for clip in clips if clip.split == "validation")
    jobs = [
        SettingJob(recipe, augment, keywords, train, validation, cache.absolute())
        for recipe in recipes
    ]
    kept = Kept(work)
    about = [{"sweep": _values(job.recipe), "words": keywords, "augment": augment} for job in jobs]
    keys = [kept.key(one, train, validation) for one in about]
    results = _results(jobs, keys, kept, Tasks(processes, scheduler, threads=1))
    rows = [
        {"setting": setting, **asdict(result)}
        for setting, result in zip(settings, results, strict=True)
    ]
    rows.sort(key=lambda row: (-row["validation_accuracy"], row["validation_loss"]))
    return {
        "command": command,
        "recipe": base.to_json(),
        "augment": augment,
        "words": list(keywords),
        "train": len(train),
        "validation": len(validation),
        "rows": rows,
    }


def read_setting(text: str) -> tuple[str, list[Any]]:
    """Read ``key=value,value`` as it is typed: values as in TOML, or plain words.

    Raises
    ------
    ValueError
        If there is no key or no value.

    Examples
    --------
    >>> read_setting("training.learning_rate=1e-3,3e-3")
    ('training.learning_rate', [0.001, 0.003])
    >>> read_setting("network.filters=[32,64],[16]")
    ('network.filters', [[32, 64], [16]])
    """
    key, _, values = text.partition("=")
    try:
        read = list(tomllib.loads(f"values = [{values}]")["values"])
    except tomllib.TOMLDecodeError:
        read = [one.strip() for one in values.split(",") if one.strip()]
    if not key.strip() or not read:
        raise ValueError(f"{text!r} is no setting; write it as training.batch=32,64")
    return key.strip(), read


def combinations(grid: Sequence[tuple[str, Sequence[Any]]]) -> list[Setting]:
    """Return every combination of the values, the last key changing fastest.

    Raises
    ------
    DataError
        If a key is given twice, or there are too many.
    """
    keys = [key for key, _ in grid]
    for key in keys:
        if keys.count(key) > 1:
            raise DataError(f"{key} is set twice; name all its values in one --set.")
    count = 1
    for _, values in grid:
        count *= len(values)
    if count > MOST_SETTINGS:
        raise DataError(f"These are {count} settings, and {MOST_SETTINGS} is the limit.")
    return [
        dict(zip(keys, values, strict=True))
        for values in itertools.product(*(values for _, values in grid))
    ]


def with_setting(recipe: SystemRecipe, setting: Setting) -> SystemRecipe:
    """Return a recipe with other values.

    Raises
    ------
    DataError
        If the recipe has no such key, or the value does not fit.
    """
    values = recipe.to_json()
    for key, value in setting.items():
        section, _, name = key.rpartition(".")
        place = values.get(section) if section else values
        if not isinstance(place, dict) or name not in place or (not section and name != "seed"):
            raise DataError(
                f"The recipe {recipe.name} has no {key!r} to set; it has "
                f"{', '.join(_keys(values))}."
            )
        place[name] = value
    try:
        return SystemRecipe.from_json(values)
    except DataError as error:
        reason = str(error).removeprefix("The recorded recipe does not fit: ")
        raise DataError(
            f"{recipe.name} cannot be had with {describe(setting)}: {reason}"
        ) from error


def describe(setting: Setting) -> str:
    """Return a setting as it would be typed."""
    return ", ".join(f"{key}={value}" for key, value in setting.items())


def table(result: dict[str, Any]) -> str:
    """Return the rows as plain text, the best first."""
    keys = list(result["rows"][0]["setting"])
    lines = [[*keys, "Accuracy", "F1", "Loss", "Best epoch", "Parameters", "Training"]]
    for row in result["rows"]:
        lines.append(
            [
                *(str(row["setting"][key]) for key in keys),
                f"{100 * row['validation_accuracy']:.2f} %",
                f"{row['validation_f1']:.4f}",
                f"{row['validation_loss']:.4f}",
                f"{row['best_epoch']} of {row['epochs']}",
                f"{row['parameters']:,}",
                f"{row['seconds']:.0f} s",
            ]
        )
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    text = [
        "  ".join(cell.rjust(width) for cell, width in zip(line, widths, strict=True))
        for line in lines
    ]
    return "\n".join([*text, "", "Accuracy, F1 and loss: of the validation examples."]) + "\n"


def train_setting(job: SettingJob) -> SettingResult:
    """Train with one setting: one task."""
    from train.systems.fit import best_epoch, fit_system

    forget_networks()
    trained = fit_system(
        job.recipe,
        job.train,
        job.validation,
        job.words,
        augment=job.augment,
        tasks=Tasks(1),
        cache=job.cache,
    )
    best = best_epoch(trained.history)
    return SettingResult(
        validation_accuracy=best.validation_accuracy,
        validation_f1=best.validation_f1,
        validation_loss=best.validation_loss,
        epochs=len(trained.history),
        best_epoch=best.epoch,
        parameters=int(trained.model.count_params()),
        seconds=trained.seconds,
    )


def _results(
    jobs: Sequence[SettingJob], keys: Sequence[str], kept: Kept, tasks: Tasks
) -> list[SettingResult]:
    """Return the result of each job, from the folder or from a training."""
    results: dict[str, SettingResult] = {}
    for key in keys:
        try:
            results[key] = SettingResult(**(kept.find(key) or {}))
        except TypeError:
            continue
    todo = {key: job for key, job in zip(keys, jobs, strict=True) if key not in results}
    names = list(todo)
    with tasks:
        if todo:
            _make_shared(list(todo.values()), tasks)
        for number, result in tasks.as_done(train_setting, todo.values(), "training"):
            kept.keep(names[number], asdict(result))
            results[names[number]] = result
            console.print(
                f"{len(results)} of {len(set(keys))}: {result.validation_accuracy:.2%} right",
                highlight=False,
            )
    return [results[key] for key in keys]


def _make_shared(jobs: Sequence[SettingJob], tasks: Tasks) -> None:
    words, cache = jobs[0].words, jobs[0].cache
    for augment, part in ((jobs[0].augment, jobs[0].train), (False, jobs[0].validation)):
        said = [clip for clip in part if clip.word in words]
        make_shared([(job.recipe, augment) for job in jobs], said, cache=cache, tasks=tasks)


def _values(recipe: SystemRecipe) -> dict[str, Any]:
    values = recipe.to_json()
    return {key: values[key] for key in ("seed", "features", "network", "augment", "training")}


def _keys(values: dict[str, Any]) -> list[str]:
    sections = ("training", "network", "features", "augment")
    named = [f"{section}.{key}" for section in sections for key in values.get(section) or {}]
    return ["seed", *(key for key in named if not key.endswith(".kind"))]
