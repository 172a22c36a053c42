"""The one model file: weights, labels, frontend parameters and threshold together.

A model file is a plain TFLite flatbuffer with a zip archive appended, the TFLite Metadata
convention of associated files: any TFLite interpreter loads the file, and ``zipfile`` (or
``unzip``) reads the rest. The archive holds ``metadata.json`` and, for people and other
programs, ``labels.txt`` with one label a line.

See Also
--------
recognizer.classifier.Classifier : runs the model.
"""

import io
import json
import math
import os
import stat
import struct
import zipfile
import zlib
from pathlib import Path
from typing import Any

from recognizer.errors import ModelError
from recognizer.files import replace_file
from recognizer.model_metadata import ModelMetadata

_METADATA_NAME = "metadata.json"
_LABELS_NAME = "labels.txt"
_MEMBERS = (_METADATA_NAME, _LABELS_NAME)
_IDENTIFIER = b"TFL3"
_MAX_FILE_BYTES = 64 << 20
_MAX_MEMBER_BYTES = 1_000_000
_MAX_MEMBERS = 16
_MAX_NUMBER_LENGTH = 32
# The oldest time a zip can hold: equal models must be equal files, whenever they are written.
_MEMBER_TIME = (1980, 1, 1, 0, 0, 0)


def read_model(path: str | os.PathLike[str]) -> tuple[bytes, ModelMetadata]:
    """Read a model file once: the TFLite flatbuffer and what the file says about it.

    The flatbuffer is compared with the checksum written beside the labels, because a damaged
    one can crash the interpreter.

    Parameters
    ----------
    path
        The model file.

    Returns
    -------
    tuple
        The flatbuffer without the archive, and its `ModelMetadata`.

    Raises
    ------
    ModelError
        If the file is missing, unreadable, damaged, another program's model, or its parts do
        not fit together; one sentence that names the file and what differs.
    """
    data = _read_bytes(path)
    if data[4:8] != _IDENTIFIER:
        raise ModelError(f"{path} is not a TFLite model file.")
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = archive.infolist()
            if len(members) > _MAX_MEMBERS:
                raise ModelError(
                    f"{path} has {len(members)} appended files, and {_MAX_MEMBERS} is the limit."
                )
            texts = {name: _read_member(archive, name, path) for name in _MEMBERS}
    except zipfile.BadZipFile as error:
        raise ModelError(
            f"{path} is a TFLite model, but holds no labels: it was cut short, damaged, or not "
            "made by recognizer-train."
        ) from error
    except (NotImplementedError, RuntimeError, EOFError, zlib.error, struct.error, ValueError) as e:
        raise ModelError(f"The labels appended to {path} are damaged ({e}).") from e
    flatbuffer = data[: min(member.header_offset for member in members)]
    try:
        values = _parse_json(texts[_METADATA_NAME])
        metadata = ModelMetadata.from_json(values)
    except ModelError as error:
        raise ModelError(f"The model file {path} cannot be used. {error}") from error
    if values.get("model") != _fingerprint(flatbuffer):
        raise ModelError(f"The model file {path} is damaged: its weights are not the original.")
    if texts[_LABELS_NAME].split("\n") != [*metadata.labels, ""]:
        raise ModelError(f"In the model file {path}, {_LABELS_NAME} and {_METADATA_NAME} differ.")
    return flatbuffer, metadata


def read_metadata(path: str | os.PathLike[str]) -> ModelMetadata:
    """Read what a model file says about itself, with the checks of `read_model`.

    Raises
    ------
    ModelError
        As `read_model`.
    """
    return read_model(path)[1]


def write_model(path: str | os.PathLike[str], tflite: bytes, metadata: ModelMetadata) -> None:
    """Write a model file in one step: there is the old file or the whole new one.

    Equal arguments give equal bytes.

    Parameters
    ----------
    path
        Where to write; its folder must exist.
    tflite
        The TFLite flatbuffer, without an archive.
    metadata
        What belongs to it.

    Raises
    ------
    ModelError
        If the metadata would not be read back the same, or the file cannot be written.
    ValueError
        If `tflite` is not a TFLite flatbuffer.
    """
    if tflite[4:8] != _IDENTIFIER:
        raise ValueError("tflite is not a TFLite flatbuffer")
    values = metadata.to_json()
    try:
        text = json.dumps(
            {**values, "model": _fingerprint(tflite)}, indent=1, sort_keys=True, allow_nan=False
        )
    except (TypeError, ValueError) as error:
        raise ModelError(f"The metadata for {path} cannot be written as JSON: {error}.") from error
    if len(text) > _MAX_MEMBER_BYTES:
        raise ModelError(
            f"The metadata for {path} takes {len(text)} bytes, and {_MAX_MEMBER_BYTES} is the "
            "limit: shorten the training record."
        )
    try:
        ModelMetadata.from_json(_parse_json(text))
    except ModelError as error:
        raise ModelError(f"The model file {path} cannot be written. {error}") from error
    texts = {
        _METADATA_NAME: text,
        _LABELS_NAME: "".join(f"{label}\n" for label in metadata.labels),
    }
    buffer = io.BytesIO(tflite)
    with zipfile.ZipFile(buffer, "a") as archive:
        for name, content in texts.items():
            info = zipfile.ZipInfo(name, date_time=_MEMBER_TIME)
            info.create_system = 3
            info.external_attr = (stat.S_IFREG | 0o644) << 16
            archive.writestr(info, content.encode())
    try:
        replace_file(Path(path), buffer.getvalue())
    except OSError as error:
        raise ModelError(f"The model file {path} cannot be written: {error.strerror}.") from error


def default_model_path() -> Path:
    """Path of the digits model that comes with the program."""
    return _asset("digits.tflite")


def demo_path() -> Path:
    """Path of the demo recording that comes with the program."""
    return _asset("demo.flac")


def icon_path() -> Path:
    """Path of the program's icon (PNG)."""
    return _asset("icon.png")


def _asset(name: str) -> Path:
    package = Path(__file__).parent
    installed = package / "assets" / name
    return installed if installed.exists() else package.parent / "assets" / name


def _fingerprint(flatbuffer: bytes) -> dict[str, int]:
    return {"bytes": len(flatbuffer), "crc32": zlib.crc32(flatbuffer)}


def _parse_json(text: str) -> dict[str, Any]:
    def number(digits: str) -> int:
        if len(digits) > _MAX_NUMBER_LENGTH:
            raise ValueError("a number is too long")
        return int(digits)

    def constant(name: str) -> float:
        raise ValueError(f"{name} is not a JSON number")

    def finite(digits: str) -> float:
        value = float(digits)
        if not math.isfinite(value):
            raise ValueError("a number is too large")
        return value

    try:
        values = json.loads(text, parse_int=number, parse_float=finite, parse_constant=constant)
    except (ValueError, RecursionError) as error:
        raise ModelError(f"Its {_METADATA_NAME} is not JSON ({error}).") from error
    if not isinstance(values, dict):
        raise ModelError(f"Its {_METADATA_NAME} is not a table of names and values.")
    return values


def _read_bytes(path: str | os.PathLike[str]) -> bytes:
    try:
        status = Path(path).stat()
        if stat.S_ISDIR(status.st_mode):
            raise ModelError(f"{path} is a folder, not a model file.")
        if not stat.S_ISREG(status.st_mode):
            raise ModelError(f"{path} is not a file, so it cannot be a model.")
        if status.st_size > _MAX_FILE_BYTES:
            raise ModelError(
                f"{path} is larger than a model file may be ({_MAX_FILE_BYTES >> 20} MiB)."
            )
        return Path(path).read_bytes()
    except FileNotFoundError as error:
        raise ModelError(f"There is no model file {path}.") from error
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise ModelError(f"The model file {path} cannot be read: {reason}.") from error


def _read_member(archive: zipfile.ZipFile, name: str, path: str | os.PathLike[str]) -> str:
    try:
        member = archive.getinfo(name)
    except KeyError as error:
        raise ModelError(f"{path} is a TFLite model, but no {name} is appended to it.") from error
    if member.file_size > _MAX_MEMBER_BYTES:
        raise ModelError(
            f"In the model file {path}, {name} takes {member.file_size} bytes, and "
            f"{_MAX_MEMBER_BYTES} is the limit."
        )
    if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise ModelError(f"In the model file {path}, {name} is packed in a way nobody uses.")
    return archive.read(member).decode()
