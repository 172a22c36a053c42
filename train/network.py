"""The network: a small residual convolutional net, two-dimensional at first, then over time.

Two convolutions see time and frequency together, so that a formant may lie a little higher in
another voice; then the bands become channels and depthwise-separable residual blocks of growing
length look along time (as ds-tc-resnet and MatchboxNet do: Choi et al. 2019, Majumdar and
Ginsburg 2020), which is cheap on one core.
"""

from typing import Any

import keras
from keras import layers

from train.batch_norm import BatchNormalization

STEM = (24, 32)
CHANNELS = 112
KERNELS = (9, 9, 11, 11, 13, 13, 15)
HEAD = 192
EMBEDDING = "embedding"
"""Name of the layer whose output tells words apart, keywords or not."""


def build(
    frames: int, bands: int, labels: int, *, dropout: float = 0.25, weight_decay: float = 0.0
) -> keras.Model:
    """Build the network.

    Parameters
    ----------
    frames, bands
        The shape of a window.
    labels
        How many classes.
    dropout
        Share of the last features dropped in training.
    weight_decay
        L2 penalty of the convolutions' weights.

    Returns
    -------
    keras.Model
        From float32 ``[n, frames, bands, 1]`` to logits ``[n, labels]``.
    """
    regularizer = keras.regularizers.L2(weight_decay) if weight_decay else None

    def convolution(x: Any, channels: int, size: tuple[int, int], stride: tuple[int, int]) -> Any:
        x = layers.Conv2D(
            channels,
            size,
            strides=stride,
            padding="same",
            use_bias=False,
            kernel_regularizer=regularizer,
        )(x)
        return BatchNormalization()(x)

    def block(x: Any, length: int) -> Any:
        y = layers.DepthwiseConv2D((length, 1), padding="same", use_bias=False)(x)
        y = BatchNormalization()(y)
        y = convolution(y, CHANNELS, (1, 1), (1, 1))
        return layers.ReLU()(layers.Add()([x, y]))

    window = layers.Input((frames, bands, 1))
    x = layers.ReLU()(convolution(window, STEM[0], (5, 5), (2, 2)))
    x = layers.ReLU()(convolution(x, STEM[1], (3, 3), (1, 2)))
    x = layers.Reshape((x.shape[1], 1, x.shape[2] * x.shape[3]))(x)
    x = layers.ReLU()(convolution(x, CHANNELS, (1, 1), (1, 1)))
    for length in KERNELS:
        x = block(x, length)
    x = layers.ReLU()(convolution(x, HEAD, (1, 1), (1, 1)))
    x = layers.GlobalAveragePooling2D(name=EMBEDDING)(x)
    x = layers.Dropout(dropout)(x)
    return keras.Model(window, layers.Dense(labels)(x))


def with_words(model: keras.Model, words: int, *, dropout: float = 0.25) -> keras.Model:
    """Return the network with a second output for training: which word is in view.

    The classes alone would let everything that is no keyword fall together, and the embedding
    could not tell a word taught later from other words.

    Parameters
    ----------
    model
        What `build` made; its weights are shared.
    words
        How many words.
    dropout
        Share of the embedding dropped in training.
    """
    embedding = model.get_layer(EMBEDDING).output
    logits = layers.Dense(words, name="words")(layers.Dropout(dropout)(embedding))
    return keras.Model(model.input, [model.output, logits])
