"""The network in a model file: what passes the check is loaded and run by the interpreter."""

import os
from pathlib import Path

from recognizer.classifier import Classifier
from recognizer.errors import ModelError
from recognizer.log_mel import FrontendParameters
from recognizer.model_file import default_model_path, read_model, write_model
from recognizer.model_metadata import ModelMetadata
from tests.fuzz.bytes_inputs import nearly, one_of
from tests.fuzz.harness import Target
from tests.fuzz.networks import changed_network
from tests.model_fixture import DIGIT_LABELS, tiny_flatbuffer

_METADATA = ModelMetadata(DIGIT_LABELS, FrontendParameters(), 0.6)
_KINDS = ("bit", "byte", "word", "word", "word", "copy", "swap", "swap")


def _run(value: bytes, folder: Path) -> str:
    path = folder / "model.tflite"
    # As write_model, which would not write what is no flatbuffer at all.
    write_model(path, value[:4] + b"TFL3" + value[8:], _METADATA)
    Classifier(path)
    return "run"


_TINY = tiny_flatbuffer()
_SHIPPED = read_model(default_model_path())[0]
# A crash of this process counts, though a trial in a process of its own would survive it.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
TARGET = Target(
    "flatbuffers",
    one_of(
        nearly([_TINY, _TINY, _TINY, _SHIPPED], _KINDS),
        lambda random: changed_network(_TINY, random),
    ),
    _run,
    (ModelError,),
)
