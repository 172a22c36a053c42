"""The core: samples in, events out.

`Recognizer` is pure: no thread, no clock, no I/O. Time is a count of samples, and the same
samples give the same events, bit for bit, in blocks of any size.
"""

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt

from recognizer.classifier import Classifier
from recognizer.decision import WINDOWS_BACK, Decision, Verdict
from recognizer.events import (
    Detection,
    Event,
    Observation,
    Rejection,
    SamplesLost,
    VoiceEnded,
    VoiceStarted,
)
from recognizer.log_mel import POWER_FLOOR, LogMel, energies_db, normalize
from recognizer.voice_detector import (
    Cut,
    Endpoint,
    Onset,
    OutOfView,
    VoiceDetector,
    VoiceParameters,
)

Float32Array = npt.NDArray[np.float32]

_AT_ONCE_SAMPLES = 16_000
"""Longer blocks are taken in parts of this length, so that memory stays bounded (samples)."""

_FINAL_SILENCE_S = 0.6
"""Silence heard behind the end of a stream, so that its last word is decided (seconds)."""


class Recognizer:
    """Recognizes keywords in a stream of samples.

    Parameters
    ----------
    model
        A model file, a loaded `Classifier`, or None for the digits that ship.
    threshold
        The least confidence that makes a detection (0 to 1); None takes the model's own.

    Raises
    ------
    ModelError
        If the model file cannot be used.
    ValueError
        If the threshold is not between 0 and 1.

    Examples
    --------
    >>> from recognizer import AudioFile, Detection, Recognizer
    >>> recognizer = Recognizer()
    >>> for block in AudioFile("talk.wav"):  # doctest: +SKIP
    ...     for event in recognizer.process(block):
    ...         if isinstance(event, Detection):
    ...             print(event.label, event.start)
    """

    def __init__(
        self,
        model: str | Path | Classifier | None = None,
        *,
        threshold: float | None = None,
    ) -> None:
        self._classifier = model if isinstance(model, Classifier) else Classifier(model)
        self._frontend = self._classifier.frontend
        self._log_mel = LogMel(self._frontend)
        self._detector = VoiceDetector(VoiceParameters(window_frames=self._frontend.window_frames))
        self._decision = Decision(
            self._classifier.labels,
            self._classifier.threshold,
            window_frames=self._frontend.window_frames,
        )
        if threshold is not None:
            self.threshold = threshold
        self.observe: Callable[[Observation], object] | None = None
        """Takes what was seen in each block, in the thread that calls `process`; None costs
        nothing."""
        self._kept_frames = self._frontend.window_frames + max(WINDOWS_BACK)
        self.reset()

    @property
    def labels(self) -> tuple[str, ...]:
        """Everything the model tells apart, "silence" and "unknown" included."""
        return self._classifier.labels

    @property
    def sample_rate(self) -> int:
        """Samples a second that `process` expects (Hertz)."""
        return self._frontend.sample_rate

    @property
    def threshold(self) -> float:
        """The least confidence that makes a detection; it may be set while running."""
        return self._decision.threshold

    @threshold.setter
    def threshold(self, value: float) -> None:
        if not 0.0 <= value <= 1.0:
            raise ValueError(f"The threshold must lie between 0 and 1, not {value!r}.")
        self._decision.threshold = float(value)

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

    def finish(self) -> list[Event]:
        """End the stream: decide its last word, as if silence followed, and start anew.

        Returns
        -------
        list of Event
            What was still open; their ``time`` is the stream's length.
        """
        silence = np.zeros(int(_FINAL_SILENCE_S * self.sample_rate), np.float32)
        events = [*self._hear(silence), *self._conclude()]
        self.reset()
        return events

    def skip(self, lost_samples: int) -> list[Event]:
        """Go on behind a gap: samples that were lost before they could be processed.

        A word that the gap cuts is lost with it; times go on counting the lost samples.

        Returns
        -------
        list of Event
            The end of a voice that was going on, then a `SamplesLost`; nothing where no
            sample was lost.

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

    def _restart(self) -> None:
        self._heard = 0
        self._log_mel.reset()
        self._decision.reset()
        # What came before the stream counts as silence, so that it may begin with a word.
        self._features = np.full(
            (self._kept_frames, self._frontend.mel_bands), np.log(POWER_FLOOR), np.float32
        )
        self._judged_until = 0

    def _hear(
        self, samples: Float32Array, observe: Callable[[Observation], object] | None = None
    ) -> Iterator[Event]:
        mel = self._log_mel.process(samples)
        if len(mel) == 0:
            return
        self._features = np.concatenate((self._features[-self._kept_frames :], mel))
        first = self._detector.now
        newest = first + len(mel)
        energies = energies_db(mel, self._frontend)
        self._decision.posteriors = None
        for happened in self._detector.process(energies):
            if isinstance(happened, Cut):
                yield from self._cut(happened, newest)
            elif isinstance(happened, Onset):
                yield VoiceStarted(self._at(happened.start), self._heard_at(happened.now))
            elif isinstance(happened, OutOfView):
                yield from self._close(happened.now)
            else:
                yield from self._endpoint(happened)
        if observe is not None:
            observe(
                Observation(
                    self._at(first),
                    self._frontend.hop_samples / self.sample_rate,
                    mel,
                    energies,
                    float(np.abs(samples).max()),
                    self.floor_db,
                    self.onset_threshold_db,
                    self._decision.posteriors,
                    self.time,
                )
            )

    def _cut(self, cut: Cut, newest: int) -> Iterator[Event]:
        def posterior(end: int) -> Float32Array:
            behind = len(self._features) - (newest - end)
            window = self._features[behind - self._frontend.window_frames : behind]
            return self._classifier.posteriors(normalize(window, self._frontend))

        for verdict in self._decision.hear(cut, posterior):
            yield self._event(verdict, cut.now)

    def _endpoint(self, endpoint: Endpoint) -> Iterator[Event]:
        p = self._detector.parameters
        start, end = self._at(endpoint.start), self._at(endpoint.end)
        time = self._heard_at(endpoint.now)
        yield VoiceEnded(start, end, time)
        if self._judged_until <= endpoint.start and endpoint.end - endpoint.start > p.longest_word:
            self._decision.reset()
            yield Rejection("too long", None, 0.0, start, end, time)

    def _event(self, verdict: Verdict, now: int) -> Event:
        self._judged_until = verdict.end
        self._detector.settle(verdict.end)
        if verdict.rejected is None:
            self._detector.forget(verdict.start, verdict.end)
        start, end = self._at(verdict.start), self._at(verdict.end)
        time = self._heard_at(now)
        if verdict.rejected is None:
            assert verdict.label is not None
            return Detection(verdict.label, verdict.confidence, start, end, time)
        return Rejection(verdict.rejected, verdict.label, verdict.confidence, start, end, time)

    def _conclude(self) -> Iterator[Event]:
        for endpoint in self._detector.finish():
            yield from self._endpoint(endpoint)
        yield from self._close(self._detector.now)

    def _close(self, now: int) -> Iterator[Event]:
        """Decide the word that was in view, if it is not."""
        for verdict in self._decision.close():
            yield self._event(verdict, now)

    def _at(self, frame: int) -> float:
        """Where a frame lies in the stream (seconds)."""
        samples = max(0, frame) * self._frontend.hop_samples
        return (self._origin + min(samples, self._heard)) / self.sample_rate

    def _heard_at(self, frames: int) -> float:
        """How much of the stream had been heard once so many frames were complete (seconds)."""
        p = self._frontend
        samples = max(0, frames - 1) * p.hop_samples + p.frame_samples
        return (self._origin + min(samples, self._heard)) / self.sample_rate
