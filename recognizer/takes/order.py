"""Which words are taught, and in which order they are said."""

import random
import unicodedata
from collections.abc import Mapping, Sequence

from recognizer.errors import RecognizerError
from recognizer.model_metadata import SILENCE, UNKNOWN
from recognizer.word_folders import LONGEST_WORD, folder_name

MOST_TAKES = 1000
"""Nobody says a word more often in one folder."""


class WordError(RecognizerError):
    """A word, or a speaker's name, that cannot be one."""


def checked_word(text: str) -> str:
    """Return a word as the model will know it: in lower case, without space around it.

    Raises
    ------
    WordError
        If it cannot be the name of a folder and a model's label.
    """
    word = unicodedata.normalize("NFC", text.strip()).lower()
    name = folder_name(word)
    if name is None:
        raise WordError(
            f"{text[:LONGEST_WORD]!r} cannot be taught, because no folder can be named like that: "
            "write the word in letters and digits."
        )
    if name in (SILENCE, UNKNOWN):
        raise WordError(
            f"{name!r} cannot be taught, because every model has it for what is no word: choose "
            "another word."
        )
    return name


def checked_words(texts: Sequence[str]) -> tuple[str, ...]:
    """Return words as `checked_word` does, each once.

    Raises
    ------
    WordError
        If there is none, or one cannot be taught.
    """
    words = tuple(dict.fromkeys(checked_word(text) for text in texts))
    if not words:
        raise WordError("There is no word to teach: name at least one.")
    return words


def checked_speaker(text: str) -> str:
    """Return a speaker's name as it stands in the names of files.

    Raises
    ------
    WordError
        If it cannot stand there.
    """
    name = unicodedata.normalize("NFC", text.strip())
    if folder_name(name) is None:
        raise WordError(
            f"{text[:LONGEST_WORD]!r} cannot be a speaker's name, because no file can be named "
            "like that: use letters and digits."
        )
    return name


class Order:
    """Words in rounds: each word once in a round, and every round in another order.

    What is said in a row sounds alike, and a list that is always read in the same order has its
    own tune; a model would learn that. The order is drawn from a fixed seed and from what is there,
    so that whoever stops and comes back goes on in it.

    Parameters
    ----------
    words
        The words, each once.
    takes
        How many takes of each are wanted.
    done
        How many there are.
    seed
        Chooses the order.
    """

    def __init__(
        self, words: Sequence[str], takes: int, *, done: Mapping[str, int], seed: int = 0
    ) -> None:
        self.words = tuple(words)
        self.takes = takes
        self.counts = {word: done.get(word, 0) for word in words}
        """How many takes of each word there are."""
        self._seed = seed
        self._skipped: set[str] = set()

    @property
    def missing(self) -> int:
        """How many takes are still wanted, without those of skipped words."""
        return sum(max(self.takes - self.counts[word], 0) for word in self._wanted())

    @property
    def total(self) -> int:
        """How many takes there will be when nothing is missing."""
        return len(self.words) * self.takes

    def skip(self, word: str) -> None:
        """Ask for no more takes of a word."""
        self._skipped.add(word)

    def next(self, before: str | None = None) -> str | None:
        """Return the word to say next, or None at the end.

        Parameters
        ----------
        before
            The word said just before, which comes again only if no other is left.
        """
        wanted = self._wanted()
        if not wanted:
            return None
        others = [word for word in wanted if word != before] or wanted
        turn = min(self.counts[word] for word in others)
        order = list(self.words)
        random.Random(f"{self._seed}:{turn}").shuffle(order)  # noqa: S311 - no secret
        return next(word for word in order if word in others and self.counts[word] == turn)

    def _wanted(self) -> list[str]:
        return [
            word
            for word in self.words
            if self.counts[word] < self.takes and word not in self._skipped
        ]
