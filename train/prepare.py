"""Preparation: streams composed from the corpora, cut by the live cutter, kept as features.

Every stream has a seed of its own (the recipe's and its number), so the result does not depend
on how many processes made it, nor on which machines.
"""

import json
import pickle
import uuid
import zlib
from collections import Counter
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from recognizer.log_mel import FrontendParameters
from recognizer.model_metadata import SILENCE, UNKNOWN
from train.compose import USUAL, Shares, compose_noise, compose_speech, compose_words
from train.console import console
from train.corpora import Clip, Split, Utterance
from train.errors import DataError
from train.live_windows import cut_windows, label_window, word_in_view
from train.sources import Sources, load_sources
from train.tasks import Tasks
from train.vocabulary import DIGITS

Float32Array = npt.NDArray[np.float32]
Int8Array = npt.NDArray[np.int8]

STEP = 0.1
"""Features are kept as int8 in steps of this size (nepers of power): a tenth is 0.43 dB."""

LABELS = (SILENCE, UNKNOWN, *DIGITS)
"""The model's labels, in its order."""

WORDS_PER_STREAM = 10
SENTENCES_PER_STREAM = 4
NOISES_PER_STREAM = 12

STREAMS_PER_TASK = 8

LEAST_WINDOWS = 20
"""A word seen in fewer windows than this is not told apart from others."""

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
    words: npt.NDArray[np.uint16]
    """``[n]``, which word is in view, keyword or not: 0 for none, else one more than its index
    in `vocabulary`."""
    vocabulary: tuple[str, ...]
    """The words that are seen often enough to be told apart."""

    def features(self, chosen: npt.NDArray[np.integer[Any]]) -> Float32Array:
        """Return some windows as they were before `quantize`, float32 ``[chosen, frames, bands]``.

        Parameters
        ----------
        chosen
            Their indices.
        """
        features: Float32Array = self.windows[chosen].astype(np.float32) * np.float32(STEP)
        return features


def prepare(
    data: Path,
    out: Path,
    split: Split,
    *,
    alignments: Path,
    synthetic: list[Clip],
    readings: list[Utterance],
    streams: int,
    shares: Shares = USUAL,
    seed: int = 0,
    processes: int = 2,
    scheduler: str | None = None,
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
    shares
        How often what is drawn.
    processes, scheduler
        See `train.tasks.Tasks`. Each process reads all recordings, which takes half a gigabyte.

    Raises
    ------
    DataError
        If a corpus is missing.
    """
    frontend = frontend or FrontendParameters()
    recordings = _packed(
        data=data.absolute(),
        split=split,
        alignments=alignments.absolute(),
        synthetic=synthetic,
        readings=readings,
    )
    batches = [
        _Batch(recordings, frontend, shares, seed, first, min(first + STREAMS_PER_TASK, streams))
        for first in range(0, streams, STREAMS_PER_TASK)
    ]
    out.mkdir(parents=True, exist_ok=True)
    labels: list[npt.NDArray[np.uint8]] = []
    said: list[str] = []
    unreadable: list[str] = []
    partial = out / f"{split}.i8.partial"
    title = f"composing {split} streams ({STREAMS_PER_TASK} at a time)"
    try:
        with Tasks(processes, scheduler) as tasks, partial.open("wb") as file:
            for turn, made in enumerate(tasks.map(_compose, batches, title)):
                file.write(made.windows.tobytes())
                labels.append(made.labels)
                said += made.words
                if turn == 0:
                    unreadable = made.unreadable
                    for name in unreadable:
                        console.print(f"[dim]left out: {name}[/dim]")
    finally:
        _sources.cache_clear()
    vocabulary = [word for word, n in sorted(Counter(said).items()) if word and n >= LEAST_WINDOWS]
    number = {word: index for index, word in enumerate(vocabulary, 1)}
    joined = np.concatenate(labels)
    record = {
        "windows": len(joined),
        "shape": [frontend.window_frames, frontend.mel_bands],
        "step": STEP,
        "labels": {LABELS[i]: n for i, n in sorted(Counter(joined.tolist()).items())},
        "streams": streams,
        "seed": seed,
        "left_out": unreadable,
        "vocabulary": vocabulary,
    }
    numbers = np.array([number.get(word, 0) for word in said], np.uint16)
    (out / f"{split}.words").write_bytes(numbers.tobytes())
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
        words = np.fromfile(out / f"{split}.words", np.uint16)
        vocabulary = tuple(record["vocabulary"])
        if not len(labels) == len(words) == len(windows):
            raise ValueError(f"{len(labels)} labels of {len(windows)} windows")
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DataError(
            f"The prepared {split} windows in {out} are missing or not whole; make them with: "
            "python -m train model --fresh"
        ) from error
    return Prepared(windows, labels, words, vocabulary)


def quantize(windows: Float32Array) -> Int8Array:
    """Normalized features to the steps they are kept in."""
    steps: Int8Array = np.clip(np.rint(windows / STEP), -127, 127).astype(np.int8)
    return steps


@dataclass(frozen=True, slots=True)
class _Batch:
    """Some streams to compose: one task."""

    recordings: bytes
    """What `_packed` returned."""
    frontend: FrontendParameters
    shares: Shares
    seed: int
    first: int
    """Number of the first stream."""
    end: int
    """Number behind the last one."""


@dataclass(frozen=True, slots=True)
class _Made:
    """The windows kept of some streams."""

    windows: Int8Array
    labels: npt.NDArray[np.uint8]
    words: list[str]
    """The word in view, or nothing, for each window."""
    unreadable: list[str]
    """What `Sources.unreadable` says."""


def _packed(**arguments: Any) -> bytes:
    """Return the arguments of `load_sources`, small, since every task carries them.

    No two calls return the same, so that a worker that serves for weeks reads recordings that
    have changed anew.
    """
    return zlib.compress(pickle.dumps((uuid.uuid4().hex, arguments)))


@lru_cache(maxsize=1)
def _sources(packed: bytes) -> Sources:
    """Read the recordings, once in a process."""
    _, arguments = pickle.loads(zlib.decompress(packed))  # noqa: S301
    return load_sources(arguments.pop("data"), arguments.pop("split"), **arguments)


def _compose(batch: _Batch) -> _Made:
    sources = _sources(batch.recordings)
    made = [
        _one(sources, batch.frontend, batch.shares, (batch.seed, number))
        for number in range(batch.first, batch.end)
    ]
    return _Made(
        np.concatenate([windows for windows, _, _ in made]),
        np.concatenate([labels for _, labels, _ in made]),
        [word for _, _, words in made for word in words],
        sources.unreadable,
    )


def _one(
    sources: Sources, frontend: FrontendParameters, shares: Shares, seed: tuple[int, int]
) -> tuple[Int8Array, npt.NDArray[np.uint8], list[str]]:
    rng = np.random.default_rng(seed)
    kind = rng.random()
    if kind < shares.noise:
        samples, truth = compose_noise(rng, sources, NOISES_PER_STREAM, shares)
    elif kind < shares.noise + shares.speech:
        samples, truth = compose_speech(rng, sources, SENTENCES_PER_STREAM, shares)
    else:
        samples, truth = compose_words(rng, sources, DIGITS, WORDS_PER_STREAM, shares)
    kept: list[Int8Array] = []
    labels: list[int] = []
    words: list[str] = []
    for cut, end, window in cut_windows(samples, frontend):
        if rng.random() >= (KEEP_ALONE if cut.alone else KEEP_OTHER):
            continue
        label = label_window(cut, end, truth, frontend)
        if label is not None:
            kept.append(quantize(window))
            labels.append(LABELS.index(label))
            words.append(word_in_view(cut, end, truth, frontend))
    shape = (0, frontend.window_frames, frontend.mel_bands)
    return (np.stack(kept) if kept else np.zeros(shape, np.int8)), np.array(labels, np.uint8), words
