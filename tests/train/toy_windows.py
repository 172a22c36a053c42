"""A few prepared windows, and a recipe that is trained on them in a moment."""

import numpy as np

from train.prepare import LABELS, Prepared
from train.recipe import FitRecipe

RECIPE = FitRecipe(
    steps=60,
    batch=24,
    learning_rate=4e-3,
    warmup_steps=3,
    weight_decay=1e-3,
    label_smoothing=0.05,
    dropout=0.1,
    ema_momentum=0.9,
    validate_every=6,
    patience=3,
    share={"unknown": 0.3, "silence": 0.1},
    vocabulary_share=0.1,
    shifted_bands=2,
    blank_stripes=2,
    mix=0.25,
    mined_part=0.2,
    word_loss=0.5,
    rounds=(),
)

FRAMES, BANDS = 24, 16


VOCABULARY = (*LABELS[2:], "other")

EVERY_LABEL = tuple(range(len(LABELS)))


def toy(seed, each=6, labels=EVERY_LABEL):
    """Windows of a few classes, each a pattern of its own in noise."""
    patterns = np.random.default_rng(0).normal(0.0, 20.0, (len(LABELS), FRAMES, BANDS))
    answers = np.repeat(np.array(labels, np.uint8), each)
    noise = np.random.default_rng(seed).normal(0.0, 5.0, (len(answers), FRAMES, BANDS))
    windows = np.clip(np.rint(patterns[answers] + noise), -127, 127).astype(np.int8)
    # Every keyword is a word, and every second window of the others shows a word of its own.
    words = np.where(answers >= 2, answers - 1, 0).astype(np.uint16)
    words[(answers == 1) & (np.arange(len(answers)) % 2 == 0)] = len(VOCABULARY)
    return Prepared(windows, answers, words, VOCABULARY)
