"""The one-file model: what is appended to the network, and what that says."""

import io
import json
import tempfile
import warnings
import zipfile
import zlib
from pathlib import Path
from random import Random
from typing import Any

from recognizer.errors import ModelError
from recognizer.log_mel import FrontendParameters
from recognizer.model_file import read_model, write_model
from recognizer.model_metadata import ModelMetadata
from tests.fuzz.bytes_inputs import edited, nearly, one_of
from tests.fuzz.harness import Target
from tests.fuzz.values import changed_values
from tests.model_fixture import DIGIT_LABELS, tiny_flatbuffer

_METADATA = ModelMetadata(
    DIGIT_LABELS, FrontendParameters(), 0.6, {"seed": 0, "evaluation": {"rows": [1, 2.5, "ü"]}}
)
_NAMES = ("metadata.json", "labels.txt", "../../labels.txt", "/labels.txt", "ü\0.txt", "a" * 300)
_TEXTS = (b"", b"\xff\xfe\0", b"[" * 100_000, b"{" * 9, b"null", b'{"a": NaN}', b"9" * 10_000)


def _whole() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.tflite"
        write_model(path, tiny_flatbuffer(), _METADATA)
        return path.read_bytes()


_WHOLE = _whole()
_FLATBUFFER = tiny_flatbuffer()
_TAIL = _WHOLE[len(_FLATBUFFER) :]


def _crafted(random: Random) -> bytes:
    """Return a model with an archive of other members, sizes and packing."""
    values: Any = _METADATA.to_json() | {"model": _fingerprint()}
    for _ in range(random.randrange(3)):
        values = changed_values(values, random)
    members: list[tuple[str, bytes]] = [
        ("metadata.json", json.dumps(values, default=str).encode()),
        ("labels.txt", "".join(f"{label}\n" for label in DIGIT_LABELS).encode()),
    ]
    kind = random.randrange(8)
    if kind == 0:
        members += [(f"{n}.txt", b"") for n in range(random.choice((15, 5000)))]
    elif kind == 1:
        size = random.choice((1_000_000, 1_000_001, 20_000_000))
        members[random.randrange(2)] = (random.choice(_NAMES), b" " * size)
    elif kind == 2:
        members[random.randrange(2)] = (random.choice(_NAMES), random.choice(_TEXTS))
    elif kind == 3:
        members += random.choices(members, k=2)
    elif kind == 4:
        members.pop(random.randrange(2))
    # The others take long to pack much.
    large = len(members) > 100 or sum(len(content) for _, content in members) > 2_000_000
    packing = random.choice(
        (zipfile.ZIP_DEFLATED,)
        if large
        else (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA)
    )
    buffer = io.BytesIO(_FLATBUFFER if random.randrange(9) else b"")
    with warnings.catch_warnings(), zipfile.ZipFile(buffer, "a", packing) as archive:
        # Two members of one name.
        warnings.simplefilter("ignore", UserWarning)
        for name, content in members:
            archive.writestr(zipfile.ZipInfo(name), content, packing)
    data = bytearray(buffer.getvalue())
    if random.randrange(3) == 0:
        # The central directory, which says where everything is and how large.
        end = max(0, len(data) - 400)
        for _ in range(random.randrange(1, 4)):
            at = random.randrange(end, len(data))
            data[at] = random.choice((0, 1, 8, 127, 255, random.randrange(256)))
    return bytes(data)


def _fingerprint() -> dict[str, int]:
    return {"bytes": len(_FLATBUFFER), "crc32": zlib.crc32(_FLATBUFFER)}


def _run(value: bytes, folder: Path) -> str:
    path = folder / "model.tflite"
    path.write_bytes(value)
    read_model(path)
    return "read"


TARGET = Target(
    "model_files",
    one_of(
        lambda random: _FLATBUFFER + edited(_TAIL, random),
        nearly([_WHOLE]),
        _crafted,
    ),
    _run,
    (ModelError,),
)
