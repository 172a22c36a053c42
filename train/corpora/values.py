"""What the loaders return: recordings of one word, of running speech, of noise and of rooms."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

Split = Literal["train", "validation", "test"]


@dataclass(frozen=True, slots=True)
class Clip:
    """One recording of one word, of noise, or of a room's response."""

    path: Path
    """The sound file."""
    corpus: str
    """The corpus it belongs to, named like its folder."""
    word: str
    """The word said, lowercase; empty for noise and rooms."""
    speaker: str
    """Who said it, unique within the corpus; empty where nobody is named. Rooms: the room."""
    split: Split
    """The only part it may be used for."""
    licence: str
    """The licence its recordings are under."""


@dataclass(frozen=True, slots=True)
class Word:
    """One word of an utterance and where it lies."""

    text: str
    """The word, lowercase."""
    start: float
    """Where the word begins (seconds from the start of the file)."""
    end: float
    """Where the word ends (seconds from the start of the file)."""


@dataclass(frozen=True, slots=True)
class Utterance:
    """One recording of running speech with its transcript."""

    path: Path
    """The sound file."""
    corpus: str
    """The corpus it belongs to, named like its folder."""
    speaker: str
    """Who said it, unique within the corpus."""
    split: Split
    """The only part it may be used for."""
    licence: str
    """The licence its recordings are under."""
    transcript: tuple[str, ...]
    """The words said, lowercase."""
    words: tuple[Word, ...] | None
    """The words with their boundaries, or None where no alignment is at hand."""
