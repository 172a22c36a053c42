"""From the recordings to the model of connected digits, in one command.

Alignment, synthetic voices, composed strings, training, quantization and measuring; steps are
kept in the work folder and taken up again when the command is repeated. The old model stays in
place until the new one is whole and measured.
"""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from recognizer.model_file import read_model, write_model
from recognizer.model_metadata import ModelMetadata
from train.align import align
from train.connected.batches import held_windows
from train.connected.export import export_connected
from train.connected.fit import Progress, connected_frontend, fit
from train.connected.measure import evaluate_connected
from train.connected.prepare import LABELS, WORDS, Material, Prepared, prepare
from train.connected.recipe import ConnectedRecipe, load_connected_recipe
from train.console import console
from train.corpora.alignments import read_alignments, write_alignments
from train.corpora.values import Word
from train.model_record import training_record
from train.sentences import read_aloud
from train.synthesize import synthesize

OTHER_CLIPS = 8


def make_connected(
    recipe_path: Path, data: Path, work: Path, out: Path, *, processes: int = 2
) -> dict[str, Any]:
    """Train, quantize, measure, and put the model in its place.

    Parameters
    ----------
    recipe_path
        The recipe.
    data
        The folder of the recordings.
    work
        Where steps are kept (about 0.5 GB); that of ``train model`` can be used, too.
    out
        The model file to write.
    processes
        How many processes prepare.

    Returns
    -------
    dict
        What `train.connected.measure.evaluate_connected` measured on the test speakers.

    Raises
    ------
    DataError
        If recordings, a tool or the recipe are missing or do not fit.
    """
    recipe = load_connected_recipe(recipe_path)
    work.mkdir(parents=True, exist_ok=True)
    train, validation = _prepare(recipe, data, work, processes)
    history: list[Progress] = []

    def note(now: Progress) -> None:
        history.append(now)
        console.print(
            f"step {now.step} of {now.steps}: loss {now.loss:.3f}, "
            f"{now.right:.1%} of the validation frames of speech right"
        )

    model = fit(train, validation, recipe.fit, seed=recipe.seed, on_progress=note)
    frontend = connected_frontend(recipe.fit)
    last = {"step": history[-1].step, "frames_right": round(history[-1].right, 4)}
    record = training_record(recipe, model, last)
    metadata = ModelMetadata(LABELS, frontend, recipe.threshold, record)
    candidate = work / "connected.tflite"
    report = export_connected(model, candidate, metadata, held_windows(validation, frontend))
    console.print(
        f"int8: {report.file_bytes / 1000:.0f} kB, agrees with float on {report.agreement:.2%} of "
        "the steps"
    )
    result = evaluate_connected(candidate, data, peer=False)
    flatbuffer, metadata = read_model(candidate)
    measured = {**metadata.training, "evaluation": _headline(result)}
    write_model(out, flatbuffer, replace(metadata, training=measured))
    console.print(f"written: {out}")
    return result


def _prepare(
    recipe: ConnectedRecipe, data: Path, work: Path, processes: int
) -> tuple[Prepared, Prepared]:
    aligned = work / "alignments.json"
    if not aligned.exists():
        align(data, aligned, processes=processes, console=console)
    alignments = work / "connected-alignments.json"
    write_alignments(alignments, letters_as_digits(read_alignments(aligned)))
    synthetic = synthesize(
        work / "connected-words",
        keywords=WORDS,
        keyword_clips=recipe.compose.digit_clips,
        accented_clips=recipe.compose.accented_clips,
        other_clips=OTHER_CLIPS,
        processes=processes,
        console=console,
    )
    sentences = read_aloud(
        work / "connected-sentences",
        WORDS,
        count=recipe.compose.sentences,
        processes=processes,
        console=console,
    )
    made = (
        Material(data, "train", alignments, tuple(synthetic), tuple(sentences)),
        Material(data, "validation", alignments),
    )
    counts = (recipe.compose.train_strings, recipe.compose.validation_strings)
    prepared = [
        prepare(
            material,
            work,
            recipe.compose,
            strings=strings,
            seed=recipe.seed + turn,
            processes=processes,
        )
        for turn, (material, strings) in enumerate(zip(made, counts, strict=True))
    ]
    return prepared[0], prepared[1]


def letters_as_digits(
    alignments: Mapping[str, tuple[Word, ...]],
) -> dict[str, tuple[Word, ...]]:
    """Take the letter O for the digit "oh": they are said alike, and few say the digit."""
    return {
        name: tuple(replace(word, text="oh") if word.text == "o" else word for word in words)
        for name, words in alignments.items()
    }


def _headline(result: dict[str, Any]) -> dict[str, Any]:
    """Return the figures that travel with the model."""
    ours = result["ours"]
    rates = {
        name: {key: round(group[key], 4) for key in ("rate", "low", "high")}
        for name, group in ours["groups"].items()
        if group["words"]
    }
    false = {
        name: round(group["per_hour"], 2) for name, group in ours["quiet"].items() if group["hours"]
    }
    return {"digit_error_rate": rates, "false_digits_an_hour": false}
