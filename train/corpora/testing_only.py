"""Digits by other people in other places: ``testing_only/<group>/<word>/<speaker>_<n>``.

No licence is stated for them: never train on them, never tune a threshold on them, never ship
anything made from them.
"""

from pathlib import Path

from train.corpora.files import corpus_folder, sound_files, subfolders
from train.corpora.values import Clip

LICENCE = "none stated"


def load(data: Path) -> list[Clip]:
    """Return the words, for testing and nothing else: never for training.

    `Clip.corpus` is ``testing_only/<group>``.

    Raises
    ------
    DataError
        When the corpus is missing.
    """
    return [
        Clip(
            path,
            f"testing_only/{group.name}",
            folder.name.lower(),
            path.stem.rpartition("_")[0] or path.stem,
            "test",
            LICENCE,
        )
        for group in subfolders(corpus_folder(data, "testing_only"))
        for folder in subfolders(group)
        for path in sound_files(folder)
    ]
