"""Train a recipe without one of its parts, and measure it; what is finished is kept."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from recognizer.model_file import read_metadata
from train.ablation.levers import WHOLE, Lever
from train.console import console
from train.errors import DataError
from train.evaluation.evaluate import evaluate, headline
from train.files import replace_file
from train.model import export_candidate, load_or_fit
from train.prepare_digits import prepare_part
from train.recipe import Recipe

GROUPS = (
    *("crowd", "accented", "noisy", "twice", "other_words", "near"),
    *("running_speech", "commands", "household"),
)
"""What is measured: every figure that the bench wants, on the least of its streams."""


PASSING = 0.02
"""Share of the words that are no digit that each network lets pass: each is measured at the
threshold at which it does, because a network that is merely bolder finds more of everything."""
FINEST = 0.01
"""How finely that threshold is sought."""


def shortened(recipe: Recipe, steps: int | None, streams: int | None) -> Recipe:
    """Return a recipe with fewer steps, and fewer streams to train on; None leaves them.

    Its later stages are shortened as much as its first one.

    Raises
    ------
    DataError
        If there are no more steps than the warm-up has.
    """
    fit = recipe.fit
    if steps is not None:
        rounds = (replace(one, steps=round(one.steps * steps / fit.steps)) for one in fit.rounds)
        fit = replace(fit, steps=steps, rounds=tuple(rounds))
    prepare = recipe.prepare
    if streams is not None:
        prepare = replace(prepare, train_streams=streams)
    if fit.warmup_steps >= fit.steps:
        raise DataError(f"{fit.steps} steps are no more than the warm-up's {fit.warmup_steps}.")
    return replace(recipe, fit=fit, prepare=prepare)


def ablate(
    recipe: Recipe, levers: Sequence[Lever], data: Path, work: Path, *, processes: int = 2
) -> list[dict[str, Any]]:
    """Train and measure the recipe whole, and without each lever.

    Parameters
    ----------
    recipe
        The recipe; see `shortened`.
    levers
        What is left out, one at a time.
    data
        The folder of the recordings.
    work
        Where everything is kept: a run that was broken off goes on.

    Returns
    -------
    list of dict
        ``lever``, ``left_out``, ``validation`` (see `train.checkpoint_score.found_at`),
        ``file_bytes``, ``threshold`` (see `PASSING`), and ``groups`` as
        `train.evaluation.evaluate.headline` returns them; the whole recipe first.

    Raises
    ------
    DataError
        If recordings or a tool are missing.
    """
    rows = []
    for lever in (WHOLE, *levers):
        one = lever.without(recipe)
        kept = work / f"{lever.name}-{_digest(asdict(one))}.json"
        if not kept.exists():
            console.print(f"[bold]{lever.name}[/bold]: {lever.left_out}")
            row = {"lever": lever.name, "left_out": lever.left_out}
            row |= _measured(one, recipe, data, work, processes)
            replace_file(kept, json.dumps(row, indent=1))
        rows.append(json.loads(kept.read_text(encoding="utf-8")))
    return rows


def _measured(
    recipe: Recipe, whole: Recipe, data: Path, work: Path, processes: int
) -> dict[str, Any]:
    composed = _composed(recipe, work)
    train = prepare_part("train", recipe, data, composed, voices=work, processes=processes)
    # All are held against the same windows, those of what is left out among them.
    validation = prepare_part(
        "validation", whole, data, _composed(whole, work), voices=work, processes=processes
    )
    folder = work / f"fit-{_digest(asdict(recipe))}"
    folder.mkdir(exist_ok=True)
    model = load_or_fit(recipe, train, validation, folder)
    candidate = folder / "model.tflite"
    report = export_candidate(model, recipe, data, validation, candidate)
    threshold = matched_threshold(candidate, data)
    result = evaluate(
        candidate,
        data,
        GROUPS,
        threshold=threshold,
        through_command_line=False,
        bench=True,
        processes=processes,
    )
    return {
        "validation": read_metadata(candidate).training["validation"]["found"],
        "threshold": threshold,
        "file_bytes": report.file_bytes,
        **headline(result),
    }


def matched_threshold(model: Path, data: Path) -> float:
    """Return the lowest threshold at which no more than `PASSING` of the other words pass."""
    low, high = 0, round(1.0 / FINEST)
    while high - low > 1:
        middle = (low + high) // 2
        result = evaluate(
            model, data, ["other_words"], threshold=middle * FINEST, through_command_line=False
        )
        figures = result["groups"]["other_words"]["other_words"]
        if figures["called_a_keyword"]["share"] > PASSING:
            low = middle
        else:
            high = middle
    return round(high * FINEST, 2)


def _composed(recipe: Recipe, work: Path) -> Path:
    """Return the folder of a recipe's windows, which all that compose alike have in common."""
    composed = {"prepare": asdict(recipe.prepare), "compose": asdict(recipe.compose)}
    folder = work / f"windows-{_digest({**composed, 'seed': recipe.seed})}"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _digest(value: Any) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()[:10]
