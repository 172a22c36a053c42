"""Warnings that come by the hundred: one now, the newest of the others later, with their number."""

import contextlib
import math
import threading
import time
from collections.abc import Callable, Hashable
from typing import Generic, Protocol, TypeVar

T = TypeVar("T")

INTERVAL_S = 10.0
"""Of each kind of warning, one is said in so long a time (seconds)."""


class Timer(Protocol):
    """The part of `threading.Timer` that is used."""

    def cancel(self) -> object:
        """Do not call any more."""


def _start_timer(delay_s: float, call: Callable[[], None]) -> Timer:
    timer = threading.Timer(delay_s, call)
    timer.daemon = True
    timer.start()
    return timer


class Throttle(Generic[T]):
    """Passes on one thing of each kind in a while, and the newest of the others later.

    The first of its kind passes at once. Those that follow within the interval are held back;
    when it is over, the newest is passed on with their number. Whenever something is passed on,
    all that is held back goes before it in the order in which it came. So the last thing that is
    said is true: a microphone that went and came ten times is back.

    Any thread may call. One call to ``pass_on`` is made at a time, by the thread that calls or by
    a timer's, which lives only while something is held back.

    Parameters
    ----------
    pass_on
        Takes a thing, and how many it stands for, itself included.
    interval_s
        The shortest time between two things of a kind (seconds).
    clock
        Monotonic seconds.
    start_timer
        Calls a function after some seconds, from another thread.

    Examples
    --------
    >>> said = Throttle(lambda sentence, count: print(counted(sentence, count)))
    >>> for block in range(3):
    ...     said.offer("lost", f"Block {block} was lost.")
    Block 0 was lost.
    >>> said.flush()
    Block 2 was lost. (2 times since this was last said.)
    """

    def __init__(
        self,
        pass_on: Callable[[T, int], object],
        *,
        interval_s: float = INTERVAL_S,
        clock: Callable[[], float] = time.monotonic,
        start_timer: Callable[[float, Callable[[], None]], Timer] = _start_timer,
    ) -> None:
        self._pass_on = pass_on
        self._interval_s = interval_s
        self._clock = clock
        self._start_timer = start_timer
        self._lock = threading.RLock()
        self._passed_at_s: dict[Hashable, float] = {}
        # In the order in which the newest of each kind came.
        self._held: dict[Hashable, tuple[T, int]] = {}
        self._timer: Timer | None = None

    def offer(self, kind: Hashable, thing: T) -> None:
        """Pass a thing on, now or later, or let a newer one of its kind stand for it."""
        with self._lock:
            now_s = self._clock()
            _, count = self._held.pop(kind, (None, 0))
            self._held[kind] = (thing, count + 1)
            wait_s = self._passed_at_s.get(kind, -math.inf) + self._interval_s - now_s
            if wait_s <= 0:
                self.flush()
            elif self._timer is None:
                # Where no thread can be started, the next of its kind brings it along.
                with contextlib.suppress(RuntimeError):
                    self._timer = self._start_timer(wait_s, self.flush)

    def flush(self) -> None:
        """Pass on all that is held back, at once."""
        with self._lock:
            if self._timer is not None:
                self._timer.cancel()
                self._timer = None
            now_s = self._clock()
            # Otherwise a program that runs for months remembers every microphone it has seen.
            self._passed_at_s = {
                kind: at_s
                for kind, at_s in self._passed_at_s.items()
                if now_s - at_s < self._interval_s
            }
            held, self._held = self._held, {}
            for kind, (thing, count) in held.items():
                self._passed_at_s[kind] = now_s
                self._pass_on(thing, count)


def throttled(say: Callable[[str], object]) -> Throttle[str]:
    """Return a throttle for sentences, which say how many they stand for."""
    return Throttle(lambda sentence, count: say(counted(sentence, count)))


def counted(sentence: str, count: int) -> str:
    """Return a sentence with how many it stands for, itself included, if there are several."""
    return sentence if count == 1 else f"{sentence} ({count} times since this was last said.)"
