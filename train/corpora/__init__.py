"""Loaders of the public corpora, one module for each layout, and of a folder of your own.

Every loader lists files in a fixed order and gives each its part by `train.splits`; none reads
sound. ``read_audio`` does that.
"""

from dataclasses import replace
from pathlib import Path

from recognizer.resampler import SAMPLE_RATE
from train.corpora import (
    an4,
    blanket,
    esc10,
    fsdd,
    keyboards,
    librispeech,
    other_words,
    own_folder,
    rooms,
    speech_commands,
    testing_only,
)
from train.corpora.alignments import read_alignments
from train.corpora.files import default_data_folder, read_audio
from train.corpora.values import Clip, Split, Utterance, Word

__all__ = [
    "SAMPLE_RATE",
    "Clip",
    "Split",
    "Utterance",
    "Word",
    "default_data_folder",
    "load_folder",
    "load_isolated",
    "load_noise",
    "load_rooms",
    "load_testing_only",
    "load_utterances",
    "read_audio",
]


def load_isolated(data: Path) -> list[Clip]:
    """Return isolated words: FSDD, Speech Commands, other words.

    Parameters
    ----------
    data
        The folder of the recordings.

    Raises
    ------
    DataError
        When a corpus is missing.
    """
    return [*fsdd.load(data), *speech_commands.load(data), *other_words.load(data)]


def load_utterances(data: Path, alignments: Path | None = None) -> list[Utterance]:
    """Return running speech: AN4 and LibriSpeech.

    Parameters
    ----------
    data
        The folder of the recordings.
    alignments
        The file that ``train align`` writes. Without it, and for utterances it lacks,
        `Utterance.words` is None.

    Raises
    ------
    DataError
        When a corpus is missing, or `alignments` is missing or damaged.
    """
    utterances = [*an4.load(data), *librispeech.load(data)]
    if alignments is None:
        return utterances
    aligned = read_alignments(alignments)
    return [
        replace(one, words=aligned.get(one.path.relative_to(data).as_posix())) for one in utterances
    ]


def load_noise(data: Path) -> list[Clip]:
    """Return noises without speech: ESC-10, Blanket, keyboards, Speech Commands' background.

    Parameters
    ----------
    data
        The folder of the recordings.

    Raises
    ------
    DataError
        When a corpus is missing.
    """
    return [
        *esc10.load(data),
        *blanket.load(data),
        *keyboards.load(data),
        *speech_commands.load_noise(data),
    ]


def load_rooms(data: Path) -> list[Clip]:
    """Return room responses; `Clip.speaker` is the room.

    Parameters
    ----------
    data
        The folder of the recordings.

    Raises
    ------
    DataError
        When the corpus is missing.
    """
    return rooms.load(data)


def load_testing_only(data: Path) -> list[Clip]:
    """Return the words that may only be tested on: never for training, never for thresholds.

    No licence is stated for them, so nothing made from them may be shipped.

    Parameters
    ----------
    data
        The folder of the recordings.

    Raises
    ------
    DataError
        When the corpus is missing.
    """
    return testing_only.load(data)


def load_folder(path: Path) -> list[Clip]:
    """Return words of your own, one folder for each word.

    See Also
    --------
    train.corpora.own_folder.load : how the recordings are divided.

    Raises
    ------
    DataError
        When the folder cannot be read or holds no recordings.
    """
    return own_folder.load(path)
