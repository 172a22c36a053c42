"""Strings of digits without pauses, and other speech, composed for training.

Words recorded alone are cut tight and joined as in one breath; spoken sentences that hold digits
come as they are. What was said is known to the frame, so that each frame has its label.
"""

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from recognizer.connected.labels import SAID_FOR
from recognizer.log_mel import FrontendParameters
from recognizer.model_metadata import SILENCE, UNKNOWN
from train import augment
from train.compose import USUAL, compose_noise, finish, vary
from train.connected.recipe import ComposeRecipe
from train.corpora import SAMPLE_RATE
from train.errors import DataError
from train.live_windows import Placed
from train.sources import Recording, Sentence, Sources

Float32Array = npt.NDArray[np.float32]
UInt8Array = npt.NDArray[np.uint8]

LONGEST_STRING = 8
NOISES = 4
"""Noises in a string of nothing but noise."""
SAME_SPEAKER = 0.75
"""Share of the strings for whose digits one speaker's recordings are taken where there are any."""
OTHER_NAME = 0.8
"""How often a word that stands for another one is drawn, beside 1 for the others."""
LEAST_DIGITS = 0.3
"""Least share of digits among the words of a sentence that is taken for its digits."""


@dataclass(frozen=True, slots=True)
class Composer:
    """Composes strings of one part of the speakers.

    Parameters
    ----------
    sources
        The recordings.
    words
        The digits.
    recipe
        How often what is drawn.
    """

    sources: Sources
    words: tuple[str, ...]
    recipe: ComposeRecipe

    def compose(self, rng: np.random.Generator) -> tuple[Float32Array, list[Placed]]:
        """Compose one string.

        Returns
        -------
        tuple
            float32 samples ``[n]``, and what lies where; what is not named is silence or noise.
        """
        share = self.recipe.share
        kinds = list(share)
        weights = np.array([share[kind] for kind in kinds])
        kind = kinds[int(rng.choice(len(kinds), p=weights / weights.sum()))]
        if kind == "noise":
            return compose_noise(rng, self.sources, NOISES)
        level = float(rng.uniform(-38.0, -14.0))
        if kind == "joined":
            samples, truth = self._joined(rng, level)
        else:
            samples, truth = self._spoken(rng, level, digits=kind == "sentences")
        if rng.random() < self.recipe.rooms and self.sources.rooms:
            rooms = self.sources.rooms
            samples = augment.convolve(samples, rooms[int(rng.integers(len(rooms)))])
        if rng.random() < self.recipe.clean:
            return samples, truth
        shares = replace(USUAL, telephone=self.recipe.telephone)
        return finish(rng, samples, self.sources, level, shares), truth

    def _joined(self, rng: np.random.Generator, level: float) -> tuple[Float32Array, list[Placed]]:
        """Words recorded alone, cut and put one right behind another."""
        row = _Row(rng)
        count = int(rng.integers(1, LONGEST_STRING + 1))
        same = rng.random() < SAME_SPEAKER
        tightness = float(rng.choice([0.0, 0.2, 1.0], p=[0.6, 0.25, 0.15]))
        tempo = float(np.clip(rng.normal(1.05, 0.1), 0.8, 1.3))
        first: Recording | None = None
        for _ in range(count):
            label = UNKNOWN
            if rng.random() >= self.recipe.other_words:
                label = self.words[int(rng.choice(len(self.words), p=self._weights()))]
            pool = self.sources.pools[label]
            drawn = pool.draw(rng) if first is None or not same else pool.draw_like(rng, first)
            first = first or drawn
            samples, start, end = vary(rng, drawn)
            margin = rng.normal(0.0, 0.02, 2) * SAMPLE_RATE
            begin = int(np.clip(start - margin[0], 0, max(0, end - 1600)))
            stop = int(np.clip(end + margin[1], begin + 800, len(samples)))
            piece = augment.change_speed(samples[begin:stop], tempo)
            piece = augment.at_level(
                piece, augment.rms_db(piece), level + float(rng.normal(0.0, 2.5))
            )
            row.add(piece, label, tightness)
        return row.end()

    def _weights(self) -> npt.NDArray[np.float64]:
        """How often each word is drawn: those that stand for another one less."""
        weights = np.array([OTHER_NAME if word in SAID_FOR else 1.0 for word in self.words])
        weights /= weights.sum()
        return weights

    def _spoken(
        self, rng: np.random.Generator, level: float, *, digits: bool
    ) -> tuple[Float32Array, list[Placed]]:
        """One sentence, with digits or without any."""
        sentence = self._sentence(rng, digits=digits)
        speed = float(np.clip(rng.normal(1.0, 0.08), 0.8, 1.25))
        samples = sentence.read()
        longest = int(self.recipe.longest_s * SAMPLE_RATE)
        first = int(rng.integers(0, max(1, len(samples) - longest)))
        samples = augment.change_speed(samples[first : first + longest], speed)
        if rng.random() < 0.5:
            samples = augment.color(rng, samples)
        samples = augment.at_level(samples, augment.rms_db(samples), level)
        lead = int(rng.uniform(0.0, 0.8) * SAMPLE_RATE)
        begin = first / SAMPLE_RATE
        truth = [
            Placed(
                label,
                (start - begin) / speed + lead / SAMPLE_RATE,
                (end - begin) / speed + lead / SAMPLE_RATE,
            )
            for label, start, end in sentence.words
        ]
        tail = int(rng.uniform(0.0, 0.8) * SAMPLE_RATE)
        return np.pad(samples, (lead, tail)), truth

    def _sentence(self, rng: np.random.Generator, *, digits: bool) -> Sentence:
        corpora: dict[str, list[Sentence]] = {}
        for sentence in self.sources.sentences:
            said = sum(label != UNKNOWN for label, _, _ in sentence.words)
            if said >= LEAST_DIGITS * len(sentence.words) if digits else not said:
                corpora.setdefault(sentence.corpus, []).append(sentence)
        names = sorted(corpora)
        if not names:
            wanted = "that holds digits" if digits else "without a digit"
            raise DataError(
                f"There is no aligned sentence {wanted}; add some, or set its share to 0."
            )
        drawn = corpora[names[int(rng.integers(len(names)))]]
        return drawn[int(rng.integers(len(drawn)))]


class _Row:
    """Pieces one behind another."""

    def __init__(self, rng: np.random.Generator) -> None:
        self._rng = rng
        self._samples = np.zeros(int(rng.uniform(0.0, 1.0) * SAMPLE_RATE), np.float32)
        self._truth: list[Placed] = []

    def add(self, piece: Float32Array, label: str, tightness: float) -> None:
        """Put a piece behind the last one; `tightness` 0 leaves no pause, 1 a long one."""
        rng = self._rng
        gap = int(tightness * rng.uniform(0.0, 0.5) * SAMPLE_RATE)
        if gap:
            self._samples = np.pad(self._samples, (0, gap))
        overlap = 0
        if not gap and self._truth and rng.random() < 0.6:
            overlap = min(int(rng.uniform(0.002, 0.04) * SAMPLE_RATE), len(piece) // 4)
        piece = augment.fade(piece, overlap) if overlap else piece
        begin = len(self._samples) - overlap
        samples = np.pad(self._samples, (0, len(piece) - overlap))
        samples[begin : begin + len(piece)] += piece
        self._samples = samples
        self._truth.append(Placed(label, begin / SAMPLE_RATE, (begin + len(piece)) / SAMPLE_RATE))

    def end(self) -> tuple[Float32Array, list[Placed]]:
        tail = int(self._rng.uniform(0.0, 1.0) * SAMPLE_RATE)
        return np.pad(self._samples, (0, tail)), self._truth


def frame_labels(
    truth: list[Placed], frames: int, frontend: FrontendParameters, labels: tuple[str, ...]
) -> UInt8Array:
    """Return which label each frame has, uint8 ``[frames]``, indices into `labels`.

    A word's frames are divided evenly among its parts.
    """
    rate, hop = frontend.sample_rate, frontend.hop_samples
    centre = frontend.frame_samples / 2
    answer = np.full(frames, labels.index(SILENCE), np.uint8)
    parts = 1 + max(int(label.rpartition(" ")[2]) for label in labels if label[-1:].isdigit())
    for word in truth:
        edges = np.linspace(word.start, word.end, parts)
        at = np.clip(np.rint((edges * rate - centre) / hop).astype(int), 0, frames)
        if word.label == UNKNOWN:
            answer[at[0] : at[-1]] = labels.index(UNKNOWN)
            continue
        for part in range(1, parts):
            answer[at[part - 1] : at[part]] = labels.index(f"{word.label} {part}")
    return answer
