"""Training: prepared windows in, trained network out."""

import json
import os
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

import numpy as np
import numpy.typing as npt

from recognizer.model_file import SILENCE, UNKNOWN
from train.prepare import LABELS, STEP, Prepared
from train.recipe import FitRecipe

if TYPE_CHECKING:
    import keras

Float32Array = npt.NDArray[np.float32]

VALIDATION_WINDOWS = 12_000
"""Windows of the validation speakers that choose the checkpoint, the same every time."""

FALSE_ACCEPTS = 0.03
"""Share of the windows without a keyword that may score as one where checkpoints are compared."""


@dataclass(frozen=True, slots=True)
class Progress:
    """What is known after each validation."""

    step: int
    steps: int
    loss: float
    """Mean training loss since the last validation."""
    validation_loss: float
    """Cross entropy, every class weighing the same."""
    found: float
    """Share of the keywords' validation windows that are right, every keyword weighing the same,
    at the threshold that `FALSE_ACCEPTS` of the other windows pass."""


Drawn = TypeVar("Drawn")

Batch = tuple[Float32Array, npt.NDArray[np.int32], npt.NDArray[np.int32]]


class Batches:
    """Draws training batches: classes by their share, windows at random within a class."""

    def __init__(self, prepared: Prepared, recipe: FitRecipe, seed: int) -> None:
        self._windows = prepared.windows
        self._words = prepared.words
        self._rng = np.random.default_rng(seed)
        self._of_class = [np.flatnonzero(prepared.labels == i) for i in range(len(LABELS))]
        keywords = len(LABELS) - len(recipe.share)
        rest = (1.0 - sum(recipe.share.values()) - recipe.vocabulary_share) / keywords
        share = np.array([recipe.share.get(label, rest) for label in LABELS])
        # One more than there are labels: words that are no keyword, but known.
        known = np.flatnonzero((prepared.labels == LABELS.index(UNKNOWN)) & (prepared.words > 0))
        self._of_class.append(known)
        share = np.append(share, recipe.vocabulary_share)
        share[[len(windows) == 0 for windows in self._of_class]] = 0.0
        self._share = share / share.sum()
        self._batch = recipe.batch
        self._shifted_bands = recipe.shifted_bands
        self._blank_stripes = recipe.blank_stripes

    def draw(self) -> Batch:
        """Return float32 ``[batch, frames, bands, 1]``, and labels and words, int32 ``[batch]``."""
        rng = self._rng
        labels = rng.choice(len(self._share), self._batch, p=self._share).astype(np.int32)
        chosen = np.array(
            [self._of_class[label][rng.integers(len(self._of_class[label]))] for label in labels]
        )
        windows = self._windows[chosen].astype(np.float32) * np.float32(STEP)
        shift_bands(rng, windows, self._shifted_bands)
        blank(rng, windows, self._blank_stripes)
        labels[labels == len(LABELS)] = LABELS.index(UNKNOWN)
        return windows[..., None], labels, self._words[chosen].astype(np.int32)

    def ahead(self, steps: int) -> Iterator[Batch]:
        """Draw while training goes on; see `drawn_ahead`."""
        return drawn_ahead(self.draw, steps)


def drawn_ahead(draw: Callable[[], Drawn], steps: int) -> Iterator[Drawn]:
    """Draw in a thread of its own, two batches ahead: gathering must not keep training."""
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(1) as pool:
        waiting = [pool.submit(draw) for _ in range(min(2, steps))]
        for step in range(steps):
            batch = waiting.pop(0).result()
            if step + 2 < steps:
                waiting.append(pool.submit(draw))
            yield batch


class Pace(Protocol):
    """How fast a recipe has its network trained."""

    @property
    def warmup_steps(self) -> int:
        """Steps until the learning rate is at its highest."""

    @property
    def learning_rate(self) -> float:
        """At its highest."""

    @property
    def weight_decay(self) -> float:
        """AdamW's."""


def optimizer_of(recipe: Pace, cooling_steps: int) -> "keras.optimizers.Optimizer":
    """Return AdamW with a warm-up, and behind it a cosine down to nothing."""
    import keras

    schedule = keras.optimizers.schedules.CosineDecay(
        recipe.learning_rate / 20,
        cooling_steps,
        warmup_target=recipe.learning_rate,
        warmup_steps=recipe.warmup_steps,
    )
    optimizer = keras.optimizers.AdamW(
        schedule, weight_decay=recipe.weight_decay, global_clipnorm=2.0
    )
    optimizer.exclude_from_weight_decay(var_names=["bias", "gamma", "beta"])
    return optimizer


def shift_bands(rng: np.random.Generator, windows: Float32Array, most: int = 2) -> None:
    """Move half of the windows up or down by at most so many bands, in place."""
    shifts = rng.integers(-most, most + 1, len(windows))
    shifts[rng.random(len(windows)) < 0.5] = 0
    for shift in range(-most, most + 1):
        rows = np.flatnonzero(shifts == shift)
        if shift and len(rows):
            source = np.clip(np.arange(windows.shape[2]) - shift, 0, windows.shape[2] - 1)
            windows[rows] = windows[rows][:, :, source]


def blank(rng: np.random.Generator, windows: Float32Array, stripes: int = 2) -> None:
    """Blank random stripes of bands and as many of frames, in place (SpecAugment [1]_).

    References
    ----------
    .. [1] Park et al., "SpecAugment", Interspeech 2019.
    """
    count, frames, bands = windows.shape
    keep = np.ones((count, frames, bands), bool)
    for length, widest, axis in ((frames, 10, 1), (bands, 6, 2)):
        places = np.arange(length)
        for _ in range(stripes):
            width = rng.integers(0, widest + 1, count)
            first = (rng.random(count) * (length - width + 1)).astype(int)
            inside = (places >= first[:, None]) & (places < (first + width)[:, None])
            keep &= ~(inside[:, :, None] if axis == 1 else inside[:, None, :])
    windows *= keep


def fit(
    train: Prepared,
    validation: Prepared,
    recipe: FitRecipe,
    checkpoint: Path,
    *,
    seed: int,
    on_step: Callable[[int], None] = lambda step: None,
    on_progress: Callable[[Progress], None] = lambda progress: None,
) -> "keras.Model":
    """Train the recipe's network and return it with its best averaged weights.

    Parameters
    ----------
    train, validation
        What `train.prepare.prepare` kept, of different speakers.
    checkpoint
        Where the best weights are kept while training goes on (``.weights.h5``).
    on_step, on_progress
        Called after every step, and after every validation.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    import keras
    import tensorflow as tf

    from train import network

    keras.utils.set_random_seed(seed)
    model = _network(recipe, train)
    words = max(1, len(train.vocabulary))
    trained = network.with_words(model, words, dropout=recipe.dropout)
    optimizer = optimizer_of(recipe, recipe.steps - recipe.warmup_steps)
    loss_of = keras.losses.CategoricalCrossentropy(
        from_logits=True, label_smoothing=recipe.label_smoothing
    )

    @tf.function(reduce_retracing=True)  # type: ignore[untyped-decorator]
    def step(windows: Any, labels: Any, said: Any) -> Any:
        with tf.GradientTape() as tape:
            logits, of_words = trained(windows, training=True)
            known = tf.cast(said > 0, tf.float32)
            apart = tf.nn.sparse_softmax_cross_entropy_with_logits(
                tf.maximum(said - 1, 0), of_words
            )
            loss = loss_of(tf.one_hot(labels, len(LABELS)), logits)
            loss += (
                recipe.word_loss
                * tf.reduce_sum(known * apart)
                / tf.maximum(tf.reduce_sum(known), 1.0)
            )
        variables = trained.trainable_variables
        optimizer.apply_gradients(zip(tape.gradient(loss, variables), variables, strict=True))
        return loss

    average = Average(model, recipe.ema_momentum)
    held = _validation_windows(validation)
    best, waited, losses = -1.0, 0, []
    for number, (windows, labels, said) in enumerate(
        Batches(train, recipe, seed).ahead(recipe.steps), 1
    ):
        losses.append(float(step(windows, labels, said)))
        average.update()
        on_step(number)
        if number % recipe.validate_every and number != recipe.steps:
            continue
        with average:
            validation_loss, found = _validate(model, *held)
            # By neither loss nor accuracy, which are best long before the detections are: they
            # count how sure the wrong ones are, and take no account of the threshold.
            if found > best:
                best, waited = found, 0
                model.save_weights(checkpoint)
            else:
                waited += 1
        on_progress(Progress(number, recipe.steps, float(np.mean(losses)), validation_loss, found))
        losses.clear()
        if waited >= recipe.patience:
            break
    model.load_weights(checkpoint)
    return model


def _network(recipe: FitRecipe, prepared: Prepared) -> "keras.Model":
    from train import network

    frames, bands = prepared.windows.shape[1:]
    return network.build(frames, bands, len(LABELS), dropout=recipe.dropout)


def load(recipe: FitRecipe, prepared: Prepared, checkpoint: Path) -> "keras.Model":
    """Return the network with the weights that an earlier `fit` chose."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    model = _network(recipe, prepared)
    model.load_weights(checkpoint)
    return model


class Average:
    """A running average of a network's weights; inside ``with`` the network has it.

    Parameters
    ----------
    model
        The network.
    momentum
        How much of the average stays at each step (0 to 1); lower in the first steps.
    """

    def __init__(self, model: "keras.Model", momentum: float) -> None:
        self._model = model
        self._momentum = momentum
        self._steps = 0
        self._average = [np.array(weights) for weights in model.get_weights()]
        self._own: list[Any] = []

    def update(self) -> None:
        """Take the network's present weights into the average."""
        self._steps += 1
        keep = min(self._momentum, self._steps / (self._steps + 10.0))
        for average, now in zip(self._average, self._model.get_weights(), strict=True):
            average *= keep
            average += (1.0 - keep) * now

    def __enter__(self) -> None:
        self._own = self._model.get_weights()
        self._model.set_weights(self._average)

    def __exit__(self, *_: object) -> None:
        self._model.set_weights(self._own)


def _validation_windows(
    prepared: Prepared,
) -> tuple[Float32Array, npt.NDArray[np.uint8]]:
    rng = np.random.default_rng(0)
    count = min(VALIDATION_WINDOWS, len(prepared.labels))
    chosen = np.sort(rng.choice(len(prepared.labels), count, replace=False))
    return prepared.windows[chosen].astype(np.float32)[..., None] * np.float32(
        STEP
    ), prepared.labels[chosen]


def _validate(
    model: "keras.Model", windows: Float32Array, labels: npt.NDArray[np.uint8]
) -> tuple[float, float]:
    """Return the cross entropy, every class weighing the same, and `Progress.found`."""
    import tensorflow as tf

    parts = [model(windows[i : i + 1024], training=False) for i in range(0, len(windows), 1024)]
    logits = tf.concat(parts, 0).numpy()
    shifted = logits - logits.max(axis=1, keepdims=True)
    log_posteriors = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    loss = -log_posteriors[np.arange(len(labels)), labels]
    present = np.unique(labels)
    return (
        float(np.mean([loss[labels == label].mean() for label in present])),
        found_at(np.exp(log_posteriors), labels),
    )


def found_at(
    posteriors: Float32Array,
    labels: npt.NDArray[np.uint8],
    *,
    false_accepts: float = FALSE_ACCEPTS,
) -> float:
    """Share of the keywords found where few other windows pass for one.

    Parameters
    ----------
    posteriors
        float32 ``[n, labels]``.
    labels
        ``[n]``, indices into `LABELS`.
    false_accepts
        The share of the windows without a keyword whose best keyword may pass (0 to 1).

    Returns
    -------
    float
        Mean over the keywords there are; 0 where there is none, or a posterior is no number.
    """
    is_keyword = np.array([label not in (SILENCE, UNKNOWN) for label in LABELS])
    if not np.isfinite(posteriors).all():
        return 0.0
    keywords = np.flatnonzero(is_keyword)
    scores = posteriors[:, keywords]
    best, likeliest = scores.max(axis=1), keywords[scores.argmax(axis=1)]
    other = ~is_keyword[labels]
    threshold = np.quantile(best[other], 1.0 - false_accepts) if other.any() else 0.0
    right = (best > threshold) & (likeliest == labels)
    shares = [right[labels == label].mean() for label in np.unique(labels[~other])]
    return float(np.mean(shares)) if shares else 0.0


def save_history(path: Path, history: list[Progress]) -> None:
    """Keep the curves beside the weights."""
    path.write_text(json.dumps([asdict(progress) for progress in history], indent=1))


def load_history(path: Path) -> list[Progress]:
    """Read what `save_history` kept."""
    return [Progress(**progress) for progress in json.loads(path.read_text())]
