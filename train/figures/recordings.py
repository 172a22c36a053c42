"""The recordings that figures show: read once, unreadable ones named, examples drawn by lot."""

from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from recognizer.errors import AudioError
from recognizer.model_metadata import SILENCE, UNKNOWN
from train.corpora.files import read_audio
from train.corpora.values import Clip
from train.errors import DataError
from train.evaluation.class_scores import in_order
from train.evaluation.streams import voiced_extent
from train.splits import lot

Float32Array = npt.NDArray[np.float32]

CANDIDATES = 7
"""Of so many recordings of a word, the one of middle length is shown: of recordings by a crowd,
some are cut, empty, or of somebody who coughs."""


class Recordings:
    """Recordings of words, and which of them cannot be read.

    Parameters
    ----------
    clips
        The recordings; those without a word (noise, rooms) are left out.
    seed
        Chooses which are shown where not all are.
    words
        The words that figures are about, in their order; None takes all there are.
    """

    def __init__(
        self, clips: Sequence[Clip], *, seed: int = 0, words: Sequence[str] | None = None
    ) -> None:
        self.clips = [clip for clip in clips if clip.word not in ("", SILENCE)]
        self.seed = seed
        self.unreadable: dict[Path, str] = {}
        """Why each recording that was tried in vain cannot be read."""
        self._by_word: dict[str, list[Clip]] = defaultdict(list)
        for clip in self.clips:
            self._by_word[clip.word].append(clip)
        self._words = in_order(set(self._by_word) - {UNKNOWN}) if words is None else words
        self._examples: dict[str, tuple[Clip, Float32Array]] = {}

    @property
    def words(self) -> list[str]:
        """Every word that figures are about and there is a recording of, in its order."""
        return [word for word in self._words if word in self._by_word]

    def shown(self, count: int) -> list[str]:
        """Return at most ``count`` words, in their order: those with the most recordings.

        Words of which no recording can be read are left out.

        Raises
        ------
        DataError
            If that is true of all.
        """
        kept: set[str] = set()
        for word in sorted(self.words, key=lambda word: -len(self._by_word[word])):
            if len(kept) < count and self._first(word) is not None:
                kept.add(word)
        if not kept:
            raise DataError("None of the recordings can be read.")
        return [word for word in self.words if word in kept]

    def one(self) -> tuple[Clip, Float32Array]:
        """Return the `example` of a word drawn by lot.

        Raises
        ------
        DataError
            If no recording can be read.
        """
        for word in sorted(self.words, key=lambda word: (lot(f"{self.seed}:{word}"), word)):
            if self._first(word) is not None:
                return self.example(word)
        raise DataError("None of the recordings can be read.")

    def _first(self, word: str) -> Clip | None:
        """Return a recording of a word that can be read."""
        return next((c for c in self._by_turns(word) if self.read(c) is not None), None)

    def read(self, clip: Clip) -> Float32Array | None:
        """Return a recording's samples (mono, 16 kHz), or None where it cannot be read."""
        if clip.path in self.unreadable:
            return None
        try:
            return read_audio(clip.path)
        except AudioError as error:
            self.unreadable[clip.path] = str(error)
            return None

    def draw(self, count: int) -> list[Clip]:
        """Draw at most ``count`` recordings, of each word about as many.

        The same for a seed whatever the order in which the recordings were given.
        """
        queues = [self._shuffled(word) for word in in_order(self._by_word)]
        taken: list[Clip] = []
        for turn in range(max(map(len, queues), default=0)):
            taken += [queue[turn] for queue in queues if turn < len(queue)]
            if len(taken) >= count:
                break
        return taken[:count]

    def example(self, word: str) -> tuple[Clip, Float32Array]:
        """Return the word's recording of middle length among `CANDIDATES`, with its samples.

        Raises
        ------
        DataError
            If no recording of the word can be read.
        """
        if word not in self._examples:
            found = self.varied(word, CANDIDATES)
            found.sort(key=lambda one: voiced_samples(one[1]))
            self._examples[word] = found[len(found) // 2]
        return self._examples[word]

    def varied(self, word: str, count: int) -> list[tuple[Clip, Float32Array]]:
        """Return at most ``count`` recordings of a word, of different speakers while there are.

        The speakers come in the same order for each word.

        Raises
        ------
        DataError
            If no recording of the word can be read.
        """
        found: list[tuple[Clip, Float32Array]] = []
        for clip in self._by_turns(word):
            if len(found) == count:
                break
            samples = self.read(clip)
            if samples is not None:
                found.append((clip, samples))
        if not found:
            raise DataError(f"None of the recordings of {word!r} can be read.")
        return found

    def _by_turns(self, word: str) -> list[Clip]:
        by_speaker: dict[str, list[Clip]] = defaultdict(list)
        for clip in self._shuffled(word):
            by_speaker[f"{clip.corpus}/{clip.speaker}"].append(clip)
        speakers = sorted(by_speaker, key=lambda name: (lot(f"{self.seed}:{name}"), name))
        turns = max(map(len, by_speaker.values()), default=0)
        return [
            by_speaker[speaker][turn]
            for turn in range(turns)
            for speaker in speakers
            if turn < len(by_speaker[speaker])
        ]

    def _shuffled(self, word: str) -> list[Clip]:
        return sorted(
            self._by_word[word],
            key=lambda clip: (lot(f"{self.seed}:{clip.word}/{clip.path.name}"), str(clip.path)),
        )


def speaker_of(clip: Clip) -> str:
    """Return who says a recording, as figures name them; "not named" where nobody is."""
    return clip.speaker or "not named"


def voiced_samples(samples: Float32Array) -> int:
    """Return the length of the word in a recording (samples)."""
    start, end = voiced_extent(samples)
    return end - start
