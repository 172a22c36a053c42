"""A stream heard: through the program that users run, and through the library in this process."""

import hashlib
import json
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from recognizer.classifier import Classifier
from recognizer.events import Detection, Event, Rejection, VoiceEnded
from train.errors import DataError
from train.evaluation.matching import Word
from train.evaluation.streams import Float32Array, Stream


class Listening(Protocol):
    """What `Recognizer` and its peers have in common."""

    def process(self, block: Float32Array, /) -> list[Event]:
        """Take samples, return what was heard in them."""

    def finish(self) -> list[Event]:
        """End the stream."""

    def reset(self) -> None:
        """Start a new stream."""


@dataclass(frozen=True, slots=True)
class Heard:
    """What came out of a stream."""

    words: tuple[Word, ...]
    """Every detection and rejection."""
    voices: tuple[VoiceEnded, ...] | None
    """Every voice segment, or None where they were not recorded."""


def listen(recognizer: Listening, stream: Stream, block_samples: int = 4096) -> Heard:
    """Send a stream through a recognizer in this process."""
    recognizer.reset()
    events = [one for block in stream.blocks(block_samples) for one in recognizer.process(block)]
    events += recognizer.finish()
    return Heard(
        tuple(one for one in events if isinstance(one, Detection | Rejection)),
        tuple(one for one in events if isinstance(one, VoiceEnded)),
    )


def command_line(model: Path, sound: Path, threshold: float | None = None) -> list[str]:
    """Return the lines that ``recognizer --cli --json --all --input`` prints for a sound file.

    Raises
    ------
    DataError
        When the program fails; the sentence is its own.

    """
    command = [sys.executable, "-m", "recognizer", "--cli", "--json", "--all"]
    command += ["--model", str(model), "--input", str(sound)]
    if threshold is not None:
        command += ["--threshold", str(threshold)]
    # The package beside this one, wherever this process was started from.
    path = os.pathsep.join([str(Path(__file__).parents[2]), os.environ.get("PYTHONPATH", "")])
    done = subprocess.run(
        command,
        capture_output=True,
        text=True,
        encoding="utf-8",
        env={**os.environ, "PYTHONPATH": path.rstrip(os.pathsep)},
        check=False,
    )
    if done.returncode != 0:
        reason = (done.stderr.strip().splitlines() or ["it said nothing"])[-1]
        raise DataError(f"`{' '.join(command[1:])}` ended with {done.returncode}: {reason}")
    return done.stdout.splitlines()


def parse_line(line: str) -> Word:
    """Read one line of ``recognizer --cli --json --all``."""
    values = json.loads(line)
    reason = values.pop("rejected", None)
    return Detection(**values) if reason is None else Rejection(reason=reason, **values)


def lines_of(model: Path, stream: Stream, threshold: float | None = None) -> list[str]:
    """Return what `command_line` prints for a stream."""
    with tempfile.TemporaryDirectory(prefix="keyword-") as folder:
        sound = Path(folder) / f"{stream.name}.wav"
        stream.write(sound)
        return command_line(model, sound, threshold)


class RememberingClassifier(Classifier):
    """A classifier that looks at no window twice, to run one stream at many thresholds.

    It keeps what it found as long as it lives: use another for another stream.

    Parameters
    ----------
    path
        The model file.

    """

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self._seen: dict[bytes, Float32Array] = {}

    def posteriors(self, window: Float32Array) -> Float32Array:
        """Return the posterior probability of each label, as `Classifier.posteriors` does."""
        key = hashlib.blake2b(window.tobytes(), digest_size=16).digest()
        found = self._seen.get(key)
        if found is None:
            found = self._seen[key] = super().posteriors(window)
        return found
