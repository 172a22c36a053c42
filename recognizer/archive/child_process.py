"""What processes that are started for pieces of work have in common."""

import multiprocessing
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


@contextmanager
def as_no_daemon() -> Iterator[None]:
    """Let a Dask worker, which is a daemon, start processes.

    `end_with_parent` sees to it that they end.
    """
    settings: dict[str, Any] = multiprocessing.current_process()._config  # type: ignore[attr-defined]
    before = settings.pop("daemon", None)
    try:
        yield
    finally:
        if before is not None:
            settings["daemon"] = before


def end_with_parent() -> None:
    """Have this process end when the one that started it ends, however that happens."""

    def follow() -> None:
        started_by = multiprocessing.parent_process()
        if started_by is not None:
            started_by.join()
            # Whose parent was killed would wait for its next piece of work forever.
            os._exit(1)

    threading.Thread(target=follow, daemon=True).start()
