"""Small good files of every kind, to be broken."""

import functools
import io

import numpy as np
import soundfile

_RATE = 16_000
_KINDS = (
    ("WAV", "PCM_16", 16_000, 1),
    ("WAV", "PCM_24", 44_100, 2),
    ("WAV", "FLOAT", 8_000, 1),
    ("WAV", "PCM_U8", 11_025, 3),
    ("WAVEX", "DOUBLE", 16_000, 2),
    ("RF64", "PCM_16", 16_000, 1),
    ("WAV", "MS_ADPCM", 16_000, 1),
    ("WAV", "ULAW", 8_000, 1),
    ("FLAC", "PCM_16", 16_000, 1),
    ("OGG", "VORBIS", 16_000, 1),
    ("OGG", "OPUS", 16_000, 1),
    ("MP3", "MPEG_LAYER_III", 16_000, 1),
    ("AIFF", "PCM_16", 16_000, 1),
    ("AU", "PCM_16", 16_000, 1),
    ("CAF", "ALAC_16", 16_000, 1),
    ("W64", "PCM_16", 16_000, 1),
    ("NIST", "PCM_16", 16_000, 1),
    ("VOC", "PCM_16", 16_000, 1),
    ("SVX", "PCM_16", 16_000, 1),
    ("IRCAM", "PCM_16", 16_000, 1),
)


@functools.cache
def sound_samples(kinds: tuple[str, ...] = ()) -> tuple[bytes, ...]:
    """Return short sound files, of all formats or of those named."""
    random = np.random.default_rng(0)
    made = []
    for form, subtype, rate, channels in _KINDS:
        if kinds and form not in kinds:
            continue
        samples = random.normal(0.0, 0.1, (rate // 50, channels)).astype(np.float32)
        buffer = io.BytesIO()
        soundfile.write(buffer, samples, rate, subtype, format=form)
        made.append(buffer.getvalue())
    return tuple(made)


def wav_samples() -> tuple[bytes, ...]:
    """Return short WAVs."""
    return sound_samples(("WAV", "WAVEX", "RF64"))
