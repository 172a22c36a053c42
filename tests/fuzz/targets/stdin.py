"""Sound that is piped in: a WAV or raw PCM, in pieces of any size."""

import io
import sys
from pathlib import Path
from typing import Any

from recognizer.audio_file import AudioFile
from recognizer.errors import AudioError
from tests.fuzz.bytes_inputs import nearly, one_of
from tests.fuzz.harness import Target
from tests.fuzz.made_files import wav_samples


class _Pipe(io.RawIOBase):
    def __init__(self, data: bytes, piece: int) -> None:
        self._rest, self._piece = memoryview(data), piece

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        size = min(len(buffer), self._piece, len(self._rest))
        buffer[:size] = self._rest[:size]
        self._rest = self._rest[size:]
        return size


class _Stdin:
    def __init__(self, data: bytes, piece: int) -> None:
        self.buffer = io.BufferedReader(_Pipe(data, piece))

    def isatty(self) -> bool:
        return False


def _run(value: tuple[bytes, int, bool], folder: Path) -> str:
    data, piece, raw = value
    before, sys.stdin = sys.stdin, _Stdin(data, piece)
    try:
        with AudioFile("-", raw=raw) as sound:
            samples = sum(len(block) for block in sound)
    finally:
        sys.stdin = before
    return "sound" if samples else "silent"


_bytes = one_of(
    nearly(wav_samples()),
    nearly(wav_samples()),
    lambda random: random.randbytes(random.randrange(300)),
)
TARGET = Target(
    "stdin",
    lambda random: (_bytes(random), random.choice((1, 7, 64, 4096)), random.random() < 0.5),
    _run,
    (AudioError,),
)
