"""The likeliest row of words, found step by step (one-pass Viterbi search by token passing [1]_).

Every state keeps the best path that ends in it: its score and the words it has passed. A word is
given out as soon as all paths that are left have it in common.

References
----------
.. [1] Young, Russell and Thornton, "Token passing: a simple conceptual model for connected
   speech recognition systems", Cambridge University technical report 38, 1989.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from recognizer.connected.topology import DecoderParameters, topology

Float32Array = npt.NDArray[np.float32]

SILENCE_CHAIN = 0
UNKNOWN_CHAIN = 1
FIRST_WORD_CHAIN = 2


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch of the likeliest path."""

    chain: int
    """0 for silence, 1 for other speech, 2 for the first word and so on."""
    start: int
    """First step."""
    end: int
    """Step behind the last one."""
    confidence: float
    """Mean posterior of the chain's labels over the stretch, all parts together (0 to 1)."""


class ViterbiDecoder:
    """Posteriors in, segments out, each as soon as nothing can change it any more.

    Parameters
    ----------
    words
        How many words; labels are silence, other speech, then `recognizer.connected.labels.STATES`
        parts of each word.
    parameters
        The search's constants.
    """

    def __init__(self, words: int, parameters: DecoderParameters | None = None) -> None:
        self.parameters = parameters or DecoderParameters()
        self._topology = topology(words, self.parameters)
        states = len(self._topology.emits)
        # Where the best path into a state comes from while no new chain begins: state - 1.
        self._inner = np.ones(states, bool)
        self._inner[self._topology.first] = False
        self.start(0)

    def start(self, step: int) -> None:
        """Begin anew: nothing has been said before this step."""
        states = len(self._topology.emits)
        self.now = step
        """The step that comes next."""
        self._begun = step
        self._scores = np.full(states, -np.inf, np.float64)
        self._starts = np.full(states, step, np.int64)
        self._sums = np.zeros(states, np.float64)
        # The segment before the state's own: its number in `_segments`, or -1.
        self._before = np.full(states, -1, np.int64)
        self._segments: dict[int, tuple[Segment, int]] = {}
        self._given = -1
        self._count = 0

    def process(self, posteriors: Float32Array) -> list[Segment]:
        """Take posteriors, return the segments that became certain.

        Parameters
        ----------
        posteriors
            float32 ``[steps, labels]``.
        """
        given: list[Segment] = []
        if len(posteriors) == 0:
            return given
        logs = np.log(np.maximum(posteriors, self.parameters.floor)).astype(np.float64)
        totals = self._totals(posteriors)
        for log, total in zip(logs, totals, strict=True):
            self._step(log, total)
            given += self._certain()
        return given

    def finish(self) -> list[Segment]:
        """End the path here and return the segments that are left."""
        given: list[Segment] = []
        if self.now > self._begun:
            ends = self._scores[self._topology.last]
            if not np.isfinite(ends).any():
                # Too short for any chain: the one that came furthest.
                state = int(np.argmax(self._scores))
            else:
                state = int(self._topology.last[int(np.argmax(ends))])
            given = [*self._path(int(self._before[state])), self._segment(state)]
        self.start(self.now)
        return given

    def _totals(self, posteriors: Float32Array) -> Float32Array:
        """Return each chain's posterior, all its parts together, ``[steps, chains]``."""
        words = posteriors[:, FIRST_WORD_CHAIN:].reshape(
            len(posteriors), len(self._topology.first) - FIRST_WORD_CHAIN, -1
        )
        return np.concatenate((posteriors[:, :FIRST_WORD_CHAIN], words.sum(axis=2)), axis=1)

    def _step(self, log: npt.NDArray[np.float64], total: Float32Array) -> None:
        t = self._topology
        emitted = log[t.emits] - t.cost
        if self.now == self._begun:
            # Nothing comes before, so that beginning costs the same whatever it is.
            self._scores[t.first] = emitted[t.first] - t.entry
            self._sums = total[t.chain].astype(np.float64)
            self.now += 1
            return
        scores, starts = self._scores, self._starts
        sums, before = self._sums, self._before
        new_scores = scores.copy()
        new_starts, new_sums, new_before = starts.copy(), sums.copy(), before.copy()
        came = np.flatnonzero(self._inner[1:] & (scores[:-1] > scores[1:])) + 1
        new_scores[came] = scores[came - 1]
        new_starts[came] = starts[came - 1]
        new_sums[came] = sums[came - 1]
        new_before[came] = before[came - 1]
        entering = scores[t.last][:, None] - t.change
        come_from = entering.argmax(axis=0)
        best = entering[come_from, np.arange(len(t.first))]
        enters = best > scores[t.first]
        for chain in np.unique(come_from[enters]).tolist():
            number = self._count
            self._count += 1
            state = int(t.last[chain])
            self._segments[number] = (self._segment(state), int(before[state]))
            into = t.first[enters & (come_from == chain)]
            new_scores[into] = best[enters & (come_from == chain)]
            new_starts[into] = self.now
            new_sums[into] = 0.0
            new_before[into] = number
        new_scores += emitted
        new_scores[new_scores < new_scores.max() - self.parameters.beam] = -np.inf
        new_sums += total[t.chain]
        self._scores, self._starts = new_scores, new_starts
        self._sums, self._before = new_sums, new_before
        self.now += 1

    def _segment(self, state: int) -> Segment:
        """The segment of the path that ends in a state now."""
        start = int(self._starts[state])
        confidence = float(self._sums[state]) / max(1, self.now - start)
        return Segment(int(self._topology.chain[state]), start, self.now, min(1.0, confidence))

    def _certain(self) -> list[Segment]:
        """Give out what all paths have in common, and forget what no path has any more."""
        alive = np.isfinite(self._scores)
        numbers = set(np.unique(self._before[alive]).tolist())
        oldest = self.now - self.parameters.longest_steps
        while len(numbers) > 1:
            # A segment's number is higher than those of the segments before it.
            latest = max(numbers)
            numbers.discard(latest)
            numbers.add(self._segments[latest][1])
        common = numbers.pop()
        if common <= self._given:
            return self._force(oldest) if self._is_late(oldest) else []
        return self._give(common)

    def _is_late(self, oldest: int) -> bool:
        state = int(np.argmax(self._scores))
        path = self._numbers(int(self._before[state]))
        return bool(path) and self._segments[path[0]][0].end < oldest

    def _force(self, oldest: int) -> list[Segment]:
        """Decide what is too old for the best path, and drop the paths that have it not."""
        state = int(np.argmax(self._scores))
        path = self._numbers(int(self._before[state]))
        chosen = max(number for number in path if self._segments[number][0].end < oldest)
        for index in np.flatnonzero(np.isfinite(self._scores)):
            if chosen not in self._numbers(int(self._before[index])):
                self._scores[index] = -np.inf
        return self._give(chosen)

    def _give(self, number: int) -> list[Segment]:
        given = self._path(number)
        self._given = number
        kept: set[int] = set()
        for one in np.unique(self._before[np.isfinite(self._scores)]).tolist():
            kept.update(self._numbers(int(one)))
        self._segments = {one: self._segments[one] for one in sorted(kept)}
        return given

    def _numbers(self, number: int) -> list[int]:
        """Return the numbers of the segments up to this one that are not given out, in order."""
        path: list[int] = []
        while number > self._given:
            path.append(number)
            number = self._segments[number][1]
        return path[::-1]

    def _path(self, number: int) -> list[Segment]:
        return [self._segments[one][0] for one in self._numbers(number)]
