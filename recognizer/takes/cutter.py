"""One word cut out of running sound, by the very detector that cuts it live.

A take is the word with half a second of the room on either side. Before it is accepted it is
looked at once more by itself, as the trainer will look at it: a word that cannot be found again
in its own file would teach nothing.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from recognizer.log_mel import GROUP_FRAMES, FrontendParameters, LogMel, energies_db
from recognizer.takes.take import Reason, Take, is_found_again
from recognizer.voice_detector import Cut, Endpoint, Onset, VoiceDetector
from recognizer.voice_parameters import VoiceParameters

Float32Array = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class CutRules:
    """What makes a good take."""

    margin_s: float = 0.5
    """Sound kept on either side of the word (seconds)."""
    patience_s: float = 5.0
    """How long a word is waited for (seconds)."""
    early_s: float = 0.3
    """A word may begin so long before it is asked for (seconds)."""
    longest_s: float = 2.5
    """Voice that goes on for longer is not waited for (seconds)."""
    quietest_db: float = -54.0
    """The loudest part of a word lies at least here (dBFS)."""
    least_contrast_db: float = 14.0
    """The same above the noise of the room (decibel)."""
    clipped_at: float = 0.985
    """Samples from here on are taken for cut off (full scale is 1)."""
    clipped_samples: int = 4
    """So many of them, and the take is clipped."""


class TakeCutter:
    """Follows sound, and cuts one word out of it each time it is told to listen.

    It is fed in groups of `group_samples`, so that its answers do not depend on the blocks in
    which the sound came. Not thread safe.

    Parameters
    ----------
    rules
        What makes a good take.
    """

    def __init__(self, rules: CutRules | None = None) -> None:
        self.rules = rules or CutRules()
        self._frontend = FrontendParameters()
        self._voice = VoiceParameters(window_frames=self._frontend.window_frames)
        self._log_mel = LogMel(self._frontend)
        self._detector = VoiceDetector(self._voice)
        self._rate = self._frontend.sample_rate
        self._hop = self._frontend.hop_samples
        self.group_samples = GROUP_FRAMES * self._hop
        """How many samples `process` takes at once."""
        self._margin = self._frames(self.rules.margin_s)
        self._kept_frames = self._frames(
            self.rules.longest_s + self.rules.patience_s + 2 * self.rules.margin_s + 1.0
        )
        self.restart()

    @property
    def level_db(self) -> float:
        """How loud it is now (dBFS)."""
        return self._detector.level_db

    @property
    def floor_db(self) -> float:
        """The noise of the room (dBFS)."""
        return self._detector.floor_db

    @property
    def onset_threshold_db(self) -> float:
        """From where on sound is taken for voice (dBFS)."""
        return self._detector.onset_threshold_db

    @property
    def is_listening(self) -> bool:
        """Whether a word is waited for."""
        return self._from is not None

    def restart(self) -> None:
        """Go on in the same room after a gap, without listening."""
        self._log_mel.reset()
        self._detector.restart()
        self._sound = np.zeros(0, np.float32)
        self._energies = np.zeros(0, np.float32)
        # The frame of the first energy, and the first sample, that are kept.
        self._kept_from = 0
        self._voice_from: int | None = None
        self._ended: int | None = None
        self.stop()

    def stop(self) -> None:
        """Wait for no word any more."""
        self._from: int | None = None

    def listen(self) -> None:
        """Wait for one word from now on."""
        now = self._detector.now
        self._from = max(now - self._frames(self.rules.early_s), 0)
        self._asked = now
        self._word: Cut | None = None
        self._ended = None
        self._heard_something = False
        self._detector.settle(self._from)

    def process(self, samples: Float32Array) -> "Take | Reason | None":
        """Take one group of samples; return a take, or why there is none, once that is known.

        Parameters
        ----------
        samples
            float32, shape ``[group_samples]``.
        """
        mel = self._log_mel.process(samples)
        energies = energies_db(mel, self._frontend)
        self._keep(samples, energies)
        for happened in self._detector.process(energies):
            match happened:
                case Onset():
                    self._voice_from = happened.start
                case Endpoint():
                    self._voice_from = None
                    self._ended = happened.end
                case Cut():
                    self._see(happened)
        if self._from is None:
            return None
        outcome = self._outcome(self._from)
        if outcome is not None:
            self.stop()
            self._detector.settle(self._detector.now)
        return outcome

    def _keep(self, samples: Float32Array, energies: Float32Array) -> None:
        self._sound = np.concatenate((self._sound, samples))
        self._energies = np.concatenate((self._energies, energies))
        surplus = len(self._energies) - self._kept_frames
        if surplus >= self._margin:
            self._energies = self._energies[surplus:]
            self._sound = self._sound[surplus * self._hop :]
            self._kept_from += surplus

    def _see(self, cut: Cut) -> None:
        """Remember the first word since it was asked for, which may still be growing."""
        if self._from is None or cut.end <= self._from:
            return
        if self._word is not None and cut.start >= self._word.end:
            return
        if cut.alone and cut.start >= self._from:
            self._word = cut
        elif cut.now - cut.end < self._voice.right_flank:
            # It goes on. Else it was alone, and is about to leave the window.
            self._word = None

    def _outcome(self, first: int) -> "Take | Reason | None":
        now, word = self._detector.now, self._word
        if word is not None:
            return self._judge(first, word) if now >= word.end + self._margin + 2 else None
        began = self._voice_from
        if began is not None:
            if now - max(began, first) < self._frames(self.rules.longest_s):
                return None
            return "too early" if began < first else "too long"
        # A word is known to stand alone soon after its voice has ended, or never.
        if self._ended is not None and now >= self._ended + self._margin:
            self._ended = None
            self._heard_something = True
            groups = self._groups(first)
            if any(end - start > self._voice.longest_word for start, end in groups):
                return "too long"
            if any(start < first for start, _ in groups):
                return "too early"
        if self._ended is None and now - self._asked >= self._frames(self.rules.patience_s):
            return "unclear" if self._heard_something else "nothing heard"
        return None

    def _judge(self, first: int, word: Cut) -> "Take | Reason":
        rules = self.rules
        if np.count_nonzero(np.abs(self._samples(word.start, word.end)) >= rules.clipped_at) >= (
            rules.clipped_samples
        ):
            return "clipped"
        groups = self._groups(first)
        if any(start < first for start, _ in groups):
            return "too early"
        if len(groups) > 1:
            return "two words"
        peak_db = float(self._levels(word.start, word.end).max())
        contrast_db = peak_db - self.floor_db
        if peak_db < rules.quietest_db or contrast_db < rules.least_contrast_db:
            return "too quiet"
        # A breath at the edge of a take is taken for a word of its own; then less is kept.
        for margin in (self._margin, 3 * self._margin // 4, self._margin // 2):
            begin = max(word.start - margin, self._kept_from)
            samples = self._samples(begin, word.end + margin)
            start_s = (word.start - begin) * self._hop / self._rate
            end_s = (word.end - begin) * self._hop / self._rate
            peak = float(np.abs(samples).max())
            take = Take(samples, start_s, end_s, peak, peak_db, contrast_db)
            if is_found_again(take):
                return take
        return "too noisy"

    def _groups(self, first: int) -> list[tuple[int, int]]:
        """First frame and frame behind the last of each loud stretch since, or at, ``first``."""
        before = max(first - self._margin, self._kept_from)
        levels = self._levels(before, self._detector.now)
        peak_db = float(levels[first - before :].max())
        v = self._voice
        quiet_db = min(
            peak_db - v.least_contrast_db,
            max(peak_db - v.flank_db, self.floor_db + v.floor_margin_db),
        )
        loud = np.flatnonzero(levels >= quiet_db)
        stretches = np.split(loud, np.flatnonzero(np.diff(loud) > v.closure) + 1)
        return [
            (int(stretch[0]) + before, int(stretch[-1]) + 1 + before)
            for stretch in stretches
            # Clicks are loud, but never for long.
            if _longest_run(stretch) >= v.shortest_frames and stretch[-1] + before >= first
        ]

    def _levels(self, first: int, last: int) -> Float32Array:
        """Energies smoothed over three frames, as the detector smooths them (dBFS)."""
        at = first - self._kept_from
        floor_db = np.float32(self._voice.floor_lowest_db)
        two = np.full(2, floor_db, np.float32)
        energies = np.concatenate((two, np.maximum(self._energies, floor_db)))
        smooth = np.asarray((energies[:-2] + energies[1:-1] + energies[2:]) / 3.0, np.float32)
        return smooth[at : last - self._kept_from]

    def _samples(self, first: int, last: int) -> Float32Array:
        """The sound from one frame up to another."""
        at = [(frame - self._kept_from) * self._hop for frame in (first, last)]
        return self._sound[max(at[0], 0) : at[1]].copy()

    def _frames(self, seconds: float) -> int:
        return round(seconds * self._frontend.sample_rate / self._frontend.hop_samples)


def _longest_run(stretch: npt.NDArray[np.intp]) -> int:
    runs = np.split(stretch, np.flatnonzero(np.diff(stretch) > 1) + 1)
    return max(len(run) for run in runs)
