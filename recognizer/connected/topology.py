"""The hidden Markov model of rows of words: which state may follow which, and what each emits.

Every word, silence and other speech is a chain of states. A state emits the posterior of one of
the model's labels. It stays or goes on to the next; from a chain's last state any chain may
follow. A chain has several states for one label where the label must last.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from recognizer.connected.labels import STATES


@dataclass(frozen=True, slots=True)
class DecoderParameters:
    """The search's constants, chosen on validation speakers; penalties are natural logarithms."""

    part_steps: int = 2
    """Each part of a word lasts at least so many steps."""
    silence_steps: int = 2
    """Silence lasts at least so many steps."""
    unknown_steps: int = 5
    """Other speech lasts at least so many steps."""
    word_penalty: float = 1.0
    """What beginning a word costs."""
    unknown_penalty: float = 3.0
    """What beginning other speech costs."""
    silence_penalty: float = 1.0
    """What beginning silence costs."""
    mixing_penalty: float = 10.0
    """What it costs more that a word follows other speech without a pause, or the other way round:
    a digit in the middle of a sentence pays it twice, a number in it no more often."""
    unknown_cost: float = 2.0
    """What each step of other speech costs."""
    silence_cost: float = 0.0
    """What each step of silence costs."""
    floor: float = 1e-4
    """The least posterior: one step that is wrong rules nothing out."""
    beam: float = 25.0
    """Paths that are so much less likely than the best one are given up."""
    longest_steps: int = 200
    """What is further back than this is decided, even where it is still open."""


@dataclass(frozen=True, slots=True, eq=False)
class Topology:
    """The states, as arrays over all of them."""

    emits: npt.NDArray[np.intp]
    """The label of each state."""
    cost: npt.NDArray[np.float32]
    """What a step in the state costs."""
    first: npt.NDArray[np.intp]
    """The first state of each chain; the chains are silence, other speech, then the words."""
    last: npt.NDArray[np.intp]
    """The last state of each chain."""
    entry: npt.NDArray[np.float32]
    """What beginning each chain costs."""
    change: npt.NDArray[np.float32]
    """What going on from the end of a chain to the beginning of another costs, ``[from, to]``;
    infinite where it is no change."""
    chain: npt.NDArray[np.intp]
    """The chain of each state."""


def topology(words: int, parameters: DecoderParameters) -> Topology:
    """Build the states for so many words."""
    p = parameters
    chains = [([0] * p.silence_steps, p.silence_penalty, p.silence_cost)]
    chains.append(([1] * p.unknown_steps, p.unknown_penalty, p.unknown_cost))
    for word in range(words):
        labels = [2 + word * STATES + part for part in range(STATES) for _ in range(p.part_steps)]
        chains.append((labels, p.word_penalty, 0.0))
    lengths = np.array([len(labels) for labels, _, _ in chains])
    entry = np.array([entry for _, entry, _ in chains], np.float32)
    change = np.tile(entry, (len(chains), 1))
    change[1, 2:] += p.mixing_penalty
    change[2:, 1] += p.mixing_penalty
    # Silence and other speech go on; only a word can be said again.
    change[0, 0] = change[1, 1] = np.inf
    last = np.cumsum(lengths) - 1
    return Topology(
        np.concatenate([labels for labels, _, _ in chains]).astype(np.intp),
        np.repeat([cost for _, _, cost in chains], lengths).astype(np.float32),
        last - lengths + 1,
        last,
        entry,
        change,
        np.repeat(np.arange(len(chains)), lengths),
    )
