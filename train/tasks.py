"""Work in many pieces: on this machine's cores, or on those of a Dask cluster.

A task is one call of a function with one item. It depends on nothing but its item, so that it may
be done again elsewhere: a worker that is killed in the middle loses nothing but time.

See Also
--------
train.worker_processes : where tasks are done.
"""

import time
import uuid
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import (
    FIRST_COMPLETED,
    CancelledError,
    Future,
    ProcessPoolExecutor,
    wait,
)
from concurrent.futures.process import BrokenProcessPool
from types import TracebackType
from typing import Any, Self, TypeVar

from recognizer.archive.dask_client import connect, lacking_package
from train.errors import DataError
from train.worker_processes import call_on_cluster, end_pool, new_pool, packed, submit

Item = TypeVar("Item")
Result = TypeVar("Result")

TRIES = 4
"""A task is begun so many times where its process is killed. Then it is the likely cause itself."""

AHEAD = 8
"""A task is begun at most so many tasks for each worker ahead of the first unfinished one, where
results are wanted in order: what is finished must be kept until its turn."""

COUNT_S = 5.0
"""How often the workers of a cluster, which come and go, are counted (seconds)."""


class Tasks:
    """Does tasks, several at a time.

    A context manager: at its end no process of its own is left.

    Parameters
    ----------
    processes
        How many tasks at a time on this machine. One at a time is done in this very process,
        unless `threads` is given. More are done in processes that are started anew (``spawn``),
        so that a program that uses this needs the usual ``if __name__ == "__main__"``.
    scheduler
        The address of a Dask scheduler, as ``tcp://host:8786``; `processes` does not matter then.
        Its workers do as many tasks at a time as they have threads, each in a process of its own.
        They must have the same version of this program, and find the same files under the same
        paths as this machine. What they are at when the context ends early, they end by themselves.
    threads
        How many threads the numeric libraries may use within a task; None leaves that to them.
        The last digits of what is computed depend on it.

    Raises
    ------
    RecognizerError
        If ``distributed`` is not installed, nobody answers at the address, or there are no
        workers; when the context is entered.
    """

    def __init__(
        self, processes: int = 1, scheduler: str | None = None, *, threads: int | None = None
    ) -> None:
        self._processes = max(1, processes)
        self._scheduler = scheduler
        self._threads = threads
        self._here = scheduler is None and processes <= 1 and threads is None
        self._pool: ProcessPoolExecutor | None = None
        self._client: Any = None
        self._cluster: Any = None
        self._workers = self._processes
        self._counted_at = 0.0

    def __enter__(self) -> Self:
        if self._scheduler is not None:
            self._client = connect(self._scheduler)
            self._cluster = self._client.get_executor(pure=False)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._pool is not None:
            # Nobody waits for what nobody wants any more: a task may take an hour.
            end_pool(self._pool, at_once=kind is not None)
            self._pool = None
        if self._client is not None:
            self._cluster.shutdown(wait=False)
            self._client.close()
            self._client = None

    def map(
        self, function: Callable[[Item], Result], items: Iterable[Item], title: str
    ) -> Iterator[Result]:
        """Call a function with each item; give the results in the order of the items.

        Parameters
        ----------
        function
            A function of a module (no lambda, no method), which must not depend on what was
            called before. An exception that it raises is raised here, and ends the rest.
        items
            Values that can be pickled, as the results must be.
        title
            What is being done, for the progress bar.

        Yields
        ------
        object
            The result of each item.

        Raises
        ------
        DataError
            If the processes of one task are killed again and again, or the cluster is gone.
        """
        kept: dict[int, Result] = {}
        wanted = 0
        for index, result in self._shown(function, list(items), title, in_order=True):
            kept[index] = result
            while wanted in kept:
                yield kept.pop(wanted)
                wanted += 1

    def as_done(
        self, function: Callable[[Item], Result], items: Iterable[Item], title: str
    ) -> Iterator[tuple[int, Result]]:
        """Call a function with each item; give the results as they come.

        The same as `map` apart from the order.

        Yields
        ------
        tuple
            The place of an item among the items, and its result.
        """
        yield from self._shown(function, list(items), title, in_order=False)

    def _shown(
        self,
        function: Callable[[Item], Result],
        items: Sequence[Item],
        title: str,
        *,
        in_order: bool,
    ) -> Iterator[tuple[int, Result]]:
        from train.progress import progress

        with progress(title, len(items)) as advance:
            if self._here:
                for index, item in enumerate(items):
                    result = function(item)
                    advance()
                    yield index, result
                return
            for done in self._done(function, items, in_order=in_order):
                advance()
                yield done

    def _done(
        self, function: Callable[[Item], Result], items: Sequence[Item], *, in_order: bool
    ) -> Iterator[tuple[int, Result]]:
        name = getattr(function, "__name__", "task")
        waiting = deque(range(len(items)))
        unfinished = set(waiting)
        first = 0
        running: dict[Future[Any], int] = {}
        lost: Counter[int] = Counter()
        try:
            while unfinished:
                limit = 2 * self._count_workers()
                end = first + AHEAD * limit if in_order else len(items)
                broken = False
                while waiting and len(running) < limit and waiting[0] < end:
                    try:
                        future = self._begin(packed(function, items[waiting[0]]), name)
                    except BrokenProcessPool:
                        broken = True
                        break
                    running[future] = waiting.popleft()
                done = wait(running, return_when=FIRST_COMPLETED).done
                if self._pool is not None and (broken or any(map(_is_broken, done))):
                    # Whatever else was under way in this pool ends now, too.
                    done = wait(running).done
                    end_pool(self._pool, at_once=True)
                    self._pool = None
                for future in done:
                    index = running.pop(future)
                    try:
                        result = future.result()
                    except BrokenProcessPool:
                        lost[index] += 1
                        if lost[index] == TRIES:
                            raise self._killed() from None
                        waiting = deque(sorted([index, *waiting]))
                        continue
                    unfinished.remove(index)
                    while first < len(items) and first not in unfinished:
                        first += 1
                    yield index, result
        except Exception as error:
            if (told := self._told(error)) is None:
                raise
            raise told from error
        finally:
            if self._client is not None:
                for future in running:
                    future.cancel()
            # A pool cancels its own when it ends. One whose processes are killed while a task of
            # it is cancelled writes a traceback (InvalidStateError in terminate_broken, 3.11).

    def _begin(self, work: bytes, name: str) -> Future[Any]:
        if self._scheduler is None:
            self._pool = self._pool or new_pool(self._processes, self._threads)
            return submit(self._pool, work)
        # Dask balances by how long tasks of one name take.
        future: Future[Any] = self._cluster.submit(
            call_on_cluster, work, self._threads, key=f"{name}-{uuid.uuid4()}"
        )
        return future

    def _count_workers(self) -> int:
        if self._client is not None and time.monotonic() > self._counted_at + COUNT_S:
            self._workers = max(1, sum(self._client.nthreads().values()))
            self._counted_at = time.monotonic()
        return self._workers

    def _told(self, error: Exception) -> DataError | None:
        """Return what to tell of an error that is no task's own; None where it is one."""
        if self._scheduler is None:
            return None
        if isinstance(error, CancelledError):
            return DataError(
                f"The Dask scheduler {self._scheduler} is gone; start it again, and repeat the "
                "command."
            )
        # Dask's own way to say that one task has killed worker after worker.
        if type(error).__name__ == "KilledWorker":
            return self._killed()
        lacks = lacking_package(error)
        if lacks is None:
            return None
        return DataError(
            f"On the cluster of {self._scheduler}, a machine lacks the package {lacks}; install "
            "this program there in the same version: "
            "pip install 'keyword-recognizer[train,cluster]'"
        )

    def _killed(self) -> DataError:
        mend = (
            "try fewer processes (--processes 1)"
            if self._scheduler is None
            else f"give the workers of {self._scheduler} more of it"
        )
        return DataError(
            f"The process of one task was killed {TRIES} times, most likely because memory ran "
            f"out; {mend}."
        )


def _is_broken(future: Future[Any]) -> bool:
    return not future.cancelled() and isinstance(future.exception(), BrokenProcessPool)
