"""A network in float32 as a TFLite file, with its labels and what it takes appended.

The same layout as the app's model file (`recognizer.model_file`): a flatbuffer that any TFLite
interpreter loads, with a zip archive behind it that holds ``metadata.json`` and ``labels.txt``.
Where the app can make the features, it is a whole model file, which only lacks int8. Elsewhere
``metadata.json`` has another format and tells the recipe's ``[features]`` instead of a frontend.
"""

import io
import json
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from recognizer.errors import ModelError
from recognizer.log_mel import FrontendParameters
from recognizer.model_file import read_model, write_model
from recognizer.model_metadata import SILENCE, UNKNOWN, ModelMetadata
from train.files import replace_file

FORMAT = "keyword-recognizer system"
"""What ``format`` says in ``metadata.json`` of a network that the app cannot run."""

LIVE = {"kind": "log-mel"}
"""``[features]`` of what the app can run."""

_LARGEST_METADATA = 1_000_000
# The oldest time a zip can hold: equal networks must be equal files, whenever they are written.
_MEMBER_TIME = (1980, 1, 1, 0, 0, 0)


@dataclass(frozen=True, slots=True)
class FloatFile:
    """What a float file holds."""

    flatbuffer: bytes
    """Takes float32 examples, one at a time, and gives logits."""
    labels: tuple[str, ...]
    """What each output stands for."""
    features: dict[str, Any]
    """What the examples are made by: see `train.systems.features.make_features`."""

    @property
    def words(self) -> tuple[str, ...]:
        """The labels that are words."""
        return tuple(label for label in self.labels if label not in (SILENCE, UNKNOWN))


def write_float(
    path: Path,
    flatbuffer: bytes,
    labels: tuple[str, ...],
    features: dict[str, Any],
    threshold: float,
    training: dict[str, Any],
) -> None:
    """Write a float file in one step; equal arguments give equal bytes.

    Parameters
    ----------
    features
        The recipe's ``[features]``.
    threshold
        Posterior probability from which a word counts as heard, where the app makes the features.
    training
        The training record, plain JSON values.

    Raises
    ------
    DataError, ModelError
        If it cannot be written.
    """
    if features == LIVE:
        metadata = ModelMetadata(labels, FrontendParameters(), threshold, training)
        write_model(path, flatbuffer, metadata)
        return
    values = {
        "format": FORMAT,
        "version": 1,
        "labels": list(labels),
        "features": features,
        "output": "logits",
        "training": training,
        "model": _fingerprint(flatbuffer),
    }
    texts = {
        "metadata.json": json.dumps(values, indent=1, sort_keys=True),
        "labels.txt": "".join(f"{label}\n" for label in labels),
    }
    buffer = io.BytesIO(flatbuffer)
    with zipfile.ZipFile(buffer, "a") as archive:
        for name, text in texts.items():
            info = zipfile.ZipInfo(name, date_time=_MEMBER_TIME)
            info.create_system = 3
            info.external_attr = 0o100644 << 16
            archive.writestr(info, text.encode())
    replace_file(path, buffer.getvalue())


def read_float(path: Path) -> FloatFile:
    """Read what `write_float` wrote.

    Raises
    ------
    ModelError
        If it is no such file, or damaged.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            first = min(member.header_offset for member in archive.infolist())
            if archive.getinfo("metadata.json").file_size > _LARGEST_METADATA:
                raise ModelError(f"{path} says more about itself than a model may.")
            values = json.loads(archive.read("metadata.json"))
        if not isinstance(values, dict) or values.get("format") != FORMAT:
            flatbuffer, metadata = read_model(path)
            return FloatFile(flatbuffer, metadata.labels, dict(LIVE))
        flatbuffer = path.read_bytes()[:first]
        if values["model"] != _fingerprint(flatbuffer):
            raise ModelError(f"{path} is damaged: its weights are not the original.")
        return FloatFile(flatbuffer, tuple(map(str, values["labels"])), dict(values["features"]))
    except (OSError, ValueError, KeyError, TypeError, zipfile.BadZipFile, zlib.error) as error:
        raise ModelError(f"{path} was not written by recognizer-train.") from error


def _fingerprint(flatbuffer: bytes) -> dict[str, int]:
    return {"bytes": len(flatbuffer), "crc32": zlib.crc32(flatbuffer)}
