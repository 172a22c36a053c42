"""What a model file says about its training: recipe, corpora, licences, versions."""

import hashlib
import json
import platform
from collections.abc import Mapping
from dataclasses import asdict
from datetime import date
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from train import splits

if TYPE_CHECKING:
    import keras
    from _typeshed import DataclassInstance

CORPORA = {
    "fsdd": "Free Spoken Digit Dataset, CC BY-SA 4.0, five of six speakers",
    "an4": "CMU AN4, BSD-style, the training part",
    "speech_commands": "Google Speech Commands v0.01 (a part), CC BY 4.0, 70 % of the speakers",
    "other_words": "Picovoice wake-word benchmark, Apache-2.0; Mycroft community, public domain",
    "librispeech": "LibriSpeech (a part), CC BY 4.0, one of two speakers",
    "esc10": "ESC-10, CC BY 3.0, folds 1 to 3 (4: validation)",
    "blanket": "Blanket's sounds, CC0, public domain, CC BY, CC BY-SA, without the coffee shop",
    "keyboards": "recordings of mechanical keyboards, MIT, eight of eleven",
    "rooms": "simulated room responses, made for this project, four of five rooms",
    "synthetic": "espeak-ng and flite voices, made by train.synthesize; the sentences they read "
    "are drawn from PocketSphinx's English language model, BSD, by train.sentences",
}
"""What the model is trained on, and under which licence."""


def training_record(
    recipe: "DataclassInstance", model: "keras.Model", validation: Mapping[str, float]
) -> dict[str, Any]:
    """Return the record of a training on the corpora of this project.

    Parameters
    ----------
    recipe
        What it was made by.
    model
        What it came to.
    validation
        How good it is on validation speakers.
    """
    return {
        "recipe": json.loads(json.dumps(asdict(recipe))),
        "parameters": int(model.count_params()),
        "date": date.today().isoformat(),
        "corpora": CORPORA,
        "splits": "train.splits: speakers, rooms and noises apart",
        "splits_sha256": hashlib.sha256(Path(splits.__file__).read_bytes()).hexdigest(),
        "validation": dict(validation),
        "versions": {
            "python": platform.python_version(),
            **{name: version(name) for name in ("numpy", "keras", "ai-edge-litert")},
        },
    }
