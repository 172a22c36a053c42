"""Where a training stands, kept so that one that was broken off goes on."""

import zipfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from train.averaging import Average


@dataclass(frozen=True, slots=True)
class Standing:
    """How far a stage has come."""

    step: int = 0
    """Steps that are done."""
    best: float = -1.0
    """`train.fit.Progress.found` of the best checkpoint."""
    waited: int = 0
    """Validations since then."""


class StageState:
    """A file with everything that changes while a stage is trained.

    Parameters
    ----------
    path
        The file (``.npz``).
    stage
        A number of the stage's own; what was kept of another stage is none of this one's.
    """

    def __init__(self, path: Path, stage: int) -> None:
        self._path = path
        self._stage = stage

    def keep(self, standing: Standing, variables: Sequence[Any], average: Average) -> None:
        """Keep where the stage stands; who is broken off here leaves what was there whole.

        Parameters
        ----------
        variables
            Keras variables: of the network, of its dropout and of the optimizer.
        """
        arrays = [np.asarray(one) for one in variables] + average.arrays
        content: dict[str, Any] = {
            **{f"array{number}": array for number, array in enumerate(arrays)},
            **asdict(standing),
            "stage": self._stage,
            "averaged_steps": average.steps,
        }
        part = self._path.with_name(f"part-{self._path.name}")
        with part.open("wb") as file:
            np.savez(file, **content)
        part.replace(self._path)

    def standing(self) -> Standing:
        """Read how far the stage has come; nowhere where nothing of it was kept."""
        try:
            with self._path.open("rb") as file, np.load(file) as kept:
                if int(kept["stage"]) != self._stage:
                    return Standing()
                return Standing(int(kept["step"]), float(kept["best"]), int(kept["waited"]))
        except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
            return Standing()

    def restore(self, variables: Sequence[Any], average: Average) -> Standing:
        """Give variables and average what they had when they were kept, and return `standing`.

        What fits no longer, because the network is another one now, is left alone.
        """
        standing = self.standing()
        if standing.step == 0:
            return standing
        with np.load(self._path) as kept:
            names = [name for name in kept.files if name.startswith("array")]
            arrays = [kept[f"array{number}"] for number in range(len(names))]
            averaged_steps = int(kept["averaged_steps"])
        own = [np.shape(one) for one in (*variables, *average.arrays)]
        if own != [array.shape for array in arrays]:
            return Standing()
        for variable, array in zip(variables, arrays, strict=False):
            variable.assign(array)
        average.restore(averaged_steps, arrays[len(variables) :])
        return standing
