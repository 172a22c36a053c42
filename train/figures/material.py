"""What figures are drawn from, and what is missing where one cannot be drawn."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from recognizer.log_mel import FrontendParameters
from recognizer.model_file import read_metadata
from recognizer.model_metadata import SILENCE
from train.corpora.values import Clip
from train.errors import DataError
from train.figures.recordings import Recordings
from train.systems.run import APP_MODEL, RECORD, Run, load_run

if TYPE_CHECKING:
    from train.figures.networks import Heard, Network

Need = Literal["recordings", "network", "run", "evaluation"]

MISSING: dict[Need, str] = {
    "recordings": "it needs recordings; name their folders with --data",
    "network": "it needs a network; name a run folder of `train fit`, or a model file",
    "run": "it needs the history of a training; name a run folder of `train fit`",
    "evaluation": "it needs --evaluation FILE, what `train evaluate --json FILE` wrote",
}
"""What to do where something is missing."""


@dataclass(slots=True)
class Material:
    """Everything there is to draw."""

    recordings: Recordings
    """All words; without any where none were named."""
    frontend: FrontendParameters = field(default_factory=FrontendParameters)
    """What the recognizer hears with."""
    run: Run | None = None
    """A training that is over."""
    network: "Network | None" = None
    """A trained network."""
    held_out: list[Clip] = field(default_factory=list)
    """Recordings that the network was not trained on."""
    evaluation: Mapping[str, Any] | None = None
    """What `train.evaluation.evaluate` measured."""
    seed: int = 0
    """Chooses whatever is drawn by lot."""
    track: Callable[[Sequence[Clip], str], Iterator[Clip]] = field(
        default=lambda clips, title: iter(clips)
    )
    """Goes through recordings and shows how far it is."""

    heard: "dict[str, Heard]" = field(default_factory=dict)
    """What the network made of recordings, kept for the next figure: see `train.figures.heard`."""

    def has(self, need: Need) -> bool:
        """Whether there is what a figure needs."""
        if need == "recordings":
            return bool(self.recordings.clips)
        return getattr(self, need) is not None


def gather(
    trained: Path | None,
    folders: Sequence[Path],
    evaluation: Path | None = None,
    *,
    seed: int = 0,
) -> Material:
    """Collect what figures are drawn from.

    Parameters
    ----------
    trained
        A run folder or a model file, or None.
    folders
        Folders of recordings; without any, those of the run folder.
    evaluation
        What ``train evaluate --json`` wrote, or None.

    Raises
    ------
    RecognizerError
        If one of them is missing or cannot be used.
    """
    from train.figures.networks import ModelFile, TrainedRun

    measured = None if evaluation is None else read_evaluation(evaluation)
    for folder in folders:
        if (folder / "run.json").is_file():
            raise DataError(f"{folder} is a run folder; name it before --data.")
    if trained is not None and _has_only_a_model(trained):
        trained /= APP_MODEL
    if trained is not None and trained.is_dir():
        run = load_run(trained)
        clips = _read(folders) if folders else run.clips
        return Material(
            Recordings(clips, seed=seed, words=run.words),
            run=run,
            network=TrainedRun(run),
            held_out=held_out(clips, run.clips),
            evaluation=measured,
            seed=seed,
        )
    clips = _read(folders)
    material = Material(Recordings(clips, seed=seed), evaluation=measured, seed=seed)
    if trained is not None:
        metadata = read_metadata(trained)
        material.frontend = metadata.frontend
        material.network = ModelFile(trained)
        material.held_out = held_out(clips)
        if "taught" in metadata.training:
            material.held_out = strangers(material.held_out, clips)
    return material


def held_out(clips: Sequence[Clip], trained_on: Sequence[Clip] = ()) -> list[Clip]:
    """Return the recordings of the testing part, by the training's own division where it has one.

    Parameters
    ----------
    clips
        The recordings there are.
    trained_on
        Those of the training, all parts.
    """
    parts = {clip.path.resolve(): clip.split for clip in trained_on}
    return [
        clip
        for clip in clips
        if clip.word not in ("", SILENCE) and parts.get(clip.path.resolve(), clip.split) == "test"
    ]


def strangers(tested: Sequence[Clip], clips: Sequence[Clip]) -> list[Clip]:
    """Return the recordings of people of whom none is for training.

    Where one person recorded everything, `train.teach` learns from all of it.
    """
    heard = {(clip.corpus, clip.speaker) for clip in clips if clip.split == "train"}
    return [c for c in tested if c.speaker and (c.corpus, c.speaker) not in heard]


def read_evaluation(path: Path) -> Mapping[str, Any]:
    """Read what ``train evaluate --json`` wrote.

    Raises
    ------
    DataError
        If it is something else.
    """
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise DataError(f"Cannot read {path}: {error.strerror or error}.") from error
    except ValueError as error:
        raise DataError(f"{path} is no JSON file ({error}).") from error
    if not isinstance(values, dict) or not isinstance(values.get("groups"), dict):
        raise DataError(f"{path} is not what `train evaluate --json` writes: it has no groups.")
    return values


def _has_only_a_model(folder: Path) -> bool:
    """Whether a folder holds a model and no history of a training, as `train.teach` leaves it."""
    if not (folder / APP_MODEL).is_file():
        return False
    try:
        return "state" not in json.loads((folder / RECORD).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return True
    except (OSError, ValueError):
        # What is wrong with it `load_run` says.
        return False


def _read(folders: Sequence[Path]) -> list[Clip]:
    if not folders:
        return []
    from train.systems.dataset import read_words

    return read_words(folders, None)
