"""How many sounds a network, and the file made from it, get right."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from recognizer.classifier import Classifier
from recognizer.model_metadata import SILENCE, UNKNOWN
from recognizer.native_stderr import quiet_native_stderr
from train.corpora import Clip, Split
from train.errors import DataError
from train.evaluation.clip_scores import model_posteriors
from train.systems.dataset import Examples, make_examples
from train.systems.loop import softmax
from train.systems.words import normal, read_words

if TYPE_CHECKING:
    from train.systems.run import Run
    from train.tasks import Tasks

Float32Array = npt.NDArray[np.float32]
Answering = Callable[[Float32Array], Float32Array]
"""From examples ``[n, *shape]`` to posteriors ``[n, labels]``."""

WORDS, OTHERS = "words", "other sounds"


@dataclass(frozen=True, slots=True)
class HeldOut:
    """Recordings that a run did not learn from, and their examples."""

    part: Split
    """What they are for."""
    clips: list[Clip]
    examples: Examples
    """With what is no word, where the system knows of that."""
    labels: tuple[str, ...]
    """Of the run."""

    def right(self, posteriors: Float32Array) -> dict[str, tuple[int, int]]:
        """Count the right answers, each to all examples of one sound together.

        The posteriors of a sound's examples are averaged; the label of the highest is the answer.
        A word in which the live voice detector finds nothing counts as wrong.

        Parameters
        ----------
        posteriors
            Of the examples, ``[n, labels]``.

        Returns
        -------
        dict
            How many are right, of how many: `WORDS`; `OTHERS`, which are other words, half words,
            words backwards and noises, as far as the labels know of them.
        """
        silence = self.labels.index(SILENCE) if SILENCE in self.labels else -1
        sounds: dict[tuple[int, int], list[int]] = {}
        keys = zip(self.examples.clip.tolist(), self.examples.labels.tolist(), strict=True)
        for row, (clip, label) in enumerate(keys):
            # Many pieces are cut from one noise, and each window counts by itself.
            sounds.setdefault((-2 - row if label == silence else clip, label), []).append(row)
        tally = {WORDS: [0, 0], OTHERS: [0, 0]}
        for (_, label), rows in sounds.items():
            of = tally[OTHERS if self.labels[label] in (SILENCE, UNKNOWN) else WORDS]
            of[0] += int(posteriors[rows].mean(axis=0).argmax()) == label
            of[1] += 1
        words = set(self.labels) - {SILENCE, UNKNOWN}
        # Those in which nothing was found gave no example.
        tally[WORDS][1] = sum(clip.word in words for clip in self.clips)
        return {what: (right, of) for what, (right, of) in tally.items()}


def hold_out(
    run: "Run", folders: Sequence[Path] = (), *, tasks: "Tasks", cache: Path | None = None
) -> HeldOut:
    """Read recordings to measure a run on.

    Parameters
    ----------
    folders
        Where to look for others than the run's own; of them only those for testing are taken.

    Returns
    -------
    HeldOut
        The run's recordings for validation, or those for testing where there are none of the words
        among them, or where folders are given.

    Raises
    ------
    DataError
        If there is none, or none that can be read.
    """
    if folders:
        part: Split = "test"
        clips = for_testing(folders, run.words, run.clips)
    else:
        part = "validation"
        if not any(clip.word in run.words for clip in run.part(part)):
            part = "test"
        clips = run.part(part)
        if not any(clip.word in run.words for clip in clips):
            raise DataError(
                f"There is no recording in {run.folder} to measure on; name a folder with --data."
            )
    examples = make_examples(
        clips,
        run.recipe,
        run.labels,
        negatives=part,
        tasks=tasks,
        title="features for measuring",
        cache=cache,
    )
    if not holds_words(examples, run):
        first = examples.left_out[0] if examples.left_out else "nothing is heard in them"
        raise DataError(
            f"None of the recordings of {run.folder} to measure on can be used ({first}); put them "
            "back, or name others with --data."
        )
    return HeldOut(part, clips, examples, run.labels)


def holds_words(examples: Examples, run: "Run") -> bool:
    """Whether there are examples of the words, and not only of noise, which can be made up."""
    wanted = [run.labels.index(word) for word in run.words]
    return bool(np.isin(examples.labels, wanted).any())


def for_testing(
    folders: Sequence[Path], words: Sequence[str], learnt: Sequence[Clip] = ()
) -> list[Clip]:
    """Return the recordings for testing in some folders.

    Parameters
    ----------
    words
        At least one of them must be among the recordings.
    learnt
        Recordings of which those for training and validation are left out.

    Raises
    ------
    DataError
        If there is none of the words.
    """
    known = {clip.path.resolve() for clip in learnt if clip.split != "test"}
    clips = [
        clip
        for clip in read_words(folders)
        if clip.split == "test" and clip.path.resolve() not in known
    ]
    if not {clip.word for clip in clips} & set(map(normal, words)):
        raise DataError(
            f"There is no recording for testing of {', '.join(words)} in "
            f"{', '.join(map(str, folders))}."
        )
    return clips


def file_answers(path: Path) -> Answering:
    """Return how a model file answers, in the very code that users run.

    Raises
    ------
    ModelError
        If the file cannot be used.
    """
    classifier = Classifier(path)

    def answers(features: Float32Array) -> Float32Array:
        rows = [classifier.posteriors(window) for window in features]
        return np.array(rows, np.float32).reshape(len(features), len(classifier.labels))

    return answers


def float_answers(flatbuffer: bytes) -> Answering:
    """Return how a float32 flatbuffer answers, whose outputs are logits."""
    from ai_edge_litert.interpreter import Interpreter

    with quiet_native_stderr(b"INFO: "):
        interpreter: Any = Interpreter(model_content=flatbuffer, num_threads=1)
        interpreter.allocate_tensors()
    source, sink = interpreter.get_input_details()[0], interpreter.get_output_details()[0]

    def answers(features: Float32Array) -> Float32Array:
        scores = np.zeros((len(features), int(sink["shape"][-1])), np.float32)
        for row, example in enumerate(features):
            interpreter.set_tensor(source["index"], example.reshape(source["shape"]))
            interpreter.invoke()
            scores[row] = interpreter.get_tensor(sink["index"])[0]
        return softmax(scores)

    return answers


def right_recordings(model: Path, clips: Sequence[Clip], *, tasks: "Tasks") -> int:
    """Count the recordings that a model file gets right, through its own frontend.

    To a recording of a word it knows it must give that word, of all labels, the highest posterior.
    To any other it must give none of its words the highest, or find nothing in it.

    Raises
    ------
    ModelError
        If the file cannot be used.
    """
    labels = Classifier(model).labels
    known = set(labels) - {SILENCE, UNKNOWN}
    posteriors, found = model_posteriors(model, clips, tasks=tasks)
    right = 0
    for clip, best, there in zip(clips, posteriors.argmax(axis=1), found, strict=True):
        answer = labels[best] if there else UNKNOWN
        right += answer == clip.word if clip.word in known else answer not in known
    return right
