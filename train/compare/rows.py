"""The rows of a comparison, from the answers on single recordings."""

from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from train.compare.fold import NOTHING, FoldResult
from train.compare.models import ModelFile
from train.compare.splits import Fold, speaker_of
from train.corpora import Clip
from train.evaluation.class_scores import MISSED, Answer, class_figures
from train.intervals import proportion

Tested = tuple[str, Sequence[Clip], Sequence[int]]
"""A part's name, the recordings tested on, and the answers."""


def recipe_row(
    name: str,
    description: str,
    words: Sequence[str],
    results: Sequence[tuple[Fold, FoldResult]],
) -> dict[str, Any]:
    """Return the row of a system.

    Parameters
    ----------
    results
        What came of each fold.

    Returns
    -------
    dict
        Plain values. ``random`` and ``speakers`` are what `figures` returns, None without folds of
        that kind. ``training_seconds`` is the mean of one training. ``int8_seconds``, which a
        window takes, is None until it is measured.
    """
    tested: dict[str, list[Tested]] = defaultdict(list)
    for fold, result in results:
        tested[fold.kind].append((fold.name, fold.test, result.answers))
    sizes = [one for _, one in results if one.float_bytes is not None]
    first = results[0][1]
    return {
        "name": name,
        "description": description,
        "parameters": first.parameters,
        "float_bytes": sizes[0].float_bytes if sizes else None,
        "int8_bytes": sizes[0].int8_bytes if sizes else None,
        "multiply_adds": first.multiply_adds,
        "int8_seconds": None,
        "training_seconds": sum(one.seconds for _, one in results) / len(results),
        "epochs": [one.epochs for _, one in results],
        "best_epochs": [one.best_epoch for _, one in results],
        "left_out": sorted({reason for _, one in results for reason in one.left_out}),
        "random": figures(tested["random"], words),
        "speakers": figures(tested["speakers"], words),
        "notes": [],
    }


def model_row(
    path: Path,
    about: ModelFile,
    words: Sequence[str],
    clips: Sequence[Clip],
    answers: Sequence[int],
    *,
    of_words: int,
) -> dict[str, Any]:
    """Return the row of a model file, like `recipe_row`.

    Parameters
    ----------
    words
        The words it knows of those compared, which are `of_words`.
    clips, answers
        Recordings of these words, none of which the model may know.
    """
    by_speaker: dict[str, list[tuple[Clip, int]]] = defaultdict(list)
    for clip, answer in zip(clips, answers, strict=True):
        by_speaker[clip.speaker].append((clip, answer))
    tested: list[Tested] = [
        (name, [clip for clip, _ in those], [answer for _, answer in those])
        for name, those in sorted(by_speaker.items())
    ]
    named = [name for name in by_speaker if name]
    who = f"{named[0]}" if len(named) == 1 else f"{len(named)} speakers"
    notes = [
        f"{path.name} is trained already: measured only on {len(clips)} recordings that it cannot "
        f"have been trained on ({who}). A random split would test it on what it has learnt."
        if clips
        else f"{path.name} is trained already, and may know every one of these recordings."
    ]
    if len(words) < of_words:
        notes.append(f"{path.name} knows {len(words)} of the {of_words} words; only these count.")
    return {
        "name": str(path),
        "description": "a model file",
        "parameters": about.parameters,
        "float_bytes": None,
        "int8_bytes": about.file_bytes,
        "multiply_adds": about.multiply_adds,
        "int8_seconds": None,
        "training_seconds": None,
        "epochs": [],
        "best_epochs": [],
        "left_out": [],
        "random": None,
        "speakers": figures(tested, words),
        "notes": notes,
    }


def figures(tested: Sequence[Tested], words: Sequence[str]) -> dict[str, Any] | None:
    """Return how many answers are right, together, by part, and by speaker.

    Returns
    -------
    dict or None
        ``right``: `train.intervals.proportion` of all answers. ``macro_f1``: the mean of the
        words' F1 scores, over all answers. ``folds``: the same two for each part. ``by_speaker``:
        ``right`` for each speaker. None where nothing was tested.
    """
    pairs = [
        (clip, answer)
        for _, clips, answers in tested
        for clip, answer in zip(clips, answers, strict=True)
    ]
    if not pairs:
        return None
    speakers: dict[tuple[str, str], list[bool]] = defaultdict(list)
    for clip, answer in pairs:
        if clip.speaker:
            speakers[speaker_of(clip)].append(_heard(answer, words) == clip.word)
    return {
        **_scores(pairs, words),
        "folds": [
            {"name": name, **_scores(list(zip(clips, answers, strict=True)), words)}
            for name, clips, answers in tested
        ],
        "by_speaker": [
            {"corpus": corpus, "speaker": name, "right": proportion(sum(those), len(those))}
            for (corpus, name), those in sorted(speakers.items())
        ],
    }


def _scores(pairs: Sequence[tuple[Clip, int]], words: Sequence[str]) -> dict[str, Any]:
    given = [Answer(clip.word, _heard(answer, words)) for clip, answer in pairs]
    right = sum(one.right for one in given)
    return {
        "right": proportion(right, len(given)),
        "macro_f1": class_figures(given, words)["macro"]["f1"],
        "nothing_heard": sum(answer == NOTHING for _, answer in pairs),
    }


def _heard(answer: int, words: Sequence[str]) -> str:
    return MISSED if answer == NOTHING else words[answer]
