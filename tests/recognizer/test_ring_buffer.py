import threading
import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recognizer.ring_buffer import RingBuffer


def counting(start: int, count: int) -> np.ndarray:
    return np.arange(start, start + count, dtype=np.float32)


def test_what_is_written_is_read_once():
    ring = RingBuffer(8)
    ring.write(counting(0, 5))
    assert ring.available_samples == 5
    np.testing.assert_array_equal(ring.read(), counting(0, 5))
    assert len(ring.read()) == 0
    assert ring.take_lost() == 0
    assert (ring.written_samples, ring.read_samples) == (5, 5)


@pytest.mark.parametrize("capacity", [0, -1])
def test_a_capacity_below_one_is_refused(capacity):
    with pytest.raises(ValueError, match=f"not {capacity}"):
        RingBuffer(capacity)


def test_views_are_contiguous_across_the_seam_share_memory_and_cannot_be_written():
    ring = RingBuffer(8)
    ring.write(counting(0, 6))
    ring.read()
    ring.write(counting(6, 6))
    view = ring.view()
    np.testing.assert_array_equal(view, counting(6, 6))
    assert view.flags.c_contiguous
    assert view.base is not None
    with pytest.raises(ValueError, match="read-only"):
        view[0] = 1.0
    np.testing.assert_array_equal(ring.view(2), counting(6, 2))
    assert ring.advance(2) == 0
    np.testing.assert_array_equal(ring.view(), counting(8, 4))


def test_the_oldest_samples_go_and_are_counted():
    ring = RingBuffer(8)
    for start in range(0, 21, 3):
        ring.write(counting(start, 3))
    np.testing.assert_array_equal(ring.read(), counting(13, 8))
    assert ring.take_lost() == 13
    assert ring.take_lost() == 0


def test_a_block_larger_than_the_ring_leaves_its_end():
    ring = RingBuffer(4)
    ring.write(counting(0, 11))
    np.testing.assert_array_equal(ring.read(), counting(7, 4))
    assert ring.take_lost() == 7


def test_strided_blocks_are_taken():
    ring = RingBuffer(8)
    stereo = np.arange(10, dtype=np.float32).reshape(5, 2)
    ring.write(stereo[:, 1])
    np.testing.assert_array_equal(ring.read(), [1, 3, 5, 7, 9])


def test_a_view_overwritten_while_in_use_is_counted():
    ring = RingBuffer(8)
    ring.write(counting(0, 8))
    view = ring.view(6)
    ring.write(counting(8, 4))
    assert view[0] == 8.0
    assert ring.advance(6) == 4
    assert ring.take_lost() == 4
    np.testing.assert_array_equal(ring.read(), counting(6, 6))
    assert ring.take_lost() == 0


def test_a_write_that_has_only_begun_counts_as_tearing():
    ring = RingBuffer(8)
    ring.write(counting(0, 8))
    torn: list[int] = []

    class Interrupted(np.ndarray):
        """A block during whose copying the reader ends its own copy."""

        def __getitem__(self, key):
            if not torn:
                torn.append(ring.advance(8))
            return super().__getitem__(key)

    ring.view()
    ring.write(counting(8, 3).view(Interrupted))
    assert torn == [3]
    assert ring.take_lost() == 3


def test_advancing_beyond_what_is_unread_is_refused():
    ring = RingBuffer(8)
    ring.write(counting(0, 3))
    for wrong in (4, -1):
        with pytest.raises(ValueError, match=str(wrong)):
            ring.advance(wrong)


def test_counts_stay_exact_beyond_two_to_the_31():
    ring = RingBuffer(10)
    start = 2**33 + 7
    ring._announced = ring._written = ring._read = start
    ring.write(counting(0, 25))
    assert ring.written_samples == start + 25
    np.testing.assert_array_equal(ring.read(), counting(15, 10))
    assert ring.take_lost() == 15


def test_writing_allocates_no_sample_memory():
    ring = RingBuffer(100_000)
    block = np.ones(60_000, np.float32)
    ring.write(block)
    tracemalloc.start()
    for _ in range(5):
        ring.write(block)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 2_000


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("write"), st.integers(0, 30)),
        st.tuples(st.just("read"), st.one_of(st.none(), st.integers(0, 30))),
        st.tuples(st.just("view"), st.integers(0, 30)),
        st.tuples(st.just("take_lost"), st.none()),
    ),
    max_size=60,
)


@settings(max_examples=200, deadline=None, derandomize=True)
@given(capacity=st.integers(1, 12), steps=STEPS)
def test_it_behaves_like_a_bounded_queue_that_drops_the_oldest(capacity, steps):
    ring = RingBuffer(capacity)
    queue: list[float] = []
    written = lost = 0
    for step, number in steps:
        if step == "write":
            block = counting(written, number)
            written += number
            ring.write(block)
            queue.extend(block)
            overflow = max(0, len(queue) - capacity)
            lost += overflow
            del queue[:overflow]
        elif step == "read":
            count = len(queue) if number is None else min(number, len(queue))
            np.testing.assert_array_equal(ring.read(number), queue[:count])
            del queue[:count]
        elif step == "view":
            count = min(number, len(queue))
            view = ring.view(number)
            np.testing.assert_array_equal(view, queue[:count])
            assert ring.advance(count) == 0
            del queue[:count]
        else:
            ring.view()
            assert ring.take_lost() == lost
            lost = 0
        assert ring.available_samples == len(queue)
        assert ring.written_samples == written
    ring.read()
    assert ring.read_samples == written
    assert ring.take_lost() == lost


@pytest.mark.parametrize("capacity", [700, 5_000, 100_000])
def test_two_threads_at_full_speed_lose_nothing_uncounted(capacity):
    """Read samples are exactly their positions: no tearing, no repetition, no silent loss."""
    total = 3_000_000
    ring = RingBuffer(capacity)
    sizes = np.random.default_rng(1).integers(1, 1_500, 200_000)

    def produce() -> None:
        position = 0
        for size in sizes:
            count = min(int(size), total - position)
            ring.write(counting(position, count))
            position += count
            if position == total:
                return

    producer = threading.Thread(target=produce)
    producer.start()
    expected = 0
    while producer.is_alive() or ring.available_samples:
        block = ring.read(2_000)
        expected += ring.take_lost()
        np.testing.assert_array_equal(block, counting(expected, len(block)))
        expected += len(block)
    producer.join()
    assert expected == total == ring.written_samples
