"""The windows that the live cutter cuts from a stream, and what each of them shows.

Training streams run through the very frontend and voice detector that run live, and the windows
these cut are labelled by what is in view: a keyword fully seen, a half-seen one or anything
else as "unknown", noise alone as "silence".
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from recognizer.decision import WINDOWS_BACK
from recognizer.log_mel import POWER_FLOOR, FrontendParameters, LogMel, energies_db, normalize
from recognizer.model_metadata import SILENCE, UNKNOWN
from recognizer.voice_detector import Cut, VoiceDetector
from recognizer.voice_parameters import VoiceParameters

Float32Array = npt.NDArray[np.float32]

FULLY_IN_VIEW = 0.93
"""A keyword is fully seen when this share of it is in the window."""

HALF_IN_VIEW = 0.6
"""A keyword seen by less than this share is "unknown"; between the two nobody can say."""


@dataclass(frozen=True, slots=True)
class Placed:
    """A word in a stream."""

    label: str
    start: float
    """Seconds."""
    end: float
    """Seconds."""
    word: str = ""
    """The word, where it is one word and known which."""


def cut_windows(
    samples: Float32Array, frontend: FrontendParameters
) -> Iterator[tuple[Cut, int, Float32Array]]:
    """Run a stream through the live frontend and cutter.

    Yields
    ------
    tuple
        A cut, the frame at which the window ends (the cut's own or a little before), and the
        normalized window, float32 ``[window_frames, mel_bands]``.
    """
    mel = LogMel(frontend).process(samples)
    lead = frontend.window_frames + max(WINDOWS_BACK)
    features = np.concatenate(
        (np.full((lead, frontend.mel_bands), np.log(POWER_FLOOR), np.float32), mel)
    )
    detector = VoiceDetector(VoiceParameters(window_frames=frontend.window_frames))
    handled = -1
    for cut in detector.process(energies_db(mel, frontend)):
        if not isinstance(cut, Cut):
            continue
        for back in WINDOWS_BACK:
            behind = cut.now - back + lead
            window = features[behind - frontend.window_frames : behind]
            yield cut, cut.now - back, normalize(window, frontend)
        # Live, a word is settled once it has been recognized, a few windows after its end.
        if cut.alone and cut.end > handled and cut.now - cut.end > 40:
            handled = cut.end
            detector.settle(cut.end)


def label_window(
    cut: Cut, window_end: int, truth: list[Placed], frontend: FrontendParameters
) -> str | None:
    """Say what a window shows, or None where nobody could say."""
    hop = frontend.hop_samples / frontend.sample_rate
    view_start, view_end = (window_end - frontend.window_frames) * hop, window_end * hop + 0.015
    start, end = cut.start * hop, cut.end * hop
    met = [w for w in truth if min(w.end, end) - max(w.start, start) > 0.03]
    if not met:
        near = [w for w in truth if w.end > view_start and w.start < view_end]
        return SILENCE if not near else (UNKNOWN if all(w.label == UNKNOWN for w in near) else None)
    if all(word.label == UNKNOWN for word in met):
        return UNKNOWN
    if len(met) > 1:
        # A keyword glued to its neighbours does not stand alone.
        return UNKNOWN if not cut.alone or len(met) > 2 else None
    word = met[0]
    seen = (min(word.end, view_end) - max(word.start, view_start)) / (word.end - word.start)
    if seen >= FULLY_IN_VIEW:
        covered = (min(word.end, end) - max(word.start, start)) / (word.end - word.start)
        if covered < 0.4:
            return None
        return word.label
    return UNKNOWN if seen < HALF_IN_VIEW else None


def word_in_view(
    cut: Cut, window_end: int, truth: list[Placed], frontend: FrontendParameters
) -> str:
    """Say which word a window shows, keyword or not; empty where it is not the whole of one."""
    hop = frontend.hop_samples / frontend.sample_rate
    view_start, view_end = (window_end - frontend.window_frames) * hop, window_end * hop + 0.015
    start, end = cut.start * hop, cut.end * hop
    met = [w for w in truth if min(w.end, end) - max(w.start, start) > 0.03]
    if len(met) != 1 or not met[0].word:
        return ""
    word = met[0]
    seen = (min(word.end, view_end) - max(word.start, view_start)) / (word.end - word.start)
    covered = (min(word.end, end) - max(word.start, start)) / (word.end - word.start)
    return word.word if seen >= FULLY_IN_VIEW and covered >= 0.4 else ""
