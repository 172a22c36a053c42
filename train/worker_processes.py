"""Processes in which tasks are done, and what goes on in them.

They are started anew (``spawn``), and end when the process that started them ends, however that
happens.
"""

import multiprocessing
import os
import pickle
import signal
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from multiprocessing import util
from typing import Any

from recognizer.archive.child_process import as_no_daemon, end_with_parent

THREAD_SETTINGS = (
    "TF_NUM_INTRAOP_THREADS",
    "TF_NUM_INTEROP_THREADS",
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "NUMBA_NUM_THREADS",
)
"""Environment variables from which numeric libraries learn how many threads to start."""


def packed(function: Callable[[Any], Any], item: object) -> bytes:
    """Return a task as it travels."""
    return pickle.dumps((function, item))


def new_pool(processes: int, threads: int | None) -> ProcessPoolExecutor:
    """Return a pool for `submit`.

    Parameters
    ----------
    processes
        How many there are at most; each is started when it is needed.
    threads
        How many threads the numeric libraries may use in each; None leaves that to them.
    """
    return ProcessPoolExecutor(processes, multiprocessing.get_context("spawn"), _begin, (threads,))


def submit(pool: ProcessPoolExecutor, work: bytes) -> Future[Any]:
    """Have a `packed` task done.

    Raises
    ------
    BrokenProcessPool
        If one of the processes was killed.
    """
    with _starting, _no_interrupts(), as_no_daemon():
        return pool.submit(_call, work)


def end_pool(pool: ProcessPoolExecutor, *, at_once: bool) -> None:
    """End the processes, `at_once` in the middle of what they do."""
    if at_once:
        for process in list((pool._processes or {}).values()):
            process.terminate()
    pool.shutdown(wait=True, cancel_futures=True)


def call_on_cluster(work: bytes, threads: int | None) -> Any:
    """Do a `packed` task for a Dask worker, in a process of its own.

    In the worker's process other threads, Dask's own, draw from the same random numbers that a
    training is seeded with.

    Raises
    ------
    BrokenProcessPool
        If the process was killed.
    """
    pool = _pool_of_worker(threads)
    try:
        return submit(pool, work).result()
    except BrokenProcessPool:
        with _starting:
            if _pools.get(threads) is pool:
                del _pools[threads]
        raise


_pools: dict[int | None, ProcessPoolExecutor] = {}
"""Of this Dask worker, by the threads in each process."""

_starting = threading.RLock()
"""Held by who starts a process, or changes `_pools`."""


def _pool_of_worker(threads: int | None) -> ProcessPoolExecutor:
    from distributed import get_worker

    worker: Any = get_worker()
    with _starting:
        if threads not in _pools:
            pool = new_pool(worker.state.nthreads, threads)
            # A process that ends waits for those it has started, and these for their next task.
            util.Finalize(None, end_pool, (pool,), {"at_once": True}, exitpriority=0)
            _pools[threads] = pool
        return _pools[threads]


@contextmanager
def _no_interrupts() -> Iterator[None]:
    """Let what is started here be deaf to Ctrl-C.

    It reaches all processes of a terminal, and the first one alone answers it. A process inherits
    what is blocked where it is started.
    """
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _begin(threads: int | None) -> None:
    """Prepare a process."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if threads is not None:
        os.environ.update(dict.fromkeys(THREAD_SETTINGS, str(threads)))
    end_with_parent()


def _call(work: bytes) -> Any:
    from train.console import console

    # Two processes' bars on one terminal would overwrite each other.
    console.quiet = True
    function, item = pickle.loads(work)  # noqa: S301
    try:
        return function(item)
    except Exception as error:
        _check_can_travel(error)
        raise


def _check_can_travel(error: Exception) -> None:
    """Replace an exception that another process could not read, and would break over."""
    try:
        pickle.loads(pickle.dumps(error))  # noqa: S301
    except Exception:  # noqa: BLE001
        raise RuntimeError(f"{type(error).__name__}: {error}") from None
