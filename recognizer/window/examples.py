"""The user's own examples: sound around a word, under what was really said.

They are laid out as `train.corpora.own_folder` reads them: ``<folder>/<word>/mine_<when>.wav``,
where "mine" is the speaker.
"""

from datetime import UTC, datetime
from itertools import count
from pathlib import Path

import numpy as np
import numpy.typing as npt

from recognizer.errors import RecognizerError
from recognizer.model_metadata import UNKNOWN
from recognizer.word_folders import (
    LONGEST_WORD,
    SPEAKER,
    encode_wav,
    folder_name,
    reason,
    write_new,
)


class ExampleError(RecognizerError):
    """An example that cannot be kept or removed."""


class Examples:
    """A folder of examples. Several programs may save into it at once.

    Parameters
    ----------
    folder
        Where the examples go. It is made when the first is saved.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def save(self, samples: npt.NDArray[np.float32], word: str | None) -> Path:
        """Keep a sound as an example: a new file, complete or not there at all.

        Parameters
        ----------
        samples
            float32 mono sound at 16 kHz, shape ``[n]``, full scale 1.
        word
            What was said, or None for no keyword, which is kept as "unknown".

        Returns
        -------
        Path
            The file: 16 bit mono WAV at 16 kHz.

        Raises
        ------
        ExampleError
            If the word cannot be the name of a folder, or the file cannot be written.
        ValueError
            If there is no sound.
        """
        wav = encode_wav(samples)
        name = UNKNOWN if word is None else folder_name(word)
        if name is None:
            raise ExampleError(
                f"Examples of {str(word)[:LONGEST_WORD]!r} cannot be kept, because no folder can "
                "be named like that: name the word in letters and digits."
            )
        folder = self.folder / name
        now = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
        try:
            folder.mkdir(parents=True, exist_ok=True)
            return write_new(folder, (f"{SPEAKER}_{now}-{n}.wav" for n in count(1)), wav)
        except OSError as error:
            raise ExampleError(
                f"The example cannot be saved in {self.folder} ({reason(error)}): make room "
                "there, or choose another folder."
            ) from error

    def remove(self, path: Path) -> None:
        """Take back what `save` kept. One that is gone already is no error.

        Raises
        ------
        ExampleError
            If it cannot be removed.
        ValueError
            If the path is not one that `save` returned.
        """
        # Not only in this folder: it may have been chosen anew since.
        if not path.name.startswith(f"{SPEAKER}_"):
            raise ValueError(f"{path} is no example of this program.")
        try:
            path.unlink(missing_ok=True)
        except OSError as error:
            raise ExampleError(
                f"The example {path} cannot be removed ({reason(error)}): remove it yourself."
            ) from error
