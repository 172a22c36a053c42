"""The microphone: a device found by name, opened as it can be, and found again when it comes back.

Threads: PortAudio calls `Capture.hear` in a thread of its own, which copies into a ring buffer
and never waits, locks, prints or computes. Whoever iterates over a `Microphone` reads the ring
buffer, resamples, watches for trouble and calls ``on_notice``; it sleeps until there is sound,
or for `portaudio.ANSWER_TIMEOUT_S` where the sound system does not answer. `Microphone.close` may
be called from any other thread, and ends a sleep.
"""

import contextlib
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from recognizer.capture import CALLBACK_S, Capture, open_capture
from recognizer.devices import DeviceInfo, find_device, list_devices, query_inputs
from recognizer.errors import DeviceError
from recognizer.log import LOG
from recognizer.portaudio import portaudio
from recognizer.resampler import SAMPLE_RATE, Resampler, made_safe

__all__ = ["DeviceInfo", "Microphone", "list_devices"]

Float32Array = npt.NDArray[np.float32]

_POLL_S = 0.04
"""How long the reader sleeps where no callbacks come (seconds). It polls, because waking it would
take a lock in the callback."""

_SHORTEST_POLL_S = 0.004
"""The shortest sleep, which is also how long after a callback is due the reader looks (seconds)."""

_DEAD_AFTER_S = 2.0
"""A device without a callback for so long has vanished (seconds)."""

_STARTING_S = 5.0
"""The same before the first callback; Bluetooth headsets take their time (seconds)."""

_RETRY_S = 1.0
"""Pause between two attempts to find a vanished device (seconds)."""

_CLOSE_TIMEOUT_S = 0.3
"""How long to wait for a stream to close, which one whose server hangs never does (seconds)."""

_SILENT_AFTER_S = 3.0
"""So much of nothing but zeros is no quiet room (seconds)."""


class Microphone:
    """A microphone as an iterable of blocks, for as long as it is open.

    It is opened at 16 kHz where the device can, else at its native rate and resampled. When the
    device vanishes, iterating goes on waiting, looks for the device by its name about every
    second, and continues when it is back.

    Parameters
    ----------
    device
        An index, a name or part of it, or None for the default device; see `find_device`.
    channel
        Which channel of the device, counted from 1; None takes what the system gives when asked
        for one channel.
    on_notice
        Takes one sentence when something happened that the user should know: the device is gone
        or back, or gives nothing but zeros. Called by the thread that iterates.

    Raises
    ------
    DeviceError
        From `open`, ``with`` or the first iteration: PortAudio is not installed, there is no such
        microphone or channel, several fit, it is busy, or it cannot be opened.

    Examples
    --------
    >>> with Microphone("usb") as microphone:  # doctest: +SKIP
    ...     for block in microphone:
    ...         print(len(block), microphone.take_lost())
    """

    def __init__(
        self,
        device: int | str | None = None,
        *,
        channel: int | None = None,
        on_notice: Callable[[str], None] | None = None,
    ) -> None:
        self._wanted = device
        self._channel = channel
        self._on_notice = on_notice or (lambda sentence: None)
        self._capture: Capture | None = None
        self._resampler = Resampler(SAMPLE_RATE)
        self.gather_s = CALLBACK_S
        """About how much sound is gathered into a block (seconds), at least what comes in one
        callback. It may be changed while listening: in a quiet room most of the processor time
        goes into waking up, and larger blocks are cheaper."""
        self._closing = threading.Event()
        self._lock = threading.Lock()
        self._given_samples = 0
        self._lost_samples = 0
        self._lost_here_samples = 0
        self._overflows = 0
        self._ever_lost_samples = 0
        self._logged_overflows = 0
        self._zeros_s = 0.0
        self._said_silent = False

    @property
    def name(self) -> str:
        """The name of the open device, or what was asked for while none is open."""
        if self._capture is not None:
            return self._capture.device.name
        return "the default microphone" if self._wanted is None else str(self._wanted)

    @property
    def device(self) -> DeviceInfo | None:
        """The open device, or the last one; None before the first."""
        return None if self._capture is None else self._capture.device

    @property
    def native_rate(self) -> float:
        """The rate that the device runs at, before resampling (Hertz)."""
        return SAMPLE_RATE if self._capture is None else self._capture.rate

    @property
    def overflows(self) -> int:
        """How often the system said that it had dropped samples before the program got them."""
        now = 0 if self._capture is None else self._capture.overflows
        return self._overflows + now

    def open(self) -> Self:
        """Open the device, unless it is open.

        Raises
        ------
        DeviceError
            See the class.
        """
        if self._capture is None and not self._closing.is_set():
            self._take(self._start(lambda devices: find_device(self._wanted, devices)))
            LOG.info("Opened the microphone '%s' at %g Hz.", self.name, self.native_rate)
        return self

    def close(self) -> None:
        """Close the device and end the iteration; from any thread, any number of times."""
        self._closing.set()
        with self._lock:
            capture = self._capture
        if capture is not None:
            self._release(capture)

    def __enter__(self) -> Self:
        return self.open()

    def __exit__(self, *_: object) -> None:
        self.close()

    def __iter__(self) -> Iterator[Float32Array]:
        """Yield float32 mono blocks at 16 kHz, shape ``[n]``, until the microphone is closed.

        Samples lost right before a block are what `take_lost` returns once that block is there.
        """
        self.open()
        waited_s = 0.0
        while self._capture is not None and not self._closing.is_set():
            capture = self._capture
            samples = made_safe(capture.ring.read(round(capture.rate)))
            lost = capture.ring.take_lost()
            if lost:
                yield from self._flush()
                self._count_lost(lost, capture.rate)
            if len(samples):
                waited_s = 0.0
                self._watch_for_silence(samples, capture)
                self._watch_for_overflows()
                yield from self._given(self._resampler.process(samples))
            elif capture.ended or waited_s > (_DEAD_AFTER_S if capture.mark else _STARTING_S):
                waited_s = 0.0
                yield from self._flush()
                self._reopen(capture)
            else:
                # Sleeps are added up, not read off a clock: a program that was itself suspended
                # must not take that for a dead device.
                pause_s = self._pause_s(capture)
                self._closing.wait(pause_s)
                waited_s += pause_s

    def take_lost(self) -> int:
        """Return how many samples at 16 kHz were lost since this was asked last.

        They are lost when the reader falls ten seconds behind, and are exact at 16 kHz, else
        rounded so that they add up.
        """
        lost, self._lost_samples = self._lost_samples, 0
        return lost

    def captured_at(self, sample_index: int) -> float:
        """When a sample of the stream was captured, on the clock of `time.monotonic` (seconds).

        Parameters
        ----------
        sample_index
            Counted at 16 kHz from the beginning of the stream, lost samples included.
        """
        capture = self._capture
        if capture is None or capture.mark is None:
            return time.monotonic()
        written, last_s = capture.mark
        native = (sample_index - capture.origin_samples) * capture.rate / SAMPLE_RATE
        return last_s - (written - native) / capture.rate

    def _pause_s(self, capture: Capture) -> float:
        """How long to sleep so as to wake up right behind a callback (seconds)."""
        due_s = capture.called_at + self.gather_s - time.monotonic()
        if due_s < -_POLL_S:
            return _POLL_S
        return max(0.0, due_s) + _SHORTEST_POLL_S

    def _given(self, block: Float32Array) -> Iterator[Float32Array]:
        if len(block):
            self._given_samples += len(block)
            yield block

    def _flush(self) -> Iterator[Float32Array]:
        """End the resampler before a gap, and begin a new one behind it."""
        yield from self._given(self._resampler.finish())
        self._resampler = Resampler(self.native_rate)

    def _count_lost(self, lost: int, rate: float) -> None:
        before = round(self._lost_here_samples * SAMPLE_RATE / rate)
        self._lost_here_samples += lost
        count = round(self._lost_here_samples * SAMPLE_RATE / rate) - before
        self._given_samples += count
        self._lost_samples += count
        self._ever_lost_samples += count
        LOG.warning(
            "The program was too busy: %d samples were lost at %.2f s, %d in all.",
            count,
            self._given_samples / SAMPLE_RATE,
            self._ever_lost_samples,
        )

    def _watch_for_overflows(self) -> None:
        overflows = self.overflows
        if overflows > self._logged_overflows:
            self._logged_overflows = overflows
            LOG.warning("The sound system dropped samples, %d times so far.", overflows)

    def _notify(self, sentence: str) -> None:
        self._on_notice(sentence)
        LOG.warning(sentence)

    def _watch_for_silence(self, samples: Float32Array, capture: Capture) -> None:
        if self._said_silent:
            return
        self._zeros_s = 0.0 if samples.any() else self._zeros_s + len(samples) / capture.rate
        if self._zeros_s >= _SILENT_AFTER_S:
            self._said_silent = True
            self._notify(
                f"The microphone '{capture.device.name}' gives nothing but digital silence: it is "
                "muted, or the system denies this program the microphone (see its privacy "
                "settings), or nothing plays into it."
            )

    def _take(self, capture: Capture) -> None:
        self._resampler = Resampler(capture.rate)
        self._lost_here_samples = 0
        with self._lock:
            self._overflows = self.overflows
            self._capture = capture
        # Closed from another thread while it was being opened.
        if self._closing.is_set():
            self._release(capture)

    def _release(self, capture: Capture) -> None:
        def end(_: Any) -> None:
            if capture.stream is not None:
                portaudio.release(capture.stream)
                capture.stream = None

        with contextlib.suppress(DeviceError):
            portaudio.call(end, timeout_s=_CLOSE_TIMEOUT_S, must_run=True)

    def _reopen(self, gone: Capture) -> None:
        name = gone.device.name
        self._notify(f"The microphone '{name}' is gone; listening goes on as soon as it is back.")
        self._release(gone)
        while not self._closing.wait(_RETRY_S):
            with contextlib.suppress(DeviceError):
                capture = self._start(lambda devices: self._same(gone.device, devices), anew=True)
                if self._is_alive(capture):
                    self._take(capture)
                    self._notify(f"The microphone '{capture.device.name}' is back.")
                    return
                self._release(capture)

    def _same(self, gone: DeviceInfo, devices: list[DeviceInfo]) -> DeviceInfo:
        """Find what a user would take for the same device; its index may have changed."""
        if self._wanted is None:
            return find_device(None, devices)
        return find_device(gone.full_name, devices)

    def _is_alive(self, capture: Capture) -> bool:
        """Wait for the first callback, which a stream on a half-dead server never has."""
        waited_s = 0.0
        while capture.mark is None and not capture.ended and waited_s < _STARTING_S:
            if self._closing.wait(_POLL_S):
                break
            waited_s += _POLL_S
        return capture.mark is not None

    def _start(
        self, choose: Callable[[list[DeviceInfo]], DeviceInfo], *, anew: bool = False
    ) -> Capture:
        def start(sounddevice: Any) -> Capture:
            try:
                if anew:
                    portaudio.refresh(sounddevice)
                device = choose(query_inputs(sounddevice))
            except sounddevice.PortAudioError as error:
                raise DeviceError(f"The sound system finds no microphone: {error}.") from error
            return open_capture(
                sounddevice,
                device,
                channel=self._channel,
                origin_samples=self._given_samples,
            )

        return portaudio.call(start, discard=lambda capture: portaudio.release(capture.stream))
