"""Items of work for many workers, none of which is lost when a worker is killed."""

from collections import Counter, deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from enum import Enum, auto
from types import TracebackType
from typing import Any, Protocol, Self, TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")

AHEAD = 10_000
"""An item is begun at most so many before the first unfinished one: what is finished is kept in
memory until its turn."""

TICK_S = 0.2
"""How often the caller is heard while nothing is finished (seconds)."""


class Fate(Enum):
    """How a call ended."""

    DONE = auto()
    """With a result, or an exception of its own."""
    BYSTANDER = auto()
    """It was not begun when something else killed its worker."""
    KILLED = auto()
    """Its worker was killed while it was under way."""


class Workers(Protocol):
    """Where work is done: `recognizer.archive.processes`, `recognizer.archive.cluster`."""

    tries: int
    """An item is begun anew until its worker was killed so many times. Then it is the likely
    cause itself."""

    def begin(
        self, function: Callable[[Item], Result], item: Item, left: int
    ) -> "Future[Result] | None":
        """Call a function with an item elsewhere, or return None where no worker has time.

        `left` is how many items are not begun yet.
        """

    def fate(self, future: "Future[Any]") -> Fate:
        """Return how a call ended; asked once for each, in the order in which they were begun.

        Raises
        ------
        RecognizerError
            If there are no workers any more.
        """

    def __enter__(self) -> Self: ...

    def check(self) -> None:
        """Raise RecognizerError if there are no workers any more, and calls would never end."""

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None: ...


def results(
    workers: Workers,
    function: Callable[[Item], Result],
    items: Sequence[Item],
    *,
    tick: Callable[[], object] = lambda: None,
) -> Iterator[tuple[int, Result | None]]:
    """Call a function with each item; give the results as they come.

    Parameters
    ----------
    workers
        An open context, which calls off at its end what is under way.
    function
        A function of a module, which depends on nothing but its item. An exception of its own is
        raised here and ends the rest.
    items
        Values that can be pickled, as the results must be.
    tick
        Called every now and then, in this thread.

    Yields
    ------
    tuple
        The place of an item among the items, and its result: None where its workers were killed
        again and again.

    Raises
    ------
    RecognizerError
        If there are no workers any more.
    """
    waiting = deque(range(len(items)))
    running: dict[Future[Any], int] = {}
    killed: Counter[int] = Counter()
    while waiting or running:
        first = min(running.values(), default=None)
        while waiting and (first is None or waiting[0] < first + AHEAD):
            future = workers.begin(function, items[waiting[0]], len(waiting))
            if future is None:
                break
            running[future] = waiting.popleft()
        done = wait(running, timeout=TICK_S, return_when=FIRST_COMPLETED).done
        tick()
        workers.check()
        again = []
        for future in [one for one in running if one in done]:
            index = running.pop(future)
            fate = workers.fate(future)
            if fate is Fate.DONE:
                yield index, future.result()
                continue
            killed[index] += fate is Fate.KILLED
            if killed[index] < workers.tries:
                again.append(index)
            else:
                yield index, None
        waiting.extendleft(sorted(again, reverse=True))
