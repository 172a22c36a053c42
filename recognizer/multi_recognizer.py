"""Many live streams in one process, on one core.

At a microphone's block sizes, most of what a quiet stream costs is calling numpy for a few frames
at a time. So the frames of all streams go through the frontend together. Each stream keeps a voice
detector and a decision of its own, and all share one classifier, which is asked window by window:
a model file fixes how many windows one call takes, and that is one.
"""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import numpy.typing as npt

from recognizer.classifier import Classifier
from recognizer.events import Event
from recognizer.log_mel import LogMel
from recognizer.many_log_mel import AT_ONCE_SAMPLES, ManyLogMel
from recognizer.recognizer import Recognizer

Float32Array = npt.NDArray[np.float32]


class MultiRecognizer:
    """Recognizes keywords in many streams of samples at a time.

    The events of each stream are those of a `Recognizer` of its own, bit for bit, in whatever
    blocks it and the other streams come. Like that one it is pure: no thread, no clock, no I/O.

    Parameters
    ----------
    streams
        How many there are; they are called 0, 1, 2 …
    model
        A model file, a loaded `Classifier`, or None for the digits that ship.
    threshold
        The least confidence that makes a detection (0 to 1); None takes the model's own.

    Raises
    ------
    ModelError
        If the model file cannot be used.
    ValueError
        If there is no stream, or the threshold is not between 0 and 1.

    Examples
    --------
    >>> import numpy as np
    >>> recognizer = MultiRecognizer(streams=200)
    >>> events = recognizer.process(np.zeros((200, 1600), np.float32))
    >>> len(events), events[199]
    (200, [])
    """

    def __init__(
        self,
        streams: int,
        model: str | Path | Classifier | None = None,
        *,
        threshold: float | None = None,
    ) -> None:
        if streams < 1:
            raise ValueError(f"There is at least 1 stream, not {streams}.")
        classifier = model if isinstance(model, Classifier) else Classifier(model)
        self._frontends = ManyLogMel(streams, classifier.frontend)
        self._recognizers = [
            _Stream(classifier, threshold, _Frontend(self._frontends, stream))
            for stream in range(streams)
        ]

    @property
    def streams(self) -> int:
        """How many streams there are."""
        return len(self._recognizers)

    @property
    def labels(self) -> tuple[str, ...]:
        """Everything the model tells apart, "silence" and "unknown" included."""
        return self._recognizers[0].labels

    @property
    def sample_rate(self) -> int:
        """Samples a second that `process` expects (Hertz)."""
        return self._recognizers[0].sample_rate

    @property
    def threshold(self) -> float:
        """The least confidence that makes a detection; it may be set while running."""
        return self._recognizers[0].threshold

    @threshold.setter
    def threshold(self, value: float) -> None:
        for recognizer in self._recognizers:
            recognizer.threshold = value

    def time(self, stream: int) -> float:
        """Return how much of a stream has been heard, lost samples included (seconds)."""
        return self._stream(stream).time

    def process(self, blocks: npt.ArrayLike | Mapping[int, npt.ArrayLike]) -> list[list[Event]]:
        """Take samples of the streams, return what was heard in them.

        Parameters
        ----------
        blocks
            Mono samples in [-1, 1]: an array ``[streams, n]``, or for some of the streams a block
            of shape ``[n]``, each with an ``n`` of its own. Equal lengths cost least.

        Returns
        -------
        list of list of Event
            For each stream, in the order of their ``time``.

        Raises
        ------
        ValueError
            If a block has another shape, or there is no such stream. Nothing is processed then.
        """
        given = self._given(blocks)
        events: list[list[Event]] = [[] for _ in self._recognizers]
        longest = max(map(len, given.values()), default=0)
        for first in range(0, longest, AT_ONCE_SAMPLES):
            parts = {
                stream: block[first : first + AT_ONCE_SAMPLES]
                for stream, block in given.items()
                if len(block) > first
            }
            ready = self._frontends.process(list(parts), list(parts.values()))
            for (stream, part), mel in zip(parts.items(), ready, strict=True):
                events[stream] += self._recognizers[stream].hear(part, mel)
        return events

    def skip(self, stream: int, lost_samples: int) -> list[Event]:
        """Go on behind a gap in one stream; see `Recognizer.skip`."""
        return self._stream(stream).skip(lost_samples)

    def finish(self, stream: int) -> list[Event]:
        """End one stream and start it anew; see `Recognizer.finish`."""
        return self._stream(stream).finish()

    def reset(self, stream: int) -> None:
        """Start one stream anew."""
        self._stream(stream).reset()

    def _stream(self, stream: int) -> "_Stream":
        if not 0 <= stream < self.streams:
            raise ValueError(f"There is no stream {stream}; they go from 0 to {self.streams - 1}.")
        return self._recognizers[stream]

    def _given(
        self, blocks: npt.ArrayLike | Mapping[int, npt.ArrayLike]
    ) -> dict[int, Float32Array]:
        if isinstance(blocks, Mapping):
            given = {stream: np.asarray(block, np.float32) for stream, block in blocks.items()}
            for stream, block in given.items():
                self._stream(stream)
                if block.ndim != 1:
                    raise ValueError(
                        f"A block is one-dimensional; that of stream {stream} has shape "
                        f"{block.shape}."
                    )
            return given
        together = np.asarray(blocks, np.float32)
        if together.ndim != 2 or len(together) != self.streams:
            raise ValueError(
                f"The blocks have shape {together.shape} instead of ({self.streams}, samples)."
            )
        return dict(enumerate(together))


class _Stream(Recognizer):
    """A recognizer whose frontend works for others, too."""

    def __init__(
        self, classifier: Classifier, threshold: float | None, frontend: "_Frontend"
    ) -> None:
        super().__init__(classifier, threshold=threshold)
        self._log_mel = self._shared = frontend

    def hear(self, samples: Float32Array, mel: Float32Array) -> list[Event]:
        """Take samples, and the frames that became complete with them."""
        self._shared.ready = mel
        return self.process(samples)


class _Frontend(LogMel):
    """One stream's part of the frontends, as its recognizer sees it."""

    def __init__(self, together: ManyLogMel, stream: int) -> None:
        self.parameters = together.parameters
        self._together = together
        self._stream = stream
        self.ready: Float32Array | None = None
        """What `process` is about to return, if that has been computed."""

    def reset(self) -> None:
        """Forget the samples carried over."""
        self._together.reset(self._stream)

    def process(self, block: Float32Array) -> Float32Array:
        """Return what is ready, or else the frames that become complete with a block."""
        mel, self.ready = self.ready, None
        if mel is not None:
            return mel
        return np.concatenate(
            [
                self._together.process([self._stream], [block[first : first + AT_ONCE_SAMPLES]])[0]
                for first in range(0, len(block), AT_ONCE_SAMPLES)
            ]
        )
