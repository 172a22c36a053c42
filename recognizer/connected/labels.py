"""What the outputs of a connected model stand for: parts of words, in the order they are said."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from recognizer.errors import ModelError
from recognizer.model_metadata import SILENCE, UNKNOWN

STATES = 3
"""Parts that a word is divided into, each with an output of its own: beginning, middle, end."""

SAID_FOR = {"oh": "zero"}
"""Words that stand for another one: who reads a number out says "oh" for its zeros."""


def part_labels(keywords: Sequence[str]) -> tuple[str, ...]:
    """Return the labels of a model of these words, in the model's order.

    >>> part_labels(["zero"])
    ('silence', 'unknown', 'zero 1', 'zero 2', 'zero 3')
    """
    parts = (f"{word} {part}" for word in keywords for part in range(1, STATES + 1))
    return (SILENCE, UNKNOWN, *parts)


def words_of(labels: Sequence[str]) -> tuple[str, ...]:
    """Return the words whose parts a model's labels are.

    Raises
    ------
    ModelError
        If these are not the labels of a connected model. The sentence does not know its name.
    """
    words = tuple(dict.fromkeys(label.rpartition(" ")[0] for label in labels[2:]))
    if not words or tuple(labels) != part_labels(words):
        raise ModelError(
            "It tells words that stand alone, so it cannot be used with --connected; models for "
            "that are made by `recognizer-train connected fit`."
        )
    return words


def said_labels(words: Sequence[str]) -> tuple[str, ...]:
    """Return what is told apart with a model of these words: a word and what it stands for is one.

    >>> said_labels(["zero", "one", "oh"])
    ('silence', 'unknown', 'zero', 'one')
    """
    return (SILENCE, UNKNOWN, *(word for word in words if word not in SAID_FOR))


def said_parts(words: Sequence[str]) -> npt.NDArray[np.float32]:
    """Return the matrix that makes posteriors of `said_labels` out of those of `part_labels`.

    Returns
    -------
    numpy.ndarray
        float32 ``[part labels, said labels]``, 1 where an output is a part of what is said.
    """
    said = said_labels(words)
    matrix = np.zeros((len(part_labels(words)), len(said)), np.float32)
    matrix[0, 0] = matrix[1, 1] = 1.0
    for number, word in enumerate(words):
        first = 2 + STATES * number
        # A model may know only the other word for something.
        if (label := SAID_FOR.get(word, word)) in said:
            matrix[first : first + STATES, said.index(label)] = 1.0
    return matrix
