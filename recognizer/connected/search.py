"""From frames to segments: windows through the network while voice is near, then the search.

Everything happens on a grid of frames counted from the stream's start.
"""

import numpy as np
import numpy.typing as npt

from recognizer.connected.model import StepClassifier
from recognizer.connected.topology import DecoderParameters
from recognizer.connected.viterbi import Segment, ViterbiDecoder
from recognizer.log_mel import POWER_FLOOR, normalize

Float32Array = npt.NDArray[np.float32]

ADVANCE_FRAMES = 16
"""The window moves on by so much while voice is near; a multiple of
`recognizer.log_mel.GROUP_FRAMES` (frames)."""
AHEAD_FRAMES = 40
"""What is decided about a step looks so far ahead; a multiple of the step (frames)."""
BEFORE_VOICE_FRAMES = 24
"""The search begins so long before the voice was noticed (frames)."""
BEHIND_VOICE_FRAMES = 48
"""The search ends so long behind the voice (frames), later where the model still hears speech:
in a long row without a pause the voice detector takes the speech for the background."""
QUIET_STEPS = 8
"""The model hears silence when it says so for most of so many steps."""


class VoiceSearch:
    """Searches where there is voice; elsewhere neither network nor search runs.

    Parameters
    ----------
    classifier
        The network.
    parameters
        The search's constants.
    """

    def __init__(
        self, classifier: StepClassifier, parameters: DecoderParameters | None = None
    ) -> None:
        self._classifier = classifier
        self._frontend = classifier.frontend
        self._step = classifier.step_frames
        self._decoder = ViterbiDecoder(len(classifier.words), parameters)
        self.restart()

    def restart(self) -> None:
        """Start a new stream."""
        self.frames = 0
        """Frames heard so far."""
        self._decoder.start(0)
        # Where the search is wanted: from here, up to there (frames). None is open still.
        self._wanted_from = 0
        self._wanted_to: int | None = 0
        self._next = 0
        self._quiet = True
        self.seen: Float32Array | None = None
        """The posteriors that were searched last, float32 ``[steps, labels]``."""
        # What came before the stream counts as silence, so that it may begin with a word.
        self._features = np.full(
            (self._frontend.window_frames, self._frontend.mel_bands),
            np.log(POWER_FLOOR),
            np.float32,
        )

    def hear(self, mel: Float32Array) -> None:
        """Take a group of frames, float32 ``[GROUP_FRAMES, mel_bands]`` of log-mel."""
        self._features = np.concatenate((self._features[len(mel) :], mel))
        self.frames += len(mel)

    def voice_begins(self, frame: int) -> None:
        """Want the search from a little before this frame on."""
        start = max(0, frame - BEFORE_VOICE_FRAMES)
        if self._wanted_to is not None and start > self._wanted_to:
            self._wanted_from = start
        self._wanted_to = None

    def voice_ends(self, frame: int) -> None:
        """Want the search up to a little behind this frame."""
        self._wanted_to = frame + BEHIND_VOICE_FRAMES

    def advance(self) -> list[Segment]:
        """Search through the steps of which enough has been heard, where that is due.

        Returns
        -------
        list of Segment
            What became certain.
        """
        until = self.frames - AHEAD_FRAMES
        if self.frames % ADVANCE_FRAMES or until <= 0:
            return []
        wanted_to = until if self._wanted_to is None else min(until, self._wanted_to)
        wanted_to -= wanted_to % self._step
        # Where a voice is noticed late, the window still holds what came before.
        oldest = max(self._next, self.frames - self._frontend.window_frames // 2)
        first = max(oldest, self._wanted_from - self._wanted_from % self._step)
        found = self._look(first, wanted_to) if first < wanted_to else []
        if self._wanted_to is not None and until >= self._wanted_to:
            if self._quiet:
                return found + self._decoder.finish()
            self._wanted_to = until + ADVANCE_FRAMES
        return found

    def finish(self) -> list[Segment]:
        """End the search here and return what is left."""
        return self._decoder.finish()

    def _look(self, first: int, end: int) -> list[Segment]:
        """Search through the frames from ``first`` up to ``end``."""
        found: list[Segment] = []
        if self._decoder.now * self._step != first:
            found = self._decoder.finish()
            self._decoder.start(first // self._step)
        posteriors = self._classifier.posteriors(normalize(self._features, self._frontend))
        offset = self._frontend.window_frames - self.frames
        seen = posteriors[(first + offset) // self._step : (end + offset) // self._step]
        self._next = end
        self.seen = seen
        self._quiet = float(seen[-QUIET_STEPS:, 0].mean()) > 0.5
        return found + self._decoder.process(seen)
