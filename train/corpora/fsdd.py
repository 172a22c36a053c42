"""Free Spoken Digit Dataset: ``fsdd/recordings/<digit>_<speaker>_<take>``.

Jackson and others, https://github.com/Jakobovski/free-spoken-digit-dataset
"""

import re
from pathlib import Path

from train.corpora.files import corpus_folder, sound_files
from train.corpora.values import Clip
from train.splits import FSDD_TEST_SPEAKER, fsdd_split

LICENCE = "CC BY-SA 4.0"

_DIGITS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
_STEM = re.compile(r"([0-9])_(.+)_([0-9]+)")


def load(data: Path, *, held_out: str = FSDD_TEST_SPEAKER) -> list[Clip]:
    """Return the digits, where `held_out` is the one speaker tested on.

    Raises
    ------
    DataError
        When the corpus is missing.
    """
    clips = []
    for path in sound_files(corpus_folder(data, "fsdd", "recordings")):
        match = _STEM.fullmatch(path.stem)
        if match:
            word, speaker = _DIGITS[int(match[1])], match[2]
            split = fsdd_split(speaker, held_out=held_out)
            clips.append(Clip(path, "fsdd", word, speaker, split, LICENCE))
    return clips
