"""What ``recognizer --doctor`` finds of the sound system: devices, and what the microphone gives.

Every wait is bounded: PortAudio's calls by `portaudio.ANSWER_TIMEOUT_S`, and listening by a timer
that closes the microphone.
"""

import threading
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from recognizer.devices import find_device
from recognizer.doctor_finding import Finding, State
from recognizer.doctor_versions import versions
from recognizer.headless import device_lines
from recognizer.log_mel import energies_db, log_mel
from recognizer.microphone import Microphone, list_devices
from recognizer.portaudio import portaudio
from recognizer.resampler import SAMPLE_RATE
from recognizer.voice_parameters import VoiceParameters

Float32Array = npt.NDArray[np.float32]

LISTEN_S = 3.0
"""How long the microphone is tried (seconds)."""
_SETTLING_S = 0.2
"""What is left out at the beginning: many devices begin with a click (seconds)."""
_PATIENCE_S = 6.0
"""How much longer the sound may take to come; Bluetooth headsets take their time (seconds)."""
_LEAST_SHARE = 0.8
"""With less of the sound than this, the microphone gives too little."""
_CLIPPED = 0.995
"""What reaches so far is cut off (full scale 1)."""
_CLIPPED_SHARE = 5e-4
"""With more of that, it is heard (share of the samples)."""

_SILENT = (
    "Unmute it; on a Mac, allow your terminal in System Settings, Privacy & Security, Microphone."
)
_CLIPS = "Lower the input volume in the system's sound settings, or speak from farther away."
_QUIET = (
    "If you spoke, raise the input volume or choose another microphone (--device); if not, speak "
    "and try again."
)


@dataclass(frozen=True, slots=True)
class Levels:
    """How loud a recording is, as the voice detector hears it."""

    level_db: float
    """The loudest tenth of a second (dBFS)."""
    floor_db: float
    """The noise floor: what most tenths of a second lie above (dBFS)."""
    peak_db: float
    """The largest sample (decibel, 0 is full scale); -inf is written as -200."""
    clipped: float
    """Share of the samples at full scale (0 to 1)."""
    is_silent: bool
    """Whether all samples are zero."""


def measure(samples: Float32Array, parameters: VoiceParameters | None = None) -> Levels:
    """Measure a recording.

    Parameters
    ----------
    samples
        float32 mono at 16 kHz, shape ``[n]``, half a second or more.
    parameters
        The voice detector's.
    """
    p = parameters or VoiceParameters()
    energies = np.maximum(energies_db(log_mel(samples)), p.floor_lowest_db)
    blocks = energies[: len(energies) // p.floor_block * p.floor_block]
    blocks = np.sort(blocks.reshape(-1, p.floor_block).mean(axis=1))
    loudness = np.abs(samples)
    return Levels(
        level_db=round(float(blocks[-1]), 1),
        floor_db=round(float(blocks[int(p.floor_percentile * len(blocks))]), 1),
        peak_db=round(20.0 * float(np.log10(max(float(loudness.max()), 1e-10))), 1),
        clipped=round(float(np.mean(loudness >= _CLIPPED)), 6),
        is_silent=not samples.any(),
    )


def judge(levels: Levels, parameters: VoiceParameters | None = None) -> tuple[State, str, str]:
    """Say what the levels of a microphone mean: how it is, the verdict, and the mend."""
    p = parameters or VoiceParameters()
    if levels.is_silent:
        return "broken", "it is muted, or the system denies this program the microphone", _SILENT
    if levels.clipped > _CLIPPED_SHARE:
        return "attention", f"{levels.clipped:.1%} of it is cut off: too loud", _CLIPS
    if levels.level_db < p.quietest_db:
        return "attention", f"too quiet: voice begins at {p.quietest_db:.0f} dBFS", _QUIET
    if levels.level_db < levels.floor_db + p.onset_db:
        return (
            "attention",
            f"nothing rose {p.onset_db:.0f} dB above the noise, as voice does",
            _QUIET,
        )
    return "ok", "fine", ""


def check_devices() -> Iterator[Finding]:
    """List the microphones.

    Raises
    ------
    DeviceError
        If PortAudio is not installed or does not answer.
    """
    version = versions()["sounddevice"]
    if version is None:
        yield Finding(
            "sounddevice",
            "broken",
            "sounddevice, which the microphone needs, is not installed.",
            "Install it: `pip install sounddevice`.",
        )
        return
    said = portaudio.call(lambda sounddevice: str(sounddevice.get_portaudio_version()[1]))
    # "PortAudio V19.7.0-devel, revision unknown"
    inner = said.partition(",")[0]
    details: dict[str, Any] = {"version": version, "portaudio": said}
    yield Finding("sounddevice", "ok", f"sounddevice {version} ({inner})", details=details)
    devices = list_devices(refresh=True)
    if not devices:
        # Which says why, where it can.
        find_device(None, devices)
    default = any(device.is_default for device in devices)
    counted = "1 microphone" if len(devices) == 1 else f"{len(devices)} microphones"
    yield Finding(
        "devices",
        "ok" if default else "attention",
        f"{counted}:" if default else f"{counted}, and none is the default:",
        "" if default else "Choose the default in the system's sound settings, or use --device.",
        tuple(device_lines(devices)),
        {"devices": [asdict(device) for device in devices]},
    )


def check_microphone(
    device: int | str | None,
    channel: int | None,
    say: Callable[[str], object],
    *,
    seconds: float = LISTEN_S,
    patience_s: float = _PATIENCE_S,
) -> Iterator[Finding]:
    """Listen for some seconds, and say what the sound means.

    Parameters
    ----------
    device, channel
        As `Microphone` takes them.
    say
        Asks the user to speak.
    seconds
        How much sound is wanted.
    patience_s
        How much longer it may take to come (seconds).

    Raises
    ------
    DeviceError
        If the microphone cannot be opened.
    """
    notices: list[str] = []
    with Microphone(device, channel=channel, on_notice=notices.append) as microphone:
        name, rate = microphone.name, microphone.native_rate
        say(f"Listening to {name} for {seconds:g} s: say a few words.")
        samples = _listen(microphone, seconds, patience_s)
        overflows = microphone.overflows
    heard_s = len(samples) / SAMPLE_RATE
    details: dict[str, Any] = {
        "device": name,
        "rate": rate,
        "seconds": round(heard_s, 2),
        "overflows": overflows,
    }
    if heard_s < _LEAST_SHARE * seconds:
        yield Finding(
            "microphone",
            "broken",
            f"'{name}' gave {heard_s:.1f} s of sound in {seconds + patience_s:g} s."
            + "".join(f" {notice}" for notice in notices),
            "Plug it in again, or choose another one (--device).",
            details=details,
        )
        return
    levels = measure(samples[round(min(_SETTLING_S, heard_s / 2) * SAMPLE_RATE) :])
    state, verdict, mend = judge(levels)
    if levels.is_silent:
        text = f"'{name}' gives nothing but digital silence: {verdict}."
    else:
        text = (
            f"'{name}' at {rate:.0f} Hz: loudest {levels.level_db:.0f} dBFS, noise floor "
            f"{levels.floor_db:.0f} dBFS: {verdict}."
        )
    yield Finding("microphone", state, text, mend, details={**details, **asdict(levels)})


def _listen(microphone: Microphone, seconds: float, patience_s: float) -> Float32Array:
    blocks: list[Float32Array] = [np.zeros(0, np.float32)]
    count, wanted = 0, round(seconds * SAMPLE_RATE)
    # A microphone that is gone is waited for without end.
    timer = threading.Timer(seconds + patience_s, microphone.close)
    timer.daemon = True
    timer.start()
    try:
        for block in microphone:
            blocks.append(block)
            count += len(block)
            if count >= wanted:
                break
    finally:
        timer.cancel()
    return np.concatenate(blocks)[:wanted]
