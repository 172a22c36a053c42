"""Sound files, as the recognizer reads them and as training does."""

from pathlib import Path

from recognizer.audio_file import AudioFile
from recognizer.errors import AudioError
from tests.fuzz.bytes_inputs import nearly
from tests.fuzz.harness import Target
from tests.fuzz.made_files import sound_samples
from train.corpora.files import read_audio

_NAMES = ("talk.wav", "talk.mp3", "talk", "talk.raw", "talk.flac")


def _run(value: tuple[bytes, str, bool], folder: Path) -> str:
    data, name, whole = value
    path = folder / name
    path.write_bytes(data)
    if whole:
        return "sound" if len(read_audio(path)) else "silent"
    with AudioFile(path) as sound:
        samples = sum(len(block) for block in sound)
    return "sound" if samples else "silent"


_bytes = nearly(sound_samples())
TARGET = Target(
    "sound_files",
    lambda random: (_bytes(random), random.choice(_NAMES), random.random() < 0.5),
    _run,
    (AudioError,),
)
