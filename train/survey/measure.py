"""One recording measured: how long it is, what is wrong with its sound, whether a word is in it.

The sound is measured as it is stored, before any conversion, which would hide what is clipped.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import soundfile

from recognizer.errors import AudioError
from recognizer.log_mel import FrontendParameters, LogMel, energies_db
from recognizer.voice_detector import Cut, VoiceDetector
from recognizer.voice_parameters import VoiceParameters
from train.corpora import SAMPLE_RATE, read_audio
from train.systems.features.live import QUIET_S

Float32Array = npt.NDArray[np.float32]

SILENT_PEAK = 0.001
"""Below this peak nobody hears anything (full scale is 1): -60 dBFS."""
OFFSET = 0.005
"""From this mean on, a recording has a DC offset (full scale is 1) ..."""
OFFSET_SHARE = 0.1
"""... if it is also this share of the root mean square."""
FULL_SCALE = 0.9995
"""A sample from here on is at the end of the scale."""
FLAT_PEAK = 0.25
"""Clipped before it was turned down, a recording is flat at its own peak; below this one that is
taken for chance (full scale is 1)."""
CLIPPED_SAMPLES = 8
"""A recording with so many samples at the end of the scale, or in flat peaks, is clipped."""
SHORTEST_S = 0.1
"""No recording of use is shorter (seconds)."""
LONGEST_WORD_S = 5.0
"""No recording of one word need be longer (seconds)."""

PROBLEMS = {
    "unreadable": "cannot be read",
    "empty": "holds no sound",
    "silent": "nothing to be heard: a peak below -60 dBFS",
    "clipped": "too loud for the recording: flat peaks",
    "offset": "a DC offset of 0.5 % and more",
    "short": "shorter than 0.1 s",
    "long": "longer than 5 s, for one word",
    "no word": "the live voice detector finds no word that stands alone",
    "duplicate": "the same sound as another file",
}
"""What can be wrong with a recording, in the order in which it is listed."""


@dataclass(frozen=True, slots=True)
class Measured:
    """What one recording is like."""

    seconds: float
    """Its length; 0 where it cannot be read."""
    rate: int
    """Its sample rate (Hertz); 0 where it cannot be read."""
    channels: int
    """0 where it cannot be read."""
    digest: str
    """SHA-256 of its samples and rate; equal sound in another format has the same."""
    problems: dict[str, str]
    """Keys of `PROBLEMS`, and what there is to say of each."""


def measure_all(items: Sequence[tuple[Path, bool]]) -> list[Measured]:
    """Measure several recordings: one task for `train.tasks`."""
    return [measure(path, is_word=is_word) for path, is_word in items]


def measure(path: Path, *, is_word: bool) -> Measured:
    """Measure a recording.

    Parameters
    ----------
    path
        The sound file. One that cannot be read is a finding, and no error.
    is_word
        Whether it should hold one word.
    """
    try:
        with soundfile.SoundFile(str(path)) as file:
            rate, channels = int(file.samplerate), int(file.channels)
            samples = file.read(dtype="float32", always_2d=True)
    except (soundfile.SoundFileError, OSError, RuntimeError) as error:
        return Measured(0.0, 0, 0, "", {"unreadable": " ".join(str(error).split())})
    if len(samples) == 0:
        return Measured(0.0, rate, channels, "", {"empty": "0 samples"})
    if not np.isfinite(samples).all():
        return Measured(0.0, rate, channels, "", {"unreadable": "samples that are no numbers"})
    digest = hashlib.sha256(f"{rate} {channels} ".encode())
    digest.update(np.ascontiguousarray(samples).data)
    seconds = len(samples) / rate
    problems = _problems(samples)
    if seconds < SHORTEST_S:
        problems["short"] = f"{seconds:.3f} s"
    if is_word and seconds > LONGEST_WORD_S:
        problems["long"] = f"{seconds:.1f} s"
    if is_word and not problems.keys() & {"silent", "short"} and not holds_word(path):
        problems["no word"] = ""
    return Measured(seconds, rate, channels, digest.hexdigest(), problems)


def holds_word(path: Path) -> bool:
    """Whether the live voice detector finds a word that stands alone, between quiet."""
    try:
        samples = read_audio(path)
    except AudioError:
        return False
    frontend = FrontendParameters()
    detector = VoiceDetector(VoiceParameters(window_frames=frontend.window_frames))
    energies = energies_db(LogMel(frontend).process(in_quiet(samples)), frontend)
    return any(isinstance(cut, Cut) and cut.alone for cut in detector.process(energies))


def in_quiet(samples: Float32Array) -> Float32Array:
    """Return the samples between half seconds of silence, mono at 16 kHz."""
    quiet = np.zeros(round(QUIET_S * SAMPLE_RATE), np.float32)
    return np.concatenate((quiet, samples, quiet))


def _problems(samples: Float32Array) -> dict[str, str]:
    problems = {}
    peak = float(np.abs(samples).max())
    if peak < SILENT_PEAK:
        problems["silent"] = f"peak {peak:.5f}"
    clipped = sum(_clipped(channel) for channel in samples.T)
    if clipped >= CLIPPED_SAMPLES:
        problems["clipped"] = f"{clipped} samples"
    means = samples.mean(axis=0, dtype=np.float64)
    offset = float(means[np.argmax(np.abs(means))])
    rms = float(np.sqrt(np.mean(np.square(samples, dtype=np.float64))))
    if abs(offset) >= OFFSET and abs(offset) >= OFFSET_SHARE * rms:
        problems["offset"] = f"{100 * offset:+.1f} %"
    return problems


def _clipped(channel: Float32Array) -> int:
    """Count the samples at the end of the scale, or in runs of three at the channel's own peaks."""
    at_end = np.abs(channel) >= FULL_SCALE
    for extreme in (channel.max(), channel.min()):
        if abs(float(extreme)) < FLAT_PEAK:
            continue
        flat = channel == extreme
        run = flat[:-2] & flat[1:-1] & flat[2:]
        for shift in range(3):
            at_end[shift : shift + len(run)] |= run
    return int(np.count_nonzero(at_end))
