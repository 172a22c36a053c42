"""The log-mel frontend: batch against librosa, streaming against what numpy cannot do without."""

from functools import partial

import numpy as np

from recognizer.log_mel import POWER_FLOOR, FrontendParameters, LogMel, log_mel, mel_filters
from tests.benchmarks.bench import Float32Array, Settings, Speech, print_table, sound
from tests.benchmarks.side_by_side import (
    Float64Array,
    at_least,
    at_most,
    in_turns,
    one_thread,
    times_as_much,
)

SECONDS = 20.0
LONG_SECONDS = 60.0
BLOCKS = (160, 333, 1280, 16_000)
"""Sizes of the blocks of a stream (samples)."""
FRAMES_AT_ONCE = 32
"""Frames that are transformed together where many come at once: their spectra stay in the cache."""

BARE = (
    "the bare work: numpy.fft.rfft of frames that lie windowed in memory, squares, and the product "
    "with the mel filters"
)

LEAST_TIMES_LIBROSA = 3.0
MOST_TIMES_BARE = 2.5


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


def windowed_pieces(
    samples: Float32Array, parameters: FrontendParameters, block: int
) -> list[Float32Array]:
    """Frames as `LogMel` transforms them when it gets the stream in blocks.

    Returns
    -------
    list of numpy.ndarray
        float32 ``[frames, fft_size]``, one for each block that completes some, windowed and
        padded with zeros; at most `FRAMES_AT_ONCE` in each.
    """
    p = parameters
    streaming, pieces, done = LogMel(p), [], 0
    hann = 0.5 - 0.5 * np.cos(2.0 * np.pi * np.arange(p.frame_samples) / p.frame_samples)
    frames = np.lib.stride_tricks.sliding_window_view(samples, p.frame_samples)[:: p.hop_samples]
    for first in range(0, len(samples), block):
        ready = done + len(streaming.process(samples[first : first + block]))
        for at in range(done, ready, FRAMES_AT_ONCE):
            part = frames[at : min(ready, at + FRAMES_AT_ONCE)] * hann.astype(np.float32)
            pieces.append(np.pad(part, ((0, 0), (0, p.fft_size - p.frame_samples))))
        done = ready
    return pieces


def bare(pieces: list[Float32Array], filters: Float32Array) -> Float32Array:
    """The mel powers of windowed frames, with nothing around them, ``[frames, mel_bands]``."""
    mel = []
    for piece in pieces:
        spectrum = np.fft.rfft(piece)
        power = np.square(spectrum.real)
        power += np.square(spectrum.imag)
        mel.append(power @ filters)
    return np.concatenate(mel)


def main(settings: Settings) -> None:
    """Print the tables."""
    parameters = FrontendParameters()
    speech = Speech()
    samples = np.concatenate(list(sound("mixed", LONG_SECONDS, speech)))
    part = samples[: round(SECONDS * parameters.sample_rate)]
    with one_thread():
        whole = _against_librosa(samples, parameters, settings)
        stream = _against_bare(part, parameters, settings)
    notes = (
        "processor time on one thread, in turns; the median of the rounds",
        f"natural logarithms; speech and pauses: {speech.source}",
    )
    print_table(
        "Log-mel features of a whole array, against librosa",
        (
            *("sound", "ours, a frame", "librosa's", "times as fast", "bar", ""),
            *("the bare work, a frame", "times as fast", "largest difference"),
        ),
        whole,
        (BARE, *notes),
    )
    print_table(
        "Log-mel features of a stream, against the bare work",
        (
            *("blocks of", "ours, a frame", "the bare work", "times as much", "bar", ""),
            "largest difference to batch",
        ),
        stream,
        (f"{BARE}, as many frames at a time as the stream's blocks complete", *notes),
    )


def _against_librosa(
    samples: Float32Array, parameters: FrontendParameters, settings: Settings
) -> list[tuple[str, ...]]:
    rows: list[tuple[str, ...]] = []
    filters = mel_filters(parameters)
    window = samples[: parameters.window_samples]
    for title, part, rounds, inner in (
        ("one window, 1 s", window, 30, 20),
        (f"{LONG_SECONDS:.0f} s", samples, 15, 1),
    ):
        ours, theirs = log_mel(part, parameters), librosa_log_mel(part, parameters)
        mine_s, theirs_s, bare_s = in_turns(
            (
                partial(log_mel, part, parameters),
                partial(librosa_log_mel, part, parameters),
                partial(bare, windowed_pieces(part, parameters, len(part)), filters),
            ),
            rounds=3 if settings.quick else rounds,
            inner=inner,
        )
        rows.append(
            (
                title,
                _a_frame(mine_s, len(ours)),
                _a_frame(theirs_s, len(ours)),
                *at_least(times_as_much(theirs_s, mine_s), LEAST_TIMES_LIBROSA),
                _a_frame(bare_s, len(ours)),
                f"{times_as_much(theirs_s, bare_s):.1f} x",
                f"{np.abs(ours - theirs[: len(ours)]).max():.1e}",
            )
        )
    return rows


def _against_bare(
    samples: Float32Array, parameters: FrontendParameters, settings: Settings
) -> list[tuple[str, ...]]:
    rows: list[tuple[str, ...]] = []
    batch, filters = log_mel(samples, parameters), mel_filters(parameters)
    for block in BLOCKS:
        stream = streamed(samples, parameters, block)
        mine_s, bare_s = in_turns(
            (
                partial(streamed, samples, parameters, block),
                partial(bare, windowed_pieces(samples, parameters, block), filters),
            ),
            rounds=3 if settings.quick else 15,
        )
        rows.append(
            (
                f"{1e3 * block / parameters.sample_rate:.0f} ms",
                _a_frame(mine_s, len(stream)),
                _a_frame(bare_s, len(stream)),
                *at_most(times_as_much(mine_s, bare_s), MOST_TIMES_BARE),
                f"{np.abs(stream - batch[: len(stream)]).max():.1e}",
            )
        )
    return rows


def _a_frame(costs: Float64Array, frames: int) -> str:
    return f"{1e6 * np.median(costs) / frames:.1f} us"
