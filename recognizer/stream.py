"""What all recognizers of a stream share: blocks of samples in, times counted, gaps crossed.

Pure: no thread, no clock, no I/O. Time is a count of samples.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable

import numpy as np
import numpy.typing as npt

from recognizer.events import Event, Observation, SamplesLost
from recognizer.log_mel import GROUP_FRAMES, FrontendParameters, LogMel
from recognizer.voice_detector import VoiceDetector

Float32Array = npt.NDArray[np.float32]

_AT_ONCE_SAMPLES = 16_000
"""Longer blocks are taken in parts of this length, so that memory stays bounded (samples)."""


class StreamRecognizer(ABC):
    """Samples in, events out; what is heard in them is a subclass's.

    Parameters
    ----------
    frontend
        What the model's windows are made with.
    detector
        Finds voice.
    threshold
        The least confidence that makes a detection (0 to 1).

    Raises
    ------
    ValueError
        If the threshold is not between 0 and 1.
    """

    def __init__(
        self, frontend: FrontendParameters, detector: VoiceDetector, threshold: float
    ) -> None:
        self._frontend = frontend
        self._log_mel = LogMel(frontend)
        self._detector = detector
        # Where the stream, or what lies behind its last gap, begins, and what came since (samples).
        self._origin = self._heard = self._lost = 0
        self.threshold = threshold
        self.observe: Callable[[Observation], object] | None = None
        """Takes what was seen in each block, in the thread that calls `process`; None costs
        nothing."""

    @property
    @abstractmethod
    def labels(self) -> tuple[str, ...]:
        """Everything that is told apart, "silence" and "unknown" included."""

    @property
    def sample_rate(self) -> int:
        """Samples a second that `process` expects (Hertz)."""
        return self._frontend.sample_rate

    @property
    def threshold(self) -> float:
        """The least confidence that makes a detection; it may be set while running."""
        return self._threshold

    @threshold.setter
    def threshold(self, value: float) -> None:
        if not 0.0 <= value <= 1.0:
            raise ValueError(f"The threshold must lie between 0 and 1, not {value!r}.")
        self._threshold = float(value)

    @property
    def time(self) -> float:
        """How much of the stream has been heard, lost samples included (seconds)."""
        return (self._origin + self._heard) / self.sample_rate

    @property
    def level_db(self) -> float:
        """Energy of the last 30 ms (dBFS)."""
        return self._detector.level_db

    @property
    def floor_db(self) -> float:
        """The voice detector's noise floor (dBFS)."""
        return self._detector.floor_db

    @property
    def onset_threshold_db(self) -> float:
        """The energy at which voice would begin now (dBFS)."""
        return self._detector.onset_threshold_db

    def reset(self) -> None:
        """Start a new stream."""
        self._origin = 0
        self._lost = 0
        self._detector.reset()
        self._restart()

    def process(self, block: npt.ArrayLike) -> list[Event]:
        """Take samples, return what was heard in them.

        Parameters
        ----------
        block
            Mono samples in [-1, 1], shape ``[n]``, any ``n``.

        Returns
        -------
        list of Event
            In the order of their ``time``.

        Raises
        ------
        ValueError
            If the block is not one-dimensional.
        """
        samples = np.asarray(block, np.float32)
        if samples.ndim != 1:
            raise ValueError(f"A block is one-dimensional; this one has shape {samples.shape}.")
        events: list[Event] = []
        for first in range(0, len(samples), _AT_ONCE_SAMPLES):
            part = samples[first : first + _AT_ONCE_SAMPLES]
            self._heard += len(part)
            events += self._hear(part, self.observe)
        return events

    @abstractmethod
    def finish(self) -> list[Event]:
        """End the stream: decide what is open, as if silence followed, and start anew.

        Returns
        -------
        list of Event
            What was still open; their ``time`` is the stream's length.
        """

    def skip(self, lost_samples: int) -> list[Event]:
        """Go on behind a gap: samples that were lost before they could be processed.

        A word that the gap cuts is lost with it, where words stand alone; words in a row are
        decided as far as they were heard. Times go on counting the lost samples.

        Returns
        -------
        list of Event
            What was still open, then a `SamplesLost`; nothing where no sample was lost.

        Raises
        ------
        ValueError
            If ``lost_samples`` is negative.
        """
        if lost_samples < 0:
            raise ValueError(f"Lost samples cannot be {lost_samples}.")
        if lost_samples == 0:
            return []
        events = list(self._conclude())
        self._lost += lost_samples
        events.append(SamplesLost(lost_samples, self._lost, self.time))
        self._origin += self._heard + lost_samples
        self._detector.restart()
        self._restart()
        return events

    def take_over(self, before: "StreamRecognizer", recent: Float32Array) -> list[Event]:
        """Go on with the stream that another recognizer has heard until now.

        What this one observes from then on follows right behind what the other one observed.

        Parameters
        ----------
        before
            The other one, before it is finished; its frames must be made as this one's are.
        recent
            The last samples it has heard, none of them lost in between, shape ``[n]``, mono in
            [-1, 1]: from them this one learns how loud the room is and what is being said. The
            more the better, up to some seconds.

        Returns
        -------
        list of Event
            What was heard in those samples; nothing is observed of them.
        """
        # On the other one's grid of frame groups, or pictures would overlap.
        step = GROUP_FRAMES * self._frontend.hop_samples
        known = min(len(recent), before._heard)
        first = min(-(-(before._heard - known) // step) * step, before._heard)
        self.reset()
        self._origin = before._origin + first
        self._lost = before._lost
        self._heard = before._heard - first
        events = list(self._hear(recent[len(recent) - self._heard :]))
        # Whoever wants to be heard otherwise meant what was said until now.
        self._detector.forget_talk()
        return events

    @abstractmethod
    def _hear(
        self, samples: Float32Array, observe: Callable[[Observation], object] | None = None
    ) -> Iterable[Event]:
        """Take samples that count as heard already, or silence behind the stream's end."""

    @abstractmethod
    def _conclude(self) -> Iterable[Event]:
        """Decide what is open."""

    def _restart(self) -> None:
        """Forget all but the noise floor, and what the time is counted from."""
        self._heard = 0
        self._log_mel.reset()

    def _picture(
        self,
        samples: Float32Array,
        first: int,
        mel: Float32Array,
        energies_db: Float32Array,
        posteriors: Float32Array | None,
    ) -> Observation:
        """Return what was seen in samples, whose frames begin with the one numbered ``first``."""
        return Observation(
            self._at(first),
            self._frontend.hop_samples / self.sample_rate,
            mel,
            energies_db,
            float(np.abs(samples).max()),
            self.floor_db,
            self.onset_threshold_db,
            posteriors,
            self.time,
        )

    def _at(self, frame: int) -> float:
        """Where a frame lies in the stream (seconds)."""
        samples = max(0, frame) * self._frontend.hop_samples
        return (self._origin + min(samples, self._heard)) / self.sample_rate

    def _heard_at(self, frames: int) -> float:
        """How much of the stream had been heard once so many frames were complete (seconds)."""
        p = self._frontend
        samples = max(0, frames - 1) * p.hop_samples + p.frame_samples
        return (self._origin + min(samples, self._heard)) / self.sample_rate
