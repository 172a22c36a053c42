"""Sound files and streams of any rate, channel count and length, as blocks of samples."""

import contextlib
import io
import os
import stat
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Self, cast

import numpy as np
import numpy.typing as npt

from recognizer import wav_stream
from recognizer.errors import AudioError
from recognizer.resampler import SAMPLE_RATE, Resampler, made_safe

Float32Array = npt.NDArray[np.float32]

_LARGEST_BLOCK_VALUES = 1 << 20
"""Memory for one block, however many channels or Hertz a file has (values)."""

_FORGIVEN_S = 0.05
"""Sloppy programs write lengths into a WAV that are wrong by the header or so (seconds)."""

_RAW_FORMAT = wav_stream.PcmFormat(SAMPLE_RATE, 1, 16, False)


class AudioFile:
    """A sound file or stream as an iterable of blocks, which can be iterated over once.

    Files are read with libsndfile: WAV, FLAC, Ogg, MP3, AIFF and whatever else it knows. What
    cannot seek (standard input, a named pipe) is a WAV, or raw PCM, and its samples are handed on
    as they arrive. Channels are averaged, rates converted with soxr, NaN becomes 0, and values
    beyond full scale are clipped. Memory does not grow with the length.

    Parameters
    ----------
    path
        The file; ``"-"`` is standard input.
    block_samples
        About how many samples a block has at most. Live streams give smaller ones.
    raw
        Whether it is headerless PCM: 16 kHz, mono, 16 bit signed, little-endian.

    Raises
    ------
    AudioError
        If it cannot be read as sound; while iterating, behind everything that could be read, if
        it turns out to be damaged or cut off.
    ValueError
        If ``block_samples`` is below 1.

    Examples
    --------
    >>> for block in AudioFile("talk.flac"):  # doctest: +SKIP
    ...     print(len(block))
    """

    def __init__(self, path: str | Path, *, block_samples: int = 4096, raw: bool = False) -> None:
        if block_samples < 1:
            raise ValueError(f"A block has at least 1 sample, not {block_samples}.")
        self._block_samples = block_samples
        self._sound: Any = None
        self._stream: wav_stream.ByteStream | None = None
        self._data_bytes: int | None = None
        self._there_bytes = 0
        self._format = _RAW_FORMAT
        self.name = "Standard input" if path == "-" else f"'{path}'"
        """What errors call it."""
        with self._told(), contextlib.ExitStack() as opened:
            self._open(path, opened, raw=raw)
            self._closing = opened.pop_all()

    @property
    def native_rate(self) -> int:
        """The rate of the file, before conversion (Hertz)."""
        return int(self._format.sample_rate if self._sound is None else self._sound.samplerate)

    @property
    def seconds(self) -> float | None:
        """How long the file says it is (seconds), or None where it does not say."""
        frames = 0 if self._sound is None else int(self._sound.frames)
        # What libsndfile gives for a length that the header leaves open.
        return frames / self.native_rate if 0 < frames < 1 << 62 else None

    def close(self) -> None:
        """Close the file; standard input stays open."""
        self._closing.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __iter__(self) -> Iterator[Float32Array]:
        """Yield float32 mono blocks at 16 kHz, shape ``[n]``, values in [-1, 1], then close."""
        resampler = Resampler(self.native_rate)
        damage: AudioError | None = None
        with self._closing, self._told():
            try:
                for frames in self._frames():
                    frames = made_safe(frames)
                    mono = frames[:, 0] if frames.shape[1] == 1 else frames.mean(axis=1)
                    block = resampler.process(mono)
                    if len(block):
                        yield block
            except AudioError as error:
                damage = error
            block = resampler.finish()
            if len(block):
                yield block
        if damage is not None:
            raise damage

    def _frames(self) -> Iterator[Float32Array]:
        wanted = max(1, round(self._block_samples * self.native_rate / SAMPLE_RATE))
        if self._stream is not None:
            frames = 0
            for part in wav_stream.read_frames(
                self._stream, self._format, self._data_bytes, wanted
            ):
                frames += len(part)
                yield part
            self._check_length(frames * self._format.frame_bytes)
        elif self._sound is not None:
            wanted = max(1, min(wanted, _LARGEST_BLOCK_VALUES // self._sound.channels))
            yield from self._sound_frames(wanted)
            self._check_length(self._there_bytes)

    def _check_length(self, there_bytes: int) -> None:
        """Refuse a WAV whose header promises more than there is."""
        if self._data_bytes is None:
            return
        per_second = self._format.frame_bytes * self._format.sample_rate
        promised_s, there_s = self._data_bytes / per_second, there_bytes / per_second
        if there_s < promised_s - _FORGIVEN_S:
            raise AudioError(
                f"{self.name} is cut off: of its {promised_s:.1f} s only the first {there_s:.1f} s "
                "are there."
            )

    def _sound_frames(self, wanted: int) -> Iterator[Float32Array]:
        import soundfile

        read = 0
        while True:
            try:
                frames = self._sound.read(wanted, dtype="float32", always_2d=True)
            except soundfile.SoundFileError as error:
                raise AudioError(
                    f"{self.name} is damaged or cut off: only its first "
                    f"{read / self.native_rate:.1f} s can be read."
                ) from error
            if len(frames) == 0:
                return
            read += len(frames)
            yield frames

    def _open(self, path: str | Path, opened: contextlib.ExitStack, *, raw: bool) -> None:
        if path == "-":
            if sys.stdin is None:
                raise AudioError("Standard input is closed; pipe a WAV into the program.")
            if sys.stdin.isatty():
                raise AudioError("Standard input is a terminal; pipe a WAV into the program.")
            self._open_stream(cast(wav_stream.ByteStream, sys.stdin.buffer), raw=raw)
            return
        if not os.fspath(path):
            raise AudioError("The name of the sound file is empty.")
        try:
            status = Path(path).stat()
        except ValueError as error:
            # It holds a NUL, or what the file system cannot write.
            raise AudioError(f"{path!a} is no name of a file.") from error
        if stat.S_ISDIR(status.st_mode):
            raise AudioError(f"{self.name} is a folder; name a sound file in it.")
        is_file = stat.S_ISREG(status.st_mode)
        if is_file and status.st_size == 0:
            raise AudioError(f"{self.name} is empty.")
        if raw or not is_file:
            stream = opened.enter_context(io.BufferedReader(io.FileIO(path)))
            self._open_stream(stream, raw=raw)
        else:
            self._open_sound(path, opened)

    def _open_stream(self, stream: wav_stream.ByteStream, *, raw: bool) -> None:
        if not raw:
            self._format, self._data_bytes = wav_stream.read_header(stream, self.name)
        self._stream = stream

    def _open_sound(self, path: str | Path, opened: contextlib.ExitStack) -> None:
        with Path(path).open("rb") as file:
            start = file.read(4)
        import soundfile

        class Forward(soundfile.SoundFile):  # type: ignore[misc]
            def seekable(self) -> bool:
                # soundfile seeks after each read where it can, which in an MP3 loses the decoder's
                # state and leaves gaps.
                return False

        try:
            self._sound = opened.enter_context(Forward(os.fspath(path)))
        # TypeError: what soundfile raises for a name that ends in .raw.
        except (soundfile.SoundFileError, TypeError) as error:
            if start in (b"RIFF", b"RIFX", b"RF64"):
                raise AudioError(
                    f"{self.name} is a WAV with a damaged or incomplete header."
                ) from error
            raise AudioError(
                f"{self.name} is no sound file of a kind that can be read (WAV, FLAC, Ogg, MP3, "
                "AIFF and others can)."
            ) from error
        if start in (b"RIFF", b"RF64"):
            self._read_promise(path)

    def _read_promise(self, path: str | Path) -> None:
        """Note how much sound a WAV's header promises, which libsndfile does not tell."""
        with Path(path).open("rb") as file:
            try:
                self._format, self._data_bytes = wav_stream.read_header(file, self.name)
            except AudioError:
                # libsndfile knows more formats, but takes a header without its last byte for a
                # WAV without samples.
                if self._sound.frames == 0:
                    raise
            else:
                self._there_bytes = os.fstat(file.fileno()).st_size - file.tell()

    @contextlib.contextmanager
    def _told(self) -> Iterator[None]:
        """Turn the operating system's errors into sentences."""
        try:
            yield
        except FileNotFoundError as error:
            raise AudioError(f"There is no file {self.name}.") from error
        except OSError as error:
            reason = error.strerror or str(error)
            raise AudioError(f"{self.name} cannot be read: {reason.lower()}.") from error
