"""Results of finished tasks, kept so that an interrupted comparison goes on where it was."""

import ast
import hashlib
import json
import os
from collections.abc import Sequence
from functools import cache as cached
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from train.corpora import Clip
from train.errors import DataError
from train.files import replace_file
from train.systems.shards import FRONTEND

_TRAIN = Path(__file__).parents[1]
_SOURCES = (
    *("augment.py", "compose.py", "corpora/files.py", "compare/fold.py"),
    *("exports/tflite.py", "exports/lstm.py"),
    *(f"systems/{name}" for name in ("features", "architectures.py", "networks.py", "augment.py")),
    *(f"systems/{name}" for name in ("dataset.py", "shards.py", "near_misses.py", "words.py")),
    *(f"systems/{name}" for name in ("fit.py", "loop.py", "epochs.py")),
    *(f"../recognizer/{name}" for name in FRONTEND),
)
"""What the results depend on."""


class Kept:
    """A folder of results, each a JSON file and perhaps a model file beside it.

    Parameters
    ----------
    folder
        It is made if it is not there.

    Raises
    ------
    DataError
        If it cannot be made or written to.
    """

    def __init__(self, folder: Path) -> None:
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise DataError(f"Cannot make {folder}: {error.strerror or error}.") from error
        if not os.access(folder, os.W_OK):
            raise DataError(f"Cannot write to {folder}; name another folder with --work.")
        self._folder = folder
        self._fingerprints: dict[Path, str] = {}

    def key(self, about: dict[str, Any], *parts: Sequence[Clip]) -> str:
        """Return the key of a result.

        Parameters
        ----------
        about
            Plain values on which it depends.
        parts
            The recordings on which it depends. What counts are their words, and the sizes and
            times of the files.
        """
        digest = hashlib.sha256(code_version().encode())
        digest.update(json.dumps(about, sort_keys=True).encode())
        for part in parts:
            digest.update(b"\n\n")
            for clip in part:
                digest.update(f"{clip.word}\t{self._fingerprint(clip.path)}\n".encode())
        return digest.hexdigest()[:32]

    def find(self, key: str) -> dict[str, Any] | None:
        """Return what was kept under a key, or None; what is damaged counts as not there."""
        try:
            values = json.loads((self._folder / f"{key}.json").read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None
        return values if isinstance(values, dict) else None

    def keep(self, key: str, values: dict[str, Any], model: bytes | None = None) -> None:
        """Keep a result, and the model file that belongs to it.

        Raises
        ------
        DataError
            If it cannot be written.
        """
        if model is not None:
            replace_file(self.model(key), model)
        replace_file(self._folder / f"{key}.json", json.dumps(values, indent=1) + "\n")

    def model(self, key: str) -> Path:
        """Return where the model file of a result is, if there is one."""
        return self._folder / f"{key}.tflite"

    def _fingerprint(self, path: Path) -> str:
        if path not in self._fingerprints:
            try:
                status = path.stat()
                file = f"{status.st_size} {status.st_mtime_ns}"
            except OSError:
                file = "unreadable"
            self._fingerprints[path] = f"{path.absolute()} {file}"
        return self._fingerprints[path]


@cached
def code_version() -> str:
    """Return a digest of the program that makes the results, and of the packages it uses.

    Comments and docstrings do not count.
    """
    digest = hashlib.sha256()
    for name in _SOURCES:
        path = _TRAIN / name
        for file in sorted(path.rglob("*.py")) if path.is_dir() else [path]:
            digest.update(_code(file.read_text(encoding="utf-8")).encode())
    for package in ("numpy", "keras", "librosa", "tensorflow", "tensorflow-cpu"):
        try:
            digest.update(f"{package} {version(package)}\n".encode())
        except PackageNotFoundError:
            continue
    return digest.hexdigest()


def _code(source: str) -> str:
    """Return what a module does, without what it says about itself."""
    tree = ast.parse(source)
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        if isinstance(body, list):
            node.body = [one for one in body if not _is_text(one)]  # type: ignore[attr-defined]
    return ast.dump(tree)


def _is_text(node: ast.AST) -> bool:
    return (
        isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
    )
