"""Where voice is, and where a word stands alone: the cutter, live and in training.

Energy based and adaptive, in the frame energies of `recognizer.log_mel.energies_db`:

- The noise floor is a low percentile of the last seconds' energies, so that it follows a fan
  that is switched on and stays down through speech, whose closures and pauses reach it.
- Voice begins some decibel above the floor and ends, after a hangover, nearer to it.
- While voice is in view a one-second window is cut every 80 ms. Where the word in it lies is
  decided by the word's own peak: what lies far enough below the peak is quiet, even when a
  café keeps the energy above the floor all the time. A word stands alone when quiet has been
  seen on both of its sides.
- A voice too long for a word may still be one, with a breath or a hissing microphone before or
  behind it: its end tells where the part is that stands out of the rest.

Everything counts in frames; there is no clock and no I/O here.
"""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from recognizer.voice_parameters import VoiceParameters

Float32Array = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Onset:
    """Voice has begun."""

    start: int
    """First frame of the voice, pre-roll included."""
    now: int
    """Frames heard so far."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Voice is over."""

    start: int
    """First frame of the voice, pre-roll included."""
    end: int
    """Frame behind the voice's last loud frame."""
    now: int
    """Frames heard so far."""
    word: tuple[int, int] | None = None
    """First and behind-last frame of what stands out of a voice that is too long for a word, if
    that is no longer than a word."""
    talk: float = 0.0
    """See `Cut.talk`; only where there is such a word."""


@dataclass(frozen=True, slots=True)
class Cut:
    """A window of one second in which voice is in view."""

    now: int
    """Frame behind the window's last frame."""
    start: int
    """First frame of the last word in view."""
    end: int
    """Frame behind that word's last frame."""
    alone: bool
    """Whether the word is fully in view with quiet on both sides."""
    talk: float = 0.0
    """Share of the seconds before the word that is about as loud as the word and was no keyword:
    in the middle of talk it is high (0 to 1)."""


@dataclass(frozen=True, slots=True)
class OutOfView:
    """The last voice has left the window: there will be no more cuts of it."""

    now: int
    """Frames heard so far."""


class VoiceDetector:
    """Frame energies in; onsets, endpoints and cuts out.

    Feed it any number of frames at a time: the results are the same. Not thread safe.
    """

    def __init__(self, parameters: VoiceParameters | None = None) -> None:
        self.parameters = parameters or VoiceParameters()
        self.reset()

    def reset(self) -> None:
        """Start a new stream; what came before it counts as silence."""
        p = self.parameters
        self.floor_db = p.floor_lowest_db
        """The noise floor (dBFS)."""
        # Two blocks of assumed quiet: a stream that begins with a word still has a floor
        # below it, and one that begins in noise has learnt that noise after a second.
        self._blocks = deque([p.floor_lowest_db] * 2, maxlen=p.floor_blocks)
        self.restart()

    def restart(self) -> None:
        """Go on in the same room after a gap: all but the noise floor is forgotten."""
        p = self.parameters
        self.now = 0
        """Frames heard so far."""
        self.level_db = p.floor_lowest_db
        """The energy of the last frames, smoothed over three (dBFS)."""
        self._block_sum = 0.0
        self._earlier = self._previous = p.floor_lowest_db
        # Written twice, one length apart, so that the latest frames are one contiguous view.
        self._history = np.full(
            2 * (p.window_frames + p.context_frames), p.floor_lowest_db, np.float32
        )
        # The same for longer, without the keywords, for how much is being talked.
        self._talk = np.full(
            2 * (p.window_frames + p.context_frames + p.talk_frames), p.floor_lowest_db, np.float32
        )
        self._settled = -len(self._history)
        self._view_until = 0
        self._last_end = 0
        self._idle()

    def _idle(self) -> None:
        self.in_voice = False
        """Whether voice is going on."""
        self._run = 0
        self._first_loud = -1
        self._last_loud = -1
        self._loud_frames = 0
        self._peak_db = -np.inf

    @property
    def onset_threshold_db(self) -> float:
        """The energy at which voice would begin now (dBFS)."""
        return max(self.floor_db + self.parameters.onset_db, self.parameters.quietest_db)

    def settle(self, frame: int) -> None:
        """Look for words only behind ``frame`` from now on: what lies before it is decided."""
        self._settled = max(self._settled, frame)

    def forget(self, start: int, end: int) -> None:
        """Take the frames from ``start`` up to ``end`` for a keyword, which is no talk."""
        length = len(self._talk) // 2
        frames = np.arange(max(start, self.now - length), min(end, self.now)) % length
        self._talk[frames] = self._talk[frames + length] = self.parameters.floor_lowest_db

    def forget_talk(self) -> None:
        """Take all that was heard, up to the voice that is going on, for no talk."""
        self.forget(0, self._start() if self._first_loud >= 0 else self.now)

    def process(self, energies: Float32Array) -> Iterator[Onset | Endpoint | Cut | OutOfView]:
        """Take frame energies, yield what happened, each at its time.

        The caller may `settle` a cut before it asks for the next thing, and must take all.

        Parameters
        ----------
        energies
            float32 ``[frames]``, dBFS.
        """
        p = self.parameters
        length, talk_length = len(self._history) // 2, len(self._talk) // 2
        for energy in np.maximum(energies, p.floor_lowest_db).tolist():
            self.level_db = level = (self._earlier + self._previous + energy) / 3.0
            self._earlier, self._previous = self._previous, energy
            at = self.now % length
            self._history[at] = self._history[at + length] = level
            at = self.now % talk_length
            self._talk[at] = self._talk[at + talk_length] = level
            self.now += 1
            self._follow_floor(energy)
            yield from self._follow_voice(level)
            if self.now % p.cut_every == 0 and (self.in_voice or self.now <= self._view_until):
                cut = self._cut()
                if cut is not None:
                    yield cut
            if self.now == self._view_until and not self.in_voice:
                yield OutOfView(self.now)

    def finish(self) -> Iterator[Endpoint]:
        """End the stream: a voice that is going on ends here."""
        if self.in_voice:
            yield self._endpoint()
        self._idle()

    def _follow_floor(self, energy: float) -> None:
        p = self.parameters
        self._block_sum += energy
        if self.now % p.floor_block == 0:
            self._blocks.append(self._block_sum / p.floor_block)
            self._block_sum = 0.0
            ordered = sorted(self._blocks)
            self.floor_db = ordered[int(p.floor_percentile * len(ordered))]

    def _follow_voice(self, level: float) -> Iterator[Onset | Endpoint]:
        p = self.parameters
        frame = self.now - 1
        if self._first_loud < 0:
            self._run = self._run + 1 if level >= self.onset_threshold_db else 0
            if self._run < p.onset_frames:
                return
            self._first_loud = frame - self._run + 1
            self._loud_frames = self._run - 1
        self._peak_db = max(self._peak_db, level)
        offset_db = max(self.floor_db + p.offset_db, self._peak_db - p.voice_range_db)
        if level >= max(offset_db, p.quietest_db):
            self._last_loud = frame
            self._loud_frames += 1
        if not self.in_voice and self._loud_frames >= p.shortest_frames:
            self.in_voice = True
            yield Onset(self._start(), self.now)
        if frame - self._last_loud >= p.hangover:
            if self.in_voice:
                yield self._endpoint()
            self._idle()

    def _start(self) -> int:
        return max(self._first_loud - self.parameters.pre_roll, self._last_end, 0)

    def _endpoint(self) -> Endpoint:
        start, end = self._start(), self._last_loud + 1
        self._last_end = end
        self._view_until = end + self.parameters.window_frames
        return Endpoint(start, end, self.now, *self._outstanding(start, end))

    def _outstanding(self, start: int, end: int) -> tuple[tuple[int, int] | None, float]:
        """Find the word that stands out of a long voice, and the talk before the voice."""
        p = self.parameters
        if not p.longest_word < end - start <= p.longest_voice:
            return None, 0.0
        heard = self._in_order(self._talk)
        offset = self.now - len(heard)
        levels = heard[start - offset : end - offset]
        peak_db = float(levels.max())
        word = _last_group(levels, peak_db - p.outstanding_db, p.closure)
        if word is None or not p.shortest_frames <= word[1] - word[0] <= p.longest_word:
            return None, 0.0
        talk = self._talk_before(self.now - start, peak_db - p.flank_db)
        return (word[0] + start, word[1] + start), talk

    def _cut(self) -> Cut | None:
        """Find the last word in view by its own peak."""
        p = self.parameters
        history = self._in_order(self._history)
        length = len(history)
        # A word that was decided is out of the game; so is all that came before it.
        unsettled = min(max(self._settled - (self.now - length), 0), length)
        levels = history[unsettled:]
        view = levels[-p.window_frames :]
        if len(view) <= p.right_flank:
            return None
        peak_db = float(view.max())
        quiet_db = min(
            peak_db - p.least_contrast_db,
            max(peak_db - p.flank_db, self.floor_db + p.floor_margin_db),
        )
        word = _last_group(levels, quiet_db, p.closure)
        if word is None or peak_db < self.floor_db + p.onset_db or peak_db < p.quietest_db:
            return None
        start, end = word
        alone = (
            len(levels) - end >= p.right_flank
            and start - (len(levels) - len(view)) >= p.left_flank
            and end - start <= p.longest_word
            and _longest_run(levels[start:end] >= quiet_db) >= p.shortest_frames
        )
        talk = self._talk_before(len(levels) - start, quiet_db)
        extent_db = max(peak_db - p.extent_db, min(quiet_db, self.floor_db + p.floor_margin_db))
        wide = _last_group(levels, extent_db, p.closure)
        # Where the next word has begun, the last group reaching so far down may be that one.
        if wide is not None and wide[0] < end:
            start = max(min(start, wide[0]), start - p.extent_frames)
            end = min(max(end, wide[1]), end + p.extent_frames)
        offset = self.now - len(levels)
        return Cut(self.now, start + offset, end + offset, alone, talk)

    def _in_order(self, ring: Float32Array) -> Float32Array:
        """Return what a ring that is written twice holds, the oldest first."""
        length = len(ring) // 2
        at = self.now % length
        return ring[at : at + length]

    def _talk_before(self, back: int, quiet_db: float) -> float:
        """Share of the frames before the one ``back`` frames ago that are not quiet."""
        heard = self._in_order(self._talk)
        last = len(heard) - back
        before = heard[max(0, last - self.parameters.talk_frames) : last]
        return float(np.count_nonzero(before >= quiet_db)) / self.parameters.talk_frames


def _longest_run(loud: npt.NDArray[np.bool_]) -> int:
    """Length of the longest run of loud frames: clicks in a row are loud, but never for long."""
    edges = np.flatnonzero(np.diff(np.concatenate(([False], loud, [False]))))
    return int((edges[1::2] - edges[::2]).max(initial=0))


def _last_group(levels: Float32Array, quiet_db: float, closure: int) -> tuple[int, int] | None:
    """Return first and behind-last index of the last loud group, gaps up to ``closure`` bridged."""
    loud = np.flatnonzero(levels >= quiet_db)
    if len(loud) == 0:
        return None
    breaks = np.flatnonzero(np.diff(loud) > closure)
    first = loud[breaks[-1] + 1] if len(breaks) else loud[0]
    return int(first), int(loud[-1]) + 1
