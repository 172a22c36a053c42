"""The values that flow out of the recognizer.

All times are seconds from the start of the stream, counted in samples, never read from a clock.
``time`` is how much of the stream had been heard when the event was decided, so ``time - end``
is the recognizer's own delay, the same on every machine.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

RejectionReason = Literal["unknown", "low confidence", "too long"]


@dataclass(frozen=True, slots=True)
class VoiceStarted:
    """Voice came into view."""

    start: float
    """Where the voice begins, pre-roll included (seconds)."""
    time: float
    """How much of the stream had been heard (seconds)."""


@dataclass(frozen=True, slots=True)
class VoiceEnded:
    """The voice that started last is over."""

    start: float
    """Where the voice began (seconds)."""
    end: float
    """Where the voice ended, hangover excluded (seconds)."""
    time: float
    """How much of the stream had been heard (seconds)."""


@dataclass(frozen=True, slots=True)
class Detection:
    """A keyword was recognized."""

    label: str
    """The keyword."""
    confidence: float
    """The averaged posterior probability of the keyword (0 to 1)."""
    start: float
    """Where the word begins (seconds)."""
    end: float
    """Where the word ends (seconds)."""
    time: float
    """How much of the stream had been heard when the decision fell (seconds)."""


@dataclass(frozen=True, slots=True)
class Rejection:
    """Voice was heard, and it was not taken for a keyword."""

    reason: RejectionReason
    """Why: no keyword, a keyword below the threshold, or too long to be one word."""
    label: str | None
    """The likeliest keyword, or None when none was scored."""
    confidence: float
    """The averaged posterior probability of ``label`` (0 to 1)."""
    start: float
    """Where the voice begins (seconds)."""
    end: float
    """Where the voice ends (seconds)."""
    time: float
    """How much of the stream had been heard when the decision fell (seconds)."""


@dataclass(frozen=True, slots=True)
class SamplesLost:
    """The reader fell behind and the oldest samples were overwritten."""

    count: int
    """Samples lost since the last such event."""
    total: int
    """Samples lost since the stream began."""
    time: float
    """Where in the stream the gap begins (seconds)."""


Event = VoiceStarted | VoiceEnded | Detection | Rejection | SamplesLost


@dataclass(frozen=True, slots=True, eq=False)
class Observation:
    """What the recognizer saw in one block, for a picture: no event, and nothing decided."""

    start: float
    """Where the first frame begins (seconds)."""
    hop: float
    """Distance between two frames (seconds)."""
    log_mel: "npt.NDArray[np.float32]"
    """Log-mel energies as the frontend gives them, before normalization: natural logarithm of
    power, shape ``[frames, mel_bands]``."""
    energies_db: "npt.NDArray[np.float32]"
    """The energies that the voice detector goes by (dBFS), shape ``[frames]``."""
    peak: float
    """The block's loudest sample (0 to 1)."""
    floor_db: float
    """The voice detector's noise floor after this block (dBFS)."""
    onset_threshold_db: float
    """The energy at which voice would begin (dBFS)."""
    posteriors: "npt.NDArray[np.float32] | None"
    """The averaged posteriors of the last word scored in this block, one for each label, or None
    where none was scored. Of words in a row: those of the last 160 ms searched, which were said
    0.4 s before."""
    time: float
    """How much of the stream had been heard (seconds)."""
