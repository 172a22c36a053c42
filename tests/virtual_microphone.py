"""A microphone without hardware: a PulseAudio null sink whose monitor is the default source.

What is played into the sink comes out of the microphone, sample for sample. The daemon has its
own socket, home and run folders, and never touches the user's.

>>> def test_it(virtual_microphone):
...     virtual_microphone.play(samples)
"""

import contextlib
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from recognizer.devices import list_devices
from recognizer.errors import DeviceError

_TOOLS = ("pulseaudio", "pactl", "paplay")
_START_TIMEOUT_S = 60.0


class VirtualMicrophone:
    """A PulseAudio daemon with the sinks ``speaker`` (mono, the default) and ``stereo``.

    Parameters
    ----------
    folder
        Where sockets and settings go. Its path must be short (Unix sockets).
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._daemon: subprocess.Popen[bytes] | None = None
        socket = folder / "native"
        self.variables = {
            "HOME": str(folder),
            "PULSE_SERVER": f"unix:{socket}",
            "PULSE_RUNTIME_PATH": str(folder),
            "PULSE_STATE_PATH": str(folder),
            "PULSE_COOKIE": str(folder / "cookie"),
        }
        """What makes a process find this daemon."""
        (folder / ".asoundrc").write_text("pcm.!default pulse\nctl.!default pulse\n")
        self._socket = socket

    @property
    def environment(self) -> dict[str, str]:
        """The environment for a process that listens to this microphone."""
        kept = {name: value for name, value in os.environ.items() if name != "PULSE_SOURCE"}
        return {**kept, **self.variables}

    def start(self) -> None:
        """Start the daemon and wait until it answers."""
        self._socket.unlink(missing_ok=True)
        options = "norewinds=1 rate=16000 format=float32le"
        command = [
            "pulseaudio",
            "-n",
            "--daemonize=no",
            "--use-pid-file=no",
            "--exit-idle-time=-1",
            "--realtime=no",
            "--high-priority=no",
            "--log-target=stderr",
            f"--load=module-native-protocol-unix socket={self._socket} auth-anonymous=1",
            f"--load=module-null-sink sink_name=speaker channels=1 {options}",
            f"--load=module-null-sink sink_name=stereo channels=2 {options}",
        ]
        environment = {**self.environment, "XDG_RUNTIME_DIR": str(self._folder)}
        for name in ("PULSE_SERVER", "DBUS_SESSION_BUS_ADDRESS", "DISPLAY"):
            environment.pop(name, None)
        with (self._folder / "log").open("wb") as log:
            self._daemon = subprocess.Popen(command, env=environment, stderr=log, stdout=log)
        give_up = time.monotonic() + _START_TIMEOUT_S
        while not self._answers():
            if self._daemon.poll() is not None or time.monotonic() > give_up:
                self.stop()
                raise RuntimeError(f"pulseaudio: {(self._folder / 'log').read_text()}")
            time.sleep(0.02)
        self.choose("speaker")

    def stop(self) -> None:
        """End the daemon, as if every microphone were pulled out."""
        if self._daemon is not None:
            self._daemon.kill()
            self._daemon.wait()
            self._daemon = None

    def freeze(self) -> None:
        """Make the daemon stop answering."""
        assert self._daemon is not None
        os.kill(self._daemon.pid, signal.SIGSTOP)

    def thaw(self) -> None:
        """Make the daemon go on."""
        assert self._daemon is not None
        os.kill(self._daemon.pid, signal.SIGCONT)

    def choose(self, sink: str) -> None:
        """Make a sink's monitor the default source, for those who open it from now on."""
        self._control("set-default-source", f"{sink}.monitor")

    def wait_for_listener(self) -> None:
        """Wait until some process records.

        PortAudio records for a moment when it tries a device's settings: who must not miss a
        sample waits for the program to say that it listens.
        """
        give_up = time.monotonic() + _START_TIMEOUT_S
        while b"\n" not in self._control("list", "short", "source-outputs"):
            if time.monotonic() > give_up:
                raise RuntimeError("Nobody listens to the virtual microphone.")
            time.sleep(0.02)

    def play(
        self, samples: npt.NDArray[np.float32], *, rate: int = 16_000, sink: str = "speaker"
    ) -> None:
        """Play float32 samples, shape ``[n]`` or ``[n, channels]``, and wait for their end."""
        with self.playing(samples, rate=rate, sink=sink) as player:
            if player.wait(timeout=60 + len(samples) / rate):
                raise RuntimeError("paplay failed")

    @contextlib.contextmanager
    def playing(
        self, samples: npt.NDArray[np.float32], *, rate: int = 16_000, sink: str = "speaker"
    ) -> Iterator["subprocess.Popen[bytes]"]:
        """Play in the background; what is left at the end of the context is not played."""
        channels = 1 if samples.ndim == 1 else samples.shape[1]
        with tempfile.NamedTemporaryFile(dir=self._folder, suffix=".pcm") as file:
            file.write(np.asarray(samples, "<f4").tobytes())
            file.flush()
            player = subprocess.Popen(
                [
                    "paplay",
                    "--raw",
                    "--format=float32le",
                    f"--rate={rate}",
                    f"--channels={channels}",
                    f"--device={sink}",
                    file.name,
                ],
                env=self.environment,
            )
            try:
                yield player
            finally:
                player.kill()
                player.wait()

    def _answers(self) -> bool:
        return self._socket.exists() and bool(self._control("list", "short", "sinks", check=False))

    def _control(self, *arguments: str, check: bool = True) -> bytes:
        return subprocess.run(
            ["pactl", *arguments],
            env=self.environment,
            check=check,
            stdout=subprocess.PIPE,
            stderr=None if check else subprocess.DEVNULL,
            timeout=_START_TIMEOUT_S,
        ).stdout


@contextlib.contextmanager
def started_virtual_microphone() -> Iterator[VirtualMicrophone]:
    """Run a virtual microphone and make this process listen to it.

    Where PulseAudio is missing, the test is skipped; under continuous integration it fails.
    """
    missing = [tool for tool in _TOOLS if shutil.which(tool) is None]
    if missing:
        reason = f"no {missing[0]}: apt-get install pulseaudio pulseaudio-utils libasound2-plugins"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    with (
        tempfile.TemporaryDirectory(prefix="mic-") as folder,
        pytest.MonkeyPatch.context() as patch,
    ):
        microphone = VirtualMicrophone(Path(folder))
        microphone.start()
        try:
            for name, value in microphone.variables.items():
                patch.setenv(name, value)
            patch.delenv("PULSE_SOURCE", raising=False)
            list_devices(refresh=True)
            yield microphone
        finally:
            microphone.stop()
            patch.undo()
            with contextlib.suppress(DeviceError):
                list_devices(refresh=True)


@pytest.fixture(scope="module")
def virtual_microphone() -> Iterator[VirtualMicrophone]:
    """Yield a `VirtualMicrophone`, one for each test module."""
    with started_virtual_microphone() as microphone:
        yield microphone
