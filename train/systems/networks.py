"""From a recipe's ``[network]`` to a Keras model, and what that takes to compute.

A model gives logits; the softmax is in the loss, and behind the exported file in
`recognizer.classifier.Classifier`. Keras is imported when something is built.
"""

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from train.errors import DataError
from train.systems.architectures import ARCHITECTURES, EMBEDDING, Architecture
from train.systems.options import OptionError, read_kind
from train.systems.quiet import start_keras

if TYPE_CHECKING:
    import keras

__all__ = ["EMBEDDING", "build", "multiply_adds", "read_network"]

Float32Array = npt.NDArray[np.float32]


def build(
    options: dict[str, Any],
    shape: tuple[int, ...],
    labels: int,
    *,
    adapt_to: Float32Array | None = None,
) -> "keras.Model":
    """Build the network that a recipe's ``[network]`` asks for.

    Parameters
    ----------
    options
        ``kind``, and the fields of that kind: see `train.systems.architectures`.
    shape
        Of one example of the features.
    labels
        How many classes.
    adapt_to
        Training examples, float32 ``[n, *shape]``, from which a network that normalizes takes mean
        and variance. Without any it takes them for 0 and 1.

    Returns
    -------
    keras.Model
        From float32 ``[n, *shape]`` to logits ``[n, labels]``; the output of its layer `EMBEDDING`
        is what goes into the last layer.

    Raises
    ------
    DataError
        If the kind is unknown, a key is missing, unknown or out of its range, or the network
        cannot take examples of that shape.
    """
    try:
        architecture = read_network(options, shape)
    except OptionError as error:
        raise DataError(f"The network does not fit: {error}.") from error
    if adapt_to is not None and adapt_to.shape[1:] != shape:
        raise ValueError(f"adapt_to has the shape {adapt_to.shape} instead of (n, {shape})")
    keras = start_keras()

    example = keras.Input(shape)
    try:
        embedding = architecture.embed(example, adapt_to)
    except ValueError as error:
        # What Keras raises where pooling has left nothing to convolve.
        raise DataError(
            f"The network {architecture.kind!r} is too deep for features of {_by(shape)}."
        ) from error
    return keras.Model(example, keras.layers.Dense(labels, name="logits")(embedding))


def read_network(options: dict[str, Any], shape: tuple[int, ...]) -> Architecture:
    """Check ``[network]``, and that it takes examples of a shape, for the one who knows the file.

    Raises
    ------
    OptionError
        If a key does not fit, or examples have another number of axes than the network takes.
    """
    architecture = read_kind(ARCHITECTURES, options, "network")
    if len(shape) != architecture.axes:
        raise OptionError(
            f"the network {architecture.kind!r} takes examples of {architecture.axes} "
            f"{'axis' if architecture.axes == 1 else 'axes'}, and those of [features] are "
            f"{_by(shape)}"
        )
    return architecture


def _by(shape: tuple[int, ...]) -> str:
    return " x ".join(str(size) for size in shape)


def multiply_adds(model: "keras.Model") -> int:
    """Count the multiplications with weights that one example takes.

    Biases, activations, pooling and normalization are left out, as is usual.

    Raises
    ------
    ValueError
        If a layer has weights and is of a kind that is not counted here.
    """
    return sum(_layer_multiply_adds(layer) for layer in model.layers)


def _layer_multiply_adds(layer: Any) -> int:
    from keras import layers

    uncounted = layers.BatchNormalization | layers.Normalization | layers.Dropout
    convolution = layers.Conv1D | layers.Conv2D | layers.DepthwiseConv1D | layers.DepthwiseConv2D
    if not layer.weights or isinstance(layer, uncounted):
        return 0
    if isinstance(layer, layers.LSTM):
        # Four gates, each with weights for what comes in and for the state before.
        steps = _source(layer).shape[1]
        kernel, recurrent, _ = layer.cell.weights
        return int(steps * (np.prod(kernel.shape) + np.prod(recurrent.shape)))
    if isinstance(layer, layers.Dense):
        return int(np.prod(_source(layer).shape[1:]) * layer.units)
    if isinstance(layer, convolution):
        # The whole kernel is used at each place of the output, whose last axis are the channels.
        return int(np.prod(layer.output.shape[1:-1]) * np.prod(layer.kernel.shape))
    raise ValueError(f"the multiply-adds of a layer {type(layer).__name__} are not counted")


def _source(layer: Any) -> Any:
    """Return what goes into a layer, without a mask beside it."""
    return layer.input[0] if isinstance(layer.input, list) else layer.input
