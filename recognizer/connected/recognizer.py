"""The core of connected mode: samples in, events out, as `recognizer.recognizer.Recognizer`.

Pure: no thread, no clock, no I/O. Everything happens on a grid of frames counted from the
stream's start, so that the same samples give the same events in blocks of any size.
"""

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt

from recognizer.connected.labels import SAID_FOR, said_labels, said_parts
from recognizer.connected.model import StepClassifier
from recognizer.connected.search import VoiceSearch
from recognizer.connected.topology import DecoderParameters
from recognizer.connected.viterbi import FIRST_WORD_CHAIN, UNKNOWN_CHAIN, Segment
from recognizer.events import Detection, Event, Observation, Rejection, VoiceEnded, VoiceStarted
from recognizer.log_mel import GROUP_FRAMES, energies_db
from recognizer.stream import StreamRecognizer
from recognizer.voice_detector import Endpoint, Onset, VoiceDetector
from recognizer.voice_parameters import VoiceParameters

Float32Array = npt.NDArray[np.float32]

_FINAL_SILENCE_S = 1.6
"""Silence heard behind the end of a stream, so that its last words are decided (seconds)."""

_NEVER = 1 << 62


class ConnectedRecognizer(StreamRecognizer):
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
        super().__init__(
            self._classifier.frontend,
            # Its windows of single words are not wanted.
            VoiceDetector(VoiceParameters(cut_every=_NEVER)),
            self._classifier.threshold if threshold is None else threshold,
        )
        self._search = VoiceSearch(self._classifier, parameters)
        self._said_parts = said_parts(self._classifier.words)
        self.reset()

    @property
    def labels(self) -> tuple[str, ...]:
        """What is told apart: "silence", "unknown" and the words."""
        return said_labels(self._classifier.words)

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

    def _restart(self) -> None:
        super()._restart()
        self._search.restart()

    def _conclude(self) -> list[Event]:
        silence = np.zeros(int(_FINAL_SILENCE_S * self.sample_rate), np.float32)
        events = list(self._hear(silence))
        for endpoint in self._detector.finish():
            events += self._endpoint(endpoint)
        events += self._words(self._search.finish())
        return events

    def _hear(
        self, samples: Float32Array, observe: Callable[[Observation], object] | None = None
    ) -> Iterator[Event]:
        mel = self._log_mel.process(samples)
        if len(mel) == 0:
            return
        first = self._search.frames
        self._search.seen = None
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
            seen = self._search.seen
            posteriors = None if seen is None else seen.mean(axis=0) @ self._said_parts
            observe(self._picture(samples, first, mel, energies, posteriors))

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
