"""ESC-10: ``noise/esc10/<class>/<fold>-<source>-<take>``.

Piczak, "ESC: Dataset for Environmental Sound Classification", 2015,
https://github.com/karolpiczak/ESC-10
"""

from pathlib import Path

from train.corpora.files import corpus_folder, sound_files, subfolders
from train.corpora.values import Clip
from train.splits import esc10_split

LICENCE = "CC BY 3.0"


def load(data: Path) -> list[Clip]:
    """Return the noises.

    Raises
    ------
    DataError
        When the corpus is missing.
    """
    clips = []
    for folder in subfolders(corpus_folder(data, "noise", "esc10")):
        for path in sound_files(folder):
            fold = path.stem.partition("-")[0]
            if fold.isdigit():
                clips.append(Clip(path, "esc10", "", "", esc10_split(int(fold)), LICENCE))
    return clips
