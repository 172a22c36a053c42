"""The recordings a model is trained on, in memory, drawn fairly.

A word is drawn by its label, then by corpus, then by speaker, then by recording, so that a
speaker who recorded fifty takes of each digit weighs no more than one who recorded one.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt

from recognizer.errors import AudioError
from recognizer.model_metadata import UNKNOWN
from train.augment import fade
from train.corpora import (
    SAMPLE_RATE,
    Clip,
    Split,
    Utterance,
    load_isolated,
    load_noise,
    load_rooms,
    load_utterances,
    read_audio,
)
from train.errors import DataError
from train.evaluation.streams import voiced_extent
from train.vocabulary import DIGITS, DIGITS_OF_SOME, NEAR_MISSES, TAUGHT

Float32Array = npt.NDArray[np.float32]
Int16Array = npt.NDArray[np.int16]

CORPUS_WEIGHTS = {
    "speech_commands": 1.0,
    "an4": 1.0,
    "fsdd": 0.6,
    "synthetic": 0.5,
    "synthetic accents": 0.8,
    "other_words": 0.4,
    "an4 pieces": 1.0,
    "librispeech pieces": 4.0,
    "synthetic speech pieces": 1.0,
}
"""How often a corpus is drawn beside the others that have the label. A corpus with few speakers
of a label is drawn less still: see `Pool`."""

PIECE_S = (0.15, 0.75)
"""Length of a piece of running speech that is taken for a word of its own (seconds)."""
PIECE_EVERY_S = 0.8
"""One such piece is cut from every so many seconds (seconds)."""

WORD_RANGES_DB = (30.0, 22.0, 16.0, 12.0)
"""A word reaches down to this far below its peak: the first that makes it no longer than a word
is (decibel)."""
SHORTEST_WORD_S = 0.08
LONGEST_WORD_S = 0.8

CUT_MARGIN_S = 0.03
"""Words cut out of running speech keep this much of what surrounds them (seconds)."""


@dataclass(frozen=True, slots=True, eq=False)
class Recording:
    """One word alone, or a piece of running speech."""

    samples: Int16Array
    """Mono, 16 kHz, shape ``[n]``."""
    label: str
    """A keyword or "unknown"."""
    start: int
    """First sample of the word."""
    end: int
    """Sample behind the word."""
    corpus: str
    """Where it is from."""
    speaker: str
    """Who says it."""
    word: str = ""
    """The word, where it is one word and known which."""

    def read(self) -> Float32Array:
        """Return the samples as float32 in [-1, 1]."""
        return as_float(self.samples)


@dataclass(frozen=True, slots=True, eq=False)
class Sentence:
    """Running speech whose words' places are known, or which holds no keyword."""

    samples: Int16Array
    words: tuple[tuple[str, float, float], ...]
    """Label, start and end (seconds); the whole as one "unknown" where places are not known."""
    corpus: str
    speaker: str

    def read(self) -> Float32Array:
        """Return the samples as float32 in [-1, 1]."""
        return as_float(self.samples)


def as_float(samples: Int16Array) -> Float32Array:
    """Return 16 bit samples as float32 in [-1, 1]."""
    return samples.astype(np.float32) / np.float32(32768.0)


class Pool:
    """Recordings of one label; `draw` is fair to corpora and speakers."""

    def __init__(self, recordings: Iterable[Recording]) -> None:
        tree: dict[str, dict[str, list[Recording]]] = defaultdict(lambda: defaultdict(list))
        self._by_speaker: dict[tuple[str, str], list[Recording]] = defaultdict(list)
        for recording in recordings:
            tree[recording.corpus][recording.speaker].append(recording)
            self._by_speaker[_person(recording)].append(recording)
        self._tree = {corpus: list(speakers.values()) for corpus, speakers in tree.items()}
        # Ten voices of a corpus are worth drawing it half as often as hundreds are.
        weights = np.array(
            [
                CORPUS_WEIGHTS.get(corpus, 1.0) * min(1.0, (len(speakers) / 40.0) ** 0.5)
                for corpus, speakers in self._tree.items()
            ]
        )
        self._corpora = list(self._tree)
        self._weights = weights / weights.sum()

    def draw_like(self, rng: np.random.Generator, other: Recording) -> Recording:
        """Draw one recording of another's speaker where there is one, else of anybody."""
        own = self._by_speaker.get(_person(other))
        return own[int(rng.integers(len(own)))] if own else self.draw(rng)

    def draw(self, rng: np.random.Generator) -> Recording:
        """Draw one recording."""
        corpus = self._corpora[int(rng.choice(len(self._corpora), p=self._weights))]
        speakers = self._tree[corpus]
        recordings = speakers[int(rng.integers(len(speakers)))]
        return recordings[int(rng.integers(len(recordings)))]


def _person(recording: Recording) -> tuple[str, str]:
    return recording.corpus.removesuffix(" pieces"), recording.speaker


@dataclass(slots=True)
class Sources:
    """Everything streams are composed of, of one part of the speakers."""

    pools: dict[str, Pool]
    sentences: list[Sentence]
    noises: list[Int16Array]
    rooms: list[Float32Array]
    words: dict[str, Pool] = field(default_factory=dict)
    """The words that are no keyword, each by itself."""
    near: tuple[str, ...] = ()
    """Those of them that share sounds with a digit, and are in nobody's mouth the digit itself: see
    `train.vocabulary.DIGITS_OF_SOME`."""
    unreadable: list[str] = field(default_factory=list)
    """Files that could not be read, or hold no word."""


def load_sources(
    data: Path,
    split: Split,
    *,
    alignments: Path,
    synthetic: Iterable[Clip] = (),
    readings: Iterable[Utterance] = (),
    keywords: tuple[str, ...] = DIGITS,
) -> Sources:
    """Read the recordings of one part.

    Parameters
    ----------
    data
        The folder of the recordings.
    split
        Which part: "train" or "validation".
    alignments
        The file that ``train align`` writes.
    synthetic
        What ``train.synthesize`` made.
    readings
        What ``train.sentences`` made.
    keywords
        The words to recognize; all other words are "unknown".

    Raises
    ------
    DataError
        If a corpus is missing, or nobody of this part says one of the keywords.
    AudioError
        If running speech, a noise or a room cannot be read.
    """
    rng = np.random.default_rng(0)
    unreadable: list[str] = []
    words: list[Recording] = []
    clips = [clip for clip in [*load_isolated(data), *synthetic] if clip.split == split]
    for clip in clips:
        try:
            words.append(cut_isolated(clip, keywords))
        except (AudioError, ValueError) as error:
            unreadable.append(f"{clip.path}: {error}")
    sentences: list[Sentence] = []
    for utterance in [*load_utterances(data, alignments), *readings]:
        if utterance.split == split:
            samples = _int16(read_audio(utterance.path))
            sentence = _sentence(utterance, samples, keywords)
            if sentence is not None:
                sentences.append(sentence)
                words.extend(_cut_words(sentence, utterance))
                words.extend(_cut_pieces(sentence, keywords, rng))
    for label in (*keywords, UNKNOWN):
        if not any(word.label == label for word in words):
            raise DataError(
                f"No {split} speaker in {data} says {label!r}; add recordings of it, or take the "
                "word out."
            )
    pools = {
        label: Pool(word for word in words if word.label == label) for label in (*keywords, UNKNOWN)
    }
    by_word: dict[str, list[Recording]] = defaultdict(list)
    for one in words:
        if one.label == UNKNOWN and one.word:
            by_word[one.word].append(one)
    noises = [_int16(read_audio(c.path)) for c in load_noise(data) if c.split == split]
    rooms = [read_audio(c.path) for c in load_rooms(data) if c.split == "train"]
    return Sources(
        pools,
        sentences,
        [n for n in noises if n.any()],
        rooms,
        {word: Pool(recordings) for word, recordings in sorted(by_word.items())},
        tuple(w for w in NEAR_MISSES if w in by_word and w not in DIGITS_OF_SOME),
        unreadable,
    )


def _int16(samples: Float32Array) -> Int16Array:
    rounded: Int16Array = np.clip(np.rint(samples * 32768.0), -32768, 32767).astype(np.int16)
    return rounded


def cut_isolated(clip: Clip, keywords: tuple[str, ...]) -> Recording:
    """Read a recording of one word and find the word in it.

    Raises
    ------
    AudioError
        If it cannot be read.
    ValueError
        If there is no word in it.
    """
    samples = read_audio(clip.path)
    # In a noisy recording everything lies near the peak; the word is what stands out most.
    for range_db in WORD_RANGES_DB:
        start, end = voiced_extent(samples, range_db)
        if end - start <= LONGEST_WORD_S * SAMPLE_RATE:
            break
    if end - start < SHORTEST_WORD_S * SAMPLE_RATE:
        raise ValueError("no word found")
    label = clip.word if clip.word in keywords else UNKNOWN
    return Recording(
        _int16(samples), label, start, end, clip.corpus, clip.speaker, identity(clip.word)
    )


def identity(word: str) -> str:
    """Return the word, or nothing for those that teaching is measured with: see `TAUGHT`."""
    return "" if word in TAUGHT else word


def _sentence(
    utterance: Utterance, samples: Int16Array, keywords: tuple[str, ...]
) -> Sentence | None:
    if utterance.words is not None:
        words = tuple(
            (word.text if word.text in keywords else UNKNOWN, word.start, word.end)
            for word in utterance.words
        )
    elif set(utterance.transcript) & set(keywords):
        return None
    else:
        words = ((UNKNOWN, 0.0, len(samples) / SAMPLE_RATE),)
    return Sentence(samples, words, utterance.corpus, utterance.speaker)


def _cut_words(sentence: Sentence, utterance: Utterance) -> Iterator[Recording]:
    """Cut the words of a sentence out; keywords only where their length is plausible."""
    margin = int(CUT_MARGIN_S * SAMPLE_RATE)
    spoken = utterance.words or ()
    for (label, start_s, end_s), word in zip(sentence.words, spoken, strict=bool(spoken)):
        start, end = int(start_s * SAMPLE_RATE), int(end_s * SAMPLE_RATE)
        if not 0.12 <= end_s - start_s <= 0.85:
            continue
        first, last = max(0, start - margin), min(len(sentence.samples), end + margin)
        piece = fade(sentence.samples[first:last].astype(np.float32), margin // 2)
        yield Recording(
            piece.astype(np.int16),
            label,
            start - first,
            end - first,
            sentence.corpus,
            sentence.speaker,
            identity(word.text),
        )


def _cut_pieces(
    sentence: Sentence, keywords: tuple[str, ...], rng: np.random.Generator
) -> Iterator[Recording]:
    """Cut pieces at random out of running speech: what a keyword must not be taken for."""
    seconds = len(sentence.samples) / SAMPLE_RATE
    said = [(start, end) for label, start, end in sentence.words if label in keywords]
    for _ in range(int(seconds / PIECE_EVERY_S)):
        length = float(rng.uniform(*PIECE_S))
        first = float(rng.uniform(0.0, max(0.01, seconds - length)))
        # Half of a keyword is no keyword, but more of it may well be heard as one.
        if any(min(first + length, e) - max(first, s) > 0.4 * (e - s) for s, e in said):
            continue
        at = int(first * SAMPLE_RATE)
        piece = sentence.samples[at : at + int(length * SAMPLE_RATE)].astype(np.float32)
        yield Recording(
            fade(piece, SAMPLE_RATE // 60).astype(np.int16),
            UNKNOWN,
            0,
            len(piece),
            f"{sentence.corpus} pieces",
            sentence.speaker,
        )
