"""Training: prepared windows in, trained network out."""

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import numpy.typing as npt

from train.averaging import Average, mix
from train.batches import Batches, Mined
from train.checkpoint_score import validate, validation_windows
from train.mining import mine
from train.prepare import LABELS, Prepared
from train.recipe import FitRecipe
from train.stage_state import StageState, Standing
from train.systems.quiet import start_keras

if TYPE_CHECKING:
    import keras

Float32Array = npt.NDArray[np.float32]

STATE = "stage.npz"
"""Where the stage that is being trained stood when it was last validated, beside the checkpoint;
a training that was broken off goes on there. Gone when it is finished."""

MEANS = "mean-of-{}.weights.h5"
"""The mean of so many stages' weights, beside the checkpoint; a training that was broken off goes
on from the last of them."""


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

    Every stage behind the first starts from the mean of the weights before it, and is mixed into
    it. It may see more often what that mean takes for keywords although it is none
    (`train.mining`).

    Parameters
    ----------
    train, validation
        What `train.prepare.prepare` kept, of different speakers.
    checkpoint
        Where the best weights are kept while training goes on (``.weights.h5``). A training with
        the same arguments that was broken off goes on from what it left beside it, and comes to
        the same.
    on_step, on_progress
        Called after every step, and after every validation.
    """
    start_keras(one_dnn=True)
    course = _Course(train, validation_windows(validation), checkpoint, on_step, on_progress)
    for stage in range(_stages_behind(recipe, checkpoint), 1 + len(recipe.rounds)):
        model = _round(recipe, course, stage, seed) if stage else _first_stage(recipe, course, seed)
        _save(model, _mean_of(stage + 1, checkpoint))
    model = load(recipe, train, _mean_of(1 + len(recipe.rounds), checkpoint))
    _save(model, checkpoint)
    checkpoint.with_name(STATE).unlink(missing_ok=True)
    return model


def steps_behind(recipe: FitRecipe, checkpoint: Path, seed: int) -> int:
    """How many steps of a training that was broken off `fit` does not do again."""
    stages = _stages_behind(recipe, checkpoint)
    state = StageState(checkpoint.with_name(STATE), seed + stages)
    return _steps_before(recipe, stages) + state.standing().step


def _stages_behind(recipe: FitRecipe, checkpoint: Path) -> int:
    """How many stages are finished."""
    numbers = range(1 + len(recipe.rounds), 0, -1)
    return next((n for n in numbers if _mean_of(n, checkpoint).exists()), 0)


def _steps_before(recipe: FitRecipe, stage: int) -> int:
    return sum([recipe.steps, *(one.steps for one in recipe.rounds)][:stage])


def _mean_of(stages: int, checkpoint: Path) -> Path:
    return checkpoint.with_name(MEANS.format(stages))


@dataclass(frozen=True, slots=True)
class _Course:
    """What a training works on, and whom it tells."""

    train: Prepared
    held: tuple[Float32Array, npt.NDArray[np.uint8]]
    checkpoint: Path
    on_step: Callable[[int], None]
    on_progress: Callable[[Progress], None]


def _first_stage(recipe: FitRecipe, course: _Course, seed: int) -> "keras.Model":
    model = _network(recipe, course.train, seed)
    _stage(model, recipe, course, None, 0, recipe.all_steps, seed)
    return model


def _round(recipe: FitRecipe, course: _Course, stage: int, seed: int) -> "keras.Model":
    """Go on from the mean of the stages before, and mix it with what this one comes to."""
    this = recipe.rounds[stage - 1]
    again = replace(
        recipe,
        steps=this.steps,
        learning_rate=recipe.learning_rate * this.rate,
        warmup_steps=min(recipe.warmup_steps, this.steps // 4),
    )
    # A new one, whose dropout starts where it does when the stage before was trained long ago.
    model = _network(recipe, course.train, seed + stage)
    model.load_weights(_mean_of(stage, course.checkpoint))
    before = model.get_weights()
    mined = Mined(mine(model, course.train, recipe.mined_part), this.mined) if this.mined else None
    done = _steps_before(recipe, stage)
    _stage(model, again, course, mined, done, recipe.all_steps, seed + stage)
    mix(model, before, recipe.mix)
    return model


def _stage(
    model: "keras.Model",
    recipe: FitRecipe,
    course: _Course,
    mined: Mined | None,
    before: int,
    whole: int,
    seed: int,
) -> None:
    """Train for the recipe's steps and leave the network with its best averaged weights."""
    import keras
    import tensorflow as tf

    from train import network

    keras.utils.set_random_seed(seed)
    trained = network.with_words(
        model, max(1, len(course.train.vocabulary)), dropout=recipe.dropout
    )
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

    optimizer.build(trained.trainable_variables)
    average = Average(model, recipe.ema_momentum)
    state = StageState(course.checkpoint.with_name(STATE), seed)
    variables = [*trained.variables, *optimizer.variables]
    at = state.restore(variables, average)
    losses: list[float] = []
    batches = Batches(course.train, recipe, seed, mined=mined).ahead(at.step, recipe.steps)
    for number, (windows, labels, said) in enumerate(batches, at.step + 1):
        losses.append(float(step(windows, labels, said)))
        average.update()
        course.on_step(before + number)
        if number % recipe.validate_every and number != recipe.steps:
            continue
        with average:
            validation_loss, found = validate(model, *course.held)
            # By neither loss nor accuracy, which are best long before the detections are: they
            # count how sure the wrong ones are, and take no account of the threshold.
            if found > at.best:
                at = Standing(number, found)
                _save(model, course.checkpoint)
            else:
                at = Standing(number, at.best, at.waited + 1)
        loss = float(np.mean(losses))
        course.on_progress(Progress(before + number, whole, loss, validation_loss, found))
        losses.clear()
        if at.waited >= recipe.patience:
            break
        state.keep(at, variables, average)
    model.load_weights(course.checkpoint)


def _save(model: "keras.Model", path: Path) -> None:
    """Keep a network's weights; who is broken off here leaves what was there whole."""
    part = path.with_name(f"part-{path.name}")
    model.save_weights(part)
    part.replace(path)


def _network(recipe: FitRecipe, prepared: Prepared, seed: int = 0) -> "keras.Model":
    import keras

    from train import network

    keras.utils.set_random_seed(seed)
    frames, bands = prepared.windows.shape[1:]
    return network.build(frames, bands, len(LABELS), dropout=recipe.dropout)


def load(recipe: FitRecipe, prepared: Prepared, checkpoint: Path) -> "keras.Model":
    """Return the network with the weights that an earlier `fit` chose."""
    start_keras()
    model = _network(recipe, prepared)
    model.load_weights(checkpoint)
    return model


def save_history(path: Path, history: list[Progress]) -> None:
    """Keep the curves beside the weights."""
    path.write_text(json.dumps([asdict(progress) for progress in history], indent=1))


def load_history(path: Path) -> list[Progress]:
    """Read what `save_history` kept."""
    return [Progress(**progress) for progress in json.loads(path.read_text())]
