"""The network: for each 20 ms of a window, which part of which digit is being said.

One convolution sees time and frequency together, so that a formant may lie a little higher in
another voice; then the bands become channels, and residual convolutions of growing dilation look
along time (a time-delay network [1]_). Nothing is averaged over time: every step keeps an answer
of its own. Full convolutions instead of depthwise-separable ones, because these take a third of
the time to train on processors.

References
----------
.. [1] Peddinti, Povey and Khudanpur, "A time delay neural network architecture for efficient
   modeling of long temporal contexts", Interspeech 2015.
"""

from typing import Any

import keras
from keras import layers

from train.batch_norm import BatchNormalization
from train.connected.reach import DILATIONS, STEM_SIZE, STEP_FRAMES

STEM = 24
BAND_STRIDE = 4
CHANNELS = 104


def build(frames: int, bands: int, labels: int, *, dropout: float = 0.1) -> keras.Model:
    """Build the network.

    Parameters
    ----------
    frames, bands
        The shape of a window.
    labels
        How many classes.
    dropout
        Share of each layer's features dropped in training.

    Returns
    -------
    keras.Model
        From float32 ``[n, frames, bands, 1]`` to logits ``[n, frames // STEP_FRAMES, labels]``.
    """

    def convolution(x: Any, channels: int, length: int, dilation: int = 1) -> Any:
        x = layers.Conv2D(
            channels, (length, 1), dilation_rate=(dilation, 1), padding="same", use_bias=False
        )(x)
        return layers.ReLU()(BatchNormalization()(x))

    window = layers.Input((frames, bands, 1))
    x = layers.Conv2D(
        STEM, STEM_SIZE, strides=(STEP_FRAMES, BAND_STRIDE), padding="same", use_bias=False
    )(window)
    x = layers.ReLU()(BatchNormalization()(x))
    x = layers.Reshape((x.shape[1], 1, x.shape[2] * x.shape[3]))(x)
    x = convolution(x, CHANNELS, 1)
    for dilation in DILATIONS:
        x = layers.Add()([x, convolution(x, CHANNELS, 3, dilation)])
        x = layers.Dropout(dropout)(x)
    x = layers.Conv2D(labels, (1, 1))(x)
    return keras.Model(window, layers.Reshape((x.shape[1], labels))(x))
