"""``python -m tests.benchmarks.run_training keras|fused``: trains when told to, and says how long.

Each line on standard input is a number of steps; each line on standard output how long they took.
"""

import sys
import time
from typing import Any

import numpy as np

from train.systems.quiet import start_keras

BATCH = 256
WORDS = 1200
"""Words told apart beside the keywords."""


def main(normalization: str) -> None:
    keras = start_keras()
    import tensorflow as tf

    from train import network
    from train.prepare import LABELS

    if normalization == "keras":
        vars(network)["BatchNormalization"] = keras.layers.BatchNormalization
    model = network.with_words(network.build(98, 40, len(LABELS)), WORDS)
    optimizer = keras.optimizers.AdamW(1e-3)
    optimizer.build(model.trainable_variables)
    entropy = tf.nn.sparse_softmax_cross_entropy_with_logits

    @tf.function
    def step(windows: Any, labels: Any, words: Any) -> Any:
        with tf.GradientTape() as tape:
            logits, of_words = model(windows, training=True)
            loss = tf.reduce_mean(entropy(labels, logits) + entropy(words, of_words))
        variables = model.trainable_variables
        optimizer.apply_gradients(zip(tape.gradient(loss, variables), variables, strict=True))
        return loss

    random = np.random.default_rng(0)
    windows = random.normal(size=(BATCH, 98, 40, 1)).astype(np.float32)
    labels = random.integers(0, len(LABELS), BATCH)
    words = random.integers(0, WORDS, BATCH)
    for line in sys.stdin:
        began = time.perf_counter()
        for _ in range(int(line)):
            float(step(windows, labels, words))
        sys.stdout.write(f"{time.perf_counter() - began}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main(*sys.argv[1:])
