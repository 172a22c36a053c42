"""The ring buffer between the audio callback and the thread that reads.

One producer, one consumer, no lock. The producer is never held up: when the consumer falls
behind, the oldest samples go and the consumer learns exactly how many.
"""

import numpy as np
import numpy.typing as npt

Float32Array = npt.NDArray[np.float32]


class RingBuffer:
    """Samples from one writing thread to one reading thread.

    Every sample is stored twice, one capacity apart, so that whatever is unread is always one
    contiguous view. Positions are counts of samples since the beginning; they are Python
    integers, which never wrap.

    Two threads use it, and neither ever waits: `write` belongs to the producer, everything else
    to the consumer. What makes this safe without a lock is the order of three stores in `write`:
    first the producer announces how far it will overwrite, then it copies, then it publishes the
    new samples. A consumer that looks at the announcement *after* it has used its samples thus
    knows which of them may have changed under its hands.

    Parameters
    ----------
    capacity_samples
        How many unread samples are kept; at least 1.

    Raises
    ------
    ValueError
        If the capacity is below 1.
    """

    def __init__(self, capacity_samples: int) -> None:
        if capacity_samples < 1:
            raise ValueError(f"The capacity must be at least 1 sample, not {capacity_samples}.")
        self._capacity = int(capacity_samples)
        self._storage = np.zeros(2 * self._capacity, np.float32)
        self._readable = self._storage.view()
        self._readable.flags.writeable = False
        self._announced = 0
        self._written = 0
        self._read = 0
        self._lost = 0

    @property
    def capacity_samples(self) -> int:
        """How many unread samples are kept."""
        return self._capacity

    @property
    def written_samples(self) -> int:
        """How many samples were written since the beginning, the lost ones included."""
        return self._written

    @property
    def read_samples(self) -> int:
        """How many samples were read or lost since the beginning: the next one's position."""
        return self._read

    @property
    def available_samples(self) -> int:
        """How many samples wait to be read (0 to the capacity)."""
        return min(self._written - self._read, self._capacity)

    def write(self, block: npt.NDArray[np.float32]) -> None:
        """Append samples (producer). Never waits, never allocates sample memory.

        Parameters
        ----------
        block
            float32, shape ``[n]``, any ``n``, strided or not. Of more samples than the capacity
            only the last ones are kept; the others count as written, and so as lost.
        """
        count = len(block)
        written = self._written + count
        self._announced = written
        if count > self._capacity:
            block = block[count - self._capacity :]
            count = self._capacity
        start = (written - count) % self._capacity
        first = min(count, self._capacity - start)
        self._storage[start : start + count] = block
        self._storage[start + self._capacity : start + self._capacity + first] = block[:first]
        self._storage[: count - first] = block[first:]
        self._written = written

    def view(self, most_samples: int | None = None) -> Float32Array:
        """Return the oldest unread samples without copying them (consumer).

        The producer may overwrite a view while it is in use; `advance` tells whether it did.

        Parameters
        ----------
        most_samples
            At most so many samples; None for all.

        Returns
        -------
        numpy.ndarray
            Read-only float32 view, shape ``[n]``, contiguous; empty when nothing is unread.
        """
        written = self._written
        self._give_up_before(written - self._capacity)
        count = written - self._read
        if most_samples is not None:
            count = min(count, max(0, most_samples))
        start = self._read % self._capacity
        return self._readable[start : start + count]

    def advance(self, samples: int) -> int:
        """Say that the first samples of the last view have been used (consumer).

        Parameters
        ----------
        samples
            How many; at most the length of the last view.

        Returns
        -------
        int
            How many of them, from the first on, may have been overwritten while they were in
            use. They count as lost; the others were intact up to this call.

        Raises
        ------
        ValueError
            If fewer samples were unread, or the number is negative.
        """
        if not 0 <= samples <= self._written - self._read:
            raise ValueError(f"Cannot advance by {samples} of {self.available_samples} samples.")
        torn = min(samples, max(0, self._announced - self._capacity - self._read))
        self._lost += torn
        self._read += samples
        return torn

    def read(self, most_samples: int | None = None) -> Float32Array:
        """Return a copy of the oldest unread samples (consumer).

        Samples overwritten while they were copied are left out and count as lost, so what is
        returned is what was written, without a gap in it; any loss lies before its first sample.

        Parameters
        ----------
        most_samples
            At most so many samples; None for all.

        Returns
        -------
        numpy.ndarray
            float32, shape ``[n]``; empty when nothing is unread.
        """
        copy = self.view(most_samples).copy()
        return copy[self.advance(len(copy)) :]

    def take_lost(self) -> int:
        """Return how many samples were lost since this was asked last (consumer).

        A loss is noticed by `view`, `read` and `advance`, so asking after `read` gives what is
        missing right before the samples that it returned.
        """
        lost, self._lost = self._lost, 0
        return lost

    def _give_up_before(self, position: int) -> None:
        overwritten = position - self._read
        if overwritten > 0:
            self._lost += overwritten
            self._read = position
