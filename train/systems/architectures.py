"""The networks of the systems, each with the layers that it is known for.

Every class is one ``kind`` of a recipe's ``[network]``; its fields are the keys of that section.

See Also
--------
train.systems.networks.build : makes a whole model of one.
"""

from dataclasses import dataclass
from typing import Any, ClassVar, Protocol

import numpy as np
import numpy.typing as npt

from train.systems.options import OptionError, within

Float32Array = npt.NDArray[np.float32]

EMBEDDING = "embedding"
"""Name of the layer whose output goes into the last one: what a network has made of an example."""

MOST_UNITS = 65_536


class Architecture(Protocol):
    """A kind of network with its options."""

    @property
    def kind(self) -> str:
        """What a recipe calls it."""

    @property
    def axes(self) -> int:
        """How many axes an example has."""

    @property
    def is_long(self) -> bool:
        """Whether so many steps are taken in turn that compiling them (XLA) pays."""

    def embed(self, x: Any, adapt_to: Float32Array | None) -> Any:
        """Return the embedding of a batch ``[n, *shape]``, both symbolic.

        Parameters
        ----------
        x
            The batch.
        adapt_to
            Training examples for a layer that normalizes, float32 ``[n, *shape]``.
        """


@dataclass(frozen=True, slots=True)
class SimpleCnn:
    """Convolutions of 3x3 with pooling of 2x2 between them, and a dense layer."""

    kind: ClassVar[str] = "simple-cnn"
    axes: ClassVar[int] = 2
    is_long: ClassVar[bool] = False

    filters: tuple[int, ...] = within(1, 4096)
    """Of each convolution."""
    dense: int = within(1, MOST_UNITS)
    """Units."""
    dropout: float = within(0.0, 0.95)
    """Share of what goes into the dense layer that is dropped in training."""

    def embed(self, x: Any, adapt_to: Float32Array | None) -> Any:
        """Return the dense layer's output."""
        from keras import layers

        x = layers.Reshape((*x.shape[1:], 1))(x)
        for number, filters in enumerate(self.filters):
            x = layers.MaxPooling2D(2)(x) if number else x
            x = layers.Conv2D(filters, 3, activation="relu")(x)
        x = layers.Dropout(self.dropout)(layers.Flatten()(x))
        return layers.Dense(self.dense, activation="relu", name=EMBEDDING)(x)


@dataclass(frozen=True, slots=True)
class SimpleLstm:
    """An LSTM over the frames, of which the last state counts.

    Written out step by step, which trains a little faster than Keras's loop. On that loop, TFLite's
    converter to int8 crashes.
    """

    kind: ClassVar[str] = "simple-lstm"
    axes: ClassVar[int] = 2
    is_long: ClassVar[bool] = False

    units: int = within(1, MOST_UNITS)
    dropout: float = within(0.0, 0.95)
    """Share of the last state that is dropped in training."""

    def embed(self, x: Any, adapt_to: Float32Array | None) -> Any:
        """Return the last state."""
        from keras import layers

        x = layers.LSTM(self.units, unroll=True, name=EMBEDDING)(x)
        return layers.Dropout(self.dropout)(x)


@dataclass(frozen=True, slots=True)
class MelCnn:
    """The network of TensorFlow's simple_audio tutorial [1]_: a small picture, two convolutions.

    References
    ----------
    .. [1] https://www.tensorflow.org/tutorials/audio/simple_audio
    """

    kind: ClassVar[str] = "mel-cnn"
    axes: ClassVar[int] = 3
    is_long: ClassVar[bool] = False

    size: int = within(8, 256)
    """Height and width that the picture is resized to."""
    filters: tuple[int, ...] = within(1, 4096)
    """Of each convolution."""
    dense: int = within(1, MOST_UNITS)
    """Units."""
    dropout: tuple[float, ...] = within(0.0, 0.95)
    """Shares dropped in training, before the dense layer and behind it."""

    def __post_init__(self) -> None:
        if len(self.dropout) != 2:
            raise OptionError(
                f"'dropout' in [network] must be a list of two numbers, not {list(self.dropout)}"
            )

    def embed(self, x: Any, adapt_to: Float32Array | None) -> Any:
        """Return the dense layer's output."""
        from keras import layers

        resized = layers.Resizing(self.size, self.size)
        # One mean and one variance for all points.
        normalization = layers.Normalization(axis=None)
        x = normalization(resized(x))
        if adapt_to is not None:
            normalization.adapt(resized(adapt_to))
        for filters in self.filters:
            x = layers.Conv2D(filters, 3, activation="relu")(x)
        x = layers.Dropout(self.dropout[0])(layers.MaxPooling2D()(x))
        x = layers.Dense(self.dense, activation="relu", name=EMBEDDING)(layers.Flatten()(x))
        return layers.Dropout(self.dropout[1])(x)


@dataclass(frozen=True, slots=True)
class RawLstm:
    """An LSTM over the samples, padding left out, and a dense layer."""

    kind: ClassVar[str] = "raw-lstm"
    axes: ClassVar[int] = 2
    is_long: ClassVar[bool] = True

    units: int = within(1, MOST_UNITS)
    dense: int = within(1, MOST_UNITS)
    """Units."""

    def embed(self, x: Any, adapt_to: Float32Array | None) -> Any:
        """Return the dense layer's output."""
        from keras import layers, ops

        state = layers.LSTM(self.units)(x[:, :, :1], mask=ops.greater(x[:, :, 1], 0.5))
        return layers.Dense(self.dense, activation="relu", name=EMBEDDING)(state)


@dataclass(frozen=True, slots=True)
class SpectrogramLstm:
    """An LSTM whose outputs are averaged over its units, and a dense layer.

    The known number of parameters says what the layers are: the LSTM steps from band to band and
    sees a band's whole course in time, and the mean is taken over its units, which leaves one
    number for each band. (Stepping in time, it would have 10,000 more.)
    """

    kind: ClassVar[str] = "spectrogram-lstm"
    axes: ClassVar[int] = 2
    is_long: ClassVar[bool] = False

    units: int = within(1, MOST_UNITS)
    dense: int = within(1, MOST_UNITS)
    """Units."""

    def embed(self, x: Any, adapt_to: Float32Array | None) -> Any:
        """Return the dense layer's output."""
        from keras import layers, ops

        means = ops.mean(layers.LSTM(self.units, return_sequences=True)(x), axis=2)
        return layers.Dense(self.dense, activation="relu", name=EMBEDDING)(means)


@dataclass(frozen=True, slots=True)
class MfccMlp:
    """Dense layers, one behind another."""

    kind: ClassVar[str] = "mfcc-mlp"
    axes: ClassVar[int] = 1
    is_long: ClassVar[bool] = False

    dense: tuple[int, ...] = within(1, MOST_UNITS)
    """Units of each layer."""
    dropout: float = within(0.0, 0.95)
    """Share of each layer's output that is dropped in training."""

    def embed(self, x: Any, adapt_to: Float32Array | None) -> Any:
        """Return the last dense layer's output."""
        from keras import layers

        for number, units in enumerate(self.dense, 1):
            name = EMBEDDING if number == len(self.dense) else None
            x = layers.Dense(units, activation="relu", name=name)(x)
            x = layers.Dropout(self.dropout)(x)
        return x


@dataclass(frozen=True, slots=True)
class MfccCnn:
    """Convolutions of 3x3, each with pooling of 2x2 in steps of 2 behind it, and a dense layer."""

    kind: ClassVar[str] = "mfcc-cnn"
    axes: ClassVar[int] = 3
    is_long: ClassVar[bool] = False

    filters: tuple[int, ...] = within(1, 4096)
    """Of each convolution."""
    dense: int = within(1, MOST_UNITS)
    """Units."""
    dropout: float = within(0.0, 0.95)
    """Share of what goes into the last layer that is dropped in training."""

    def embed(self, x: Any, adapt_to: Float32Array | None) -> Any:
        """Return the dense layer's output."""
        from keras import layers

        for filters in self.filters:
            x = layers.Conv2D(filters, 3, padding="same", activation="relu")(x)
            x = layers.MaxPooling2D(2, strides=2)(x)
        x = layers.Dense(self.dense, activation="relu", name=EMBEDDING)(layers.Flatten()(x))
        return layers.Dropout(self.dropout)(x)


ARCHITECTURES: tuple[type[Architecture], ...] = (
    *(SimpleCnn, SimpleLstm, MelCnn, RawLstm),
    *(SpectrogramLstm, MfccMlp, MfccCnn),
)
