"""What a session can listen to: a microphone, or a sound file at some pace."""

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Literal

import numpy as np
import numpy.typing as npt

from recognizer.resampler import SAMPLE_RATE
from recognizer.window.source_worker import Source

Float32Array = npt.NDArray[np.float32]
Pace = Literal["real time", "fast"]

_FAST_BLOCK = 4096
_LIVE_BLOCK = 512
"""Samples of a file in one block, at real-time pace: about what a screen shows in one picture."""


class FileSource:
    """A sound file at the pace of a microphone, or as fast as it can be read.

    Parameters
    ----------
    path
        The file.
    pace
        "real time" or "fast".
    clock
        Gives the time, for tests (seconds).
    """

    def __init__(
        self, path: str | Path, pace: Pace, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._path = Path(path)
        self._pace = pace
        self._clock = clock
        self._closing = threading.Event()
        self.seconds: float | None = None
        """The file's length (seconds), once it is open and if it says so."""

    @property
    def name(self) -> str:
        """The file's name without its folder."""
        return self._path.name

    def open(self) -> None:
        """Open the file.

        Raises
        ------
        AudioError
            If it cannot be read as sound.
        """
        from recognizer.audio_file import AudioFile

        block = _FAST_BLOCK if self._pace == "fast" else _LIVE_BLOCK
        self._sound = AudioFile(self._path, block_samples=block)
        self.seconds = self._sound.seconds

    def take_lost(self) -> int:
        """Return 0: a file waits."""
        return 0

    def close(self) -> None:
        """End the iteration soon, from any thread."""
        self._closing.set()

    def __iter__(self) -> Iterator[Float32Array]:
        """Yield float32 mono blocks at 16 kHz."""
        begun_s = self._clock()
        given = 0
        with self._sound:
            for block in self._sound:
                given += len(block)
                if self._pace == "real time":
                    # Counted from the beginning, so that late wake-ups do not add up.
                    self._closing.wait(max(0.0, begun_s + given / SAMPLE_RATE - self._clock()))
                if self._closing.is_set():
                    return
                yield block


def microphone_source(
    device: int | str | None, channel: int | None
) -> Callable[[Callable[[str], None]], Source]:
    """Return what makes a microphone for a `Session`."""

    def make(notify: Callable[[str], None]) -> Source:
        from recognizer.microphone import Microphone

        class EndlessMicrophone(Microphone):
            seconds: float | None = None

        return EndlessMicrophone(device, channel=channel, on_notice=notify)

    return make


def file_source(path: str | Path, pace: Pace) -> Callable[[Callable[[str], None]], Source]:
    """Return what makes a file's source for a `Session`."""
    return lambda notify: FileSource(path, pace)
