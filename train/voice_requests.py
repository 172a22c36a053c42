"""What synthetic voices are asked to say: words, voices, speed and pitch, drawn from a seed."""

import math
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from train import accents

ACCENTS = {
    "en-us": 0.36,
    "en-us-nyc": 0.06,
    "en-gb": 0.14,
    "en-gb-x-rp": 0.12,
    "en-gb-scotland": 0.10,
    "en-gb-x-gbclan": 0.08,
    "en-gb-x-gbcwmd": 0.06,
    "en-029": 0.08,
}
"""espeak-ng's accents of English and how often each is drawn."""

_FLITE_EVERY = 12

MAXIMUM_S = 1.5


@dataclass(frozen=True, slots=True)
class Request:
    """One clip to make."""

    word: str
    """The word, lowercase."""
    text: str
    """What the engine is given: its punctuation shapes the intonation."""
    engine: Literal["espeak-ng", "flite"]
    """The program."""
    voice: str
    """The program's name of the voice."""
    speed: float
    """Speaking rate relative to the engine's normal one."""
    pitch: float
    """0 (lowest) to 1 (highest) of the range used."""
    number: int
    """What tells it from the word's other clips."""
    longest_s: float = MAXIMUM_S
    """Longer clips are left out (seconds)."""

    @property
    def name(self) -> str:
        """Path relative to the output folder, with slashes."""
        folder = self.word.replace(" ", "_")
        return f"{folder}/{self.engine}-{self.voice}_{self.number}.flac"


def draw(
    word: str,
    count: int,
    variants: Sequence[str],
    flite_voices: Sequence[str],
    *,
    seed: int,
) -> list[Request]:
    """Draw the clips of one word.

    The draws depend on the seed and the word alone. All voices are used before one is used
    again; about every twelfth clip is flite's where there are `flite_voices`.
    """
    random = np.random.default_rng([seed, zlib.crc32(word.encode())])
    order = random.permutation(len(variants))
    spoken = word.upper() if len(word) == 1 else word
    requests = []
    for number in range(count):
        accent = draw_accent(random)
        ending, speed, pitch = _draw_manner(random)
        flite = bool(flite_voices) and number % _FLITE_EVERY == _FLITE_EVERY - 1
        if flite:
            voice = flite_voices[(number // _FLITE_EVERY) % len(flite_voices)]
        else:
            voice = f"{accent}+{variants[order[number % len(variants)]]}"
        requests.append(
            Request(
                word,
                spoken + ending,
                "flite" if flite else "espeak-ng",
                voice,
                speed,
                pitch,
                number,
            )
        )
    return requests


def draw_accented(word: str, count: int, variants: Sequence[str], *, seed: int) -> list[Request]:
    """Draw the clips of one word by espeak-ng's voices of other languages: see `train.accents`.

    The draws depend on the seed and the word alone.
    """
    random = np.random.default_rng([seed, 3, zlib.crc32(word.encode())])
    requests = []
    for number, (language, variant) in enumerate(accents.draw_voices(random, count, variants)):
        ending, speed, pitch = _draw_manner(random)
        text = accents.SPELLINGS[language][word] + ending
        voice = f"{language}+{variant}"
        requests.append(Request(word, text, "espeak-ng", voice, speed, pitch, number))
    return requests


def _draw_manner(random: np.random.Generator) -> tuple[str, float, float]:
    """Draw how a word is said: punctuation, speed and pitch as in `Request`."""
    ending = str(random.choice(["", ".", "?", "!", ","]))
    # Between two thirds and one and a half times the normal rate.
    return ending, math.exp(random.uniform(-0.4, 0.4)), float(random.uniform())


def draw_accent(random: np.random.Generator) -> str:
    """Draw one of `ACCENTS`."""
    weights = np.array(list(ACCENTS.values()))
    return list(ACCENTS)[int(random.choice(len(ACCENTS), p=weights / weights.sum()))]
