"""Batch normalization as one operation.

Keras 3 puts it together from a dozen, each of which reads and writes all activations once more. In
the digits' training that and oneDNN make a quarter of the time (`tests.benchmarks.training`).
"""

from typing import Any

import tensorflow as tf
from keras import layers


class BatchNormalization(layers.BatchNormalization):  # type: ignore[misc]
    """Keras's layer with the same weights and the same results but for rounding, made for speed.

    The channels come last, of four axes; there is no mask. The variance that the running average
    takes in is the unbiased one, as TensorFlow's operation gives it: of ten thousand values one
    ten-thousandth more.
    """

    def call(self, inputs: Any, training: bool | None = None, mask: None = None) -> Any:
        """Normalize, ``[n, height, width, channels]``."""
        if not training:
            return super().call(inputs, training=training, mask=mask)
        outputs, mean, variance, *_ = tf.raw_ops.FusedBatchNormV3(
            x=inputs,
            scale=self.gamma,
            offset=self.beta,
            mean=tf.zeros(0),
            variance=tf.zeros(0),
            epsilon=self.epsilon,
            is_training=True,
        )
        for average, now in ((self.moving_mean, mean), (self.moving_variance, variance)):
            average.assign(average * self.momentum + now * (1.0 - self.momentum))
        return outputs
