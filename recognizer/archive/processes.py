"""Processes of this machine that recognize files, each alone in a pool of its own.

They are started anew (``spawn``), and end when the process that started them ends, however that
happens. As each pool has one process, a killed one tells which file it was at.
"""

import multiprocessing
import os
import signal
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from types import TracebackType
from typing import Any, Self

from recognizer.archive.child_process import as_no_daemon, end_with_parent
from recognizer.archive.work import Fate, Item, Result
from recognizer.stop_signals import NUMBERS

TRIES = 3
"""A file is begun so many times where its process is killed."""

BEHIND = 4
"""While more items than this are left for each process, each has the next one at hand. The last
ones go to whoever is free, so that they end together."""


def usable_cores() -> int:
    """Return how many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


class OneProcess:
    """A process, and what it was given, oldest first."""

    def __init__(self) -> None:
        self.given: deque[Future[Any]] = deque()
        self.is_blamed = False
        """Whether a file has been found that it was killed over."""
        context = multiprocessing.get_context("spawn")
        # The first one starts Python's own process that clears up, which must come last to its end.
        with _signals_wait():
            self._executor = ProcessPoolExecutor(1, context, _begin)

    def submit(self, function: Callable[[Item], Result], item: Item) -> "Future[Result]":
        """Have a function called with an item.

        Raises
        ------
        BrokenProcessPool
            If the process was killed.
        """
        with _signals_wait(), as_no_daemon():
            future = self._executor.submit(function, item)
        self.given.append(future)
        return future

    def end(self) -> None:
        """End the process, in the middle of what it does."""
        for process in list((self._executor._processes or {}).values()):
            process.kill()
        self._executor.shutdown(wait=True, cancel_futures=True)


class Processes:
    """Workers that are processes of this machine; see `recognizer.archive.work.Workers`.

    A context manager: at its end no process of its own is left. A program that uses it needs the
    usual ``if __name__ == "__main__"``, and ``multiprocessing.freeze_support()`` where it is
    frozen.

    Parameters
    ----------
    count
        How many.
    """

    def __init__(self, count: int) -> None:
        self.tries = TRIES
        self._count = max(1, count)
        self._pools: list[OneProcess] = []
        self._pool_of: dict[Future[Any], OneProcess] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for pool in self._pools:
            pool.end()
        self._pools.clear()
        self._pool_of.clear()

    def begin(
        self, function: Callable[[Item], Result], item: Item, left: int
    ) -> "Future[Result] | None":
        """Call a function with an item in a process; None while all are busy."""
        if len(self._pools) < self._count:
            self._pools.append(OneProcess())
            pool = self._pools[-1]
        else:
            pool = min(self._pools, key=lambda one: len(one.given))
        if len(pool.given) > (left > BEHIND * self._count):
            return None
        try:
            future = pool.submit(function, item)
        except BrokenProcessPool:
            if pool.given:
                # `fate` is about to hear of it.
                return None
            self._end(pool)
            return self.begin(function, item, left)
        self._pool_of[future] = pool
        return future

    def check(self) -> None:
        """Do nothing: a process that is gone ends its calls."""

    def fate(self, future: "Future[Any]") -> Fate:
        """Return how a call ended."""
        pool = self._pool_of.pop(future)
        oldest = pool.given[0] is future
        pool.given.remove(future)
        if not isinstance(future.exception(), BrokenProcessPool):
            return Fate.DONE
        self._end(pool)
        if oldest and not pool.is_blamed:
            pool.is_blamed = True
            return Fate.KILLED
        return Fate.BYSTANDER

    def _end(self, pool: OneProcess) -> None:
        if pool in self._pools:
            self._pools.remove(pool)
            pool.end()


@contextmanager
def _signals_wait() -> Iterator[None]:
    """Let signals come before or after a process is started, so that none is forgotten.

    It inherits that, until `_begin` has made it ready for them.
    """
    before = signal.pthread_sigmask(signal.SIG_BLOCK, NUMBERS)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _begin() -> None:
    """Prepare a process."""
    for number in NUMBERS:
        # Ctrl-C reaches all processes of a terminal, and the first one alone answers it.
        ends = number == signal.SIGTERM
        signal.signal(number, signal.SIG_DFL if ends else signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, NUMBERS)
    # Its products of small matrices are not worth a second thread, and the cores are taken.
    os.environ["OPENBLAS_NUM_THREADS"] = "1"
    end_with_parent()
