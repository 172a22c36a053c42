"""The int8 TFLite model: one window of log-mel in, one posterior per label out.

See Also
--------
recognizer.model_file : the file the model comes in.
"""

import os
from collections.abc import Callable

from recognizer.errors import ModelError
from recognizer.int8_network import Int8Network, by
from recognizer.model_file import default_model_path


class Classifier(Int8Network):
    """Runs a model of words that stand alone, one window at a time, on one thread.

    `posteriors` returns float32 ``[labels]``.

    Parameters
    ----------
    path
        The model file; the digits model that comes with the program when left out.
    before_load
        As for `Int8Network`.

    Raises
    ------
    ModelError
        If the file is missing, damaged, not fully int8, or its shapes, labels and frontend do
        not fit together.
    RecognizerError
        If no TFLite interpreter is installed.
    """

    def __init__(
        self,
        path: str | os.PathLike[str] | None = None,
        *,
        before_load: Callable[[bytes, str], object] | None = None,
    ) -> None:
        super().__init__(default_model_path() if path is None else path, before_load=before_load)
        shape, labels = self.scores_shape, len(self.labels)
        if len(shape) == 3 and shape[2] == labels:
            raise ModelError(
                f"The model file {self.path} tells words in a row: it goes with --cli --connected "
                "only."
            )
        if shape != (1, labels):
            raise ModelError(
                f"The model file {self.path} gives an output of the shape {by(shape)}, and it has "
                f"{labels} labels."
            )
