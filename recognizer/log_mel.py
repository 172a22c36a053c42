"""The log-mel frontend: one implementation, batch and streaming, live and in training.

Frames of 25 ms every 10 ms, not centred, Hann window, power spectrum, triangular mel filters
on the HTK scale, natural logarithm. `LogMel` carries its state over blocks of any size and
gives the same bits whatever those sizes are; `log_mel` is the same thing over a whole array.
"""

import math
from dataclasses import asdict, dataclass, fields
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt

from recognizer.errors import ModelError

Float32Array = npt.NDArray[np.float32]

GROUP_FRAMES = 4
"""Frames that go through the mel filters together. A matrix product's last bits depend on how
many rows it has, so a fixed number keeps results independent of the blocks they came in."""

_GROUPS_AT_ONCE = 8
"""Groups transformed in one pass: few enough that the spectra stay in the processor's cache."""

POWER_FLOOR = np.float32(1e-10)
"""Smallest mel power whose logarithm is taken (keeps digital silence finite)."""


VOICE_LOW_HZ = 150.0
"""Mel bands centred below this frequency say nothing to the voice detector (Hertz)."""


@dataclass(frozen=True, slots=True)
class FrontendParameters:
    """What turns samples into the model's input; it travels inside the model file."""

    sample_rate: int = 16_000
    """Hertz."""
    frame_samples: int = 400
    """Length of a frame (samples)."""
    hop_samples: int = 160
    """Distance between frames (samples)."""
    fft_size: int = 512
    """Length of the transform; frames are padded with zeros up to it (samples)."""
    mel_bands: int = 40
    """Number of mel filters."""
    low_hz: float = 20.0
    """Lower edge of the lowest filter (Hertz)."""
    high_hz: float = 7_600.0
    """Upper edge of the highest filter (Hertz)."""
    window_frames: int = 98
    """Frames in one window of the model: one second."""
    dynamic_range_db: float = 60.0
    """What lies further below a window's loudest band is raised to that level (decibel)."""
    normalization: str = "channel mean"
    """Each band's mean over the window is subtracted."""

    @property
    def window_samples(self) -> int:
        """Samples that one window spans."""
        return (self.window_frames - 1) * self.hop_samples + self.frame_samples

    def to_json(self) -> dict[str, Any]:
        """Return the parameters as plain values, for the model file."""
        return asdict(self)

    @classmethod
    def from_json(cls, values: object) -> "FrontendParameters":
        """Read what `to_json` wrote.

        Raises
        ------
        ModelError
            If a parameter is missing, unknown, of another type, or out of its range.
        """
        if not isinstance(values, dict):
            raise ModelError("The model's frontend parameters are not a table of names and values.")
        expected = {field.name: field.type for field in fields(cls)}
        differing = sorted(set(values) ^ set(expected))
        if differing:
            raise ModelError(
                f"The model's frontend has other parameters than this program: {differing[0]!r} "
                f"is {'missing' if differing[0] in expected else 'unknown'}."
            )
        for name, kind in expected.items():
            value = values[name]
            fits = (
                isinstance(value, str)
                if kind is str
                else isinstance(value, int if kind is int else (int, float))
                and not isinstance(value, bool)
                # numpy cannot look at integers of more than 64 bits.
                and (isinstance(value, int) or math.isfinite(value))
            )
            if not fits:
                raise ModelError(f"The model's frontend parameter {name!r} is {value!r}.")
        parameters = cls(**values)
        parameters._check()
        return parameters

    def _check(self) -> None:
        in_range = {
            "sample_rate": self.sample_rate == 16_000,
            "fft_size": self.fft_size <= 4096,
            "frame_samples": 16 <= self.frame_samples <= self.fft_size,
            "hop_samples": 16 <= self.hop_samples <= self.frame_samples,
            "mel_bands": 1 <= self.mel_bands <= 256,
            "low_hz": 0 <= self.low_hz < self.high_hz,
            "high_hz": self.high_hz <= self.sample_rate / 2,
            "window_frames": 8 <= self.window_frames <= 1000,
            "dynamic_range_db": 0 < self.dynamic_range_db <= 200,
            "normalization": self.normalization == "channel mean",
        }
        for name, fits in in_range.items():
            if not fits:
                raise ModelError(
                    f"This program cannot use the model's frontend parameter "
                    f"{name!r}, {getattr(self, name)!r}."
                )


def hz_to_mel(hz: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """Hertz to mel, O'Shaughnessy's formula as in HTK."""
    return np.asarray(2595.0 * np.log10(1.0 + np.asarray(hz, np.float64) / 700.0))


def mel_to_hz(mel: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """Mel to Hertz, the inverse of `hz_to_mel`."""
    return np.asarray(700.0 * (10.0 ** (np.asarray(mel, np.float64) / 2595.0) - 1.0))


def mel_centers(parameters: FrontendParameters) -> npt.NDArray[np.float64]:
    """Centre of each mel band (Hertz), shape ``[mel_bands]``."""
    return _mel_edges(parameters)[1:-1]


def _mel_edges(parameters: FrontendParameters) -> npt.NDArray[np.float64]:
    """Each band goes from one edge through the next to the one after; ``[mel_bands + 2]``."""
    return mel_to_hz(
        np.linspace(
            hz_to_mel(parameters.low_hz), hz_to_mel(parameters.high_hz), parameters.mel_bands + 2
        )
    )


@cache
def _filters(parameters: FrontendParameters) -> Float32Array:
    return mel_filters(parameters)


def mel_filters(parameters: FrontendParameters) -> Float32Array:
    """Triangular filters of peak 1, shape ``[fft_size // 2 + 1, mel_bands]``.

    The same as ``librosa.filters.mel(..., htk=True, norm=None).T``.
    """
    edges = _mel_edges(parameters)
    bins = np.fft.rfftfreq(parameters.fft_size, 1.0 / parameters.sample_rate)[:, None]
    rising = (bins - edges[:-2]) / np.diff(edges)[:-1]
    falling = (edges[2:] - bins) / np.diff(edges)[1:]
    return np.maximum(0.0, np.minimum(rising, falling)).astype(np.float32)


class _MelPower:
    """Frames to log mel powers, in groups of `GROUP_FRAMES`."""

    def __init__(self, parameters: FrontendParameters) -> None:
        self._frame = parameters.frame_samples
        self._hop = parameters.hop_samples
        hann = 0.5 - 0.5 * np.cos(2.0 * np.pi * np.arange(self._frame) / self._frame)
        self._window = hann.astype(np.float32)
        self._filters = _filters(parameters)
        rows, bins = _GROUPS_AT_ONCE * GROUP_FRAMES, len(self._filters)
        self._padded = np.zeros((rows, parameters.fft_size), np.float32)
        self._power = np.empty((rows, bins), np.float32)
        self._imaginary = np.empty((rows, bins), np.float32)

    def __call__(self, samples: Float32Array, groups: int) -> Float32Array:
        """Return float32 ``[groups * GROUP_FRAMES, mel_bands]``, natural log of mel power.

        The samples must be contiguous.
        """
        count, bands = groups * GROUP_FRAMES, self._filters.shape[1]
        # A view as by as_strided, which takes longer than the transform of a frame.
        frames: Float32Array = np.ndarray(
            (count, self._frame),
            np.float32,
            samples,
            strides=(self._hop * samples.itemsize, samples.itemsize),
        )
        mel = np.empty((groups, GROUP_FRAMES, bands), np.float32)
        for first in range(0, groups, _GROUPS_AT_ONCE):
            part = mel[first : first + _GROUPS_AT_ONCE]
            self._transform(frames[first * GROUP_FRAMES :][: len(part) * GROUP_FRAMES], part)
        np.maximum(mel, POWER_FLOOR, out=mel)
        np.log(mel, out=mel)
        return mel.reshape(count, bands)

    def _transform(self, frames: Float32Array, mel: Float32Array) -> None:
        count = len(frames)
        padded, power, imaginary = (
            buffer[:count] for buffer in (self._padded, self._power, self._imaginary)
        )
        np.multiply(frames, self._window, out=padded[:, : self._frame])
        spectrum = np.fft.rfft(padded)
        np.square(spectrum.real, out=power, dtype=np.float32)
        np.square(spectrum.imag, out=imaginary, dtype=np.float32)
        power += imaginary
        np.matmul(power.reshape(len(mel), GROUP_FRAMES, -1), self._filters, out=mel)


class LogMel:
    """Streaming log-mel: blocks of any size in, whole frames out.

    Frame ``i`` covers the samples ``[i * hop, i * hop + frame)``. Frames leave in groups of
    `GROUP_FRAMES` (40 ms), so at most three complete frames wait for the next block.

    Parameters
    ----------
    parameters
        The frontend of the model.
    """

    def __init__(self, parameters: FrontendParameters | None = None) -> None:
        self.parameters = parameters or FrontendParameters()
        self._mel_power = _MelPower(self.parameters)
        self.reset()

    def reset(self) -> None:
        """Forget the samples carried over."""
        self._carried = np.zeros(0, np.float32)

    def process(self, block: Float32Array) -> Float32Array:
        """Take samples, return the frames that became complete.

        Parameters
        ----------
        block
            float32 mono samples, shape ``[n]``, any ``n``.

        Returns
        -------
        numpy.ndarray
            float32 ``[frames, mel_bands]``, natural logarithm of the mel power; ``frames`` is
            a multiple of `GROUP_FRAMES`, possibly 0.
        """
        p = self.parameters
        samples = np.concatenate((self._carried, block)) if len(self._carried) else block
        frames = 1 + (len(samples) - p.frame_samples) // p.hop_samples
        groups = max(0, frames) // GROUP_FRAMES
        if groups == 0:
            self._carried = np.array(samples, np.float32)
            return np.zeros((0, p.mel_bands), np.float32)
        samples = np.ascontiguousarray(samples, np.float32)
        mel = self._mel_power(samples, groups)
        self._carried = samples[groups * GROUP_FRAMES * p.hop_samples :].copy()
        return mel


def log_mel(samples: Float32Array, parameters: FrontendParameters | None = None) -> Float32Array:
    """Log-mel of a whole array, the same values as `LogMel` gives.

    Parameters
    ----------
    samples
        float32 mono, shape ``[n]``.
    parameters
        The frontend.

    Returns
    -------
    numpy.ndarray
        float32 ``[1 + (n - frame) // hop, mel_bands]``; no rows when ``n`` is shorter than a
        frame.
    """
    p = parameters or FrontendParameters()
    frames = max(0, 1 + (len(samples) - p.frame_samples) // p.hop_samples)
    if frames == 0:
        return np.zeros((0, p.mel_bands), np.float32)
    samples = np.ascontiguousarray(samples, np.float32)
    groups, more = divmod(frames, GROUP_FRAMES)
    mel_power = _MelPower(p)
    mel = mel_power(samples, groups)
    if more == 0:
        return mel
    rest = samples[groups * GROUP_FRAMES * p.hop_samples :]
    group = np.zeros((GROUP_FRAMES - 1) * p.hop_samples + p.frame_samples, np.float32)
    group[: len(rest)] = rest
    return np.concatenate((mel, mel_power(group, 1)[:more]))


def normalize(window: Float32Array, parameters: FrontendParameters | None = None) -> Float32Array:
    """Turn a window's log-mel frames into the model's input.

    Values further than the dynamic range below the window's maximum are raised to that level,
    so that a digitally silent pause and a quiet room look alike; then each band's mean over
    the window is subtracted, which takes away the level and the microphone's colour.

    Parameters
    ----------
    window
        float32 ``[window_frames, mel_bands]`` of log-mel, or any stack of such windows.

    Returns
    -------
    numpy.ndarray
        float32 of the same shape.
    """
    p = parameters or FrontendParameters()
    span = np.float32(p.dynamic_range_db * np.log(10.0) / 10.0)
    floor = window.max(axis=(-2, -1), keepdims=True) - span
    raised: Float32Array = np.maximum(window, floor)
    raised -= raised.mean(axis=-2, keepdims=True, dtype=np.float32)
    return raised


@cache
def _lowest_voice_band(parameters: FrontendParameters) -> int:
    return int(np.searchsorted(mel_centers(parameters), VOICE_LOW_HZ))


def energies_db(mel: Float32Array, parameters: FrontendParameters | None = None) -> Float32Array:
    """Energy of each frame, as the voice detector hears it.

    Sums the mel bands above `VOICE_LOW_HZ`, which leaves out offset and mains hum.

    Parameters
    ----------
    mel
        float32 ``[frames, mel_bands]`` of log-mel.

    Returns
    -------
    numpy.ndarray
        float32 ``[frames]`` in decibel, 0 for noise of mean square 1 (dBFS).
    """
    p = parameters or FrontendParameters()
    low = _lowest_voice_band(p)
    # A Hann window of n samples has the energy 3/8 n; a flat spectrum has fft_size / 2 bins.
    full_scale = 0.375 * p.frame_samples * p.fft_size / 2.0
    power = np.exp(mel[:, low:]).sum(axis=1, dtype=np.float32)
    return np.asarray(10.0 * np.log10(power / np.float32(full_scale)), np.float32)
