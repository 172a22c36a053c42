"""The file of word boundaries that ``train align`` writes.

One JSON object: a sound file's path relative to the data folder, with slashes, to a list of
``[word, start, end]`` (lowercase, seconds).
"""

import json
import os
from collections.abc import Mapping
from pathlib import Path

from train.corpora.files import refuse_pipe
from train.corpora.values import Word
from train.errors import DataError


def read_alignments(path: Path) -> dict[str, tuple[Word, ...]]:
    """Return the words of each aligned utterance, by path relative to the data folder.

    Raises
    ------
    DataError
        When the file is missing or damaged.
    """
    try:
        refuse_pipe(path)
        content = json.loads(path.read_text(encoding="utf-8"))
        return {
            str(name): tuple(Word(str(text), float(start), float(end)) for text, start, end in row)
            for name, row in content.items()
        }
    except OSError as error:
        raise DataError(
            f"Cannot read the alignments {path} ({error.strerror or error}); "
            "make them with: python -m train align"
        ) from error
    except (ValueError, TypeError, AttributeError, RecursionError) as error:
        raise DataError(
            f"The alignments {path} are damaged; make them again with: python -m train align"
        ) from error


def write_alignments(path: Path, alignments: Mapping[str, tuple[Word, ...]]) -> None:
    """Write the words of each utterance, sorted by path, whole or not at all.

    Raises
    ------
    DataError
        When the file cannot be written.
    """
    lines = (
        f"{json.dumps(name)}: "
        f"{json.dumps([[one.text, round(one.start, 3), round(one.end, 3)] for one in words])}"
        for name, words in sorted(alignments.items())
    )
    temporary = path.with_name(f"{path.name}.{os.getpid()}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise DataError(f"Cannot write {path}: {error.strerror or error}.") from error
    try:
        temporary.write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")
        temporary.replace(path)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        raise DataError(f"Cannot write {path}: {error.strerror or error}.") from error
