"""The window's settings file."""

import json
from pathlib import Path
from random import Random

from recognizer.window.settings import load_settings, save_settings
from tests.fuzz.bytes_inputs import nearly, one_of
from tests.fuzz.harness import Target
from tests.fuzz.values import changed_values

_GOOD = {
    "device": "USB mic",
    "channel": 2,
    "threshold": 0.7,
    "model": "/home/me/mine.tflite",
    "examples_folder": "/home/me/examples",
    "teach_folder": None,
    "theme": "dark",
    "file_pace": "fast",
    "geometry": "AdnQywADAAA=",
    "splitter": "AAAA/w==",
}


def _run(value: bytes, folder: Path) -> str:
    path = folder / "settings.json"
    path.write_bytes(value)
    settings, trouble = load_settings(path)
    # What was taken can be kept, and is taken again.
    save_settings(path, settings)
    assert load_settings(path) == (settings, None)
    return "taken" if trouble is None else "set aside"


def _changed(random: Random) -> bytes:
    values = changed_values(_GOOD, random)
    if random.randrange(2):
        values = changed_values(values, random) if isinstance(values, dict | list) else values
    return json.dumps(values, ensure_ascii=random.random() < 0.5).encode(errors="surrogatepass")


TARGET = Target(
    "settings",
    one_of(
        nearly([json.dumps(_GOOD, indent=2).encode()]),
        _changed,
        lambda random: random.randbytes(random.randrange(41)),
    ),
    _run,
    (),
)
