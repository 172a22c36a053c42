"""Warnings held back and counted, on a clock of the test's."""

import doctest
import threading

import pytest

from recognizer import throttle as module
from recognizer.throttle import Throttle, counted, throttled


class Timers:
    """Stands in for `threading.Timer` on a clock that only the test moves."""

    def __init__(self):
        self.now_s = 100.0
        self.waiting = []
        self.started = 0

    def clock(self):
        return self.now_s

    def start(self, delay_s, call):
        timer = Timer(self, self.now_s + delay_s, call)
        self.waiting.append(timer)
        self.started += 1
        return timer

    def pass_time(self, seconds):
        end_s = self.now_s + seconds
        while due := sorted((t for t in self.waiting if t.at_s <= end_s), key=lambda t: t.at_s):
            self.waiting.remove(due[0])
            self.now_s = max(self.now_s, due[0].at_s)
            due[0].call()
        self.now_s = end_s


class Timer:
    def __init__(self, timers, at_s, call):
        self.timers, self.at_s, self.call = timers, at_s, call

    def cancel(self):
        if self in self.timers.waiting:
            self.timers.waiting.remove(self)


@pytest.fixture
def timers():
    return Timers()


@pytest.fixture
def said():
    return []


@pytest.fixture
def throttle(timers, said):
    return Throttle(
        lambda thing, count: said.append((thing, count)),
        interval_s=10.0,
        clock=timers.clock,
        start_timer=timers.start,
    )


def test_the_first_is_passed_on_at_once(throttle, said, timers):
    throttle.offer("lost", "a")
    assert said == [("a", 1)]
    assert timers.started == 0


def test_repeats_are_held_back_and_the_newest_stands_for_all(throttle, said, timers):
    for thing in "abcd":
        throttle.offer("lost", thing)
        timers.pass_time(1.0)
    assert said == [("a", 1)]
    timers.pass_time(5.9)
    assert said == [("a", 1)]
    timers.pass_time(0.2)
    assert said == [("a", 1), ("d", 3)]


def test_what_comes_after_the_interval_passes_at_once(throttle, said, timers):
    throttle.offer("lost", "a")
    timers.pass_time(10.0)
    throttle.offer("lost", "b")
    assert said == [("a", 1), ("b", 1)]
    assert timers.waiting == []


def test_a_flood_is_said_once_an_interval_and_none_goes_uncounted(throttle, said, timers):
    for number in range(1000):
        throttle.offer("lost", number)
        timers.pass_time(0.1)
    throttle.flush()
    assert sum(count for _, count in said) == 1000
    assert 10 <= len(said) <= 12
    assert said[-1][0] == 999


def test_kinds_do_not_wait_for_each_other(throttle, said):
    throttle.offer("lost", "a")
    throttle.offer("gone", "b")
    assert said == [("a", 1), ("b", 1)]


def test_the_last_thing_said_is_true(throttle, said, timers):
    """A device that flaps and stays: whenever something is said, it is in the order it came."""
    for _ in range(3):
        throttle.offer("gone", "gone")
        timers.pass_time(1.0)
        throttle.offer("back", "back")
        timers.pass_time(1.0)
    assert said == [("gone", 1), ("back", 1)]
    timers.pass_time(10.0)
    assert said[2:] == [("gone", 2), ("back", 2)]


def test_what_is_held_back_goes_before_what_passes(throttle, said):
    throttle.offer("lost", "a")
    throttle.offer("lost", "b")
    throttle.offer("gone", "c")
    assert said == [("a", 1), ("b", 1), ("c", 1)]


def test_what_is_held_back_is_said_in_the_order_of_the_newest(throttle, said):
    for thing in ("lost 1", "gone 1", "lost 2", "gone 2", "lost 3"):
        throttle.offer(thing.split()[0], thing)
    throttle.flush()
    assert said[2:] == [("gone 2", 1), ("lost 3", 2)]


def test_flush_says_what_is_held_back_and_ends_the_timer(throttle, said, timers):
    throttle.offer("lost", "a")
    throttle.offer("lost", "b")
    assert len(timers.waiting) == 1
    throttle.flush()
    throttle.flush()
    assert said == [("a", 1), ("b", 1)]
    assert timers.waiting == []


def test_after_a_flush_the_interval_begins_anew(throttle, said, timers):
    throttle.offer("lost", "a")
    throttle.flush()
    throttle.offer("lost", "b")
    assert said == [("a", 1)]
    timers.pass_time(10.0)
    assert said == [("a", 1), ("b", 1)]


def test_kinds_of_long_ago_are_forgotten(throttle, timers):
    for number in range(500):
        throttle.offer(number, "a")
        timers.pass_time(1.0)
    assert len(throttle._passed_at_s) <= 11


def test_where_no_thread_can_be_started_the_next_one_brings_it_along(said, timers):
    def no_thread(delay_s, call):
        raise RuntimeError("can't start new thread")

    throttle = Throttle(
        lambda thing, count: said.append((thing, count)),
        interval_s=10.0,
        clock=timers.clock,
        start_timer=no_thread,
    )
    throttle.offer("lost", "a")
    throttle.offer("lost", "b")
    timers.pass_time(11.0)
    throttle.offer("lost", "c")
    assert said == [("a", 1), ("c", 2)]


def test_the_real_timer_says_it_later_from_a_daemon():
    happened = threading.Event()
    said = []

    def pass_on(thing, count):
        said.append((thing, count, threading.current_thread()))
        if len(said) == 2:
            happened.set()

    # The clock stands still, so that the second one always comes too soon.
    throttle = Throttle(pass_on, interval_s=0.05, clock=lambda: 100.0)
    throttle.offer("lost", "a")
    throttle.offer("lost", "b")
    assert happened.wait(30)
    assert [entry[:2] for entry in said] == [("a", 1), ("b", 1)]
    assert said[1][2] is not threading.main_thread()
    assert said[1][2].daemon


def test_threads_lose_nothing(said):
    throttle = Throttle(lambda thing, count: said.append((thing, count)), interval_s=0.001)

    def offer():
        for number in range(300):
            throttle.offer(number % 3, number)

    threads = [threading.Thread(target=offer) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    throttle.flush()
    assert sum(count for _, count in said) == 1200


def test_sentences_say_how_many_they_stand_for():
    said = []
    throttle = throttled(said.append)
    for number in range(4):
        throttle.offer("lost", f"{number} samples were lost.")
    throttle.flush()
    assert said == [
        "0 samples were lost.",
        "3 samples were lost. (3 times since this was last said.)",
    ]
    assert counted("One.", 1) == "One."


def test_the_example_is_true():
    assert doctest.testmod(module).failed == 0
