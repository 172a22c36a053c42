"""Where takes are kept: ``<folder>/<word>/<speaker>_<n>.wav``, and the room's noise beside them."""

import contextlib
import os
import re
import uuid
from collections.abc import Sequence
from itertools import count
from pathlib import Path

import numpy as np
import numpy.typing as npt

from recognizer.errors import RecognizerError
from recognizer.model_metadata import SILENCE, UNKNOWN
from recognizer.takes.order import checked_speaker
from recognizer.word_folders import SPEAKER, encode_wav, folder_name, reason, write_new

Float32Array = npt.NDArray[np.float32]

NOISE = "_background_noise_"
"""The folder of the room's noise, named as in Speech Commands."""

_SOUND = frozenset(
    {".wav", ".flac", ".ogg", ".oga", ".opus", ".mp3", ".aiff", ".aif", ".au", ".caf"}
)
"""Ends of the names of sound files. Whoever has converted takes need not say them again."""


class TakeError(RecognizerError):
    """Takes that cannot be kept, counted or removed."""


class TakeFolder:
    """A folder of takes by one speaker. Nothing in it is ever overwritten.

    Parameters
    ----------
    folder
        Where the takes go. It is made by `prepare`.
    speaker
        Who speaks; see `checked_speaker`.
    """

    def __init__(self, folder: Path, speaker: str = SPEAKER) -> None:
        self.folder = folder
        self.speaker = checked_speaker(speaker)
        self._is_made_here = False
        self._numbered = re.compile(rf"{re.escape(self.speaker)}_(\d{{1,9}})", re.IGNORECASE)

    def prepare(self) -> None:
        """Make the folder, and see that files can be written into it, before anybody speaks.

        Raises
        ------
        TakeError
            If they cannot.
        """
        try:
            self._is_made_here = not self.folder.exists()
            self.folder.mkdir(parents=True, exist_ok=True)
            trial = self.folder / f".{uuid.uuid4().hex}.part"
            try:
                trial.write_bytes(b"\0")
            finally:
                with contextlib.suppress(OSError):
                    trial.unlink()
        except OSError as error:
            raise TakeError(
                f"Takes cannot be kept in {self.folder} ({reason(error)}): choose another folder."
            ) from error

    def leave_no_trace(self) -> None:
        """Remove the folder again if `prepare` has made it and nothing was kept."""
        if self._is_made_here:
            with contextlib.suppress(OSError):
                self.folder.rmdir()

    def counts(self, words: Sequence[str]) -> dict[str, int]:
        """Return how many takes of each word there are, by this speaker.

        Raises
        ------
        TakeError
            If a folder cannot be read.
        """
        return {
            word: sum(path.suffix.lower() in _SOUND for path in self._numbers(word).values())
            for word in words
        }

    def noise_s(self) -> float:
        """Return how much of the room there is, recorded by this speaker (seconds).

        Raises
        ------
        TakeError
            If the folder cannot be read.
        """
        import soundfile

        seconds = 0.0
        for path in self._numbers(NOISE).values():
            # Whatever else lies there is no sound, and is left alone.
            with contextlib.suppress(soundfile.SoundFileError, OSError, RuntimeError):
                seconds += float(soundfile.info(str(path)).duration)
        return seconds

    def save(self, word: str, samples: Float32Array) -> Path:
        """Keep a take: a new file with the next number, complete or not there at all.

        Parameters
        ----------
        word
            What was said, or `NOISE`.
        samples
            float32 mono sound at 16 kHz, shape ``[n]``, full scale 1.

        Returns
        -------
        Path
            The file: 16 bit mono WAV at 16 kHz.

        Raises
        ------
        TakeError
            If it cannot be written.
        """
        wav = encode_wav(samples)
        folder = self._of(word)
        try:
            folder.mkdir(parents=True, exist_ok=True)
            first = max(self._numbers(word), default=0) + 1
            return write_new(folder, (f"{self.speaker}_{n}.wav" for n in count(first)), wav)
        except OSError as error:
            raise TakeError(
                f"The recording cannot be saved in {folder} ({reason(error)}): make room there, or "
                "choose another folder; what was saved before is kept."
            ) from error

    def remove(self, path: Path) -> None:
        """Take back what `save` kept. One that is gone already is no error.

        Raises
        ------
        TakeError
            If it cannot be removed.
        """
        try:
            path.unlink(missing_ok=True)
        except OSError as error:
            raise TakeError(
                f"The take {path} cannot be removed ({reason(error)}): remove it yourself."
            ) from error

    def _of(self, word: str) -> Path:
        name = NOISE if word == NOISE else folder_name(word)
        if name is None:
            raise ValueError(f"{word!r} is no word")
        return self.folder / name

    def _numbers(self, word: str) -> dict[int, Path]:
        """Return this speaker's files by their numbers, whatever their format."""
        found: dict[int, Path] = {}
        try:
            with os.scandir(self._of(word)) as entries:
                for entry in entries:
                    path = Path(entry.path)
                    match = self._numbered.fullmatch(path.stem)
                    if match is not None and entry.is_file():
                        found[int(match[1])] = path
        except FileNotFoundError:
            return {}
        except OSError as error:
            raise TakeError(
                f"The folder {self._of(word)} cannot be read ({reason(error)}): choose another "
                "folder."
            ) from error
        return found


def words_of(folder: Path) -> tuple[str, ...]:
    """Return the words that a folder has recordings of, in the order of the alphabet."""
    try:
        there = sorted(path for path in folder.iterdir() if path.is_dir())
        return tuple(
            path.name
            for path in there
            if folder_name(path.name) == path.name
            and path.name not in (SILENCE, UNKNOWN)
            and any(path.glob("*.wav"))
        )
    except OSError:
        return ()
