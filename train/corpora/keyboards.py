"""Mechanical keyboards being typed on: ``noise/keyboards/<keyboard>``.

https://github.com/hainguyents13/mechvibes
"""

from pathlib import Path

from train.corpora.files import corpus_folder, sound_files
from train.corpora.values import Clip
from train.splits import keyboards_split

LICENCE = "MIT"


def load(data: Path) -> list[Clip]:
    """Return the noises.

    Raises
    ------
    DataError
        When the corpus is missing.
    """
    return [
        Clip(path, "keyboards", "", "", keyboards_split(path.stem), LICENCE)
        for path in sound_files(corpus_folder(data, "noise", "keyboards"))
    ]
