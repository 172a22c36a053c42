"""What several ways to do the same cost, in turns: a machine that is busy hurts all alike."""

import contextlib
import importlib
import time
from collections.abc import Callable, Iterator, Sequence

import numpy as np
import numpy.typing as npt

Float64Array = npt.NDArray[np.float64]


@contextlib.contextmanager
def one_thread() -> Iterator[None]:
    """Keep matrix products on one thread: a second one waits by turning idly, which costs, too."""
    # It comes with scikit-learn, which librosa needs.
    with importlib.import_module("threadpoolctl").threadpool_limits(1):
        yield


def in_turns(
    actions: Sequence[Callable[[], object]],
    *,
    rounds: int,
    inner: int = 1,
    clock: Callable[[], float] = time.process_time,
) -> Float64Array:
    """Return what a call of each action costs, in each round.

    Parameters
    ----------
    actions
        Each is called once before anything is measured.
    rounds
        In each round every action has its turn.
    inner
        Calls in one turn.
    clock
        Processor time of this process, unless said.

    Returns
    -------
    numpy.ndarray
        float64 ``[actions, rounds]``, seconds.
    """
    for action in actions:
        action()
    costs = np.zeros((len(actions), rounds))
    for turn in range(rounds):
        for number, action in enumerate(actions):
            began = clock()
            for _ in range(inner):
                action()
            costs[number, turn] = (clock() - began) / inner
    return costs


def times_as_much(costs: Float64Array, others: Float64Array) -> float:
    """Return how many times as much one costs as the other: the median of the rounds' ratios."""
    return float(np.median(costs / others))


def at_least(value: float, bar: float) -> tuple[str, str, str]:
    """Return the cells of a figure that should be large: the figure, its bar, whether it is met."""
    return f"{value:.1f} x", f">= {bar:g} x", "kept" if value >= bar else "MISSED"


def at_most(value: float, bar: float) -> tuple[str, str, str]:
    """Return the cells of a figure that should be small: the figure, its bar, whether it is met."""
    return f"{value:.2f} x", f"<= {bar:g} x", "kept" if value <= bar else "MISSED"
