"""Trained networks as figures ask them: posteriors and embeddings of recordings.

A run folder's network is a Keras model; a model file's is a TFLite flatbuffer, of which the
interpreter is told to keep every tensor, so that what goes into the last fully connected layer
can be read.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import numpy.typing as npt

from recognizer.errors import ModelError
from recognizer.model_file import read_model
from recognizer.model_metadata import SILENCE, UNKNOWN
from recognizer.native_stderr import quiet_native_stderr
from recognizer.trial_load import load_untrusted
from train.corpora.values import Clip
from train.figures.recordings import Recordings
from train.live_windows import cut_windows

if TYPE_CHECKING:
    from train.systems.run import Run

Float32Array = npt.NDArray[np.float32]

QUIET_S = 0.5
"""Silence put before and behind a recording, so that its word stands alone (seconds)."""

AT_ONCE = 256
"""Examples that go through a network together."""


@dataclass(frozen=True, slots=True, eq=False)
class Heard:
    """What a network makes of recordings."""

    clips: list[Clip]
    """The readable recordings."""
    found: npt.NDArray[np.bool_]
    """Whether the live cutter found a word in each, ``[n]``; always where it is not asked."""
    posteriors: Float32Array
    """Mean posterior probabilities of each recording's examples, float32 ``[n, labels]``; zeros
    where nothing was found."""
    embeddings: Float32Array
    """Mean of what goes into the last layer, float32 ``[n, features]``, likewise."""


class Network(Protocol):
    """A trained network."""

    @property
    def name(self) -> str:
        """What figures call it."""

    @property
    def labels(self) -> tuple[str, ...]:
        """What each posterior stands for."""

    def examples(self, samples: Float32Array) -> Float32Array:
        """Return what goes into the network for a recording, float32 ``[k, *shape]``."""

    def answers(self, examples: Float32Array) -> tuple[Float32Array, Float32Array]:
        """Return posteriors ``[k, labels]`` and embeddings ``[k, features]``."""


def keywords_of(labels: Sequence[str]) -> tuple[str, ...]:
    """Return the labels that are words to detect."""
    return tuple(label for label in labels if label not in (SILENCE, UNKNOWN))


def hear(network: Network, recordings: Recordings, clips: Iterable[Clip]) -> Heard:
    """Run recordings through a network; unreadable ones are left out."""
    heard: list[Clip] = []
    counts: list[int] = []
    waiting: list[Float32Array] = []
    answered: list[tuple[Float32Array, Float32Array]] = []
    for clip in clips:
        samples = recordings.read(clip)
        if samples is None:
            continue
        examples = network.examples(samples)
        heard.append(clip)
        counts.append(len(examples))
        waiting.append(examples)
        if sum(map(len, waiting)) >= AT_ONCE:
            answered.append(network.answers(np.concatenate(waiting)))
            waiting.clear()
    if sum(map(len, waiting)):
        answered.append(network.answers(np.concatenate(waiting)))
    found = np.array(counts, int) > 0
    if not answered:
        nothing = np.zeros((len(heard), 0), np.float32)
        return Heard(heard, found, np.zeros((len(heard), len(network.labels)), np.float32), nothing)
    posteriors = np.concatenate([one for one, _ in answered])
    embeddings = np.concatenate([one for _, one in answered])
    return Heard(heard, found, _means(posteriors, counts), _means(embeddings, counts))


def _means(values: Float32Array, counts: Sequence[int]) -> Float32Array:
    """Average rows of neighbouring groups; a group of none gives zeros."""
    means = np.zeros((len(counts), values.shape[1]), np.float32)
    first = 0
    for group, count in enumerate(counts):
        if count:
            means[group] = values[first : first + count].mean(axis=0)
        first += count
    return means


class ModelFile:
    """The network of a model file.

    Parameters
    ----------
    path
        The file.

    Raises
    ------
    ModelError
        If the recognizer could not run it, or it has no fully connected layer.
    """

    def __init__(self, path: Path) -> None:
        from ai_edge_litert.interpreter import Interpreter, OpResolverType

        # What the recognizer refuses has no figures either; and its sentences are good.
        self._classifier = load_untrusted(path)
        flatbuffer, _ = read_model(path)
        with quiet_native_stderr(b"INFO: "):
            self._interpreter = Interpreter(
                model_content=flatbuffer,
                num_threads=1,
                # The default ones compute several layers in one go and keep nothing between.
                experimental_op_resolver_type=OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES,
                experimental_preserve_all_tensors=True,
            )
            self._interpreter.allocate_tensors()
        self._input = self._interpreter.get_input_details()[0]
        self._embedding = _last_dense_input(self._interpreter, path)
        self._name = path.name

    @property
    def name(self) -> str:
        """The file's name."""
        return self._name

    @property
    def labels(self) -> tuple[str, ...]:
        """What each posterior stands for."""
        return self._classifier.labels

    def examples(self, samples: Float32Array) -> Float32Array:
        """Return the windows in which the live cutter sees a word that stands alone.

        See Also
        --------
        train.systems.features.live.LiveLogMel : the same with the frontend of the systems.
        """
        frontend = self._classifier.frontend
        quiet = np.zeros(round(QUIET_S * frontend.sample_rate), np.float32)
        stream = np.concatenate((quiet, samples, quiet))
        # A window may be among those of two cuts; live it is scored once, too.
        windows = {end: window for cut, end, window in cut_windows(stream, frontend) if cut.alone}
        nothing = np.zeros((0, frontend.window_frames, frontend.mel_bands), np.float32)
        return np.stack([windows[end] for end in sorted(windows)]) if windows else nothing

    def answers(self, examples: Float32Array) -> tuple[Float32Array, Float32Array]:
        """Return posteriors as the recognizer gets them, and the last layer's input."""
        scale, zero_point = self._input["quantization"]
        posteriors, embeddings = [], []
        for window in examples:
            posteriors.append(self._classifier.posteriors(window))
            steps = np.clip(np.rint(window / scale) + zero_point, -128, 127).astype(np.int8)
            self._interpreter.set_tensor(self._input["index"], steps.reshape(self._input["shape"]))
            self._interpreter.invoke()
            embeddings.append(_value(self._interpreter, self._embedding))
        return np.stack(posteriors), np.stack(embeddings)


def _last_dense_input(interpreter: Any, path: Path) -> dict[str, Any]:
    """Return the details of the tensor that goes into the last fully connected layer."""
    # The only way to the operators; the names of tensors depend on who converted the model.
    dense = [one for one in interpreter._get_ops_details() if one["op_name"] == "FULLY_CONNECTED"]
    if not dense:
        raise ModelError(
            f"The network in {path} has no fully connected layer, and so nothing before the last."
        )
    index = int(dense[-1]["inputs"][0])
    return next(one for one in interpreter.get_tensor_details() if one["index"] == index)


def _value(interpreter: Any, tensor: dict[str, Any]) -> Float32Array:
    """Return a tensor's value as float32 ``[n]``."""
    raw: Float32Array = interpreter.get_tensor(tensor["index"]).ravel().astype(np.float32)
    scale, zero_point = tensor["quantization"]
    return raw if scale == 0.0 else (raw - np.float32(zero_point)) * np.float32(scale)


class TrainedRun:
    """The network of a run folder.

    Parameters
    ----------
    run
        A training that is over.
    """

    def __init__(self, run: "Run") -> None:
        from train.systems.features import make_features

        self._run = run
        self._features = make_features(run.recipe.features)
        self._network: Any = None

    @property
    def name(self) -> str:
        """The recipe's name, with what was done to its training part."""
        return f"{self._run.recipe.name}{' with augmentation' if self._run.augment else ''}"

    @property
    def labels(self) -> tuple[str, ...]:
        """What each posterior stands for."""
        return tuple(self._run.labels)

    def examples(self, samples: Float32Array) -> Float32Array:
        """Return the recipe's features of a recording, as many as are learnt from and scored.

        See Also
        --------
        train.systems.fit.posteriors : the same, without the embeddings.
        """
        from train.systems.shards import EXAMPLES_PER_CLIP

        examples: Float32Array = self._features(samples)
        if len(examples) <= EXAMPLES_PER_CLIP:
            return examples
        kept = np.linspace(0, len(examples) - 1, EXAMPLES_PER_CLIP).round().astype(int)
        return np.asarray(examples[kept], np.float32)

    def answers(self, examples: Float32Array) -> tuple[Float32Array, Float32Array]:
        """Return the softmax of the network's logits, and what goes into its last layer."""
        from train.systems.loop import softmax

        if self._network is None:
            self._network = self._load()
        posteriors, embeddings = [], []
        for first in range(0, len(examples), AT_ONCE):
            batch = examples[first : first + AT_ONCE]
            # Filled up: for each other size Keras would trace the network anew.
            full = np.zeros((AT_ONCE, *batch.shape[1:]), np.float32)
            full[: len(batch)] = batch
            logits, features = self._network.predict_on_batch(full)
            posteriors.append(softmax(np.asarray(logits)[: len(batch)]))
            embeddings.append(
                np.asarray(features, np.float32)[: len(batch)].reshape(len(batch), -1)
            )
        return np.concatenate(posteriors), np.concatenate(embeddings)

    def _load(self) -> Any:
        from train.systems.networks import EMBEDDING
        from train.systems.quiet import start_keras

        keras = start_keras()
        model = self._run.model()
        return keras.Model(model.inputs, [model.outputs[0], model.get_layer(EMBEDDING).output])
