"""Model files that are trained already, on the recordings of a comparison."""

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from recognizer.classifier import Classifier
from recognizer.errors import AudioError
from recognizer.model_file import read_model
from recognizer.trial_load import load_untrusted
from train.compare.fold import NOTHING
from train.corpora import Clip, read_audio
from train.errors import DataError
from train.tasks import Tasks

CLIPS_PER_TASK = 100
TIMED_WINDOWS = 400
"""So many windows are timed, of which the median counts."""


@dataclass(frozen=True, slots=True)
class ModelFile:
    """What a model file says about itself."""

    path: Path
    words: tuple[str, ...]
    """Its keywords."""
    parameters: int | None
    """None where it does not say."""
    multiply_adds: int
    """Of one window."""
    file_bytes: int
    corpora: frozenset[str] | None
    """What it was trained on; None where it does not say."""

    def may_know(self, clip: Clip) -> bool:
        """Whether the model may have been trained on a recording.

        A model that this program has made knows no recording of the part "test", nor of a corpus
        that it does not name.
        """
        named = self.corpora is None or clip.corpus in self.corpora
        return named and clip.split != "test"


def read_model_file(path: Path) -> ModelFile:
    """Read what a model file says about itself.

    Raises
    ------
    ModelError
        If it cannot be used.
    """
    flatbuffer, metadata = read_model(path)
    load_untrusted(path)
    training = metadata.training
    parameters, corpora = training.get("parameters"), training.get("corpora")
    # Of a model that was taught words, they are those of the one it was made from.
    plain = isinstance(corpora, dict) and all(isinstance(one, str) for one in corpora.values())
    named = corpora if plain else None
    return ModelFile(
        path=path,
        words=metadata.keywords,
        parameters=parameters if isinstance(parameters, int) else None,
        multiply_adds=multiply_adds_of(flatbuffer),
        file_bytes=path.stat().st_size,
        corpora=None if named is None else frozenset(map(str, named)),
    )


def answers_of(
    path: Path, clips: Sequence[Clip], words: Sequence[str], *, tasks: Tasks, title: str
) -> list[int]:
    """Return which word a model hears in each recording, among some words alone.

    The windows are cut as live, and their posteriors averaged over a recording.

    Parameters
    ----------
    words
        The words to choose from, all among the model's.

    Returns
    -------
    list of int
        The index of the likeliest word, or `train.compare.fold.NOTHING`.
    """
    groups = [clips[i : i + CLIPS_PER_TASK] for i in range(0, len(clips), CLIPS_PER_TASK)]
    work = [(path.absolute(), tuple(c.path for c in group), tuple(words)) for group in groups]
    return [answer for answers in tasks.map(_answers, work, title) for answer in answers]


def time_of(path: Path) -> float:
    """Return how long a model takes for a window, on one thread (seconds)."""
    classifier = Classifier(path)
    frontend = classifier.frontend
    shape = (frontend.window_frames, frontend.mel_bands)
    windows = np.random.default_rng(0).normal(0.0, 2.0, (16, *shape)).astype(np.float32)
    seconds = []
    for number in range(TIMED_WINDOWS):
        began = time.perf_counter()
        classifier.posteriors(windows[number % len(windows)])
        seconds.append(time.perf_counter() - began)
    return float(np.median(seconds))


def multiply_adds_of(flatbuffer: bytes) -> int:
    """Count the multiplications with weights in a TFLite flatbuffer, of one inference.

    Counted as `train.systems.networks.multiply_adds` counts them in a Keras network.

    Raises
    ------
    DataError
        If it has an operation with weights that is not counted here.
    """
    from ai_edge_litert import schema_py_generated as schema

    model = schema.ModelT.InitFromPackedBuf(flatbuffer)
    graph = model.subgraphs[0]
    names = {
        code: name for name, code in vars(schema.BuiltinOperator).items() if isinstance(code, int)
    }
    total = 0
    for step in graph.operators:
        code = model.operatorCodes[step.opcodeIndex]
        name = names[max(code.builtinCode, code.deprecatedBuiltinCode)]
        shapes = [None if i < 0 else list(graph.tensors[i].shape) for i in step.inputs]
        result = list(graph.tensors[step.outputs[0]].shape)
        total += _multiply_adds(name, shapes, result)
    return total


def _multiply_adds(name: str, sources: list[Any], result: list[int]) -> int:
    """Count those of one operation with the shapes of its inputs and its output."""
    if name == "CONV_2D":
        # Weights: [channels out, height, width, channels in]; used at each place of the output.
        return int(np.prod(sources[1]) * np.prod(result[1:-1]))
    if name == "DEPTHWISE_CONV_2D":
        return int(np.prod(sources[1]) * np.prod(result[1:-1]))
    if name == "FULLY_CONNECTED":
        return int(np.prod(sources[1]) * np.prod(result) // sources[1][0])
    if name == "UNIDIRECTIONAL_SEQUENCE_LSTM":
        # Four gates, each with weights for what comes in and for the state before.
        weights = sum(int(np.prod(shape)) for shape in sources[1:9] if shape is not None)
        return int(sources[0][1]) * weights
    if "CONV" in name or "LSTM" in name or "RNN" in name or name == "BATCH_MATMUL":
        raise DataError(f"The multiply-adds of the operation {name} are not counted.")
    return 0


def _answers(work: tuple[Path, tuple[Path, ...], tuple[str, ...]]) -> list[int]:
    """Answer for some recordings: one task."""
    model, paths, words = work
    classifier = _classifier(model, model.stat().st_mtime_ns)
    columns = [classifier.labels.index(word) for word in words]
    answers = []
    for path in paths:
        posteriors = [classifier.posteriors(window) for window in _windows(classifier, path)]
        mean = np.mean(posteriors, axis=0) if posteriors else None
        answers.append(NOTHING if mean is None else int(mean[columns].argmax()))
    return answers


@lru_cache(maxsize=2)
def _classifier(path: Path, _: int) -> Classifier:
    return Classifier(path)


def _windows(classifier: Classifier, path: Path) -> Iterable[Any]:
    """Return the windows in which a word stands alone, as few as a system is given."""
    from train.live_windows import cut_windows
    from train.systems.features.live import QUIET_S
    from train.systems.shards import EXAMPLES_PER_CLIP

    frontend = classifier.frontend
    try:
        samples = read_audio(path)
    except AudioError:
        return []
    quiet = np.zeros(round(QUIET_S * frontend.sample_rate), np.float32)
    stream = np.concatenate((quiet, samples, quiet))
    windows = [window for cut, _, window in cut_windows(stream, frontend) if cut.alone]
    if len(windows) <= EXAMPLES_PER_CLIP:
        return windows
    chosen = np.linspace(0, len(windows) - 1, EXAMPLES_PER_CLIP).round().astype(int)
    return [windows[i] for i in chosen]
