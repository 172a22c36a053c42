"""The training loop: epochs over examples in memory, with early stopping.

All that an epoch depends on is the state before it (`train.systems.checkpoint.State`) and the
examples. So training that was interrupted anywhere and taken up again ends with the same weights.
"""

import time
import zlib
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from train.errors import DataError
from train.systems.architectures import ARCHITECTURES
from train.systems.checkpoint import Arrays, State
from train.systems.dataset import Examples
from train.systems.epochs import Epoch, best_epoch, macro_f1
from train.systems.options import read_kind
from train.systems.recipe import SystemRecipe

if TYPE_CHECKING:
    import keras

Float32Array = npt.NDArray[np.float32]

PREDICT_BATCH = 256
"""At most so many examples in a step without training."""
_SMALLEST_BATCH = 16


class Training:
    """A network on its way.

    Parameters
    ----------
    model
        Gives logits; it is compiled here.
    recipe
        Says how it is trained.
    train, validation
        The examples.
    state
        Where an earlier training stopped; None begins with the weights that the network has.

    Raises
    ------
    DataError
        If the state is that of another network or of other examples.
    """

    def __init__(
        self,
        model: "keras.Model",
        recipe: SystemRecipe,
        train: Examples,
        validation: Examples,
        state: State | None = None,
    ) -> None:
        import keras

        self.model = model
        self._recipe = recipe
        self._train = train
        self._validation = validation
        optimizer = keras.optimizers.Adam(recipe.training.learning_rate)
        # XLA takes seconds to compile a small network and gains little on a CPU, unless there are
        # thousands of steps: those of a raw LSTM take a quarter of the processor time then.
        model.compile(
            optimizer,
            keras.losses.SparseCategoricalCrossentropy(from_logits=True),
            metrics=["accuracy"],
            jit_compile=read_kind(ARCHITECTURES, recipe.network, "network").is_long,
        )
        optimizer.build(model.trainable_variables)
        self._optimizer = optimizer
        seen = _fingerprint(train)
        if state is None:
            now = _values(model.variables)
            state = State(recipe.seed, seen, now, _values(optimizer.variables), now)
        elif state.fingerprint != seen:
            raise DataError(
                "The recordings have changed since this training began; begin again with --force."
            )
        else:
            _assign(model.variables, state.variables)
            _assign(optimizer.variables, state.optimizer)
        self.state = state
        """After the last epoch."""

    @property
    def most_epochs(self) -> int:
        """Where training ends at the latest."""
        return self._recipe.training.epochs

    @property
    def is_over(self) -> bool:
        """Whether there is no sense in another epoch."""
        training = self._recipe.training
        return len(self.state.history) >= training.epochs or self.state.waited >= training.patience

    def epoch(self, on_step: Callable[[int, int], None] = lambda done, total: None) -> Epoch:
        """Learn from every training example once; return the figures.

        Parameters
        ----------
        on_step
            Called after every step with the steps done and their number.

        Raises
        ------
        DataError
            If the loss is no number any more.
        """
        began = time.monotonic()
        number = len(self.state.history) + 1
        figures = self._learn(number, on_step)
        logits = predicted(self.model, self._validation.features)
        truth = self._validation.labels
        given = logits.argmax(axis=1)
        epoch = Epoch(
            number,
            figures["loss"],
            figures["accuracy"],
            cross_entropy(logits, truth),
            float(np.mean(given == truth)),
            macro_f1(truth, given),
            time.monotonic() - began,
        )
        if not np.isfinite([epoch.loss, epoch.validation_loss]).all():
            raise DataError(
                f"The loss is no number any more after epoch {number}; give the recipe "
                f"{self._recipe.name} a lower learning_rate."
            )
        self._take(epoch)
        return epoch

    def use_best(self) -> None:
        """Give the network the weights of its best epoch."""
        _assign(self.model.variables, self.state.best)

    def _learn(self, number: int, on_step: Callable[[int, int], None]) -> dict[str, float]:
        train = self._train
        size = min(self._recipe.training.batch, len(train))
        order = np.random.default_rng((self.state.seed, number)).permutation(len(train))
        steps = -(-len(train) // size)
        # The last batch is filled up from the first, since a network is traced anew for each size.
        order = np.resize(order, steps * size)
        sums: dict[str, float] = {}
        for step in range(steps):
            # In the order of memory: examples may be mapped from a file.
            chosen = np.sort(order[step * size : (step + 1) * size])
            # Keras gives the figures of all batches in some versions, of the last in others.
            self.model.reset_metrics()
            figures = self.model.train_on_batch(
                train.features[chosen], train.labels[chosen], return_dict=True
            )
            for name, value in figures.items():
                sums[name] = sums.get(name, 0.0) + float(value)
            on_step(step + 1, steps)
        return {name: value / steps for name, value in sums.items()}

    def _take(self, epoch: Epoch) -> None:
        state = self.state
        history = [*state.history, epoch]
        now = _values(self.model.variables)
        is_best = best_epoch(history) is epoch
        self.state = State(
            seed=state.seed,
            fingerprint=state.fingerprint,
            variables=now,
            optimizer=_values(self._optimizer.variables),
            best=now if is_best else state.best,
            history=history,
            waited=0 if is_best else state.waited + 1,
        )


def predicted(model: "keras.Model", features: Float32Array) -> Float32Array:
    """Return a network's logits for any number of examples, float32 ``[n, labels]``."""
    outputs = []
    # Few sizes, since a network is traced anew for each.
    size = min(PREDICT_BATCH, max(_SMALLEST_BATCH, 1 << (len(features) - 1).bit_length()))
    for first in range(0, len(features), size):
        batch = np.asarray(features[first : first + size])
        full = np.zeros((size, *batch.shape[1:]), np.float32)
        full[: len(batch)] = batch
        outputs.append(np.asarray(model.predict_on_batch(full))[: len(batch)])
    if not outputs:
        return np.zeros((0, model.output_shape[-1]), np.float32)
    return np.concatenate(outputs)


def softmax(logits: Float32Array) -> Float32Array:
    """Turn logits ``[n, labels]`` into posterior probabilities."""
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=1, keepdims=True), np.float32)


def cross_entropy(logits: Float32Array, truth: npt.NDArray[np.int32]) -> float:
    """Return the mean cross entropy of logits ``[n, labels]`` (nepers)."""
    shifted = logits.astype(np.float64) - logits.max(axis=1, keepdims=True)
    log_posteriors = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    return float(-np.mean(log_posteriors[np.arange(len(truth)), truth]))


def _fingerprint(examples: Examples) -> str:
    sums = (zlib.crc32(one.tobytes()) for one in (examples.labels, examples.clip))
    return f"{len(examples)} {' '.join(f'{one:08x}' for one in sums)}"


def _values(variables: Any) -> Arrays:
    return [np.array(variable.numpy()) for variable in variables]


def _assign(variables: Any, values: Arrays) -> None:
    fits = len(variables) == len(values) and all(
        tuple(variable.shape) == value.shape
        for variable, value in zip(variables, values, strict=True)
    )
    if not fits:
        raise DataError("The checkpoint is that of another network; begin again with --force.")
    for variable, value in zip(variables, values, strict=True):
        variable.assign(value)
