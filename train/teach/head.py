"""The new last layers: from the trunk's embedding to the words just taught.

Ten takes say little about how others say a word. But what changes from one person to another is
much the same for all words, and the background shows it: how an embedding differs between two
people who say the same word. Such differences are added to the takes' embeddings, as if others
had said them, too (Hariharan and Girshick, "Low-shot Visual Recognition by Shrinking and
Hallucinating Features", 2017); and to all others', so that they tell nothing.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from recognizer.model_metadata import SILENCE, UNKNOWN
from train.teach.trunk import Background

if TYPE_CHECKING:
    import keras

Float32Array = npt.NDArray[np.float32]

HIDDEN = 128
"""Size of the layer in between: one layer alone cannot fence a word in on all sides."""
MEMBERS = 3
"""Heads beside each other, whose mean decides: each guesses otherwise what ten takes leave open."""
EPOCHS = 8
BATCH = 256
STEPS = 250
"""Batches in an epoch."""
LEARNING_RATE = 3e-3
WEIGHT_DECAY = 1e-3
DROPOUT = 0.4
"""Of what goes into each of the two layers."""
SHARE = {SILENCE: 0.12, UNKNOWN: 0.53}
"""Share of a batch; the rest is the words, all alike."""
OWN_SHARE, TALK_SHARE, WORDS_SHARE = 0.15, 0.4, 0.45
"""What the windows without a keyword are drawn from: the user's own takes, by half or backwards;
other people's running speech; other words that they say."""
OTHER_VOICE = 0.5
"""Share of a batch that is made to sound as if somebody else had said it."""
DIFFERENCES = 20_000
"""Differences between two people that are drawn."""
LEAST_PEOPLE = 5
"""A word that fewer people say tells little about how people differ."""


@dataclass(frozen=True, slots=True)
class Material:
    """What a head learns from."""

    embeddings: Float32Array
    """``[n, size]``."""
    labels: npt.NDArray[np.int64]
    """``[n]``, indices into the labels."""
    mine: npt.NDArray[np.bool_]
    """``[n]``, whether it is from the user's recordings."""
    talk: npt.NDArray[np.bool_]
    """``[n]``, whether it is of other people's running speech."""
    differences: Float32Array
    """``[m, size]``: what `voice_differences` draws; there may be none."""


def build_head(size: int, labels: int) -> "tuple[keras.Model, keras.Model]":
    """Return an untrained head, and the same with the answers of its members apart.

    Returns
    -------
    tuple
        From embeddings ``[n, size]`` to logits ``[n, labels]``, the mean of those of `MEMBERS`
        small networks; and to ``[n, MEMBERS, labels]``, for training.
    """
    import keras
    from keras import layers

    embedding = layers.Input((size,))
    answers = []
    for _ in range(MEMBERS):
        x = layers.Dropout(DROPOUT)(embedding)
        x = layers.Dense(HIDDEN, activation="relu")(x)
        x = layers.Dropout(DROPOUT)(x)
        answers.append(layers.Dense(labels)(x))
    mean = layers.Average()(answers)
    apart = layers.Concatenate(axis=1)([layers.Reshape((1, labels))(one) for one in answers])
    return keras.Model(embedding, mean, name="head"), keras.Model(embedding, apart)


def fit_head(
    material: Material,
    labels: Sequence[str],
    *,
    seed: int,
    epochs: int | None = None,
) -> "keras.Model":
    """Train a head; the same for the same seed.

    Parameters
    ----------
    material
        The examples.
    labels
        "silence", "unknown" and the words.
    seed
        What the first weights and the batches depend on.
    epochs
        Instead of `EPOCHS`.
    """
    import keras
    import tensorflow as tf

    epochs = EPOCHS if epochs is None else epochs
    keras.utils.set_random_seed(seed)
    head, members = build_head(material.embeddings.shape[1], len(labels))
    chances = _chances(material, labels)
    rng = np.random.default_rng(seed)
    schedule = keras.optimizers.schedules.CosineDecay(LEARNING_RATE, epochs * STEPS)
    optimizer = keras.optimizers.AdamW(schedule, weight_decay=WEIGHT_DECAY)
    loss_of = keras.losses.CategoricalCrossentropy(from_logits=True, label_smoothing=0.02)

    @tf.function(reduce_retracing=True)  # type: ignore[untyped-decorator]
    def step(embeddings: Any, answers: Any) -> None:
        with tf.GradientTape() as tape:
            given = members(embeddings, training=True)
            wanted = tf.one_hot(tf.repeat(answers[:, None], MEMBERS, axis=1), len(labels))
            loss = loss_of(wanted, given)
        variables = members.trainable_variables
        optimizer.apply_gradients(zip(tape.gradient(loss, variables), variables, strict=True))

    for _ in range(epochs):
        drawn = rng.choice(len(chances), (STEPS, BATCH), p=chances)
        for batch in drawn:
            step(_by_others(rng, material, batch), material.labels[batch])
    return head


def posteriors(head: "keras.Model", embeddings: Float32Array) -> Float32Array:
    """Return each label's probability, ``[n, labels]``."""
    logits = np.asarray(head(embeddings, training=False))
    exponentials = np.exp(logits - logits.max(axis=1, keepdims=True))
    return np.asarray(exponentials / exponentials.sum(axis=1, keepdims=True), np.float32)


def voice_differences(background: Background, *, seed: int) -> Float32Array:
    """Draw how an embedding changes when somebody else says the same word.

    Parameters
    ----------
    background
        Where people's own recordings are.
    seed
        What is drawn depends on.

    Returns
    -------
    numpy.ndarray
        float32 ``[DIFFERENCES, size]``, all words alike; ``[0, size]`` if there are too few people.
    """
    rng = np.random.default_rng(seed)
    said: dict[str, dict[int, list[int]]] = defaultdict(lambda: defaultdict(list))
    for place in np.flatnonzero(background.voices):
        said[background.shows[place]][int(background.voices[place])].append(int(place))
    words = [list(by.values()) for _, by in sorted(said.items()) if len(by) >= LEAST_PEOPLE]
    pairs = np.zeros((DIFFERENCES if words else 0, 2), np.int64)
    for pair in pairs:
        people = words[int(rng.integers(len(words)))]
        two = rng.choice(len(people), 2, replace=False)
        pair[:] = [people[one][int(rng.integers(len(people[one])))] for one in two]
    embeddings = background.embeddings
    return embeddings[pairs[:, 0]] - embeddings[pairs[:, 1]]


def _by_others(
    rng: np.random.Generator, material: Material, batch: npt.NDArray[np.int64]
) -> Float32Array:
    """Return the embeddings of a batch, a part of them as if somebody else had spoken."""
    embeddings = material.embeddings[batch]
    if len(material.differences):
        chosen = np.flatnonzero(rng.random(len(batch)) < OTHER_VOICE)
        drawn = rng.integers(len(material.differences), size=len(chosen))
        # No embedding is negative: they are means of what a rectifier lets through.
        embeddings[chosen] = np.maximum(embeddings[chosen] + material.differences[drawn], 0.0)
    return embeddings


def _chances(material: Material, labels: Sequence[str]) -> npt.NDArray[np.float64]:
    """How often each example is drawn."""
    rest = (1.0 - sum(SHARE.values())) / (len(labels) - len(SHARE))
    chances = np.zeros(len(material.labels))
    for number, label in enumerate(labels):
        of_label = material.labels == number
        parts = [(of_label, 1.0)]
        if label == UNKNOWN:
            talk, own = of_label & material.talk, of_label & material.mine
            parts = [(own, OWN_SHARE), (talk, TALK_SHARE), (of_label & ~own & ~talk, WORDS_SHARE)]
        parts = [(part, share) for part, share in parts if part.any()]
        for part, share in parts:
            all_shares = sum(share for _, share in parts)
            chances[part] = SHARE.get(label, rest) * share / all_shares / part.sum()
    normalized: npt.NDArray[np.float64] = chances / chances.sum()
    return normalized
