"""The machines of a Dask cluster, as workers that recognize files.

They need the same version of this program, and find the same files under the same paths.
"""

import threading
import time
from collections.abc import Callable
from concurrent.futures import CancelledError, Future
from concurrent.futures.process import BrokenProcessPool
from multiprocessing.util import Finalize
from types import TracebackType
from typing import Any, Self

from recognizer.archive.dask_client import connect, lacking_package
from recognizer.archive.processes import TRIES, OneProcess
from recognizer.archive.work import Fate, Item, Result
from recognizer.errors import RecognizerError

COUNT_S = 5.0
"""How often the workers of a cluster, which come and go, are counted (seconds)."""

EACH = 4
"""So many files are on their way to each thread of a worker: one that it reads, and others that it
need not wait for."""


class Cluster:
    """Workers of a Dask cluster; see `recognizer.archive.work.Workers`.

    A context manager. What the workers are at when it ends early, they end by themselves.

    Parameters
    ----------
    address
        Of the scheduler, as ``tcp://host:8786``.

    Raises
    ------
    RecognizerError
        If ``distributed`` is not installed, nobody answers at the address, or there are no
        workers; when the context is entered.
    """

    def __init__(self, address: str) -> None:
        self.tries = TRIES
        self._address = address
        self._client: Any = None
        self._executor: Any = None
        self._room = 0
        self._under_way = 0
        self._counted_at = 0.0

    def __enter__(self) -> Self:
        self._client = connect(self._address)
        self._executor = self._client.get_executor(pure=False)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        # With the scheduler gone, nothing can be called off, nor need it be.
        if self._client.status != "closed":
            self._executor.shutdown(wait=False)
        self._client.close()

    def begin(
        self, function: Callable[[Item], Result], item: Item, left: int
    ) -> "Future[Result] | None":
        """Call a function with an item on a worker; None while all have enough to do.

        Raises
        ------
        RecognizerError
            If the scheduler is gone.
        """
        try:
            if time.monotonic() > self._counted_at + COUNT_S:
                self._room = EACH * max(1, sum(self._client.nthreads().values()))
                self._counted_at = time.monotonic()
            if self._under_way >= self._room:
                return None
            future: Future[Result] = self._executor.submit(call_on_worker, function, item)
        except Exception as error:
            # A connection that breaks is an OSError; what a client that is closed raises depends
            # on the moment.
            if isinstance(error, OSError) or self._client.status in ("closing", "closed"):
                raise self._gone() from error
            raise
        self._under_way += 1
        return future

    def check(self) -> None:
        """See whether the scheduler is there: the calls of a client that is closed never end.

        Raises
        ------
        RecognizerError
            If it is gone.
        """
        if self._client.status == "closed":
            raise self._gone()

    def _gone(self) -> RecognizerError:
        return RecognizerError(
            f"The Dask scheduler {self._address} is gone; start it again, and repeat the command."
        )

    def fate(self, future: "Future[Any]") -> Fate:
        """Return how a call ended.

        Raises
        ------
        RecognizerError
            If the scheduler is gone, or a worker lacks this program.
        """
        self._under_way -= 1
        try:
            error = future.exception()
        except CancelledError:
            raise self._gone() from None
        # The latter is Dask's: with each worker that is killed it suspects all that waited there.
        if isinstance(error, BrokenProcessPool) or type(error).__name__ == "KilledWorker":
            return Fate.KILLED
        lacks = lacking_package(error)
        if lacks is not None:
            raise RecognizerError(
                f"On the cluster of {self._address}, a machine lacks the package {lacks}; install "
                "this program there in the same version: pip install 'keyword-recognizer[cluster]'"
            ) from error
        return Fate.DONE


_own = threading.local()
"""The process of each thread of a Dask worker."""

_starting = threading.Lock()
"""Held by the thread that starts a process, or gives it something to do."""


def call_on_worker(function: Callable[[Item], Result], item: Item) -> Result:
    """Call a function with an item for a thread of a Dask worker, in a process of its own.

    What kills that leaves the worker alone, and all that waits there.

    Raises
    ------
    BrokenProcessPool
        If the process was killed.
    """
    with _starting:
        if getattr(_own, "process", None) is None:
            _own.process = OneProcess()
            # A process that ends waits for those it has started, and these for their next file.
            Finalize(None, _own.process.end, exitpriority=0)
        process: OneProcess = _own.process
        process.given.clear()
        try:
            future = process.submit(function, item)
        except BrokenProcessPool:
            _own.process = None
            raise
    try:
        return future.result()
    except BrokenProcessPool:
        _own.process = None
        raise
