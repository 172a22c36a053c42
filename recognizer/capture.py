"""One stream from a device into a ring buffer."""

import time
from typing import Any

import numpy as np
import numpy.typing as npt

from recognizer.devices import DeviceInfo
from recognizer.errors import DeviceError
from recognizer.portaudio import portaudio
from recognizer.resampler import SAMPLE_RATE
from recognizer.ring_buffer import RingBuffer

Float32Array = npt.NDArray[np.float32]

BUFFER_S = 10.0
"""How far the reader may fall behind before samples are lost (seconds)."""

CALLBACK_S = 0.04
"""Sound in one callback (seconds). Half of it costs twice the processor time in a quiet room, and
the frontend takes frames in groups of 40 ms anyway."""

_DEVICE_UNAVAILABLE = -9985
"""PortAudio's paDeviceUnavailable."""


class Capture:
    """One stream, and what its callback leaves behind for the reader.

    Parameters
    ----------
    device
        What it comes from.
    rate
        The rate it runs at (Hertz).
    column
        Which of its channels is kept, counted from 0.
    origin_samples
        Where in the microphone's stream at 16 kHz it begins (samples).
    """

    def __init__(self, device: DeviceInfo, rate: float, column: int, origin_samples: int) -> None:
        self.device = device
        self.rate = rate
        self.origin_samples = origin_samples
        self.ring = RingBuffer(round(BUFFER_S * rate))
        self.stream: Any = None
        """sounddevice's stream; None once it is closed."""
        self.ended = False
        """Whether the stream has stopped by itself."""
        self.overflows = 0
        """How often the system said that it had dropped samples."""
        self.mark: tuple[int, float] | None = None
        """How many samples there were after the last callback, and when the last of them was
        captured (monotonic seconds). One tuple, so that a reader never sees half of it."""
        self.called_at = time.monotonic()
        """When the last callback came (monotonic seconds)."""
        self._column = column

    def hear(self, sound: Float32Array, frames: int, timing: Any, status: Any) -> None:
        """Copy the chosen channel (PortAudio's thread)."""
        now = time.monotonic()
        self.ring.write(sound[:, self._column])
        length_s = frames / self.rate
        age_s = timing.currentTime - timing.inputBufferAdcTime
        # Some host APIs leave a time out, and then the difference is nonsense.
        since_last_s = age_s - length_s if length_s < age_s < 1.0 else 0.0
        self.called_at = now
        self.mark = (self.ring.written_samples, now - since_last_s)
        if status and status.input_overflow:
            self.overflows += 1

    def end(self) -> None:
        """Note that the stream has stopped (PortAudio's thread)."""
        self.ended = True


def open_capture(
    sounddevice: Any, device: DeviceInfo, *, channel: int | None = None, origin_samples: int = 0
) -> Capture:
    """Open a device and let it run: at 16 kHz where it can, else at its native rate.

    To be used inside `PortAudio.call`.

    Parameters
    ----------
    sounddevice
        The module.
    device
        Which one.
    channel
        Which of its channels to keep, counted from 1; None takes what the system gives when asked
        for one channel, which may be a mix.
    origin_samples
        See `Capture`.

    Raises
    ------
    DeviceError
        If there is no such channel, or the device is busy or cannot be opened.
    """
    column = 0 if channel is None else channel - 1
    if not 0 <= column < device.channels:
        raise DeviceError(
            f"The microphone '{device.name}' has no channel {channel}; its channels are "
            f"1 to {device.channels}."
        )
    reason: Exception | None = None
    # A sound server that is asked for one channel mixes them all into it.
    least = 1 if channel is None else min(max(2, channel), device.channels)
    # Some devices cannot be opened with fewer channels than they have.
    for channels in dict.fromkeys((least, device.channels)):
        for rate in dict.fromkeys((float(SAMPLE_RATE), device.sample_rate)):
            capture = Capture(device, rate, column, origin_samples)
            try:
                _try_stream(sounddevice, capture, channels)
            except sounddevice.PortAudioError as error:
                reason = reason or error
                if _DEVICE_UNAVAILABLE in error.args:
                    raise DeviceError(
                        f"The microphone '{device.name}' is busy: close the program that uses "
                        "it, or choose another microphone."
                    ) from error
            else:
                return capture
    raise DeviceError(
        f"The microphone '{device.name}' cannot be opened ({reason}): choose another one, or "
        "plug it in again."
    ) from reason


def _try_stream(sounddevice: Any, capture: Capture, channels: int) -> None:
    settings = {
        "device": capture.device.index,
        "channels": channels,
        "dtype": "float32",
        "samplerate": capture.rate,
    }
    sounddevice.check_input_settings(**settings)
    stream = sounddevice.InputStream(
        **settings,
        blocksize=round(CALLBACK_S * capture.rate),
        latency="low",
        callback=capture.hear,
        finished_callback=capture.end,
    )
    portaudio.keep(stream)
    try:
        stream.start()
    except sounddevice.PortAudioError:
        portaudio.release(stream)
        raise
    capture.stream = stream
