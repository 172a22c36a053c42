"""Sentences for synthetic voices to read: running speech with the vocabulary of a language.

The few readers whose recordings may be trained on say few words. PocketSphinx's English trigram
model and its pronouncing dictionary (https://github.com/cmusphinx/pocketsphinx, BSD) say which
words follow each other and which sound as a keyword does in part ("before", "into", "create");
the latter are drawn more often, because they are what a keyword is invented from.
"""

import math
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from train.corpora import Utterance
from train.corpora.synthetic import LICENCE, describe
from train.errors import DataError
from train.synthesize import make, voices
from train.vocabulary import TAUGHT
from train.voice_requests import Request, draw_accent

if TYPE_CHECKING:
    from rich.console import Console

COMMONEST = 6000
"""Sentences are made of this many of the language's likeliest words."""
CANDIDATES = 40
"""Words among which the language model chooses the next one."""
FLATTENING = 0.6
"""Exponent of the words' own probabilities: below 1, rare words come more often."""
PARTIAL_SHARE = 0.2
"""Share of the words drawn among those that sound like a keyword in part."""
LENGTHS = (3, 9)
"""Shortest and longest sentence (words)."""
PAUSE_SHARE = 0.16
"""Share of the words behind which the reader pauses."""

FLITE_EVERY = 4
"""Every so many sentences one of flite's voices reads, where it is installed: cut from recordings
of people, they slur as people do."""
LONGEST_S = 9.0
"""Longer readings are left out (seconds)."""
FOLDER = "sentences"


@dataclass(frozen=True, slots=True)
class Lexicon:
    """The words that sentences are made of."""

    words: tuple[str, ...]
    """Likeliest first."""
    weights: npt.NDArray[np.float64]
    """How often each is drawn, shape ``[words]``, of sum 1."""
    partial: tuple[str, ...]
    """Those that hold all or most of a keyword's sounds."""
    model: Any
    """PocketSphinx's ``NGramModel``."""


def read_aloud(
    out: Path,
    keywords: Sequence[str],
    *,
    count: int,
    seed: int = 0,
    processes: int = 2,
    console: "Console | None" = None,
) -> list[Utterance]:
    """Let synthetic voices read sentences without keywords; what is there already is kept.

    Parameters
    ----------
    out
        Gets the folder ``sentences`` of 16 kHz FLAC files.
    keywords
        The words that are not said, nor words that sound exactly like one.
    count
        How many sentences.
    seed
        What voices and words are drawn from.
    processes
        How many engines run at once.
    console
        Where the progress bar goes; standard error by default.

    Raises
    ------
    DataError
        When espeak-ng or pocketsphinx is not installed, or a file cannot be written.
    """
    sentences = draw_sentences(load_lexicon(keywords), count, seed=seed)
    requests = _requests(sentences, seed)
    make(
        requests,
        out,
        seed=seed,
        processes=processes,
        task="Synthesizing sentences",
        console=console,
    )
    utterances = []
    for request, sentence in zip(requests, sentences, strict=True):
        path = out / request.name
        if path.exists():
            voice = describe(path)
            words = spoken_words(sentence)
            utterances.append(
                Utterance(
                    path, "synthetic speech", voice.speaker, voice.split, LICENCE, words, None
                )
            )
    return utterances


def _requests(sentences: Sequence[str], seed: int) -> list[Request]:
    variants, flite_voices = voices()
    random = np.random.default_rng([seed, 2])
    requests = []
    for number, sentence in enumerate(sentences):
        flite = bool(flite_voices) and number % FLITE_EVERY == FLITE_EVERY - 1
        accent = draw_accent(random)
        variant = variants[int(random.integers(len(variants)))]
        requests.append(
            Request(
                FOLDER,
                sentence,
                "flite" if flite else "espeak-ng",
                flite_voices[(number // FLITE_EVERY) % len(flite_voices)]
                if flite
                else f"{accent}+{variant}",
                # Readers are faster than who says a word alone.
                math.exp(random.uniform(-0.25, 0.45)),
                float(random.uniform()),
                # Named after its words: with other keywords other sentences are read.
                zlib.crc32(sentence.encode()),
                LONGEST_S,
            )
        )
    return requests


def load_lexicon(keywords: Sequence[str]) -> Lexicon:
    """Read the language model and leave out the keywords and what sounds exactly like them.

    Raises
    ------
    DataError
        When the ``pocketsphinx`` package is not installed.
    """
    try:
        from pocketsphinx import Config, LogMath, NGramModel, get_model_path
    except ImportError as error:
        raise DataError(
            "The package pocketsphinx, whose language model the sentences are drawn from, is not "
            "installed; install it with: pip install 'keyword-recognizer[train]'"
        ) from error
    folder = Path(get_model_path()) / "en-us"
    log_math = LogMath()
    model: Any = NGramModel(
        Config(lm=None, loglevel="FATAL"), log_math, str(folder / "en-us.lm.bin")
    )
    phones = read_dictionary(folder / "cmudict-en-us.dict")
    probabilities = {
        word: log_math.exp(model.prob([word]))
        for word in phones
        if word.isalpha() and word.isascii()
    }
    common = sorted(probabilities, key=lambda word: (-probabilities[word], word))[:COMMONEST]
    said = {said for keyword in keywords for said in phones.get(keyword, ())}
    words = tuple(w for w in common if w not in keywords and not said.intersection(phones[w]))
    weights = np.array([probabilities[word] for word in words]) ** FLATTENING
    partial = tuple(word for word in words if any(_holds(p, said) for p in phones[word]))
    return Lexicon(words, weights / weights.sum(), partial, model)


def common_words(keywords: Sequence[str], count: int) -> list[str]:
    """Return the language's likeliest words, no two of which sound alike.

    Left out are the keywords, what sounds exactly like one, words of one or two letters, and
    those that teaching is measured with.

    Raises
    ------
    DataError
        When the ``pocketsphinx`` package is not installed.
    """
    from pocketsphinx import get_model_path

    lexicon = load_lexicon(keywords)
    phones = read_dictionary(Path(get_model_path()) / "en-us" / "cmudict-en-us.dict")
    heard: set[tuple[str, ...]] = set()
    chosen: list[str] = []
    for word in lexicon.words:
        if len(chosen) == count:
            break
        if len(word) > 2 and word not in TAUGHT and not heard.intersection(phones[word]):
            heard.update(phones[word])
            chosen.append(word)
    return chosen


def read_dictionary(path: Path) -> dict[str, tuple[tuple[str, ...], ...]]:
    """Return the pronunciations of each word, as phones."""
    found: dict[str, list[tuple[str, ...]]] = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        word, *phones = line.split()
        found.setdefault(word.partition("(")[0], []).append(tuple(phones))
    return {word: tuple(said) for word, said in found.items()}


def draw_sentences(lexicon: Lexicon, count: int, *, seed: int) -> list[str]:
    """Draw sentences, punctuated, the same for the same seed."""
    random = np.random.default_rng([seed, 1])
    return [_sentence(lexicon, random) for _ in range(count)]


def spoken_words(sentence: str) -> tuple[str, ...]:
    """Return a drawn sentence's words without its punctuation."""
    return tuple(sentence.rstrip(".?!").replace(",", "").split())


def _sentence(lexicon: Lexicon, random: np.random.Generator) -> str:
    said: list[str] = []
    written: list[str] = []
    length = int(random.integers(LENGTHS[0], LENGTHS[1] + 1))
    while len(said) < length:
        if lexicon.partial and random.random() < PARTIAL_SHARE:
            word = lexicon.partial[int(random.integers(len(lexicon.partial)))]
        else:
            drawn = random.choice(len(lexicon.words), CANDIDATES, p=lexicon.weights)
            options = [lexicon.words[int(index)] for index in drawn]
            # The model wants the word first, then what came before it, the latest first.
            history = said[:-3:-1]
            fit = np.array([lexicon.model.prob([option, *history]) for option in options])
            own = np.log(lexicon.weights[drawn])
            # Logarithms of base 1.0001; the candidates were already drawn by their own weight.
            scores = fit * np.log(1.0001) - own
            chances = np.exp(0.5 * (scores - scores.max()))
            word = options[int(random.choice(CANDIDATES, p=chances / chances.sum()))]
        said.append(word)
        pauses = len(said) < length and random.random() < PAUSE_SHARE
        written.append(f"{word}," if pauses else word)
    return " ".join(written) + str(random.choice([".", ".", "?", "!"]))


def _holds(phones: Sequence[str], said: Iterable[tuple[str, ...]]) -> bool:
    """Whether a word holds a keyword's sounds, or all but the first or the last of three or more.

    >>> _holds(("B", "IH", "F", "AO", "R"), [("F", "AO", "R")])
    True
    """
    joined = f" {' '.join(phones)} "
    for keyword in said:
        parts = [keyword, keyword[1:], keyword[:-1]] if len(keyword) > 2 else [keyword]
        if any(f" {' '.join(part)} " in joined for part in parts):
            return True
    return False
