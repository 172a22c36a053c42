"""The trunk: a trained network without its last layer, kept so that other words can be taught.

Beside a model file ``NAME.tflite`` lies ``NAME.trunk.npz``. It holds the network's weights as
Keras has them, and the *background*: what the network makes of other people's words, of running
speech and of noise, in numbers (the embeddings of single windows). A few takes of a new word say
nothing about what is not that word; the background does, without anybody's recordings.
"""

import io
import json
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from recognizer.log_mel import FrontendParameters
from recognizer.model_file import read_metadata
from train.errors import DataError
from train.files import replace_file

if TYPE_CHECKING:
    import keras

Float32Array = npt.NDArray[np.float32]

VERSION = 2
"""Version of the layout of the file."""

_LARGEST_BYTES = 64 << 20


@dataclass(frozen=True, slots=True)
class Background:
    """Embeddings of windows that show no new word."""

    embeddings: Float32Array
    """``[n, size]``."""
    shows: tuple[str, ...]
    """What each window shows: a word, "silence", or "unknown" for running speech and parts of
    words."""
    voices: npt.NDArray[np.int64]
    """``[n]``: which person's own recording the window is of, from 1; 0 for what was composed, or
    said by a synthetic voice."""


@dataclass(frozen=True, slots=True)
class Trunk:
    """Everything that teaching starts from."""

    weights: tuple[Float32Array, ...]
    """The whole network's, in the order of ``model.get_weights()``."""
    labels: int
    """How many classes the network's own last layer has."""
    background: Background
    frontend: FrontendParameters
    """What makes the network's input."""


def trunk_path(model: Path) -> Path:
    """Return where the trunk of a model file lies: beside it."""
    return model.with_suffix(".trunk.npz")


def save_trunk(model_file: Path, weights: "list[npt.NDArray[Any]]", background: Background) -> Path:
    """Write the trunk beside its model file; equal arguments give equal bytes.

    The embeddings, none of which is negative, are kept in 256 steps, the weights in float16: the
    int8 model has fewer.

    Raises
    ------
    DataError
        If it cannot be written.
    """
    scale = float(background.embeddings.max(initial=1e-6)) / 255.0
    names = sorted(set(background.shows))
    index = {name: number for number, name in enumerate(names)}
    arrays: dict[str, npt.NDArray[Any]] = {
        "version": np.array(VERSION),
        "belongs_to": np.array(_belongs_to(model_file)),
        "embeddings": np.rint(background.embeddings / scale).astype(np.uint8),
        "scale": np.array(scale, np.float32),
        "shows": np.array([index[name] for name in background.shows], np.uint16),
        "names": np.array("\n".join(names)),
        "voices": background.voices.astype(np.uint16),
    }
    for number, array in enumerate(weights):
        arrays[f"weights_{number:03}"] = array.astype(np.float16)
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, array in arrays.items():
            member = io.BytesIO()
            np.lib.format.write_array(member, np.asanyarray(array), allow_pickle=False)
            # A fixed time: equal trunks are equal files.
            info = zipfile.ZipInfo(f"{name}.npy", date_time=(1980, 1, 1, 0, 0, 0))
            info.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(info, member.getvalue())
    path = trunk_path(model_file)
    replace_file(path, buffer.getvalue())
    return path


def load_trunk(model_file: Path) -> Trunk:
    """Read the trunk that lies beside a model file.

    Raises
    ------
    DataError
        If there is none, it is damaged, or belongs to another model file.
    ModelError
        If the model file cannot be read.
    """
    metadata = read_metadata(model_file)
    path = trunk_path(model_file)
    if not path.exists():
        raise DataError(
            f"Nothing can be taught to {model_file}: its trunk, {path.name}, is not beside it. "
            "The model that ships has one, and so have those of `recognizer-train model`."
        )
    try:
        if path.stat().st_size > _LARGEST_BYTES:
            raise ValueError("it is too large")
        # Read first: numpy leaves a damaged file open.
        with np.load(io.BytesIO(path.read_bytes()), allow_pickle=False) as file:
            version = int(file["version"])
            if version != VERSION:
                raise ValueError(f"it has version {version}, and this program reads {VERSION}")
            if str(file["belongs_to"]) != _belongs_to(model_file):
                raise ValueError("it belongs to a model of other words or another frontend")
            names = str(file["names"]).split("\n")
            scale = np.float32(file["scale"])
            background = Background(
                file["embeddings"].astype(np.float32) * scale,
                tuple(names[int(number)] for number in file["shows"]),
                file["voices"].astype(np.int64),
            )
            weights = tuple(
                file[name].astype(np.float32)
                for name in sorted(file.files)
                if name.startswith("weights_")
            )
        parts = (background.embeddings, background.shows, background.voices)
        if len({len(part) for part in parts}) != 1:
            raise ValueError("its parts do not fit together")
    except (OSError, ValueError, KeyError, IndexError, EOFError, zipfile.BadZipFile) as error:
        raise DataError(f"The trunk {path} cannot be used: {error}.") from error
    return Trunk(weights, len(metadata.labels), background, metadata.frontend)


def network_of(trunk: Trunk) -> "keras.Model":
    """Return the trunk as a frozen network: float32 ``[n, frames, bands, 1]`` to embeddings.

    Raises
    ------
    DataError
        If its weights are those of another network.
    """
    from train.systems.quiet import start_keras

    keras = start_keras()
    from train import network

    frontend = trunk.frontend
    model = network.build(frontend.window_frames, frontend.mel_bands, trunk.labels)
    try:
        model.set_weights(list(trunk.weights))
    except ValueError as error:
        raise DataError(
            "The trunk was made with another network than this program has: make the model and its "
            "trunk anew with `recognizer-train model`."
        ) from error
    embedding = model.get_layer(network.EMBEDDING).output
    frozen = keras.Model(model.input, embedding, name="trunk")
    frozen.trainable = False
    return frozen


def embed(frozen: "keras.Model", windows: Float32Array) -> Float32Array:
    """Return the embeddings of normalized windows, ``[n, frames, bands]`` to ``[n, size]``."""
    size = int(frozen.output_shape[-1])
    parts = [
        np.asarray(frozen(windows[first : first + 1024, ..., None], training=False))
        for first in range(0, len(windows), 1024)
    ]
    return np.concatenate([np.zeros((0, size), np.float32), *parts])


def _belongs_to(model_file: Path) -> str:
    """What a trunk must share with the model it lies beside: not the weights, which are its own."""
    metadata = read_metadata(model_file)
    return json.dumps([list(metadata.labels), metadata.frontend.to_json()], sort_keys=True)
