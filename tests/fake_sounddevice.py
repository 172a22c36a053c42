"""A stand-in for the module sounddevice, for faults that no real device has on demand."""

import contextlib
import threading
from types import SimpleNamespace
from typing import Any

import numpy as np
import numpy.typing as npt

UNAVAILABLE = ("Device unavailable", -9985)
BAD_RATE = ("Invalid sample rate", -9997)
BAD_CHANNELS = ("Invalid number of channels", -9998)


class PortAudioError(Exception):
    """As in sounddevice."""


class FakeStream:
    """An input stream that hears what the test feeds it."""

    def __init__(self, fake: "FakeSounddevice", **settings: Any) -> None:
        self.settings = settings
        self.fake = fake
        self.running = False
        self.closed = False
        self.clock = 0.0

    def start(self) -> None:
        self.fake.fail("start")
        self.running = True
        self.fake.started.set()

    def abort(self) -> None:
        self.fake.fail("abort")
        if self.running:
            self.die()

    def close(self) -> None:
        self.closed = True

    def die(self) -> None:
        """End as a stream does whose device is gone."""
        self.running = False
        self.settings["finished_callback"]()

    def feed(
        self, samples: npt.NDArray[np.float32], *, age_s: float = 0.0, overflow: bool = False
    ) -> None:
        """Call the callback; mono samples go to every channel."""
        channels = self.settings["channels"]
        columns = samples if samples.ndim == 2 else np.repeat(samples[:, None], channels, axis=1)
        timing = SimpleNamespace(inputBufferAdcTime=100.0 - age_s, currentTime=100.0)
        status = SimpleNamespace(input_overflow=True) if overflow else None
        self.settings["callback"](columns.astype(np.float32), len(samples), timing, status)


class FakeSounddevice:
    """Devices to be plugged and pulled, calls to be failed or hung."""

    PortAudioError = PortAudioError

    def __init__(self) -> None:
        self.plugged: list[dict[str, Any]] = []
        self.host_apis = [{"name": "ALSA"}, {"name": "JACK"}]
        self.default_index = 0
        self.streams: list[FakeStream] = []
        self.started = threading.Event()
        self.failures: dict[str, list[Exception]] = {}
        self.hang: threading.Event | None = None
        self.initialized = 1
        self._known: list[dict[str, Any]] | None = None

    def plug(
        self,
        name: str,
        *,
        channels: int = 1,
        rate: float = 48_000.0,
        rates: tuple[float, ...] = (16_000.0, 48_000.0),
        fewest_channels: int = 1,
        host_api: int = 0,
    ) -> None:
        """Add a device; it is seen when PortAudio is next initialized."""
        self.plugged.append(
            {
                "name": name,
                "max_input_channels": channels,
                "default_samplerate": rate,
                "hostapi": host_api,
                "rates": rates,
                "fewest_channels": fewest_channels,
            }
        )

    def fail(self, call: str) -> None:
        """Raise what the test has in store for this call, or hang while it says so."""
        if self.hang is not None:
            self.hang.wait(30)
        errors = self.failures.get(call)
        if errors:
            raise errors.pop(0)

    @property
    def stream(self) -> FakeStream:
        """The stream opened last."""
        return self.streams[-1]

    @property
    def default(self) -> SimpleNamespace:
        index = self.default_index if self.default_index < len(self.query_devices()) else -1
        return SimpleNamespace(device=(index, -1))

    def query_devices(self) -> list[dict[str, Any]]:
        self.fail("query_devices")
        if self._known is None:
            self._known = list(self.plugged)
        return self._known

    def query_hostapis(self) -> list[dict[str, str]]:
        return self.host_apis

    def check_input_settings(
        self, *, device: int, channels: int, dtype: str, samplerate: float
    ) -> None:
        self.fail("check_input_settings")
        info = self.query_devices()[device]
        if not info["fewest_channels"] <= channels <= info["max_input_channels"]:
            raise PortAudioError(*BAD_CHANNELS)
        if samplerate not in info["rates"]:
            raise PortAudioError(*BAD_RATE)
        assert dtype == "float32"

    def InputStream(self, **settings: Any) -> FakeStream:  # noqa: N802
        self.fail("InputStream")
        self.streams.append(FakeStream(self, **settings))
        return self.stream

    def _terminate(self) -> None:
        if not self.initialized:
            raise PortAudioError("PortAudio not initialized", -10000)
        self.initialized -= 1

    def _initialize(self) -> None:
        self.fail("_initialize")
        self.initialized += 1
        self._known = list(self.plugged)

    @contextlib.contextmanager
    def hanging(self) -> Any:
        """Let every call that may fail hang until the end of the context."""
        self.hang = threading.Event()
        try:
            yield
        finally:
            hang, self.hang = self.hang, None
            hang.set()
