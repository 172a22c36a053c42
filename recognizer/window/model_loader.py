"""A model that is loaded when a worker first wants it, once for all workers."""

import threading
from collections.abc import Callable
from typing import Generic, TypeVar

_Model = TypeVar("_Model")


class ModelLoader(Generic[_Model]):
    """Gives a model's classifier; the first worker that asks loads it, others wait for it.

    Parameters
    ----------
    load
        Loads it; where it raises, the next one that asks tries again.
    """

    def __init__(self, load: Callable[[], _Model]) -> None:
        self._load = load
        self._classifier: _Model | None = None
        self._lock = threading.Lock()

    def __call__(self) -> _Model:
        """Return the classifier; raise what loading it raises."""
        with self._lock:
            if self._classifier is None:
                self._classifier = self._load()
            return self._classifier
