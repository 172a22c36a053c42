"""The log-mel frontend: streaming against batch, and both against librosa."""

from functools import partial

import numpy as np

from recognizer.log_mel import POWER_FLOOR, FrontendParameters, LogMel, log_mel
from tests.benchmarks.bench import Float32Array, Settings, Speech, median_s, print_table, sound

SECONDS = 20.0
BLOCK_SAMPLES = 1280


def librosa_log_mel(samples: Float32Array, parameters: FrontendParameters) -> Float32Array:
    """The same features by librosa, shape ``[frames, mel_bands]``."""
    import librosa

    # librosa centres a short window in the longer transform.
    margin = (parameters.fft_size - parameters.frame_samples) // 2
    power = librosa.feature.melspectrogram(
        y=np.pad(samples, margin),
        sr=parameters.sample_rate,
        n_fft=parameters.fft_size,
        win_length=parameters.frame_samples,
        hop_length=parameters.hop_samples,
        center=False,
        n_mels=parameters.mel_bands,
        fmin=parameters.low_hz,
        fmax=parameters.high_hz,
        htk=True,
        norm=None,
    )
    return np.asarray(np.log(np.maximum(power.T, POWER_FLOOR)), np.float32)


def streamed(samples: Float32Array, parameters: FrontendParameters, block: int) -> Float32Array:
    """The same features by `LogMel`, in blocks."""
    streaming = LogMel(parameters)
    blocks = (samples[first : first + block] for first in range(0, len(samples), block))
    return np.concatenate([streaming.process(one) for one in blocks])


def main(settings: Settings) -> None:
    """Print the table."""
    parameters = FrontendParameters()
    speech = Speech()
    samples = np.concatenate(list(sound("mixed", SECONDS, speech)))
    window = samples[: parameters.window_samples]
    batch = log_mel(samples, parameters)
    repeats = 5 if settings.quick else 30

    rows = []
    ours_s = median_s(lambda: log_mel(window, parameters), repeats=repeats, inner=10)
    librosa_s = median_s(lambda: librosa_log_mel(window, parameters), repeats=repeats, inner=10)
    frames = parameters.window_frames
    rows.append(("batch, one second", "-", f"{1e3 * ours_s:.3f} ms", f"{librosa_s / ours_s:.1f} x"))
    for block in (160, 333, BLOCK_SAMPLES, 16000):
        stream = streamed(samples, parameters, block)
        apart = float(np.abs(stream - batch[: len(stream)]).max())
        took_s = median_s(partial(streamed, samples, parameters, block), repeats=3)
        took_s *= frames / len(batch)
        rows.append(
            (
                f"streaming, blocks of {block}",
                f"{apart:.1e} to batch",
                f"{1e3 * took_s:.3f} ms",
                f"{librosa_s / took_s:.1f} x",
            )
        )
    reference = librosa_log_mel(samples, parameters)
    apart = float(np.abs(reference[: len(batch)] - batch[: len(reference)]).max())
    rows.append(("librosa", f"{apart:.1e} to batch", f"{1e3 * librosa_s:.3f} ms", "1.0 x"))
    print_table(
        "Log-mel features",
        ("how", "largest difference", "for one second of sound", "against librosa"),
        rows,
        (f"natural logarithms; {SECONDS:.0f} s of speech and pauses: {speech.source}",),
    )
