"""Finding and reading sound files, whatever format libsndfile reads they are stored in."""

import errno
import os
from pathlib import Path

import numpy as np
import numpy.typing as npt
import soundfile
import soxr

from recognizer.errors import AudioError
from recognizer.resampler import SAMPLE_RATE
from train.errors import DataError

# libsndfile names formats, not file name extensions; RAW is left out because it has no header.
_ALIASES = {"aif", "aifc", "oga", "opus", "sph", "nist", "snd"}
_EXTENSIONS = frozenset(
    f".{name.lower()}" for name in {*soundfile.available_formats(), *_ALIASES} - {"RAW"}
)

NOISE_FOLDERS = frozenset({"_background_noise_", "silence", "_silence_"})
"""Folders beside those of the words that hold no word: what is heard when nobody speaks."""

_BLOCK_VALUES = 1 << 20
"""Samples that are read at a time, of all channels together."""


def default_data_folder() -> Path:
    """Return the folder of the recordings.

    Returns
    -------
    Path
        The environment variable ``KEYWORD_DATA``, else ``shared/data`` beside the checkout.
    """
    named = os.environ.get("KEYWORD_DATA")
    if named:
        return Path(named)
    return Path(__file__).resolve().parents[3] / "shared" / "data"


def corpus_folder(data: Path, *parts: str) -> Path:
    """Return a corpus's folder inside the data folder.

    Raises
    ------
    DataError
        When it is not there.
    """
    folder = data.joinpath(*parts)
    if not folder.is_dir():
        raise DataError(
            f"The corpus {'/'.join(parts)} is missing: there is no folder {folder}; "
            "name the folder of the recordings in the environment variable KEYWORD_DATA."
        )
    return folder


def subfolders(folder: Path) -> list[Path]:
    """Return the folders inside `folder`, sorted by name.

    Raises
    ------
    DataError
        When the folder cannot be read.
    """
    return [path for path in _entries(folder) if path.is_dir()]


def sound_files(folder: Path) -> list[Path]:
    """Return the sound files directly inside `folder`, one for each stem, sorted by stem.

    Any extension that libsndfile reads counts, in either case. Hidden files are left out.

    Raises
    ------
    DataError
        When the folder cannot be read.
    """
    found: dict[str, Path] = {}
    for path in _entries(folder):
        if path.suffix.lower() in _EXTENSIONS and path.is_file():
            found.setdefault(path.stem, path)
    return [found[stem] for stem in sorted(found)]


def sound_stems(folder: Path) -> list[str]:
    """Return, sorted, the stems of what is named like a sound file; faster than `sound_files`.

    Raises
    ------
    DataError
        When the folder cannot be read.
    """
    return sorted({path.stem for path in _entries(folder) if path.suffix.lower() in _EXTENSIONS})


def read_text(path: Path) -> str:
    """Return a corpus's list or transcript.

    Raises
    ------
    DataError
        When the file cannot be read as UTF-8.
    """
    try:
        refuse_pipe(path)
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise DataError(f"Cannot read {path}: {reason}.") from error


def refuse_pipe(path: Path) -> None:
    """Refuse what is neither a file nor a folder: opening a pipe waits for ever.

    Raises
    ------
    OSError
        If it is a pipe, a device or a socket, or is not there.
    """
    if not path.is_file() and not path.is_dir() and path.exists():
        raise OSError(errno.EINVAL, "it is no file")


def read_audio(path: Path) -> npt.NDArray[np.float32]:
    """Read a whole sound file as mono at 16 kHz.

    Channels are averaged; other rates are converted with soxr at high quality.

    Returns
    -------
    numpy.ndarray
        float32, shape [samples], full scale 1.

    Raises
    ------
    AudioError
        When the file cannot be read, holds no samples, or holds NaN or infinity.
    """
    try:
        refuse_pipe(path)
        with soundfile.SoundFile(str(path)) as file:
            rate, mono = file.samplerate, _mono(file)
    # TypeError: what soundfile raises for a name that ends in .raw.
    except (soundfile.SoundFileError, OSError, RuntimeError, TypeError) as error:
        raise AudioError(f"Cannot read {path} as a sound file: {error}") from error
    if len(mono) == 0:
        raise AudioError(f"{path} holds no sound; remove it or record it again.")
    if not np.isfinite(mono).all():
        raise AudioError(f"{path} holds samples that are no numbers; write it again as PCM.")
    if rate != SAMPLE_RATE:
        mono = soxr.resample(mono, rate, SAMPLE_RATE, quality="HQ")
    return np.ascontiguousarray(mono, dtype=np.float32)


def _mono(file: soundfile.SoundFile) -> npt.NDArray[np.float32]:
    """Read to the end, in blocks: a damaged header promises more than memory holds."""
    parts: list[npt.NDArray[np.float32]] = []
    wanted = max(1, _BLOCK_VALUES // file.channels)
    while True:
        samples = file.read(wanted, dtype="float32", always_2d=True)
        one = samples.shape[1] == 1
        parts.append(samples[:, 0] if one else samples.mean(axis=1, dtype=np.float32))
        if len(samples) < wanted:
            return parts[0] if len(parts) == 1 else np.concatenate(parts)


def _entries(folder: Path) -> list[Path]:
    try:
        return sorted(path for path in folder.iterdir() if not path.name.startswith("."))
    except OSError as error:
        raise DataError(f"Cannot read the folder {folder}: {error.strerror or error}.") from error
