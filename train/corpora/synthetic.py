"""Words said by synthetic voices: ``<folder>/<word>/<engine>-<voice>_<n>``.

``train.synthesize`` makes them. A voice of espeak-ng is ``<accent>+<variant>``; those of other
languages than English (`train.accents`) are a corpus of their own.
"""

from pathlib import Path

from train.accents import SPELLINGS
from train.corpora.files import sound_files, subfolders
from train.corpora.values import Clip
from train.splits import synthetic_split

LICENCE = "synthetic, no recordings of people"


def load(folder: Path) -> list[Clip]:
    """Return the words.

    Raises
    ------
    DataError
        When the folder cannot be read.
    """
    return [describe(path) for subfolder in subfolders(folder) for path in sound_files(subfolder)]


def describe(path: Path) -> Clip:
    """Return what the name of one file says."""
    speaker = path.stem.rpartition("_")[0]
    # A variant (the shape of the throat) is on one side in all of its accents.
    voice = speaker.rpartition("+")[2]
    word = path.parent.name.replace("_", " ")
    accent = speaker.rpartition("+")[0].removeprefix("espeak-ng-")
    corpus = "synthetic accents" if accent in SPELLINGS else "synthetic"
    return Clip(path, corpus, word, speaker, synthetic_split(voice), LICENCE)
