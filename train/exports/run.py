"""Exporting what a training made: the app's model file, a float file, C source."""

import tempfile
from collections import defaultdict
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import numpy.typing as npt

from recognizer.log_mel import FrontendParameters
from recognizer.model_file import write_model
from recognizer.model_metadata import ModelMetadata
from train.corpora import Clip
from train.errors import DataError
from train.exports.c_source import write_c_source
from train.exports.float_file import write_float
from train.exports.in_place import (
    Rival,
    c_rival,
    float_rival,
    live_rival,
    recordings_of_words,
    refuse_better,
    refuse_other_words,
)
from train.exports.measure import HeldOut, file_answers, float_answers, hold_out, holds_words
from train.exports.record import training_record
from train.exports.report import Count, RunExport
from train.exports.tflite import convert
from train.splits import lot
from train.systems.dataset import make_examples
from train.systems.features import make_features
from train.systems.loop import predicted, softmax
from train.systems.quiet import start_keras

if TYPE_CHECKING:
    import keras

    from train.systems.run import Run
    from train.tasks import Tasks

Float32Array = npt.NDArray[np.float32]
Format = Literal["int8", "float", "c"]

CALIBRATION_CLIPS = 120
"""Training recordings on which the ranges of the int8 activations are measured."""
CALIBRATION_WINDOWS = 500
"""At most as many windows of them."""


def export_run(
    run: "Run",
    out: Path,
    *,
    tasks: "Tasks",
    force: bool = False,
    kind: Format = "int8",
    data: Sequence[Path] = (),
    cache: Path | None = None,
) -> RunExport:
    """Export the network of a finished run, and compare the file with it.

    Parameters
    ----------
    run
        See `train.systems.run.load_run`.
    out
        The file to write; of C source the header.
    tasks, cache
        Who makes the features, and where they are kept.
    force
        Whether what is in place is replaced even where it is better or knows other words.
    kind
        "int8" is the app's model file, "c" the same as C source, "float" a TFLite file in float32.
    data
        Folders whose recordings for testing are measured on in place of the run's own.

    Returns
    -------
    RunExport
        What the export cost.

    Raises
    ------
    DataError
        If the app cannot run the system ("int8", "c"), TFLite lacks an operation, there is nothing
        to calibrate or to measure on, or what is in place is better.
    ModelError
        If the file cannot be written.
    """
    if kind != "float" and not make_features(run.recipe.features).streaming:
        raise DataError(
            f"The app, like a small device, cannot run {run.recipe.name}, whose features "
            f"({run.recipe.features['kind']}) need the whole recording; --format float makes a "
            "file for other programs."
        )
    if not force and kind != "float":
        # Before all the work.
        with tempfile.TemporaryDirectory() as folder:
            refuse_other_words(out, _reader(out, kind, Path(folder), (), tasks), run.words)
    start_keras()
    held = hold_out(run, data, tasks=tasks, cache=cache)
    if kind == "float":
        return _export_float(run, out, held, force=force)
    return _export_int8(run, out, held, kind, tasks=tasks, cache=cache, force=force)


def calibration_windows(run: "Run", *, tasks: "Tasks", cache: Path | None = None) -> Float32Array:
    """Make windows of some of the training recordings: of all words, and of what is none.

    The choice depends on the recordings' names alone.

    Returns
    -------
    numpy.ndarray
        float32 ``[n, frames, bands]``, at most `CALIBRATION_WINDOWS`.

    Raises
    ------
    DataError
        If there is none.
    """
    examples = make_examples(
        _spread(run.part("train"), CALIBRATION_CLIPS),
        run.recipe,
        run.labels,
        negatives="train",
        tasks=tasks,
        title="features for calibration",
        cache=cache,
    )
    if not holds_words(examples, run):
        first = examples.left_out[0] if examples.left_out else "nothing is heard in them"
        raise DataError(
            f"None of the recordings that {run.folder} was trained on can be used any more "
            f"({first}), and on them the ranges of int8 numbers are measured; put them back."
        )
    count = min(len(examples), CALIBRATION_WINDOWS)
    chosen = np.linspace(0, len(examples) - 1, count).round().astype(int)
    windows: Float32Array = examples.features[chosen]
    return windows


def _export_int8(
    run: "Run",
    out: Path,
    held: HeldOut,
    kind: Format,
    *,
    tasks: "Tasks",
    cache: Path | None,
    force: bool,
) -> RunExport:
    model = run.model()
    windows = calibration_windows(run, tasks=tasks, cache=cache)
    record = training_record(run)
    record["calibration"] = f"{len(windows)} windows of recordings for training"
    flatbuffer = convert(model, make_features(run.recipe.features).shape, windows)
    with tempfile.TemporaryDirectory() as folder:
        new = Path(folder) / "new.tflite"
        write_model(new, flatbuffer, _metadata(run, record))
        after = file_answers(new)(held.examples.features)
        report = _report(model, out, "int8", flatbuffer, held, after)
        metadata = _metadata(run, {**record, "export": report.to_json()})
        write_model(new, flatbuffer, metadata)
        if not force:
            refuse_better(
                out,
                _reader(out, kind, Path(folder), held.clips, tasks),
                live_rival(new, held.clips, tasks=tasks),
                len(recordings_of_words(held.clips)),
            )
        if kind == "c":
            write_c_source(out, new)
        else:
            write_model(out, flatbuffer, metadata)
    return report


def _export_float(run: "Run", out: Path, held: HeldOut, *, force: bool) -> RunExport:
    model, features = run.model(), run.recipe.features
    flatbuffer = convert(model, make_features(features).shape)
    after = float_answers(flatbuffer)(held.examples.features)
    report = _report(model, out, "float", flatbuffer, held, after)
    if not force:
        total = report.total
        refuse_better(
            out,
            lambda: float_rival(out, features, held),
            Rival(run.words, flatbuffer, lambda: total.after),
            total.of,
        )
    record = {**training_record(run), "export": report.to_json()}
    write_float(out, flatbuffer, run.labels, features, run.recipe.threshold, record)
    return report


def _reader(
    out: Path, kind: Format, folder: Path, clips: Sequence[Clip], tasks: "Tasks"
) -> Callable[[], Rival]:
    if kind == "c":
        return lambda: c_rival(out, folder, clips, tasks=tasks)
    return lambda: live_rival(out, clips, tasks=tasks)


def _report(
    model: "keras.Model",
    out: Path,
    kind: str,
    flatbuffer: bytes,
    held: HeldOut,
    after: Float32Array,
) -> RunExport:
    before = softmax(predicted(model, held.examples.features))
    right_before, right_after = held.right(before), held.right(after)
    return RunExport(
        path=out,
        kind=kind,
        file_bytes=len(flatbuffer),
        parameters=int(model.count_params()),
        part=held.part,
        windows=len(held.examples),
        agreement=float(np.mean(before.argmax(axis=1) == after.argmax(axis=1))),
        counts=tuple(
            Count(what, of, right, right_after[what][0])
            for what, (right, of) in right_before.items()
            if of
        ),
    )


def _metadata(run: "Run", record: dict[str, Any]) -> ModelMetadata:
    return ModelMetadata(run.labels, FrontendParameters(), run.recipe.threshold, record)


def _spread(clips: Sequence[Clip], count: int) -> list[Clip]:
    """Choose recordings by lot, of each word as many as of the others, as far as there are."""
    ranked: dict[str, list[Clip]] = defaultdict(list)
    for clip in sorted(clips, key=_lot):
        ranked[clip.word].append(clip)
    in_turns = sorted(
        ((place, word, clip) for word, own in ranked.items() for place, clip in enumerate(own)),
        key=lambda one: one[:2],
    )
    return [clip for _, _, clip in in_turns[:count]]


def _lot(clip: Clip) -> tuple[float, str]:
    # The folder above may lie elsewhere on another machine.
    name = f"{clip.corpus}:{clip.path.parent.name}/{clip.path.name}"
    return lot(name), name
