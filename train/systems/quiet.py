"""TensorFlow, started without the notes it writes about its insides."""

import os
from typing import Any

from recognizer.native_stderr import quiet_native_stderr

_NOTES = (b"WARNING: All log messages before absl", b"I0000 ", b"W0000 ")


def start_keras(*, one_dnn: bool = False) -> Any:
    """Import Keras and TensorFlow, which takes seconds the first time; return the package keras.

    Parameters
    ----------
    one_dnn
        Use oneDNN on every processor, where the environment does not say otherwise. By itself
        TensorFlow does so on the newest only; whether it is faster on others depends on the
        network. It counts at the first import.

    Raises
    ------
    ModuleNotFoundError
        If one of them is not installed.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    if one_dnn:
        os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")
    with quiet_native_stderr(*_NOTES):
        import keras
        import tensorflow  # noqa: F401
    return keras
