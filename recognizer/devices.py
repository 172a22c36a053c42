"""Which microphones there are, and which of them a user means."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from recognizer.errors import DeviceError
from recognizer.portaudio import portaudio


@dataclass(frozen=True, slots=True)
class DeviceInfo:
    """A device that sound can be recorded from."""

    index: int
    """PortAudio's number, which changes when devices come and go."""
    name: str
    """As the system calls it."""
    host_api: str
    """What it is reached through: ALSA, Core Audio, Windows WASAPI and others."""
    channels: int
    """How many channels it can record at most."""
    sample_rate: float
    """Its native rate (Hertz)."""
    is_default: bool
    """Whether it is the system's default."""

    @property
    def full_name(self) -> str:
        """Name and host API, which together are unique as a rule."""
        return f"{self.name}, {self.host_api}"


def list_devices(*, refresh: bool = False) -> list[DeviceInfo]:
    """Return the microphones, in PortAudio's order.

    Parameters
    ----------
    refresh
        Whether to look for devices plugged in since PortAudio was started. Has no effect while a
        microphone is open.

    Raises
    ------
    DeviceError
        If PortAudio is not installed, cannot start, or does not answer.
    """

    def ask(sounddevice: Any) -> list[DeviceInfo]:
        try:
            if refresh:
                portaudio.refresh(sounddevice)
            return query_inputs(sounddevice)
        except sounddevice.PortAudioError as error:
            raise DeviceError(f"The sound system cannot list its microphones: {error}.") from error

    return portaudio.call(ask)


def query_inputs(sounddevice: Any) -> list[DeviceInfo]:
    """Return the devices that have input channels (inside `PortAudio.call`)."""
    host_apis = sounddevice.query_hostapis()
    default = sounddevice.default.device[0]
    return [
        DeviceInfo(
            index=index,
            name=device["name"],
            host_api=host_apis[device["hostapi"]]["name"],
            channels=device["max_input_channels"],
            sample_rate=device["default_samplerate"],
            is_default=index == default,
        )
        for index, device in enumerate(sounddevice.query_devices())
        if device["max_input_channels"] > 0
    ]


def find_device(wanted: int | str | None, devices: Sequence[DeviceInfo]) -> DeviceInfo:
    """Find the device that a user means.

    Parameters
    ----------
    wanted
        An index, or a name or part of it, in upper or lower case, also followed by a comma and
        the host API; a name that fits exactly wins over those that contain it. None is the
        default device.
    devices
        What there is.

    Raises
    ------
    DeviceError
        If nothing fits or several do.
    """
    if not devices:
        raise DeviceError(_no_microphone())
    if wanted is None:
        fitting = [device for device in devices if device.is_default]
        if not fitting:
            raise DeviceError(f"No microphone is the default; choose one of {_named(devices)}.")
        return fitting[0]
    if isinstance(wanted, int):
        fitting = [device for device in devices if device.index == wanted]
        if not fitting:
            raise DeviceError(f"No microphone has index {wanted}; there are {_named(devices)}.")
        return fitting[0]
    text = wanted.strip().lower()
    fitting = [device for device in devices if text in device.full_name.lower()]
    exact = [d for d in fitting if text in (d.name.lower(), d.full_name.lower())]
    if len(exact) == 1 or len(fitting) == 1:
        return (exact or fitting)[0]
    if not fitting:
        raise DeviceError(f"No microphone is called {wanted!r}; there are {_named(devices)}.")
    raise DeviceError(
        f"Several microphones fit {wanted!r}: {_named(exact or fitting)}; give more of the name, "
        "or the index."
    )


def _named(devices: Sequence[DeviceInfo]) -> str:
    return ", ".join(f"{device.index} '{device.full_name}'" for device in devices)


def _no_microphone(nodes: Path = Path("/dev/snd")) -> str:
    capturing = list(nodes.glob("pcmC*c"))
    if capturing and not any(os.access(node, os.R_OK | os.W_OK) for node in capturing):
        return (
            "There is a microphone, but this user may not use it: "
            "`sudo usermod -aG audio $USER` and a new login allow it."
        )
    return "There is no microphone: plug one in."
