"""Composed strings, kept as features on disk: each frame's log-mel energies and its label.

Every string has a seed of its own (the recipe's and its number), so the result does not depend
on how many processes made it.
"""

import json
from dataclasses import asdict, dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import numpy.typing as npt

from recognizer.connected.labels import SAID_FOR, part_labels
from recognizer.log_mel import FrontendParameters, log_mel
from train.connected.recipe import ComposeRecipe
from train.connected.strings import Composer, frame_labels
from train.corpora import Clip, Split, Utterance
from train.errors import DataError
from train.files import replace_file
from train.sources import Sources, load_sources
from train.tasks import Tasks
from train.vocabulary import DIGITS

WORDS = (*DIGITS, *SAID_FOR)
"""The words of the model."""

LABELS = part_labels(WORDS)
"""The model's labels, in its order."""

STRINGS_PER_TASK = 20

Float16Array = npt.NDArray[np.float16]


@dataclass(frozen=True, slots=True)
class Prepared:
    """Frames of many strings, one behind another."""

    features: Float16Array
    """Log-mel energies, ``[frames, bands]``."""
    labels: npt.NDArray[np.uint8]
    """``[frames]``, indices into `LABELS`."""
    ends: npt.NDArray[np.int64]
    """Frame behind each string's last one, ``[strings]``."""


@dataclass(frozen=True, slots=True)
class Material:
    """What strings are composed of."""

    data: Path
    """The folder of the recordings."""
    split: Split
    """Whose recordings."""
    alignments: Path
    """The file that ``train align`` writes."""
    synthetic: tuple[Clip, ...] = ()
    """Words said by synthetic voices."""
    readings: tuple[Utterance, ...] = ()
    """Sentences read by synthetic voices."""


@dataclass(frozen=True, slots=True)
class _Task:
    material: Material
    recipe: ComposeRecipe
    seed: int
    first: int
    end: int


def prepare(
    material: Material,
    out: Path,
    recipe: ComposeRecipe,
    *,
    strings: int,
    seed: int,
    processes: int = 2,
) -> Prepared:
    """Compose strings and keep their frames; what the same recipe made before is taken again.

    Parameters
    ----------
    material
        What they are composed of.
    out
        The work folder; gets ``connected-<split>`` with three array files and a record.
    recipe
        How they are composed.
    strings
        How many.
    seed
        What the draws start from.
    processes
        How many processes; each reads all recordings.

    Raises
    ------
    DataError
        If a corpus is missing, or a file cannot be written.
    """
    folder = out / f"connected-{material.split}"
    settings = {"recipe": asdict(recipe), "words": WORDS, "strings": strings, "seed": seed}
    wanted = json.dumps(settings, indent=1)
    record = folder / "record.json"
    if record.exists() and record.read_text() == wanted:
        return _load(folder)
    folder.mkdir(parents=True, exist_ok=True)
    for name in ("record.json", "features.npy", "labels.npy", "ends.npy"):
        (folder / name).unlink(missing_ok=True)
    tasks = [
        _Task(material, recipe, seed, first, min(first + STRINGS_PER_TASK, strings))
        for first in range(0, strings, STRINGS_PER_TASK)
    ]
    features: list[Float16Array] = []
    labels: list[npt.NDArray[np.uint8]] = []
    try:
        with Tasks(processes) as pool:
            for made in pool.map(_compose, tasks, f"composing {material.split} strings"):
                for mel, answer in made:
                    features.append(mel)
                    labels.append(answer)
    finally:
        _sources.cache_clear()
    try:
        np.save(folder / "features.npy", np.concatenate(features))
        np.save(folder / "labels.npy", np.concatenate(labels))
        np.save(folder / "ends.npy", np.cumsum([len(one) for one in labels]))
    except OSError as error:
        raise DataError(f"{folder} cannot be written: {error.strerror}.") from error
    # Last, because whoever finds the record takes the rest for whole.
    replace_file(record, wanted)
    return _load(folder)


def _load(folder: Path) -> Prepared:
    try:
        return Prepared(
            np.load(folder / "features.npy", mmap_mode="r"),
            np.load(folder / "labels.npy"),
            np.load(folder / "ends.npy"),
        )
    except (OSError, ValueError) as error:
        raise DataError(
            f"What was composed in {folder} is not whole; delete the folder and begin anew."
        ) from error


@lru_cache(maxsize=1)
def _sources(material: Material) -> Sources:
    """Read the recordings, once in a process."""
    return load_sources(
        material.data,
        material.split,
        alignments=material.alignments,
        synthetic=material.synthetic,
        readings=material.readings,
        keywords=WORDS,
    )


def _compose(task: _Task) -> list[tuple[Float16Array, npt.NDArray[np.uint8]]]:
    composer = Composer(_sources(task.material), WORDS, task.recipe)
    frontend = FrontendParameters()
    made = []
    for number in range(task.first, task.end):
        samples, truth = composer.compose(np.random.default_rng((task.seed, number)))
        mel = log_mel(samples, frontend)
        made.append((mel.astype(np.float16), frame_labels(truth, len(mel), frontend, LABELS)))
    return made
