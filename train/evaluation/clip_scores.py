"""Single recordings, each by itself: which of the words it is most like.

This is the accuracy that papers tell: among the keywords alone, without a threshold, without
anything between the words. It is higher than what a user meets; `train.evaluation.evaluate`
measures that.
"""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from recognizer.classifier import Classifier
from recognizer.errors import AudioError
from recognizer.model_metadata import SILENCE, UNKNOWN
from train.corpora import Clip, read_audio
from train.evaluation.class_scores import MISSED, Answer, class_figures, speaker_spread
from train.intervals import proportion
from train.live_windows import cut_windows

if TYPE_CHECKING:
    from train.tasks import Tasks

Float32Array = npt.NDArray[np.float32]

QUIET_S = 0.5
"""Silence before and behind a recording: the cutter decides in quiet that a word is over
(seconds)."""

_AT_A_TIME = 50


def clip_figures(
    clips: Sequence[Clip],
    posteriors: Float32Array,
    found: Sequence[bool],
    labels: Sequence[str],
    name: Callable[[Path], str] = Path.as_posix,
) -> dict[str, Any]:
    """Count how many recordings of keywords are most like what was said in them.

    Parameters
    ----------
    clips
        The recordings; those of other words are left out.
    posteriors
        Of each recording, float32 ``[clips, labels]``.
    found
        Whether anything was heard in each; where not, it is missed.
    labels
        What each posterior stands for.
    name
        What a recording is called.

    Returns
    -------
    dict
        ``clips`` judged, ``not_found`` (those in which nothing was heard), ``speakers``; the
        figures of `train.evaluation.class_scores.class_figures` and ``speaker_spread``;
        ``by_corpus``, a share for each; ``to_hear``, the recordings that came out wrong.

    """
    keywords = [label for label in labels if label not in (SILENCE, UNKNOWN)]
    columns = [labels.index(word) for word in keywords]
    answers: list[Answer] = []
    corpora: dict[str, list[bool]] = {}
    to_hear = []
    for clip, row, heard in zip(clips, posteriors, found, strict=True):
        if clip.word not in keywords:
            continue
        order = np.argsort(-row[columns], kind="stable")
        best = keywords[order[0]] if heard else MISSED
        speaker = f"{clip.corpus}/{clip.speaker}" if clip.speaker else ""
        answers.append(Answer(clip.word, best, speaker))
        corpora.setdefault(clip.corpus, []).append(answers[-1].right)
        if not answers[-1].right:
            likely = [[keywords[i], round(float(row[columns[i]]), 4)] for i in order[:2]]
            to_hear.append(
                {
                    "source": name(clip.path),
                    "said": clip.word,
                    "at": None,
                    "result": "wrong" if heard else "missed",
                    "reason": None if heard else "no word",
                    "heard": likely if heard else [],
                }
            )
    return {
        "clips": len(answers),
        "not_found": sum(one.heard == MISSED for one in answers),
        "speakers": len({one.speaker for one in answers if one.speaker}),
        **class_figures(answers, keywords),
        "speaker_spread": speaker_spread(answers),
        "by_corpus": {
            corpus: proportion(sum(right), len(right)) for corpus, right in sorted(corpora.items())
        },
        "to_hear": to_hear,
    }


def draw(clips: Sequence[Clip], limit: int | None, seed: int = 0) -> list[Clip]:
    """Return so many of the recordings, drawn by lot, in the order given; None takes them all."""
    if limit is None or limit >= len(clips):
        return list(clips)
    chosen = np.random.default_rng(seed).permutation(len(clips))[:limit]
    return [clips[index] for index in sorted(chosen.tolist())]


def model_posteriors(
    model: Path, clips: Sequence[Clip], *, tasks: "Tasks"
) -> tuple[Float32Array, list[bool]]:
    """Return what a model file says about some recordings.

    Each is put between half seconds of quiet and cut as it would be live; the posteriors of the
    windows in which a word stands alone are averaged.

    Parameters
    ----------
    model
        The model file.
    clips
        The recordings, of any words.
    tasks
        Where it is done.

    Returns
    -------
    posteriors : numpy.ndarray
        float32 ``[clips, labels]``; zeros where there is no such window.
    found : list of bool
        Whether the recording could be read and has such a window.

    Raises
    ------
    ModelError
        If the model file cannot be used.

    """
    labels = Classifier(model).labels
    paths = [clip.path for clip in clips]
    batches = [
        (model, paths[first : first + _AT_A_TIME]) for first in range(0, len(paths), _AT_A_TIME)
    ]
    rows = [row for batch in tasks.map(_of_batch, batches, "Single words") for row in batch]
    posteriors = np.zeros((len(rows), len(labels)), np.float32)
    for index, row in enumerate(rows):
        if row is not None:
            posteriors[index] = row
    return posteriors, [row is not None for row in rows]


def _of_batch(batch: tuple[Path, list[Path]]) -> list[Float32Array | None]:
    model, paths = batch
    classifier = Classifier(model)
    return [_of_clip(classifier, path) for path in paths]


def _of_clip(classifier: Classifier, path: Path) -> Float32Array | None:
    try:
        samples = read_audio(path)
    except AudioError:
        return None
    quiet = np.zeros(round(QUIET_S * classifier.frontend.sample_rate), np.float32)
    stream = np.concatenate((quiet, samples, quiet))
    seen = [
        classifier.posteriors(window)
        for cut, _, window in cut_windows(stream, classifier.frontend)
        if cut.alone
    ]
    return np.mean(seen, axis=0, dtype=np.float32) if seen else None
