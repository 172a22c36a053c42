"""What int8 loses against float: the same streams through both, word by word.

Two networks are compared. The float weights of a model file that ships may be gone; of it there is
the same network with its 8-bit weights and everything between them in float32, so that only a part
of the loss shows. The trunk beside the file has a network's weights in float16: this network is
written in float32 and quantized anew, as training does, and shows the whole of it.
"""

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from recognizer.classifier import Classifier
from recognizer.model_file import read_metadata
from recognizer.recognizer import Recognizer
from train.corpora import Split
from train.errors import DataError
from train.evaluation.listening import listen
from train.evaluation.scoring import score
from train.evaluation.stream_plan import Group, Source, build_group
from train.intervals import Z
from train.tasks import Tasks

GROUPS_HEARD = ("crowd", "close_talk", "accented")
"""The groups whose words are compared."""


@dataclass(frozen=True, slots=True)
class Pair:
    """One network twice."""

    title: str
    """Which network, and what is float in it."""
    int8: Path
    """The model file."""
    flatbuffer: bytes | None
    """The same in float32; None for the model file's own, dequantized."""


@dataclass(frozen=True, slots=True)
class _Task:
    pair: Pair
    name: str
    kind: Group
    recordings: Source
    keywords: tuple[str, ...]
    split: Split
    seed: int
    limit: int | None
    threshold: float | None


def int8_loss(
    model: Path,
    data: Path,
    kinds: Sequence[tuple[str, Group, Source]],
    keywords: Collection[str],
    tasks: Tasks,
    scratch: Path,
    *,
    split: Split = "test",
    seed: int = 0,
    limit: int | None = None,
    threshold: float | None = None,
    beside: Path | None = None,
) -> dict[str, Any]:
    """Hear some groups with networks in int8 and in float.

    Parameters
    ----------
    model
        The model file.
    data
        The folder of all corpora: what quantizing is calibrated on.
    kinds
        The groups, with what they are made of.
    keywords, split, seed, limit, threshold
        As for `train.evaluation.stream_plan.build_group` and `train.evaluation.evaluate.evaluate`.
    tasks
        Where they are heard.
    scratch
        A folder for what is exported.
    beside
        The model file that the trunk lies beside, where `model` is a copy.

    Returns
    -------
    dict
        ``networks``: for each its ``title`` and what `loss` returns; ``notes``.

    Raises
    ------
    RecognizerError
        If the model or a recording cannot be used.
    """
    pairs = [Pair("the file measured: 8-bit weights, the rest float", model, None)]
    notes = []
    try:
        pairs.append(of_trunk(beside or model, data, scratch))
    except DataError as error:
        notes.append(f"The whole loss by int8 is not measured: {error}")
    jobs = [
        _Task(pair, name, kind, source, tuple(keywords), split, seed, limit, threshold)
        for pair in pairs
        for name, kind, source in kinds
    ]
    heard = list(tasks.map(_hear, jobs, "int8 against float"))
    networks = []
    for pair in pairs:
        words = [
            word for job, one in zip(jobs, heard, strict=True) if job.pair is pair for word in one
        ]
        networks.append({"title": pair.title, **loss(words)})
    return {"networks": networks, "notes": notes}


def of_trunk(model: Path, data: Path, scratch: Path) -> Pair:
    """Write the network of a model file's trunk in float32 and in int8.

    Raises
    ------
    DataError
        If there is no trunk, no TensorFlow, or nothing to calibrate on.
    """
    from train.teach.trunk import load_trunk

    trunk = load_trunk(model)
    if find_spec("tensorflow") is None:
        raise DataError("it takes TensorFlow, which is not installed.")
    from train.export import export_int8
    from train.exports.tflite import convert
    from train.model import calibration_windows
    from train.network import build
    from train.systems.quiet import start_keras

    start_keras()
    frontend = trunk.frontend
    network = build(frontend.window_frames, frontend.mel_bands, trunk.labels)
    network.set_weights(list(trunk.weights))
    path = scratch / "trunk.tflite"
    metadata = replace(read_metadata(model), training={})
    export_int8(network, calibration_windows(data, frontend), path, metadata)
    title = "the network of the trunk: all in float, and quantized anew"
    return Pair(title, path, convert(network, (frontend.window_frames, frontend.mel_bands, 1)))


def loss(words: Sequence[tuple[bool, bool]]) -> dict[str, Any]:
    """Count what is lost.

    Parameters
    ----------
    words
        For each keyword said, whether float and whether int8 found it and was right.

    Returns
    -------
    dict
        ``said``, ``float_right``, ``int8_right``; ``only_float`` and ``only_int8``, how many only
        one of them found; ``points``, what int8 loses in percentage points, negative where it
        gains, with its 95 % interval ``low`` and ``high``: that of a difference of paired shares
        (Newcombe, Statistics in Medicine 17, 1998, method 1); None of nothing.
    """
    said = len(words)
    floats = sum(one for one, _ in words)
    int8s = sum(one for _, one in words)
    only_float = sum(one and not other for one, other in words)
    only_int8 = sum(other and not one for one, other in words)
    counts = {
        "said": said,
        "float_right": floats,
        "int8_right": int8s,
        "only_float": only_float,
        "only_int8": only_int8,
    }
    if not said:
        return {**counts, "points": None, "low": None, "high": None}
    difference = only_float - only_int8
    spread = math.sqrt(only_float + only_int8 - difference**2 / said)
    points = 100.0 * difference / said
    half = 100.0 * Z * spread / said
    return {**counts, "points": points, "low": points - half, "high": points + half}


def _hear(task: _Task) -> list[tuple[bool, bool]]:
    # What it reads flatbuffers with takes long to import.
    from train.bench.float_model import FloatClassifier

    stream = build_group(
        task.name,
        task.kind,
        task.recordings,
        split=task.split,
        keywords=task.keywords,
        seed=task.seed,
        limit=task.limit,
    )
    if stream is None:
        return []
    rows = []
    for classifier in (
        FloatClassifier(task.pair.int8, task.pair.flatbuffer),
        Classifier(task.pair.int8),
    ):
        heard = listen(Recognizer(classifier, threshold=task.threshold), stream)
        scored = score(stream, heard.words, task.keywords)
        rows.append([one.result == "right" for one in scored.spoken])
    return list(zip(*rows, strict=True))
