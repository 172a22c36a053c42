"""The background that ships: embeddings of windows of the training speakers, drawn fairly.

One part is from the composed streams that the network was trained on: many words, most of them
said by synthetic voices, in rooms and noise. The other is people's own recordings as they are:
running speech, and few words by many people. They are what strangers sound like, and how two people
differ who say the same word is seen from nothing else.
"""

from collections import defaultdict
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from recognizer.errors import AudioError
from recognizer.log_mel import FrontendParameters
from recognizer.model_metadata import SILENCE, UNKNOWN
from train.corpora import Clip, Utterance, read_audio
from train.live_windows import cut_windows
from train.prepare import LABELS, Prepared
from train.teach.trunk import Background
from train.teach.windows import in_quiet

if TYPE_CHECKING:
    from train.tasks import Tasks

Float32Array = npt.NDArray[np.float32]

SILENCES = 700
"""Windows of noise that are kept."""
SPEECH = 2200
"""Windows of running speech, and of parts of words, that are kept."""
PER_KEYWORD = 50
"""Windows of each keyword that are kept."""
PER_WORD = 3
"""Windows of each other word that are kept, where there are so many."""
PEOPLE = 200
"""People whose own recording of a word is kept, at most."""
PER_PERSON = 3
"""Windows that are kept of each of them."""
TALK = 8000
"""Windows of people's running speech that are kept, at most."""


def choose_background(
    prepared: Prepared, embed: Callable[[Float32Array], Float32Array], *, seed: int
) -> Background:
    """Draw the background from prepared windows.

    Parameters
    ----------
    prepared
        The windows that the network was trained on.
    embed
        From float32 ``[n, frames, bands]`` to embeddings ``[n, size]``.
    seed
        What is drawn depends on.
    """
    rng = np.random.default_rng(seed)
    labels, words = prepared.labels, prepared.words
    wanted: list[tuple[str, npt.NDArray[np.int64], int]] = [
        (SILENCE, np.flatnonzero(labels == LABELS.index(SILENCE)), SILENCES),
        (UNKNOWN, np.flatnonzero((labels == LABELS.index(UNKNOWN)) & (words == 0)), SPEECH),
    ]
    order = np.argsort(words, kind="stable")
    first = np.searchsorted(words[order], np.arange(1, len(prepared.vocabulary) + 2))
    for number, word in enumerate(prepared.vocabulary):
        count = PER_KEYWORD if word in LABELS else PER_WORD
        wanted.append((word, order[first[number] : first[number + 1]], count))
    chosen: list[npt.NDArray[np.int64]] = []
    shows: list[str] = []
    for name, windows, count in wanted:
        drawn = np.sort(rng.choice(windows, min(count, len(windows)), replace=False))
        chosen.append(drawn)
        shows += [name] * len(drawn)
    kept = prepared.features(np.concatenate(chosen))
    return Background(embed(kept), tuple(shows), np.zeros(len(shows), np.int64))


def record_voices(
    clips: Sequence[Clip],
    utterances: Sequence[Utterance],
    frontend: FrontendParameters,
    embed: Callable[[Float32Array], Float32Array],
    *,
    tasks: "Tasks",
    seed: int,
) -> Background:
    """Cut people's own recordings as they are.

    Parameters
    ----------
    clips
        Recordings of isolated words by training speakers. Who is unnamed counts as one person a
        recording.
    utterances
        Running speech of training speakers.
    frontend
        What makes the network's input.
    embed
        As in `choose_background`.
    seed
        What is drawn depends on.
    """
    rng = np.random.default_rng(seed)
    said: dict[str, dict[str, list[Clip]]] = defaultdict(lambda: defaultdict(list))
    for clip in clips:
        said[clip.word][f"{clip.corpus}/{clip.speaker or clip.path.name}"].append(clip)
    people = {name: n for n, name in enumerate(sorted({p for of in said.values() for p in of}), 1)}
    jobs: list[tuple[Path, FrontendParameters, int, int | None]] = []
    voices: list[int] = []
    words: list[str] = []
    for word in sorted(said):
        names = sorted(said[word])
        for name in rng.permutation(names)[:PEOPLE]:
            takes = said[word][name]
            clip = takes[int(rng.integers(len(takes)))]
            jobs.append((clip.path, frontend, int(rng.integers(2**32)), PER_PERSON))
            voices.append(people[name])
            words.append(word)
    for utterance in utterances:
        jobs.append((utterance.path, frontend, int(rng.integers(2**32)), None))
        voices.append(0)
        words.append(UNKNOWN)
    cut = list(tasks.map(_cut, jobs, "people's own words"))
    windows = np.concatenate(cut)
    of = np.repeat(np.arange(len(jobs)), [len(one) for one in cut])
    numbers = np.array(voices)[of]
    talk = rng.permutation(np.flatnonzero(numbers == 0))[:TALK]
    kept = np.sort(np.concatenate([np.flatnonzero(numbers), talk]))
    return Background(embed(windows[kept]), tuple(words[n] for n in of[kept]), numbers[kept])


def joined(one: Background, other: Background) -> Background:
    """Return both, one behind the other."""
    return Background(
        np.concatenate([one.embeddings, other.embeddings]),
        (*one.shows, *other.shows),
        np.concatenate([one.voices, other.voices]),
    )


def _cut(job: tuple[Path, FrontendParameters, int, int | None]) -> Float32Array:
    """Return so many windows of a recording, or all, of those that would be scored live."""
    path, frontend, seed, count = job
    none = np.zeros((0, frontend.window_frames, frontend.mel_bands), np.float32)
    try:
        samples = read_audio(path)
    except AudioError:
        return none
    windows = [window for cut, _, window in cut_windows(in_quiet(samples), frontend) if cut.alone]
    drawn = np.random.default_rng(seed).permutation(len(windows))[:count]
    return np.stack([windows[index] for index in np.sort(drawn)]) if windows else none
