"""`train model`: from the recordings to the model that ships, in one command.

Alignment, synthetic voices, composed windows, training, quantization and measuring, each step
kept in the work folder and taken up again when the command is repeated. The old model stays in
place until the new one is whole and measured.
"""

from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from recognizer.log_mel import FrontendParameters
from recognizer.model_file import read_model, write_model
from recognizer.model_metadata import ModelMetadata
from train import fit as fitting
from train.checkpoint_score import validate, validation_windows
from train.console import console
from train.corpora import Clip, load_isolated, load_noise, load_utterances, read_audio
from train.errors import DataError
from train.evaluation.evaluate import evaluate, headline
from train.export import ExportReport, export_int8
from train.live_windows import cut_windows
from train.model_record import training_record
from train.prepare import LABELS, Prepared
from train.prepare_digits import begin, prepare_digits
from train.recipe import Recipe, load_recipe
from train.tasks import Tasks
from train.threshold import choose_threshold, set_threshold
from train.vocabulary import TAUGHT

Float32Array = npt.NDArray[np.float32]

UNDECIDED = 0.5
"""The threshold of a network for which none was chosen."""

RECIPES = Path(__file__).parent / "recipes"
CALIBRATION = RECIPES / "digits.calibration.txt"
"""Clips of training speakers on which the ranges of the int8 model are measured."""


def make_model(
    recipe_path: Path,
    data: Path,
    work: Path,
    out: Path,
    *,
    processes: int = 2,
    resume: bool = True,
) -> dict[str, Any]:
    """Train, quantize, measure, and put the model in its place.

    Parameters
    ----------
    recipe_path
        The recipe.
    data
        The folder of the recordings.
    work
        Where steps are kept (about 4 GB).
    out
        The model file to write.
    resume
        Whether steps that are already in the work folder, made by the same recipe, are kept.

    Returns
    -------
    dict
        What `train.evaluation.evaluate.evaluate` measured on the test speakers.

    Raises
    ------
    DataError
        If recordings, a tool or the recipe are missing or do not fit.
    """
    recipe = load_recipe(recipe_path)
    begin(work, recipe, resume)
    train, validation = prepare_digits(recipe, data, work, processes=processes)
    model = load_or_fit(recipe, train, validation, work)
    candidate = work / "candidate.tflite"
    report = export_candidate(model, recipe, data, validation, candidate)
    chosen = choose_threshold(candidate, data, recipe.decision, processes=processes)
    set_threshold(candidate, chosen)
    console.print(
        f"int8: {report.file_bytes / 1000:.0f} kB, agrees with float on {report.agreement:.2%} of "
        f"{report.windows} validation windows"
    )
    console.print(
        f"threshold {chosen.threshold:g}, which {chosen.called:.1%} of the validation speakers' "
        "other words pass"
    )
    result = evaluate(candidate, data)
    flatbuffer, metadata = read_model(candidate)
    measured = {**metadata.training, "evaluation": headline(result)}
    write_model(out, flatbuffer, replace(metadata, training=measured))
    console.print(f"written: {out}")
    console.print(f"written: {_keep_trunk(model, train, data, out, recipe.seed, processes)}")
    return result


def _keep_trunk(
    model: Any, train: Prepared, data: Path, out: Path, seed: int, processes: int
) -> Path:
    """Keep what other words can be taught from, beside the model file."""
    import keras

    from train.network import EMBEDDING
    from train.teach.background import choose_background, joined, record_voices
    from train.teach.trunk import embed, save_trunk

    trunk = keras.Model(model.input, model.get_layer(EMBEDDING).output)
    embedded = partial(embed, trunk)
    composed = choose_background(train, embedded, seed=seed)
    clips = [
        clip for clip in load_isolated(data) if clip.split == "train" and clip.word not in TAUGHT
    ]
    with Tasks(processes) as tasks:
        people = record_voices(
            clips,
            [one for one in load_utterances(data) if one.split == "train"],
            FrontendParameters(),
            embedded,
            tasks=tasks,
            seed=seed,
        )
    return save_trunk(out, model.get_weights(), joined(composed, people))


def load_or_fit(
    recipe: Recipe,
    train: Prepared,
    validation: Prepared,
    work: Path,
) -> Any:
    """Train, or take up what a folder holds of a training that is finished.

    Returns
    -------
    keras.Model
        The network with its best weights; how the training went stays in the folder.
    """
    weights, finished = work / "best.weights.h5", work / "history.json"
    if finished.exists() and weights.exists():
        return fitting.load(recipe.fit, train, weights)
    so_far = work / "history.part.json"
    history: list[fitting.Progress] = []
    behind = fitting.steps_behind(recipe.fit, weights, recipe.seed)
    if behind and so_far.exists():
        history = [one for one in fitting.load_history(so_far) if one.step <= behind]
    columns = (
        TextColumn("training"),
        BarColumn(),
        TextColumn("{task.completed}/{task.total}"),
        TextColumn("{task.description}"),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console) as bar:
        task = bar.add_task("", total=recipe.fit.all_steps)

        def note(now: fitting.Progress) -> None:
            history.append(now)
            fitting.save_history(so_far, history)
            if not console.is_terminal:
                # A log has no moving bar; a line now and then tells that it goes on.
                console.print(
                    f"step {now.step} of {now.steps}: loss {now.loss:.3f}, "
                    f"{now.found:.1%} of the validation keywords found"
                )
            bar.update(task, description=f"{now.found:.1%} found")

        model = fitting.fit(
            train,
            validation,
            recipe.fit,
            weights,
            seed=recipe.seed,
            on_step=lambda step: bar.update(task, completed=step),
            on_progress=note,
        )
    fitting.save_history(finished, history)
    so_far.unlink(missing_ok=True)
    return model


def export_candidate(
    model: Any,
    recipe: Recipe,
    data: Path,
    validation: Prepared,
    path: Path,
) -> ExportReport:
    """Quantize a trained network and write it with its record; see `train.export.export_int8`.

    Its threshold is none yet: see `train.threshold.choose_threshold`.
    """
    frontend = FrontendParameters()
    # Of this network, which is none of those that were validated in training: it is the mean of
    # all stages.
    loss, found = validate(model, *validation_windows(validation))
    record = training_record(recipe, model, {"loss": round(loss, 4), "found": round(found, 4)})
    metadata = ModelMetadata(labels=LABELS, frontend=frontend, threshold=UNDECIDED, training=record)
    chosen = np.sort(
        np.random.default_rng(0).choice(
            len(validation.labels), min(4000, len(validation.labels)), replace=False
        )
    )
    return export_int8(
        model,
        calibration_windows(data, frontend),
        path,
        metadata,
        windows=validation.features(chosen),
        answers=validation.labels[chosen],
    )


def calibration_windows(data: Path, frontend: FrontendParameters) -> Float32Array:
    """Cut the committed calibration clips by the live cutter, as they are.

    Returns
    -------
    numpy.ndarray
        float32 ``[n, window_frames, mel_bands]``, normalized.

    Raises
    ------
    DataError
        If most of the clips are missing.
    """
    names = CALIBRATION.read_text().split("\n")
    windows: list[Float32Array] = []
    quiet = np.zeros(frontend.sample_rate // 2, np.float32)
    for name in filter(None, names):
        if (data / name).exists():
            samples = np.concatenate((quiet, read_audio(data / name), quiet))
            windows += [window for _, _, window in cut_windows(samples, frontend)][::4]
    if len(windows) < 50:
        raise DataError(f"Hardly any of the calibration clips of {CALIBRATION} are in {data}.")
    return np.stack(windows)


def choose_calibration(data: Path, count: int = 150) -> list[str]:
    """Choose calibration clips: training speakers, all words and noises alike."""
    rng = np.random.default_rng(0)
    clips: list[Clip] = [c for c in load_isolated(data) if c.split == "train"]
    words = sorted({clip.word for clip in clips})
    chosen = [
        [clip for clip in clips if clip.word == word]
        for word in (words * (1 + count // len(words)))[: count - 10]
    ]
    noises = [clip for clip in load_noise(data) if clip.split == "train"]
    drawn = [options[int(rng.integers(len(options)))] for options in [*chosen, *[noises] * 10]]
    return sorted({clip.path.relative_to(data).as_posix() for clip in drawn})
