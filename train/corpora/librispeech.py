"""LibriSpeech: ``running_speech/librispeech/<speaker>/<utterance>`` and ``transcripts.tsv``.

Panayotov and others, "LibriSpeech: an ASR corpus based on public domain audio books", 2015,
https://www.openslr.org/12
"""

import csv
from pathlib import Path

from train.corpora.files import corpus_folder, read_text, sound_files, subfolders
from train.corpora.values import Utterance
from train.errors import DataError
from train.splits import librispeech_split

LICENCE = "CC BY 4.0"


def load(data: Path) -> list[Utterance]:
    """Return the utterances that have a transcript, without word boundaries.

    Raises
    ------
    DataError
        When the corpus or its transcripts are missing.
    """
    root = corpus_folder(data, "running_speech", "librispeech")
    table = root / "transcripts.tsv"
    rows = csv.DictReader(
        read_text(table).splitlines(), delimiter="\t", quoting=csv.QUOTE_NONE, strict=True
    )
    if not {"path", "transcript"} <= set(rows.fieldnames or ()):
        raise DataError(f"{table} lacks a column 'path' or 'transcript'; fetch it again.")
    transcripts = {
        Path(row["path"]).stem: tuple((row["transcript"] or "").lower().split()) for row in rows
    }
    return [
        Utterance(
            path,
            "librispeech",
            folder.name,
            librispeech_split(folder.name),
            LICENCE,
            transcripts[path.stem],
            None,
        )
        for folder in subfolders(root)
        for path in sound_files(folder)
        if transcripts.get(path.stem)
    ]
