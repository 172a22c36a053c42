"""Training: prepared strings in, trained network out."""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from recognizer.log_mel import FrontendParameters
from train.averaging import Average
from train.connected.batches import Batch, Batches, held_windows, judged_steps
from train.connected.prepare import LABELS, Prepared
from train.connected.reach import STEP_FRAMES
from train.connected.recipe import FitRecipe
from train.fit import optimizer_of
from train.systems.quiet import start_keras

if TYPE_CHECKING:
    import keras

SILENCE_WEIGHT = 0.3
"""Half of what is composed is silence, and easy."""
BATCH_WINDOWS = 64


@dataclass(frozen=True, slots=True)
class Progress:
    """What is known after each validation."""

    step: int
    steps: int
    loss: float
    """Mean training loss since the last validation."""
    validation_loss: float
    """Cross entropy of a frame of speech."""
    right: float
    """Share of the frames of speech that get their own label (0 to 1)."""

    def to_json(self) -> dict[str, Any]:
        """Return plain values."""
        return asdict(self)


def connected_frontend(recipe: FitRecipe) -> FrontendParameters:
    """Return the frontend with windows of the recipe's length."""
    return FrontendParameters(window_frames=recipe.window_frames)


def fit(
    train: Prepared,
    validation: Prepared,
    recipe: FitRecipe,
    *,
    seed: int,
    on_step: Callable[[int], None] = lambda step: None,
    on_progress: Callable[[Progress], None] = lambda progress: None,
) -> "keras.Model":
    """Train the network and return it with its averaged weights.

    Parameters
    ----------
    train, validation
        What `train.connected.prepare.prepare` kept, of different speakers.
    recipe
        How long, how fast.
    seed
        What the weights and the batches start from.
    on_step, on_progress
        Called after every step, and after every validation.
    """
    # Where TensorFlow does without oneDNN this network is better off: on an EPYC without AVX-512 a
    # step takes 98 ms, and 146 with it.
    keras = start_keras()
    import tensorflow as tf

    from train.connected import network

    keras.utils.set_random_seed(seed)
    frontend = connected_frontend(recipe)
    model = network.build(
        frontend.window_frames, frontend.mel_bands, len(LABELS), dropout=recipe.dropout
    )
    optimizer = optimizer_of(recipe, max(1, recipe.steps - recipe.warmup_steps))
    loss_of = keras.losses.CategoricalCrossentropy(
        from_logits=True, label_smoothing=recipe.label_smoothing, reduction=None
    )
    judged = judged_steps(recipe.window_frames // STEP_FRAMES)
    weight_of = np.ones(len(LABELS), np.float32)
    weight_of[0] = SILENCE_WEIGHT

    @tf.function(reduce_retracing=True)  # type: ignore[untyped-decorator]
    def step(windows: Any, labels: Any) -> Any:
        with tf.GradientTape() as tape:
            logits = model(windows, training=True)[:, judged]
            labels = labels[:, judged]
            each = loss_of(tf.one_hot(labels, len(LABELS)), logits)
            weights = tf.gather(weight_of, labels)
            loss = tf.reduce_sum(each * weights) / tf.reduce_sum(weights)
        variables = model.trainable_variables
        optimizer.apply_gradients(zip(tape.gradient(loss, variables), variables, strict=True))
        return loss

    average = Average(model, recipe.ema_momentum)
    held = held_windows(validation, frontend)
    losses = []
    batches = Batches(train, frontend, recipe.batch, seed)
    for number, (windows, labels) in enumerate(batches.ahead(recipe.steps), 1):
        losses.append(float(step(windows, labels)))
        average.update()
        on_step(number)
        if number % recipe.validate_every == 0 or number == recipe.steps:
            with average:
                validation_loss, right = _validate(model, held)
            loss = float(np.mean(losses))
            on_progress(Progress(number, recipe.steps, loss, validation_loss, right))
            losses.clear()
    average.__enter__()
    return model


def _validate(model: "keras.Model", held: Batch) -> tuple[float, float]:
    """Return cross entropy and accuracy of the frames that are speech."""
    windows, labels = held
    parts = [
        np.asarray(model(windows[first : first + BATCH_WINDOWS], training=False))
        for first in range(0, len(windows), BATCH_WINDOWS)
    ]
    logits = np.concatenate(parts)
    judged = judged_steps(labels.shape[1])
    logits, labels = logits[:, judged], labels[:, judged]
    speech = labels > 0
    logits, labels = logits[speech], labels[speech]
    shifted = logits - logits.max(axis=1, keepdims=True)
    scores = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    right = scores.argmax(axis=1) == labels
    return float(-scores[np.arange(len(labels)), labels].mean()), float(right.mean())
