"""One system trained on one division of the recordings, and measured on the rest: one task."""

import logging
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from recognizer.classifier import Classifier
from recognizer.errors import ModelError, RecognizerError
from recognizer.log_mel import FrontendParameters
from recognizer.model_file import write_model
from recognizer.model_metadata import ModelMetadata
from train.compare.splits import Fold
from train.corpora import Clip
from train.errors import DataError
from train.systems.recipe import SystemRecipe
from train.tasks import Tasks

if TYPE_CHECKING:
    from train.systems.fit import Trained

NOTHING = -1
"""The answer where nothing was heard in a recording."""

_CALIBRATION_CLIPS = 150
"""Recordings on which the ranges of an int8 network are measured."""


@dataclass(frozen=True, slots=True)
class FoldJob:
    """What is to be done."""

    recipe: SystemRecipe
    augment: bool
    words: tuple[str, ...]
    """The words to be known."""
    fold: Fold
    cache: Path
    """The folder of features."""
    export: bool
    """Whether to find out what the network takes as a file."""

    def about(self) -> dict[str, Any]:
        """Return the plain values on which the result depends, apart from the recordings."""
        recipe = self.recipe.to_json()
        for name in ("name", "description", "source"):
            del recipe[name]
        if not self.augment:
            del recipe["augment"]
        return {
            "recipe": recipe,
            "augment": self.augment,
            "words": list(self.words),
            "export": self.export,
        }


@dataclass(frozen=True, slots=True)
class FoldResult:
    """What came of it."""

    parameters: int
    multiply_adds: int
    """Of one example."""
    epochs: int
    """That were trained."""
    best_epoch: int
    seconds: float
    """That these epochs took."""
    answers: list[int]
    """For each recording tested on: the index of the likeliest word, or `NOTHING`."""
    left_out: list[str]
    """``path: reason`` of each recording that could not be learnt from."""
    float_bytes: int | None
    """Size as a float32 TFLite file; None where it was not asked for or does not convert."""
    int8_bytes: int | None
    """Size of the app's model; None where it was not asked for or the app cannot run it."""

    def to_json(self) -> dict[str, Any]:
        """Return plain values."""
        return asdict(self)


def train_fold(job: FoldJob) -> tuple[FoldResult, bytes | None]:
    """Train and measure.

    Returns
    -------
    tuple
        The result, and the app's model file where it was asked for and the app can run it.

    Raises
    ------
    DataError
        If there is too little to learn from, as `train.systems.fit.fit_system`; with the fold.
    """
    from train.systems.fit import best_epoch, fit_system, posteriors
    from train.systems.networks import multiply_adds

    forget_networks()
    fold, tasks = job.fold, Tasks(1)
    try:
        trained = fit_system(
            job.recipe,
            fold.train,
            fold.validation,
            job.words,
            augment=job.augment,
            tasks=tasks,
            cache=job.cache,
        )
    except RecognizerError as error:
        what = "a random split" if fold.kind == "random" else f"{fold.name} held out"
        raise DataError(f"{job.recipe.name} with {what}: {error}") from error
    scores, found = posteriors(trained, fold.test, tasks=tasks, cache=job.cache)
    columns = [trained.labels.index(word) for word in job.words]
    likeliest = scores[:, columns].argmax(axis=1)
    float_bytes, model = _exported(job, trained) if job.export else (None, None)
    result = FoldResult(
        parameters=int(trained.model.count_params()),
        multiply_adds=multiply_adds(trained.model),
        epochs=len(trained.history),
        best_epoch=best_epoch(trained.history).epoch,
        seconds=trained.seconds,
        answers=np.where(found, likeliest, NOTHING).tolist(),
        left_out=trained.left_out,
        float_bytes=float_bytes,
        int8_bytes=None if model is None else len(model),
    )
    return result, model


def forget_networks() -> None:
    """Make what is built next independent of what this process has built before."""
    # It warns of networks that are traced again, as every new one is.
    logging.getLogger("tensorflow").setLevel(logging.ERROR)
    keras = sys.modules.get("keras")
    if keras is not None:
        keras.backend.clear_session()


def _exported(job: FoldJob, trained: "Trained") -> tuple[int | None, bytes | None]:
    """Return the size as float32, and the app's model file, as far as there are such."""
    from train.exports.tflite import convert
    from train.systems.dataset import make_examples
    from train.systems.features import make_features

    features = make_features(job.recipe.features)
    try:
        size = len(convert(trained.model, features.shape))
    except DataError:
        return None, None
    if not features.streaming:
        return size, None
    examples = make_examples(
        _spread(job.fold.train, _CALIBRATION_CLIPS),
        job.recipe,
        trained.labels,
        tasks=Tasks(1),
        title="features for calibration",
        cache=job.cache,
    )
    flatbuffer = convert(trained.model, features.shape, examples.features)
    metadata = ModelMetadata(
        labels=trained.labels, frontend=FrontendParameters(), threshold=job.recipe.threshold
    )
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.tflite"
        write_model(path, flatbuffer, metadata)
        try:
            Classifier(path)
        except ModelError:
            # A layer that never fires has no range, and its scale none that the app could use.
            return size, None
        return size, path.read_bytes()


def _spread(clips: Sequence[Clip], count: int) -> list[Clip]:
    """Return about so many of them, evenly spread."""
    return list(clips[:: max(1, len(clips) // count)])


def with_epochs(recipe: SystemRecipe, epochs: int | None) -> SystemRecipe:
    """Return a recipe with another number of epochs, unless it is None."""
    if epochs is None:
        return recipe
    return replace(recipe, training=replace(recipe.training, epochs=epochs))
