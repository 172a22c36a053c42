"""Generates the demo recording: ten digits and two other words, spoken by espeak-ng.

``make demo`` runs it. It writes ``assets/demo.flac`` (16 kHz, mono) and, beside it,
``assets/demo.json``, which says what is spoken where. With the same version of espeak-ng the
samples are the same.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import soundfile
import soxr

from recognizer.resampler import SAMPLE_RATE

SEED = 7
WORDS_PER_MINUTE = 140
SPEECH_DBFS = -23.0
"""Root mean square of each word."""
NOISE_DBFS = -62.0
"""Root mean square of the room's noise."""
GAP_S = (0.8, 1.2)
EDGE_S = 0.7
"""Pause before the first word and after the last."""
AUDIBLE_DB = 45.0
"""What lies further below a word's loudest sample, at its ends, is cut away."""

VOICES = ("en-us+steph", "en-us", "en-us+linda", "en-us+m3")
DIGITS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
WORDS = (*DIGITS[:4], "hello", *DIGITS[4:7], "window", *DIGITS[7:])

Samples = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class SpokenWord:
    """A word of the recording."""

    word: str
    """What is said."""
    digit: bool
    """Whether the recognizer is to report it."""
    voice: str
    """The voice of espeak-ng."""
    start: float
    """Where it begins (seconds)."""
    end: float
    """Where it ends (seconds)."""


def speak(word: str, voice: str) -> Samples:
    """Return a word as espeak-ng says it, 16 kHz, at `SPEECH_DBFS`, without silence around it.

    Raises
    ------
    FileNotFoundError
        If espeak-ng is not installed.
    subprocess.CalledProcessError
        If espeak-ng does not know the voice.
    """
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "word.wav"
        command = ["espeak-ng", "-v", voice, "-s", str(WORDS_PER_MINUTE), "-w", str(path), word]
        subprocess.run(command, check=True, stdin=subprocess.DEVNULL)
        samples, rate = soundfile.read(path)
    samples = soxr.resample(samples, rate, SAMPLE_RATE)
    audible = np.flatnonzero(np.abs(samples) > np.abs(samples).max() * 10 ** (-AUDIBLE_DB / 20))
    samples = samples[audible[0] : audible[-1] + 1]
    gain = 10 ** (SPEECH_DBFS / 20) / np.sqrt(np.mean(np.square(samples)))
    return np.asarray(samples * gain)


def room_noise(count: int, random: np.random.Generator) -> Samples:
    """Return pink noise at `NOISE_DBFS`, shape ``[count]``."""
    spectrum = np.fft.rfft(random.standard_normal(count))
    hertz = np.fft.rfftfreq(count, 1 / SAMPLE_RATE)
    noise = np.fft.irfft(spectrum / np.sqrt(np.maximum(hertz, 50.0)), count)
    return np.asarray(noise * 10 ** (NOISE_DBFS / 20) / noise.std())


def make_demo() -> tuple[Samples, list[SpokenWord]]:
    """Return the recording, and what is spoken where."""
    random = np.random.default_rng(SEED)
    parts = [np.zeros(round(EDGE_S * SAMPLE_RATE))]
    words: list[SpokenWord] = []
    length = len(parts[0])
    for index, word in enumerate(WORDS):
        voice = VOICES[index % len(VOICES)]
        spoken = speak(word, voice)
        last = index == len(WORDS) - 1
        gap = np.zeros(round((EDGE_S if last else random.uniform(*GAP_S)) * SAMPLE_RATE))
        start, end = length / SAMPLE_RATE, (length + len(spoken)) / SAMPLE_RATE
        words.append(SpokenWord(word, word in DIGITS, voice, round(start, 3), round(end, 3)))
        parts += [spoken, gap]
        length += len(spoken) + len(gap)
    return np.concatenate(parts) + room_noise(length, random), words


def espeak_version() -> str:
    """Return the version of the installed espeak-ng, such as ``"1.51"``."""
    command = ["espeak-ng", "--version"]
    answer = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return answer.partition("text-to-speech:")[2].split()[0]


def main() -> int:
    """Write the recording and its list of words."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    assets = Path(__file__).resolve().parent.parent / "assets"
    parser.add_argument("--folder", type=Path, default=assets, help="default: %(default)s")
    folder: Path = parser.parse_args().folder
    try:
        version = espeak_version()
        samples, words = make_demo()
    except (FileNotFoundError, subprocess.CalledProcessError) as error:
        sys.exit(f"espeak-ng is needed for the demo recording: {error}.")
    folder.mkdir(exist_ok=True)
    soundfile.write(folder / "demo.flac", samples, SAMPLE_RATE, "PCM_16")
    rows = ",\n  ".join(json.dumps(asdict(word)) for word in words)
    (folder / "demo.json").write_text(
        f'{{\n "espeak_ng": "{version}",\n "words": [\n  {rows}\n ]\n}}\n', encoding="utf-8"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
