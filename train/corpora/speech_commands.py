"""Google Speech Commands: ``speech_commands/<word>/<speaker>_nohash_<n>``.

Warden, "Speech Commands: A Dataset for Limited-Vocabulary Speech Recognition", 2018,
https://arxiv.org/abs/1804.03209
"""

from pathlib import Path

from train.corpora.files import corpus_folder, sound_files, subfolders
from train.corpora.values import Clip
from train.splits import background_noise_split, speech_commands_split

LICENCE = "CC BY 4.0"

_NOISE_FOLDER = "_background_noise_"


def load(data: Path) -> list[Clip]:
    """Return the words.

    Raises
    ------
    DataError
        When the corpus is missing.
    """
    clips = []
    for folder in subfolders(corpus_folder(data, "speech_commands")):
        if folder.name == _NOISE_FOLDER:
            continue
        for path in sound_files(folder):
            speaker, marker, _ = path.stem.partition("_nohash_")
            if marker:
                split = speech_commands_split(speaker)
                word = folder.name.lower()
                clips.append(Clip(path, "speech_commands", word, speaker, split, LICENCE))
    return clips


def load_noise(data: Path) -> list[Clip]:
    """Return the background noises.

    Raises
    ------
    DataError
        When they are missing.
    """
    folder = corpus_folder(data, "speech_commands", _NOISE_FOLDER)
    return [
        Clip(path, "background_noise", "", "", background_noise_split(path.stem), LICENCE)
        for path in sound_files(folder)
    ]
