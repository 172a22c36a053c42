"""The way to a Dask cluster that the user names."""

import asyncio
import logging
from importlib import import_module
from typing import Any

from recognizer.errors import RecognizerError

CONNECT_S = 10.0
"""How long a scheduler may take to answer (seconds)."""
WORKERS_S = 60.0
"""How long a scheduler may be without a worker (seconds)."""


def lacking_package(error: BaseException | None) -> str | None:
    """Return the package that a worker lacks by this error of a task, or None."""
    if isinstance(error, ModuleNotFoundError):
        return error.name
    # Dask's own words: it could not even read the task.
    return __name__.partition(".")[0] if "Error during deserialization" in str(error) else None


def connect(address: str) -> Any:
    """Return a client of a Dask scheduler that has workers.

    Parameters
    ----------
    address
        As ``tcp://host:8786``.

    Raises
    ------
    RecognizerError
        If ``distributed`` is not installed, nobody answers at the address, or there are no
        workers.
    """
    try:
        distributed: Any = import_module("distributed")
        core: Any = import_module("distributed.core")
    except ModuleNotFoundError as error:
        raise RecognizerError(
            "The package distributed, which talks to a Dask cluster, is not installed; install it "
            "with: pip install 'keyword-recognizer[cluster]'"
        ) from error
    # A worker that goes is made up for, and what was under way when the client ends is no news.
    for name in ("distributed.client", "tornado.application"):
        logging.getLogger(name).setLevel(logging.CRITICAL)

    async def kind_of_server() -> object:
        security = distributed.Security().get_connection_args("client")
        comm = await core.connect(address, timeout=CONNECT_S, **security)
        try:
            return (await core.send_recv(comm, op="identity", reply=True))["type"]
        finally:
            await comm.close()

    try:
        # A client that nobody answers goes on trying in threads of its own, so ask before.
        if asyncio.run(asyncio.wait_for(kind_of_server(), 2 * CONNECT_S)) != "Scheduler":
            raise ValueError("it is a worker")
        client = distributed.Client(address, timeout=CONNECT_S, set_as_default=False)
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise RecognizerError(
            f"No Dask scheduler answers at {address!r}; start one with `dask scheduler`, which "
            "prints its address."
        ) from error
    try:
        client.wait_for_workers(1, timeout=WORKERS_S)
    except TimeoutError as error:
        client.close()
        raise RecognizerError(
            f"The Dask scheduler {address} has no workers; start some with `dask worker {address}`."
        ) from error
    except BaseException:
        client.close()
        raise
    return client
