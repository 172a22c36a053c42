"""The core: samples in, events out.

`Recognizer` is pure: no thread, no clock, no I/O. Time is a count of samples, and the same
samples give the same events, bit for bit, in blocks of any size.
"""

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt

from recognizer.classifier import Classifier
from recognizer.decision import Decision, Verdict
from recognizer.events import Detection, Event, Observation, Rejection, VoiceEnded, VoiceStarted
from recognizer.log_mel import POWER_FLOOR, energies_db, normalize
from recognizer.stream import StreamRecognizer
from recognizer.voice_detector import Cut, Endpoint, Onset, OutOfView, VoiceDetector
from recognizer.voice_parameters import VoiceParameters

Float32Array = npt.NDArray[np.float32]

_FINAL_SILENCE_S = 0.6
"""Silence heard behind the end of a stream, so that its last word is decided (seconds)."""


class Recognizer(StreamRecognizer):
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
        frontend = self._classifier.frontend
        super().__init__(
            frontend,
            VoiceDetector(VoiceParameters(window_frames=frontend.window_frames)),
            self._classifier.threshold if threshold is None else threshold,
        )
        self._decision = Decision(
            self._classifier.labels, self.threshold, window_frames=frontend.window_frames
        )
        # As far back as a word in the longest voice is looked at.
        voice = self._detector.parameters
        self._kept_frames = frontend.window_frames + voice.longest_voice + voice.hangover
        self.reset()

    @property
    def labels(self) -> tuple[str, ...]:
        """Everything the model tells apart, "silence" and "unknown" included."""
        return self._classifier.labels

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

    def _restart(self) -> None:
        super()._restart()
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
                yield from self._endpoint(happened, newest)
        if observe is not None:
            observe(self._picture(samples, first, mel, energies, self._decision.posteriors))

    def _posterior(self, newest: int) -> Callable[[int], Float32Array]:
        """Return what scores the window that ends at a frame, given the newest frame's end."""

        def posterior(end: int) -> Float32Array:
            behind = len(self._features) - (newest - end)
            window = self._features[behind - self._frontend.window_frames : behind]
            return self._classifier.posteriors(normalize(window, self._frontend))

        return posterior

    def _cut(self, cut: Cut, newest: int) -> Iterator[Event]:
        # It may have been set since the cut before.
        self._decision.threshold = self.threshold
        for verdict in self._decision.hear(cut, self._posterior(newest)):
            yield self._event(verdict, cut.now)

    def _endpoint(self, endpoint: Endpoint, newest: int) -> Iterator[Event]:
        p = self._detector.parameters
        start, end = self._at(endpoint.start), self._at(endpoint.end)
        time = self._heard_at(endpoint.now)
        yield VoiceEnded(start, end, time)
        if self._judged_until <= endpoint.start and endpoint.end - endpoint.start > p.longest_word:
            self._decision.threshold = self.threshold
            verdict = self._decision.look_back(endpoint, self._posterior(newest))
            if verdict is None:
                self._decision.reset()
                yield Rejection("too long", None, 0.0, start, end, time)
            else:
                yield self._event(verdict, endpoint.now)
                # What runs into the word is no word of its own.
                self._judged_until = endpoint.end
                self._detector.settle(endpoint.end)

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
            yield from self._endpoint(endpoint, self._detector.now)
        yield from self._close(self._detector.now)

    def _close(self, now: int) -> Iterator[Event]:
        """Decide the word that was in view, if it is not."""
        for verdict in self._decision.close():
            yield self._event(verdict, now)
