"""WAV and raw PCM from a stream that cannot seek: a pipe, while it is being recorded.

libsndfile needs a file's end and its beginning; a live pipe has neither at hand. So the RIFF
header is parsed here, and samples are handed on as they arrive.

The format: Microsoft, "Multiple channel audio data and WAVE files" (WAVE_FORMAT_EXTENSIBLE);
EBU Tech 3306 (RF64).
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from recognizer.errors import AudioError

Float32Array = npt.NDArray[np.float32]

_PCM, _FLOAT, _EXTENSIBLE = 0x0001, 0x0003, 0xFFFE
_SUBFORMAT_TAIL = bytes.fromhex("000000001000800000aa00389b71")
"""What follows the format tag in the subformat GUIDs of WAVE_FORMAT_EXTENSIBLE."""

_UNKNOWN_LENGTH_BYTES = 0x7FFF0000
"""Data sizes from here on are what arecord, sox and ffmpeg write when they cannot know it."""

_LARGEST_BLOCK_BYTES = 1 << 20
"""Memory for one block, however many channels a header claims."""

_OTHER_FORMATS = {
    b"fLaC": "FLAC",
    b"OggS": "Ogg",
    b"FORM": "AIFF",
    b"RIFX": "big-endian WAV",
    b"caff": "CAF",
    b".snd": "AU",
    b"ID3\x02": "MP3",
    b"ID3\x03": "MP3",
    b"ID3\x04": "MP3",
}


class ByteStream(Protocol):
    """The part of `io.BufferedReader` that is used."""

    def read(self, size: int, /) -> bytes:
        """Return so many bytes, fewer only at the end."""

    def read1(self, size: int, /) -> bytes:
        """Return at most so many bytes, as soon as there are any; none only at the end."""


@dataclass(frozen=True, slots=True)
class PcmFormat:
    """How samples lie in a stream of bytes, little-endian, channels interleaved."""

    sample_rate: int
    """Hertz."""
    channels: int
    """Number of channels."""
    bits: int
    """Bits of one sample: 8 (unsigned), 16, 24, 32, or 32 and 64 for floats."""
    is_float: bool
    """Whether samples are IEEE floats."""

    @property
    def frame_bytes(self) -> int:
        """Size of one sample of every channel (bytes)."""
        return self.channels * self.bits // 8

    def decode(self, data: bytes) -> Float32Array:
        """Turn whole frames into float32 ``[frames, channels]``; integers become [-1, 1)."""
        if self.is_float:
            with np.errstate(over="ignore", invalid="ignore"):
                samples = np.frombuffer(data, f"<f{self.bits // 8}").astype(np.float32)
        elif self.bits == 8:
            samples = (np.frombuffer(data, np.uint8).astype(np.float32) - 128.0) / 128.0
        elif self.bits == 24:
            wide = np.zeros((len(data) // 3, 4), np.uint8)
            wide[:, 1:] = np.frombuffer(data, np.uint8).reshape(-1, 3)
            samples = wide.view("<i4")[:, 0].astype(np.float32) / 2.0**31
        else:
            integers = np.frombuffer(data, f"<i{self.bits // 8}")
            samples = integers.astype(np.float32) / 2.0 ** (self.bits - 1)
        return samples.reshape(-1, self.channels).astype(np.float32, copy=False)


def read_header(stream: ByteStream, name: str) -> tuple[PcmFormat, int | None]:
    """Read a WAV header up to its first sample.

    Parameters
    ----------
    stream
        Positioned at its beginning.
    name
        What to call the stream in an error.

    Returns
    -------
    tuple
        The format, and how many bytes of samples follow: None when they go on to the end.

    Raises
    ------
    AudioError
        If it is empty, no WAV, cut off, or of a format that cannot be read.
    """
    start = stream.read(12)
    if not start:
        raise AudioError(f"{name} is empty: no sound came.")
    if start[:4] not in (b"RIFF", b"RF64") or (len(start) == 12 and start[8:] != b"WAVE"):
        kind = _OTHER_FORMATS.get(start[:4])
        raise AudioError(
            f"{name} is {kind or 'no WAV'}; give a stream as WAV, or as 16 kHz mono 16-bit PCM "
            "with --raw."
        )
    form: PcmFormat | None = None
    long_size: int | None = None
    while True:
        head = stream.read(8)
        if len(head) < 8:
            raise AudioError(f"{name} is a WAV that ends within its header, before any sound.")
        tag, size = head[:4], int.from_bytes(head[4:], "little")
        if tag == b"data":
            break
        body = stream.read(min(size, 64))
        if tag == b"fmt ":
            form = _parse_format(body, name)
        elif tag == b"ds64" and len(body) >= 16:
            long_size = int.from_bytes(body[8:16], "little")
        _skip(stream, size + size % 2 - len(body))
    if form is None:
        raise AudioError(f"{name} is a WAV that does not say its format: it has no 'fmt ' chunk.")
    if size == 0xFFFFFFFF and long_size:
        return form, long_size
    return form, None if size == 0 or size >= _UNKNOWN_LENGTH_BYTES else size


def read_frames(
    stream: ByteStream, form: PcmFormat, data_bytes: int | None, block_frames: int
) -> Iterator[Float32Array]:
    """Hand on frames as they arrive, until the end of the data or of the stream.

    Parameters
    ----------
    stream
        Positioned at the first sample.
    form
        How samples lie in it.
    data_bytes
        How many bytes of samples there are, or None for all that come.
    block_frames
        How many frames a block has at most.

    Yields
    ------
    numpy.ndarray
        float32 ``[frames, channels]``, at least one frame. Bytes at the end that are no whole
        frame are dropped.
    """
    most = max(1, min(block_frames, _LARGEST_BLOCK_BYTES // form.frame_bytes)) * form.frame_bytes
    carried = b""
    left = data_bytes
    while left is None or left > 0:
        wanted = most - len(carried)
        data = stream.read1(wanted if left is None else min(wanted, left))
        if not data:
            return
        if left is not None:
            left -= len(data)
        data = carried + data
        whole = len(data) - len(data) % form.frame_bytes
        carried = data[whole:]
        if whole:
            yield form.decode(data[:whole])


def _parse_format(body: bytes, name: str) -> PcmFormat:
    if len(body) < 16:
        raise AudioError(f"{name} is a WAV that ends within its header, before any sound.")
    tag, channels, sample_rate, _, frame_bytes, bits = struct.unpack("<HHIIHH", body[:16])
    if tag == _EXTENSIBLE and len(body) >= 40 and body[26:40] == _SUBFORMAT_TAIL:
        tag = int.from_bytes(body[24:26], "little")
    fits = bits in (32, 64) if tag == _FLOAT else tag == _PCM and bits in (8, 16, 24, 32)
    if not fits:
        raise AudioError(
            f"{name} is a WAV of format {tag:#06x} with {bits} bits; a stream must hold integers "
            "of 8, 16, 24, 32 bits or floats of 32, 64 bits."
        )
    if channels < 1 or sample_rate < 1 or frame_bytes != channels * bits // 8:
        raise AudioError(
            f"{name} is a WAV whose header contradicts itself: {channels} channels of {bits} bits "
            f"in {frame_bytes} bytes, {sample_rate} Hz."
        )
    return PcmFormat(sample_rate, channels, bits, tag == _FLOAT)


def _skip(stream: ByteStream, count: int) -> None:
    while count > 0:
        data = stream.read(min(count, _LARGEST_BLOCK_BYTES))
        if not data:
            return
        count -= len(data)
