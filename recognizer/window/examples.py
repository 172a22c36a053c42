"""The user's own examples: sound around a word, under what was really said.

They are laid out as `train.corpora.own_folder` reads them: ``<folder>/<word>/mine_<when>.wav``,
where "mine" is the speaker.
"""

import contextlib
import io
import os
import re
import unicodedata
from datetime import UTC, datetime
from itertools import count
from pathlib import Path

import numpy as np
import numpy.typing as npt

from recognizer.errors import RecognizerError
from recognizer.model_file import UNKNOWN
from recognizer.resampler import SAMPLE_RATE, made_safe

SPEAKER = "mine"
"""Who the trainer takes for the speaker. It stands before the last underscore of a file's name."""

_LONGEST_WORD = 64
"""A model's labels are no longer than this (characters)."""

_KEPT_BY_WINDOWS = re.compile(r"con|prn|aux|nul|com\d|lpt\d")


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
        if samples.ndim != 1 or not len(samples):
            raise ValueError(f"An example is mono sound, not an array of shape {samples.shape}.")
        folder = self.folder / (UNKNOWN if word is None else _folder_name(word))
        wav = _encode(samples)
        try:
            folder.mkdir(parents=True, exist_ok=True)
            return _write_new(folder, wav)
        except OSError as error:
            raise ExampleError(
                f"The example cannot be saved in {self.folder} ({_reason(error)}): make room "
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
                f"The example {path} cannot be removed ({_reason(error)}): remove it yourself."
            ) from error


def _reason(error: OSError) -> str:
    return (error.strerror or str(error)).lower()


def _folder_name(word: str) -> str:
    """Return the folder from whose name the trainer reads the word."""
    # The trainer reads folders in lower case, an underscore as a space, and not the hidden ones;
    # and no system must take anything in it for more than a name.
    plain = all(c in " '-" or unicodedata.category(c)[0] in "LMN" for c in word)
    name = word.lower()
    if (
        not plain
        or word != word.strip(" '-")
        or not 0 < len(word) <= _LONGEST_WORD
        or _KEPT_BY_WINDOWS.fullmatch(name)
    ):
        raise ExampleError(
            f"Examples of {word[:_LONGEST_WORD]!r} cannot be kept, because no folder can be named "
            "like that: name the word in letters and digits."
        )
    return name


def _encode(samples: npt.NDArray[np.float32]) -> bytes:
    import soundfile

    steps = np.clip(np.rint(made_safe(samples) * 32768.0), -32768, 32767).astype(np.int16)
    buffer = io.BytesIO()
    soundfile.write(buffer, steps, SAMPLE_RATE, format="WAV", subtype="PCM_16")
    return buffer.getvalue()


def _write_new(folder: Path, data: bytes) -> Path:
    """Write a file under a name that nobody has and nobody else is writing."""
    now = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
    for number in count(1):
        path = folder / f"{SPEAKER}_{now}-{number}.wav"
        # Hidden, so that the trainer never sees half a file. Whoever makes it owns the name, and
        # only then can say whether the name was free.
        temporary = folder / f".{path.name}.part"
        try:
            file = temporary.open("xb")
        except FileExistsError:
            continue
        try:
            with file:
                is_free = not path.exists()
                if is_free:
                    file.write(data)
                    file.flush()
                    os.fsync(file.fileno())
            if is_free:
                return temporary.replace(path)
        except BaseException:
            with contextlib.suppress(OSError):
                temporary.unlink()
            raise
        temporary.unlink()
    raise AssertionError("counting never ends")
