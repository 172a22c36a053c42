"""Averages of a network's weights, which make fewer mistakes than the weights of any one moment."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    import keras

Float32Array = npt.NDArray[np.float32]


def mix(model: "keras.Model", first: Sequence[Float32Array], share: float) -> None:
    """Give a network the mean of its weights and others that it had earlier in its training.

    Two networks of one training agree in what they know and differ in their mistakes, and their
    mean makes fewer than either [1]_.

    Parameters
    ----------
    model
        The network.
    first
        Its weights at the earlier moment.
    share
        How much of its present weights is in the mean (0 to 1).

    References
    ----------
    .. [1] Wortsman et al., "Model soups", ICML 2022.
    """
    pairs = zip(first, model.get_weights(), strict=True)
    model.set_weights([(1.0 - share) * before + share * now for before, now in pairs])


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

    @property
    def steps(self) -> int:
        """How many steps are in the average."""
        return self._steps

    @property
    def arrays(self) -> list[npt.NDArray[Any]]:
        """The averaged weights, in the network's order."""
        return self._average

    def restore(self, steps: int, arrays: Sequence[npt.NDArray[Any]]) -> None:
        """Become what another average was, by its `steps` and `arrays`."""
        self._steps = steps
        self._average = [np.array(one) for one in arrays]

    def __enter__(self) -> None:
        self._own = self._model.get_weights()
        self._model.set_weights(self._average)

    def __exit__(self, *_: object) -> None:
        self._model.set_weights(self._own)
