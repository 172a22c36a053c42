"""Preparation: streams composed from the corpora, cut by the live cutter, kept as features.

Every stream has a seed of its own (the recipe's and its number), so the result does not depend
on how many processes made it.
"""

import json
import multiprocessing
import signal
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from rich.progress import track

from recognizer.log_mel import FrontendParameters
from recognizer.model_file import SILENCE, UNKNOWN
from train.compose import compose_noise, compose_speech, compose_words, cut_windows, label_window
from train.console import console
from train.corpora import Clip, Split, Utterance
from train.errors import DataError
from train.sources import Sources, load_sources
from train.vocabulary import DIGITS

Float32Array = npt.NDArray[np.float32]
Int8Array = npt.NDArray[np.int8]

STEP = 0.1
"""Features are kept as int8 in steps of this size (nepers of power): a tenth is 0.43 dB."""

LABELS = (SILENCE, UNKNOWN, *DIGITS)
"""The model's labels, in its order."""

WORDS_PER_STREAM = 10
SENTENCES_PER_STREAM = 4
SPEECH_SHARE = 0.25
"""Share of the streams made of running speech."""
NOISE_SHARE = 0.05
"""Share of the streams made of noise alone."""
NOISES_PER_STREAM = 12

KEEP_ALONE = 0.5
"""Share of the windows kept that would be scored live."""
KEEP_OTHER = 0.08
"""Share of the other windows kept: voice in view, but no word alone."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """Windows and what they show, on disk."""

    windows: Int8Array
    """``[n, frames, bands]``; times `STEP` they are the normalized features."""
    labels: npt.NDArray[np.uint8]
    """``[n]``, indices into `LABELS`."""


def prepare(
    data: Path,
    out: Path,
    split: Split,
    *,
    alignments: Path,
    synthetic: list[Clip],
    readings: list[Utterance],
    streams: int,
    seed: int = 0,
    processes: int = 2,
    frontend: FrontendParameters | None = None,
) -> Prepared:
    """Compose, cut and keep the windows of one part of the speakers.

    Parameters
    ----------
    data
        The folder of the recordings.
    out
        Where ``<split>.i8``, ``<split>.labels`` and ``<split>.json`` go.
    split
        "train" or "validation".
    alignments
        The file that ``train align`` writes.
    synthetic, readings
        What ``train.synthesize`` and ``train.sentences`` made.
    streams
        How many streams of about `WORDS_PER_STREAM` words.

    Raises
    ------
    DataError
        If a corpus is missing.
    """
    frontend = frontend or FrontendParameters()
    sources = load_sources(
        data, split, alignments=alignments, synthetic=synthetic, readings=readings
    )
    for name in sources.unreadable:
        console.print(f"[dim]left out: {name}[/dim]")
    out.mkdir(parents=True, exist_ok=True)
    labels: list[npt.NDArray[np.uint8]] = []
    partial = out / f"{split}.i8.partial"
    with partial.open("wb") as file:
        made = _make(sources, streams, seed, processes, frontend)
        for windows, found in track(
            made, f"composing {split} streams", total=streams, console=console
        ):
            file.write(windows.tobytes())
            labels.append(found)
    joined = np.concatenate(labels)
    record = {
        "windows": len(joined),
        "shape": [frontend.window_frames, frontend.mel_bands],
        "step": STEP,
        "labels": {LABELS[i]: n for i, n in sorted(Counter(joined.tolist()).items())},
        "streams": streams,
        "seed": seed,
        "left_out": sources.unreadable,
    }
    (out / f"{split}.labels").write_bytes(joined.tobytes())
    partial.replace(out / f"{split}.i8")
    # Last, because whoever finds the record takes the rest for whole.
    (out / f"{split}.json").write_text(json.dumps(record, indent=1))
    return load_prepared(out, split)


def load_prepared(out: Path, split: Split) -> Prepared:
    """Open what `prepare` kept.

    Raises
    ------
    DataError
        If it is not there or not whole.
    """
    try:
        record = json.loads((out / f"{split}.json").read_text())
        shape = (record["windows"], *record["shape"])
        windows = np.memmap(out / f"{split}.i8", np.int8, "r").reshape(shape)
        labels = np.fromfile(out / f"{split}.labels", np.uint8)
        if len(labels) != len(windows):
            raise ValueError(f"{len(labels)} labels of {len(windows)} windows")
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DataError(
            f"The prepared {split} windows in {out} are missing or not whole; make them with: "
            "python -m train model --fresh"
        ) from error
    return Prepared(windows, labels)


def quantize(windows: Float32Array) -> Int8Array:
    """Normalized features to the steps they are kept in."""
    steps: Int8Array = np.clip(np.rint(windows / STEP), -127, 127).astype(np.int8)
    return steps


_shared: tuple[Sources, FrontendParameters] | None = None


def _make(
    sources: Sources, streams: int, seed: int, processes: int, frontend: FrontendParameters
) -> Iterator[tuple[Int8Array, npt.NDArray[np.uint8]]]:
    global _shared
    # Forked workers see the recordings without copying them.
    _shared = (sources, frontend)
    tasks = [(seed, number) for number in range(streams)]
    if processes == 1:
        yield from map(_one, tasks)
        return
    # Ctrl-C reaches the whole process group; the parent alone answers it.
    ignore = (signal.SIGINT, signal.SIG_IGN)
    with multiprocessing.get_context("fork").Pool(processes, signal.signal, ignore) as pool:
        yield from pool.imap(_one, tasks, chunksize=8)


def _one(task: tuple[int, int]) -> tuple[Int8Array, npt.NDArray[np.uint8]]:
    assert _shared is not None
    sources, frontend = _shared
    rng = np.random.default_rng(task)
    kind = rng.random()
    if kind < NOISE_SHARE:
        samples, truth = compose_noise(rng, sources, NOISES_PER_STREAM)
    elif kind < NOISE_SHARE + SPEECH_SHARE:
        samples, truth = compose_speech(rng, sources, SENTENCES_PER_STREAM)
    else:
        samples, truth = compose_words(rng, sources, DIGITS, WORDS_PER_STREAM)
    kept: list[Int8Array] = []
    labels: list[int] = []
    for cut, end, window in cut_windows(samples, frontend):
        if rng.random() >= (KEEP_ALONE if cut.alone else KEEP_OTHER):
            continue
        label = label_window(cut, end, truth, frontend)
        if label is not None:
            kept.append(quantize(window))
            labels.append(LABELS.index(label))
    shape = (0, frontend.window_frames, frontend.mel_bands)
    return (np.stack(kept) if kept else np.zeros(shape, np.int8)), np.array(labels, np.uint8)
