"""A take: one word with the quiet around it, and whether it is found in there again."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from recognizer.log_mel import FrontendParameters, LogMel, energies_db
from recognizer.voice_detector import Cut, VoiceDetector
from recognizer.voice_parameters import VoiceParameters

Float32Array = npt.NDArray[np.float32]

Reason = Literal[
    "nothing heard",
    "unclear",
    "too quiet",
    "clipped",
    "too long",
    "two words",
    "too early",
    "too noisy",
    "interrupted",
]
"""Why a take was refused."""

_SILENCE_S = 0.5
"""The trainer puts so much digital silence around a clip (seconds)."""
_SETTLED_AFTER = 40
"""The trainer takes a word for decided so long after its end (frames)."""
_SAME_SHARE = 0.5
"""A place is the word's own when it has at least this share of the word in it."""


@dataclass(frozen=True, slots=True, eq=False)
class Take:
    """A word, cut out with the quiet around it."""

    samples: Float32Array
    """Mono sound at 16 kHz, shape ``[n]``."""
    start_s: float
    """Where the word begins in it (seconds)."""
    end_s: float
    """Where the word ends in it (seconds)."""
    peak: float
    """Its loudest sample (0 to 1)."""
    level_db: float
    """The energy of its loudest part, as the voice detector hears it (dBFS)."""
    contrast_db: float
    """How far that lies above the noise of the room (decibel)."""

    @property
    def seconds(self) -> float:
        """How long the word is (seconds)."""
        return self.end_s - self.start_s


def words_in(samples: Float32Array) -> list[Cut]:
    """Return each word that stands alone in a recording, as the live detector finds it.

    Parameters
    ----------
    samples
        float32 mono at 16 kHz, shape ``[n]``.

    Returns
    -------
    list of Cut
        The last look at each word, in the order of time.
    """
    frontend = FrontendParameters()
    detector = VoiceDetector(VoiceParameters(window_frames=frontend.window_frames))
    found: list[Cut] = []
    mel = LogMel(frontend).process(np.asarray(samples, np.float32))
    for cut in detector.process(energies_db(mel, frontend)):
        if not isinstance(cut, Cut) or not cut.alone:
            continue
        if found and cut.start < found[-1].end:
            found[-1] = cut
        else:
            found.append(cut)
        # Live, a word is settled once it has been recognized, a few windows after its end.
        if cut.now - cut.end > _SETTLED_AFTER:
            detector.settle(cut.end)
    return found


def is_found_again(take: Take) -> bool:
    """Whether the detector finds just this word in the take, by itself and between silences."""
    hop_s = FrontendParameters().hop_samples / FrontendParameters().sample_rate
    for silence_s in (0.0, _SILENCE_S):
        silence = np.zeros(round(silence_s * FrontendParameters().sample_rate), np.float32)
        words = words_in(np.concatenate((silence, take.samples, silence)))
        places = [(w.start * hop_s - silence_s, w.end * hop_s - silence_s) for w in words]
        if len(places) != 1:
            return False
        start_s, end_s = places[0]
        # Its ends reach further where the noise of the room was not known before.
        common_s = min(end_s, take.end_s) - max(start_s, take.start_s)
        if common_s < _SAME_SHARE * take.seconds:
            return False
    return True
