"""The core of connected mode: samples in, events out, as `recognizer.recognizer.Recognizer`.

Pure: no thread, no clock, no I/O. Everything happens on a grid of frames counted from the
stream's start, so that the same samples give the same events in blocks of any size.
"""

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt

from recognizer.connected.labels import SAID_FOR
from recognizer.connected.model import StepClassifier
from recognizer.connected.search import VoiceSearch
from recognizer.connected.topology import DecoderParameters
from recognizer.connected.viterbi import FIRST_WORD_CHAIN, UNKNOWN_CHAIN, Segment
from recognizer.events import (
    Detection,
    Event,
    Observation,
    Rejection,
    SamplesLost,
    VoiceEnded,
    VoiceStarted,
)
from recognizer.log_mel import GROUP_FRAMES, LogMel, energies_db
from recognizer.model_file import SILENCE, UNKNOWN
from recognizer.voice_detector import Endpoint, Onset, VoiceDetector, VoiceParameters

Float32Array = npt.NDArray[np.float32]

_AT_ONCE_SAMPLES = 16_000
"""Longer blocks are taken in parts of this length, so that memory stays bounded (samples)."""

_FINAL_SILENCE_S = 1.6
"""Silence heard behind the end of a stream, so that its last words are decided (seconds)."""

_NEVER = 1 << 62


class ConnectedRecognizer:
    """Recognizes words spoken in a row without pauses.

    Parameters
    ----------
    model
        A connected model's file, a loaded `StepClassifier`, or None for the digits that ship.
    threshold
        The least mean posterior that makes a detection (0 to 1); None takes the model's own.
    parameters
        The search's constants.

    Raises
    ------
    ModelError
        If the model file cannot be used.
    ValueError
        If the threshold is not between 0 and 1.

    Examples
    --------
    >>> from recognizer import AudioFile, Detection
    >>> recognizer = ConnectedRecognizer()  # doctest: +SKIP
    >>> for block in AudioFile("talk.wav"):  # doctest: +SKIP
    ...     for event in recognizer.process(block):
    ...         if isinstance(event, Detection):
    ...             print(event.label, event.start)
    """

    def __init__(
        self,
        model: str | Path | StepClassifier | None = None,
        *,
        threshold: float | None = None,
        parameters: DecoderParameters | None = None,
    ) -> None:
        self._classifier = model if isinstance(model, StepClassifier) else StepClassifier(model)
        self._frontend = self._classifier.frontend
        self._log_mel = LogMel(self._frontend)
        # Its windows of single words are not wanted.
        self._detector = VoiceDetector(VoiceParameters(cut_every=_NEVER))
        self._search = VoiceSearch(self._classifier, parameters)
        self.threshold = self._classifier.threshold if threshold is None else threshold
        self.observe: Callable[[Observation], object] | None = None
        """Takes what was seen in each block, in the thread that calls `process`; None costs
        nothing."""
        self.reset()

    @property
    def labels(self) -> tuple[str, ...]:
        """What is told apart: "silence", "unknown" and the words."""
        return (SILENCE, UNKNOWN, *(w for w in self._classifier.words if w not in SAID_FOR))

    @property
    def sample_rate(self) -> int:
        """Samples a second that `process` expects (Hertz)."""
        return self._frontend.sample_rate

    @property
    def threshold(self) -> float:
        """The least mean posterior that makes a detection; it may be set while running."""
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

    def finish(self) -> list[Event]:
        """End the stream: decide its last words, as if silence followed, and start anew.

        Returns
        -------
        list of Event
            What was still open; their ``time`` is the stream's length.
        """
        events = self._conclude()
        self.reset()
        return events

    def skip(self, lost_samples: int) -> list[Event]:
        """Go on behind a gap: samples that were lost before they could be processed.

        The words before the gap are decided; times go on counting the lost samples.

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
        events = self._conclude()
        self._lost += lost_samples
        events.append(SamplesLost(lost_samples, self._lost, self.time))
        self._origin += self._heard + lost_samples
        self._detector.restart()
        self._restart()
        return events

    def _restart(self) -> None:
        self._heard = 0
        self._log_mel.reset()
        self._search.restart()

    def _conclude(self) -> list[Event]:
        heard = self._heard
        silence = np.zeros(int(_FINAL_SILENCE_S * self.sample_rate), np.float32)
        events = list(self._hear(silence))
        for endpoint in self._detector.finish():
            events += self._endpoint(endpoint)
        events += self._words(self._search.finish())
        self._heard = heard
        return events

    def _hear(
        self, samples: Float32Array, observe: Callable[[Observation], object] | None = None
    ) -> Iterator[Event]:
        mel = self._log_mel.process(samples)
        if len(mel) == 0:
            return
        first = self._search.frames
        energies = energies_db(mel, self._frontend)
        for group in range(0, len(mel), GROUP_FRAMES):
            part = mel[group : group + GROUP_FRAMES]
            self._search.hear(part)
            for happened in self._detector.process(energies[group : group + GROUP_FRAMES]):
                if isinstance(happened, Onset):
                    self._search.voice_begins(happened.start)
                    yield VoiceStarted(self._at(happened.start), self._heard_at(happened.now))
                elif isinstance(happened, Endpoint):
                    yield from self._endpoint(happened)
            yield from self._words(self._search.advance())
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
                    None,
                    self.time,
                )
            )

    def _endpoint(self, endpoint: Endpoint) -> Iterator[Event]:
        self._search.voice_ends(endpoint.end)
        yield VoiceEnded(
            self._at(endpoint.start), self._at(endpoint.end), self._heard_at(endpoint.now)
        )

    def _words(self, segments: list[Segment]) -> Iterator[Event]:
        for segment in segments:
            start, end = (
                self._at(step * self._classifier.step_frames)
                for step in (segment.start, segment.end)
            )
            time = self._heard_at(self._search.frames)
            if segment.chain == UNKNOWN_CHAIN:
                yield Rejection("unknown", None, 0.0, start, end, time)
            elif segment.chain > UNKNOWN_CHAIN:
                word = self._classifier.words[segment.chain - FIRST_WORD_CHAIN]
                label = SAID_FOR.get(word, word)
                if segment.confidence >= self.threshold:
                    yield Detection(label, segment.confidence, start, end, time)
                else:
                    yield Rejection("low confidence", label, segment.confidence, start, end, time)

    def _at(self, frame: int) -> float:
        """Where a frame lies in the stream (seconds)."""
        samples = max(0, frame) * self._frontend.hop_samples
        return (self._origin + min(samples, self._heard)) / self.sample_rate

    def _heard_at(self, frames: int) -> float:
        """How much of the stream had been heard once so many frames were complete (seconds)."""
        p = self._frontend
        samples = max(0, frames - 1) * p.hop_samples + p.frame_samples
        return (self._origin + min(samples, self._heard)) / self.sample_rate
