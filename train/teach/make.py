"""From a folder of takes to a model file."""

import json
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from recognizer.model_file import default_model_path, read_metadata
from recognizer.model_metadata import SILENCE, UNKNOWN, ModelMetadata
from train.console import say
from train.corpora import Clip
from train.errors import DataError
from train.files import replace_file
from train.progress import stages
from train.systems.corrections import read_corrections, with_corrections
from train.systems.words import keywords_of, normal, read_words
from train.tasks import Tasks
from train.teach.head import Material, fit_head, posteriors, voice_differences
from train.teach.trial import Trial, judge, means
from train.teach.trunk import Background, Trunk, embed, load_trunk, network_of
from train.teach.windows import FOLDS, Takes, Windows, make_windows, plain_windows, read_takes

Float32Array = npt.NDArray[np.float32]

FEWEST_TAKES = 5
"""Takes of a word, at least."""
CALIBRATION_WINDOWS = 300
"""Windows that the ranges of the int8 model are measured on."""


@dataclass(frozen=True, slots=True)
class Lesson:
    """What is taught."""

    takes: Takes
    labels: tuple[str, ...]
    """"silence", "unknown", and the words."""
    kept: tuple[str, ...]
    """Words among them that the old model knew and the new one keeps."""


def teach_words(
    folders: Sequence[Path],
    words: Sequence[str] | None,
    base: Path,
    out: Path,
    *,
    run: Path,
    processes: int,
    seed: int,
    corrections: Path | None = None,
    keep: bool = False,
) -> int:
    """Teach words to a model, and write the new model file.

    Parameters
    ----------
    folders
        Where the takes are: a folder for each word; room noise in ``_background_noise_``.
    words
        The words; None takes every word there is.
    base
        The model file to begin with, or its name without the ending.
    out
        The model file to write.
    run
        The folder that gets ``run.json``, the record of what was done.
    processes
        How many cores to use.
    seed
        What all draws depend on.
    corrections
        The folder of what was corrected in the window.
    keep
        Whether the new model also keeps the words that the old one knows.

    Returns
    -------
    int
        Exit status, 0.

    Raises
    ------
    DataError
        If there are too few takes of a word, or the model has no trunk beside it.
    """
    begun = time.monotonic()
    base = named_model(base)
    trunk = load_trunk(base)
    kept = read_metadata(base).keywords if keep else ()
    lesson = _lesson(folders, words, corrections, kept, seed)
    for line in lesson.takes.left_out:
        say(f"left out: {line}")
    with Tasks(processes) as tasks:
        windows = make_windows(lesson.takes, trunk.frontend, tasks=tasks, seed=seed)
    # Only now: it takes seconds, and the mistakes a user can make have been found.
    frozen = network_of(trunk)
    material = _material(windows, embed(frozen, windows.windows), trunk, lesson.labels, seed)
    with stages() as begin:
        trial = _try(lesson, material, trunk, frozen, seed, begin)
        begin("learning from all takes")
        head = fit_head(material.all(), lesson.labels, seed=seed)
        begin("writing the model")
        run.mkdir(parents=True, exist_ok=True)
        record = _record(lesson, trial, base, seed, time.monotonic() - begun)
        _export(frozen, head, windows, lesson, trunk, trial, record, out)
    replace_file(run / "run.json", json.dumps(record, indent=1) + "\n")
    _say(lesson, trial, out, time.monotonic() - begun)
    return 0


def named_model(base: Path) -> Path:
    """Return the model file that a path with or without its ending, or "digits", names."""
    if base.suffix == ".tflite":
        return base
    ending = base.with_name(f"{base.name}.tflite")
    if not ending.exists() and str(base) == "digits":
        return default_model_path()
    return ending


@dataclass(frozen=True, slots=True)
class _Folded:
    """Material, and the part each example belongs to (-1: all)."""

    embeddings: Float32Array
    labels: npt.NDArray[np.int64]
    mine: npt.NDArray[np.bool_]
    talk: npt.NDArray[np.bool_]
    folds: npt.NDArray[np.int64]
    recordings: npt.NDArray[np.int64]
    """The recording of another person's word that each is of; -1 for what is none."""
    differences: Float32Array

    def all(self) -> Material:
        return Material(self.embeddings, self.labels, self.mine, self.talk, self.differences)

    def without(self, fold: int) -> Material:
        rest = self.folds != fold
        kept = self.embeddings[rest], self.labels[rest], self.mine[rest], self.talk[rest]
        return Material(*kept, self.differences)


def _lesson(
    folders: Sequence[Path],
    words: Sequence[str] | None,
    corrections: Path | None,
    kept: tuple[str, ...],
    seed: int,
) -> Lesson:
    clips = read_words(folders, words)
    keywords = keywords_of(clips, words)
    if corrections is not None and (corrected := read_corrections(corrections)):
        say(f"corrections used: {len(corrected)} from {corrections} (--no-corrections: none)")
        clips = with_corrections(clips, corrected)
    said = [_labelled(clip, keywords) for clip in _to_learn_from(clips)]
    takes = read_takes(
        [clip for clip in said if clip.word != SILENCE],
        [clip for clip in said if clip.word == SILENCE],
        keywords,
        seed=seed,
    )
    counts = Counter(one.label for one in takes.recordings)
    for word in keywords:
        if counts[word] < FEWEST_TAKES:
            raise DataError(
                f"There are {counts[word]} usable recordings of {word!r}, and at least "
                f"{FEWEST_TAKES} are needed; ten or more are better: record them with "
                f"`recognizer-train record --words {word!r}`, or leave the word out."
            )
    kept = tuple(word for word in kept if word not in keywords)
    return Lesson(takes, (SILENCE, UNKNOWN, *kept, *keywords), kept)


def _to_learn_from(clips: Sequence[Clip]) -> list[Clip]:
    """Leave out who is to be tested on: whole speakers, never some takes of one who is heard.

    Where one person recorded everything, all takes are learnt from: what they are worth is seen
    by testing each on what the others taught.
    """
    learnt = {(clip.corpus, clip.speaker) for clip in clips if clip.split == "train"}
    return [
        clip
        for clip in clips
        if clip.split != "test" or (not clip.speaker or (clip.corpus, clip.speaker) in learnt)
    ]


def _labelled(clip: Clip, keywords: tuple[str, ...]) -> Clip:
    known = (*keywords, SILENCE)
    return replace(clip, word=clip.word if normal(clip.word) in known else UNKNOWN)


def _material(
    windows: Windows,
    embeddings: Float32Array,
    trunk: Trunk,
    labels: tuple[str, ...],
    seed: int,
) -> _Folded:
    background = trunk.background
    number = {label: index for index, label in enumerate(labels)}
    other = number[UNKNOWN]
    shows = [*windows.shows, *background.shows]
    return _Folded(
        np.concatenate([embeddings, background.embeddings]),
        np.array([number.get(one, other) for one in shows]),
        np.arange(len(shows)) < len(windows.shows),
        np.array([False] * len(windows.shows) + [one == UNKNOWN for one in background.shows]),
        np.concatenate([windows.folds, _parts_of(background)]),
        np.concatenate([np.full(len(windows.shows), -1), _recordings(background)]),
        voice_differences(background, seed=seed),
    )


def _parts_of(background: Background) -> npt.NDArray[np.int64]:
    """Deal the background to the parts: windows one by one, but a person's all to one part."""
    places = np.arange(len(background.shows))
    return np.where(background.voices > 0, background.voices, places) % FOLDS


def _recordings(background: Background) -> npt.NDArray[np.int64]:
    """Number the recordings of people's own words; -1 for the rest.

    A trunk without any is judged by what it has, every window for itself.
    """
    if not background.voices.any():
        return np.arange(len(background.voices))
    keys = list(zip(background.shows, background.voices.tolist(), strict=True))
    number = {key: n for n, key in enumerate(dict.fromkeys(keys))}
    return np.array([number[key] if key[1] else -1 for key in keys], np.int64)


def _try(
    lesson: Lesson,
    material: _Folded,
    trunk: Trunk,
    frozen: Any,
    seed: int,
    begin: Callable[[str], None],
) -> Trial:
    """Test each part of the takes, and of the background, on what the others taught."""
    cut, of = plain_windows(lesson.takes, trunk.frontend)
    plain = embed(frozen, cut)
    part_of_window = np.array(lesson.takes.folds)[of] if len(of) else np.zeros(0, int)
    heard = np.zeros((len(plain), len(lesson.labels)), np.float32)
    others: list[Float32Array] = []
    number = {label: index for index, label in enumerate(lesson.labels)}
    strange = (material.labels == number[UNKNOWN]) & (material.recordings >= 0)
    for fold in range(FOLDS):
        begin(f"testing the takes on each other, {fold + 1} of {FOLDS}")
        head = fit_head(material.without(fold), lesson.labels, seed=seed)
        mine = part_of_window == fold
        heard[mine] = posteriors(head, plain[mine])
        tested = strange & (material.folds == fold)
        given = posteriors(head, material.embeddings[tested])
        others.append(means(given, material.recordings[tested]))
    answers = [one.label for one in lesson.takes.recordings]
    asked = [i for i, answer in enumerate(answers) if answer != UNKNOWN]
    place = {take: i for i, take in enumerate(asked)}
    wanted = np.array([take in place for take in of], bool)
    return judge(
        heard[wanted],
        np.array([place[int(take)] for take in of[wanted]], np.int64),
        [answers[i] for i in asked],
        np.concatenate(others),
        lesson.labels,
    )


def _export(
    frozen: Any,
    head: Any,
    windows: Windows,
    lesson: Lesson,
    trunk: Trunk,
    trial: Trial,
    record: dict[str, Any],
    out: Path,
) -> None:
    import keras

    from train.export import export_int8

    model = keras.Model(frozen.input, head(frozen.output))
    chosen = np.random.default_rng(0).permutation(len(windows.windows))[:CALIBRATION_WINDOWS]
    metadata = ModelMetadata(lesson.labels, trunk.frontend, trial.threshold, record)
    export_int8(model, windows.windows[np.sort(chosen)], out, metadata)


def _record(lesson: Lesson, trial: Trial, base: Path, seed: int, seconds: float) -> dict[str, Any]:
    counts = Counter(one.label for one in lesson.takes.recordings)
    return {
        "taught": {
            "words": {word: counts[word] for word in lesson.takes.words},
            "kept": list(lesson.kept),
            "other_words": counts[UNKNOWN],
            "noises": len(lesson.takes.noises),
            "left_out": list(lesson.takes.left_out),
            "to": base.name,
            "seed": seed,
            "date": date.today().isoformat(),
            "seconds": round(seconds, 1),
        },
        "trial": {
            "takes": trial.takes,
            "right": trial.right,
            "other_windows": trial.others,
            "accepted": round(trial.accepted, 4),
            "threshold": trial.threshold,
        },
        "corpora": {"base": read_metadata(base).training.get("corpora", {}), "own": "your own"},
    }


def _say(lesson: Lesson, trial: Trial, out: Path, seconds: float) -> None:
    missed = Counter(
        [one.label for one in lesson.takes.recordings if one.label != UNKNOWN][i]
        for i in trial.missed
    )
    say(
        f"Each take tested on what the others taught: {trial.right} of {trial.takes} right; of "
        f"other people's words {trial.accepted:.1%} are taken for one of yours. Threshold "
        f"{trial.threshold:g}."
    )
    for word, count in missed.most_common():
        say(f"  {word}: {count} missed")
    if trial.right < 0.8 * trial.takes:
        say(
            "That is not much: record more takes, in the places where you will use it, or choose "
            "longer words that sound less like others."
        )
    say(f"In {seconds:.0f} s: {out}. Try it:")
    say(f"  recognizer --model {out}")
