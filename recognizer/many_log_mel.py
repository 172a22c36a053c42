"""The log-mel frontends of many streams together: the same bits as from a `LogMel` for each.

See Also
--------
recognizer.log_mel : what is computed.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from recognizer.log_mel import GROUP_FRAMES, POWER_FLOOR, FrontendParameters, mel_filters

Float32Array = npt.NDArray[np.float32]

AT_ONCE_SAMPLES = 4_000
"""The longest block that is taken at once (samples)."""

_GROUPS_AT_ONCE = 8
"""Groups transformed in one pass: few enough that the spectra stay in the processor's cache."""


class ManyLogMel:
    """The frontends of many streams, which may each have heard more or less than the others.

    Parameters
    ----------
    streams
        How many; they are called 0, 1, 2 …
    parameters
        The frontend of the model.
    """

    def __init__(self, streams: int, parameters: FrontendParameters) -> None:
        self.parameters = p = parameters
        """The frontend of the model."""
        hann = 0.5 - 0.5 * np.cos(2.0 * np.pi * np.arange(p.frame_samples) / p.frame_samples)
        self._window = hann.astype(np.float32)
        self._filters = mel_filters(p)
        most_carried = p.frame_samples + (GROUP_FRAMES - 1) * p.hop_samples
        self._carried = np.zeros((streams, most_carried), np.float32)
        self._counts = [0] * streams
        most_groups = max(
            _GROUPS_AT_ONCE, (most_carried + AT_ONCE_SAMPLES) // (GROUP_FRAMES * p.hop_samples)
        )
        self._padded = np.zeros((most_groups * GROUP_FRAMES, p.fft_size), np.float32)

    def reset(self, stream: int) -> None:
        """Forget the samples carried over in one stream."""
        self._counts[stream] = 0

    def process(self, streams: Sequence[int], blocks: Sequence[Float32Array]) -> list[Float32Array]:
        """Take a block of each of some streams, return the frames that became complete.

        Parameters
        ----------
        streams
            Which ones, each once.
        blocks
            float32 mono samples of each, shape ``[n]``, ``n`` up to `AT_ONCE_SAMPLES`.

        Returns
        -------
        list of numpy.ndarray
            As from `LogMel.process`, in the order of ``streams``.
        """
        alike: dict[tuple[int, int], list[int]] = {}
        for place, (stream, block) in enumerate(zip(streams, blocks, strict=True)):
            alike.setdefault((self._counts[stream], len(block)), []).append(place)
        ready: dict[int, Float32Array] = {}
        for (carried, length), places in alike.items():
            members = [streams[place] for place in places]
            samples = np.empty((len(places), carried + length), np.float32)
            samples[:, :carried] = self._carried[members, :carried]
            np.stack([blocks[place] for place in places], out=samples[:, carried:])
            mel = self._log_mel(samples)
            left = samples[:, mel.shape[1] * self.parameters.hop_samples :]
            self._carried[members, : left.shape[1]] = left
            for place, member, frames in zip(places, members, mel, strict=True):
                self._counts[member] = left.shape[1]
                ready[place] = frames
        return [ready[place] for place in range(len(blocks))]

    def _log_mel(self, samples: Float32Array) -> Float32Array:
        """Return float32 ``[streams, frames, mel_bands]`` of ``[streams, n]``."""
        p = self.parameters
        streams, length = samples.shape
        groups = max(0, 1 + (length - p.frame_samples) // p.hop_samples) // GROUP_FRAMES
        count = groups * GROUP_FRAMES
        mel = np.empty((streams, count, p.mel_bands), np.float32)
        if groups == 0:
            return mel
        across, along = samples.strides
        frames = np.lib.stride_tricks.as_strided(
            samples, (streams, count, p.frame_samples), (across, p.hop_samples * along, along)
        )
        at_once = max(1, _GROUPS_AT_ONCE // groups)
        for first in range(0, streams, at_once):
            part = frames[first : first + at_once]
            rows = len(part) * count
            padded = self._padded[:rows]
            np.multiply(
                part,
                self._window,
                out=padded.reshape(len(part), count, -1)[:, :, : p.frame_samples],
            )
            spectrum = np.fft.rfft(padded)
            power = np.square(spectrum.real, dtype=np.float32)
            power += np.square(spectrum.imag, dtype=np.float32)
            np.matmul(
                power.reshape(rows // GROUP_FRAMES, GROUP_FRAMES, -1),
                self._filters,
                out=mel[first : first + at_once].reshape(rows // GROUP_FRAMES, GROUP_FRAMES, -1),
            )
        np.maximum(mel, POWER_FLOOR, out=mel)
        np.log(mel, out=mel)
        return mel
