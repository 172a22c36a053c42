"""Windows of one's own takes: composed into streams and cut by the live cutter, as for the model
that ships, with the room's own noise.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from recognizer.errors import AudioError
from recognizer.log_mel import FrontendParameters
from recognizer.model_metadata import UNKNOWN
from train import augment
from train.compose import compose_noise, compose_words
from train.corpora import SAMPLE_RATE, Clip, read_audio
from train.live_windows import cut_windows, label_window
from train.sources import Pool, Recording, Sources, cut_isolated

if TYPE_CHECKING:
    from train.tasks import Tasks

Float32Array = npt.NDArray[np.float32]

FOLDS = 3
"""The takes are dealt to so many parts; each is tested by what the others taught."""
STREAMS = 60
"""Streams of about ten words for each part."""
NOISE_STREAMS = 20
"""Streams of the room's noise."""
KEEP_ALONE = 0.6
"""Share of the windows kept that would be scored live."""
KEEP_OTHER = 0.08
"""Share of the other windows kept."""
MADE_UP_NOISES = 4
"""Noises made up where the user recorded none."""


@dataclass(frozen=True, slots=True)
class Takes:
    """The user's recordings, read."""

    words: tuple[str, ...]
    """The words to be taught."""
    recordings: tuple[Recording, ...]
    """Their takes, and other words where the user recorded some."""
    folds: tuple[int, ...]
    """The part of each."""
    noises: tuple[npt.NDArray[np.int16], ...]
    """The room's noise."""
    left_out: tuple[str, ...]
    """``path: reason`` of what cannot be read, or holds no word."""


@dataclass(frozen=True, slots=True)
class Windows:
    """Windows and what they show."""

    windows: Float32Array
    """``[n, frames, bands]``, normalized."""
    shows: tuple[str, ...]
    """A word, "silence" or "unknown"."""
    folds: npt.NDArray[np.int64]
    """``[n]``: the part of the takes a window is from; -1 for noise."""


def read_takes(
    clips: Sequence[Clip], noises: Sequence[Clip], words: tuple[str, ...], *, seed: int
) -> Takes:
    """Read the user's recordings; what cannot be read is named and left out."""
    recordings: list[Recording] = []
    left_out: list[str] = []
    for clip in clips:
        try:
            recordings.append(cut_isolated(clip, words))
        except (AudioError, ValueError) as error:
            left_out.append(f"{clip.path}: {error}")
    heard: list[npt.NDArray[np.int16]] = []
    for clip in noises:
        try:
            samples = read_audio(clip.path)
        except AudioError as error:
            left_out.append(f"{clip.path}: {error}")
        else:
            heard.append(np.clip(np.rint(samples * 32768.0), -32768, 32767).astype(np.int16))
    rng = np.random.default_rng(seed)
    folds = np.zeros(len(recordings), int)
    for label in {one.label for one in recordings}:
        # Dealt out word by word, so that each part has takes of every word.
        of_label = [i for i, one in enumerate(recordings) if one.label == label]
        folds[rng.permutation(of_label)] = np.arange(len(of_label)) % FOLDS
    return Takes(
        words,
        tuple(recordings),
        tuple(int(fold) for fold in folds),
        tuple(noise for noise in heard if noise.any()),
        tuple(left_out),
    )


def make_windows(
    takes: Takes, frontend: FrontendParameters, *, tasks: "Tasks", seed: int
) -> Windows:
    """Compose streams of each part of the takes, and of noise, and cut them; and cut the takes.

    Other people's words in the background are cut as they are. Were the takes not, it could be
    learnt that what is undisturbed is no keyword.
    """
    jobs = [(takes, frontend, fold, n, seed) for fold in range(FOLDS) for n in range(STREAMS)]
    jobs += [(takes, frontend, -1, n, seed) for n in range(NOISE_STREAMS)]
    parts = list(tasks.map(_stream, jobs, "your words in rooms and noise"))
    folds = [np.full(len(shows), job[2]) for job, (_, shows) in zip(jobs, parts, strict=True)]
    plain, of = plain_windows(takes, frontend)
    return Windows(
        np.concatenate([*(windows for windows, _ in parts), plain]),
        (
            *(label for _, shows in parts for label in shows),
            *(takes.recordings[take].label for take in of),
        ),
        np.concatenate([*folds, np.array(takes.folds, np.int64)[of]]),
    )


def plain_windows(
    takes: Takes, frontend: FrontendParameters
) -> tuple[Float32Array, npt.NDArray[np.int64]]:
    """Cut each take as it is.

    Returns
    -------
    tuple
        Windows, ``[n, frames, bands]``, and the take that each is of, ``[n]``. A take in which the
        voice detector finds no word that stands alone has none.
    """
    windows: list[Float32Array] = []
    of: list[int] = []
    for number, recording in enumerate(takes.recordings):
        for cut, _, window in cut_windows(in_quiet(recording.read()), frontend):
            if cut.alone:
                windows.append(window)
                of.append(number)
    shape = (0, frontend.window_frames, frontend.mel_bands)
    stacked = np.stack(windows) if windows else np.zeros(shape, np.float32)
    return stacked, np.array(of, np.int64)


def in_quiet(samples: Float32Array) -> Float32Array:
    """Put a recording between seconds of faint hiss, as a quiet room has it."""
    rng = np.random.default_rng(0)
    quiet = SAMPLE_RATE // 2
    padded = np.pad(samples, (quiet, quiet))
    hiss = augment.sloped_noise(rng, len(padded))
    return padded + augment.at_level(hiss, 0.0, -70.0)


def _stream(
    job: tuple[Takes, FrontendParameters, int, int, int],
) -> tuple[Float32Array, list[str]]:
    takes, frontend, fold, number, seed = job
    rng = np.random.default_rng([seed, fold + 1, number])
    if fold < 0:
        samples, truth = compose_noise(rng, _sources(takes, fold, seed), 12)
    else:
        samples, truth = compose_words(rng, _sources(takes, fold, seed), takes.words, 10)
    windows: list[Float32Array] = []
    shows: list[str] = []
    for cut, end, window in cut_windows(samples, frontend):
        if rng.random() >= (KEEP_ALONE if cut.alone else KEEP_OTHER):
            continue
        label = label_window(cut, end, truth, frontend)
        if label is not None:
            windows.append(window)
            shows.append(label)
    shape = (0, frontend.window_frames, frontend.mel_bands)
    return (np.stack(windows) if windows else np.zeros(shape, np.float32)), shows


def _sources(takes: Takes, fold: int, seed: int) -> Sources:
    """Return what streams of one part are composed of; of all parts for noise (-1)."""
    mine = [
        one for one, part in zip(takes.recordings, takes.folds, strict=True) if fold in (part, -1)
    ]
    others = [one for one in mine if one.label == UNKNOWN]
    # A word backwards has its sounds and its length, and is another word.
    others += [_backwards(one) for one in mine if one.label in takes.words]
    pools = {word: Pool(one for one in mine if one.label == word) for word in takes.words}
    noises = list(takes.noises)
    if not noises:
        rng = np.random.default_rng([seed, 1])
        noises = [
            (augment.sloped_noise(rng, 10 * SAMPLE_RATE) * 3000.0).astype(np.int16)
            for _ in range(MADE_UP_NOISES)
        ]
    return Sources({**pools, UNKNOWN: Pool(others)}, [], noises, [])


def _backwards(one: Recording) -> Recording:
    length = len(one.samples)
    return Recording(
        np.ascontiguousarray(one.samples[::-1]),
        UNKNOWN,
        length - one.end,
        length - one.start,
        one.corpus,
        one.speaker,
    )
