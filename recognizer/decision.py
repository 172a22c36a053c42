"""One word, one decision.

The classifier's posteriors of neighbouring windows are averaged while a word stands alone in
view. The word is taken for a keyword as soon as the average reaches the threshold, and only
once; a word that passes without reaching it is rejected with the reason. A word that a breath or
a hissing microphone runs into does not stand alone. When all that is over it is looked at once,
and must be surer.
"""

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt

from recognizer.events import RejectionReason
from recognizer.model_metadata import SILENCE, UNKNOWN
from recognizer.voice_detector import Cut, Endpoint

Float32Array = npt.NDArray[np.float32]

AVERAGED = 3
"""Neighbouring windows whose posteriors are averaged."""

SPACING_FRAMES = 4
"""Distance between those windows (frames)."""

WINDOWS_BACK = tuple(i * SPACING_FRAMES for i in range(AVERAGED))
"""How long before a cut the windows end that are scored with it (frames)."""

REPEAT_GAP_FRAMES = 22
"""The same keyword again sooner than this after its end is the rest of the same word (frames)."""


TALK = (0.2, 0.45)
"""Below the first share of talk before a word, the threshold counts as it is; from there to the
second, a keyword must be ever surer."""

LEAST_DOUBT = 0.1
"""In the middle of talk, the doubt that a threshold leaves shrinks to this share of it: at a
threshold of 0.6 the confidence must be 0.96."""

OUTSTANDING_DOUBT = 0.5
"""The doubt that a threshold leaves shrinks to this share of it for a word that does not stand
alone."""

SEEN_WHOLE = range(8, 32)
"""How long behind the end of such a word a cut shows it whole, as one of a word alone would
(frames)."""

CUTS_KEPT = 32
"""Cuts that are remembered: as many as there are in the longest voice that a word is sought in."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was decided about one word."""

    label: str | None
    """The likeliest keyword, or None when no window of the word was scored."""
    confidence: float
    """The averaged posterior probability of ``label`` (0 to 1)."""
    rejected: RejectionReason | None
    """None: the word is the keyword ``label``."""
    start: int
    """First frame of the word."""
    end: int
    """Frame behind the word's last frame."""


class Decision:
    """Follows the word in view from cut to cut.

    Parameters
    ----------
    labels
        The classifier's labels, in its order.
    threshold
        The least averaged posterior that makes a keyword (0 to 1); may be set at any time.
    window_frames
        Length of the windows that are scored (frames).
    """

    def __init__(self, labels: Sequence[str], threshold: float, *, window_frames: int = 98) -> None:
        self.threshold = threshold
        self._window_frames = window_frames
        self._labels = tuple(labels)
        self._keywords = np.array([i for i, x in enumerate(labels) if x not in (SILENCE, UNKNOWN)])
        self.reset()

    def reset(self) -> None:
        """Forget the word in view."""
        self._word: tuple[int, int] | None = None
        self._cuts: deque[int] = deque(maxlen=CUTS_KEPT)
        self._recent: deque[Float32Array] = deque(maxlen=AVERAGED)
        self._best: tuple[float, int, bool] | None = None
        self._said: tuple[str, int, int] | None = None
        self.posteriors: Float32Array | None = None
        """The averaged posteriors that were looked at last, one for each label."""

    def hear(self, cut: Cut, posterior: Callable[[int], Float32Array]) -> Iterator[Verdict]:
        """Take a cut, yield what it decides.

        Parameters
        ----------
        cut
            A window in which voice is in view.
        posterior
            Gives the classifier's posteriors, float32 ``[labels]``, for the window that ends
            at a frame.
        """
        if self._word is not None and cut.start >= self._word[1]:
            yield from self.close()
        self._cuts.append(cut.now)
        if not cut.alone:
            return
        first = self._word is None
        self._word = (cut.start, cut.end)
        # At a later cut the oldest of them is the cut before's own window, already scored.
        for back in reversed(WINDOWS_BACK if first else WINDOWS_BACK[:-1]):
            self._recent.append(posterior(cut.now - back))
        mean = np.mean(self._recent, axis=0)
        self.posteriors = mean
        keyword, confidence = self._likeliest(mean)
        label = self._labels[keyword]
        if self._echoes(label, cut):
            return
        if self._best is None or confidence > self._best[0]:
            self._best = (confidence, keyword, bool(np.argmax(mean) == keyword))
        if confidence < self._wanted(cut.talk):
            return
        said = self._said
        self._forget()
        self._said = (label, cut.start, cut.end)
        if said is None or said[0] != label or cut.start - said[2] >= REPEAT_GAP_FRAMES:
            yield Verdict(label, confidence, None, cut.start, cut.end)

    def look_back(
        self, voice: Endpoint, posterior: Callable[[int], Float32Array]
    ) -> Verdict | None:
        """Forget the word in view, and decide the one that stands out of a voice now over.

        Parameters
        ----------
        voice
            A voice that is too long for a word.
        posterior
            As for `hear`, which has been given the cuts.

        Returns
        -------
        Verdict or None
            The keyword; None where there is none, or not surely enough.
        """
        self._forget()
        if voice.word is None:
            return None
        start, end = voice.word
        scored = cache(posterior)
        # Windows of these cuts are what training knows, be the word alone in them or not.
        looks = [
            self._likeliest(np.mean([scored(now - back) for back in WINDOWS_BACK], axis=0))
            for now in self._cuts
            if now - end in SEEN_WHOLE
        ]
        keyword, confidence = max(looks, key=lambda look: look[1], default=(0, 0.0))
        if confidence < surer(self._wanted(voice.talk), OUTSTANDING_DOUBT):
            return None
        label = self._labels[keyword]
        self._said = (label, start, end)
        return Verdict(label, confidence, None, start, end)

    def _likeliest(self, mean: Float32Array) -> tuple[int, float]:
        """Return the likeliest keyword, as an index into the labels, and its posterior."""
        keyword = int(self._keywords[np.argmax(mean[self._keywords])])
        return keyword, float(mean[keyword])

    def _wanted(self, talk: float) -> float:
        """Return the least confidence of a keyword after so much talk.

        Whoever commands pauses before it; in running speech, of whose thousands of words some
        are bound to sound as a keyword does, hardly anybody is quiet for long.
        """
        low, high = TALK
        share = min(1.0, max(0.0, (talk - low) / (high - low)))
        return surer(self.threshold, 1.0 - share * (1.0 - LEAST_DOUBT))

    def _echoes(self, label: str, cut: Cut) -> bool:
        """Whether the window may only show once more the keyword that was said before.

        While much of that keyword is in view, any sound behind it scores as the keyword: a
        breath must not repeat it.
        """
        if self._said is None or self._said[0] != label:
            return False
        _, start, end = self._said
        in_view = (start + end) // 2 >= cut.now - self._window_frames
        return in_view and cut.start - end >= REPEAT_GAP_FRAMES

    def close(self) -> Iterator[Verdict]:
        """The word has passed: if it was scored and not taken, say why."""
        if self._word is not None and self._best is not None:
            confidence, keyword, likeliest = self._best
            reason: RejectionReason = "low confidence" if likeliest else "unknown"
            yield Verdict(self._labels[keyword], confidence, reason, *self._word)
        self._forget()

    def _forget(self) -> None:
        self._word = None
        self._best = None
        self._recent.clear()


def surer(threshold: float, doubt: float) -> float:
    """Return the threshold (0 to 1) that leaves a share (0 to 1) of the doubt another leaves."""
    return 1.0 - (1.0 - threshold) * doubt
