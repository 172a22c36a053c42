"""What a model file says about its weights: labels, frontend, threshold, and how it was made."""

from dataclasses import dataclass, field
from typing import Any, Literal

from recognizer.errors import ModelError
from recognizer.log_mel import FrontendParameters

FORMAT = "keyword-recognizer"
"""What ``format`` says in ``metadata.json``."""

VERSION = 1
"""Version of the layout of ``metadata.json``."""

SILENCE = "silence"
"""Label of windows without speech; every model has it."""

UNKNOWN = "unknown"
"""Label of speech that is no keyword; every model has it."""

_MAX_LABELS = 1_000
_MAX_LABEL_LENGTH = 64

Output = Literal["logits", "probabilities"]


@dataclass(frozen=True, slots=True)
class ModelMetadata:
    """What a model file says about its weights."""

    labels: tuple[str, ...]
    """What each output of the model stands for; "silence", "unknown" and the keywords."""
    frontend: FrontendParameters
    """What turns samples into the model's input."""
    threshold: float
    """Averaged posterior probability from which a keyword counts as heard (0 to 1)."""
    training: dict[str, Any] = field(default_factory=dict)
    """How the model was made (corpora, seed, versions, evaluation); plain JSON values."""
    output: Output = "logits"
    """Whether the outputs are logits, or already probabilities that sum to 1."""

    @property
    def keywords(self) -> tuple[str, ...]:
        """The labels that are words to detect, in the model's order."""
        return tuple(label for label in self.labels if label not in (SILENCE, UNKNOWN))

    def to_json(self) -> dict[str, Any]:
        """Return the metadata as plain values."""
        return {
            "format": FORMAT,
            "version": VERSION,
            "labels": list(self.labels),
            "frontend": self.frontend.to_json(),
            "decision": {"threshold": self.threshold},
            "output": self.output,
            "training": self.training,
        }

    @classmethod
    def from_json(cls, values: object) -> "ModelMetadata":
        """Read what `to_json` wrote.

        Raises
        ------
        ModelError
            If something is missing, of the wrong type, or does not fit together. The sentence
            does not know the file's name.
        """
        if not isinstance(values, dict) or values.get("format") != FORMAT:
            raise ModelError(f"Its metadata is not of the format {FORMAT!r}.")
        version = values.get("version")
        if type(version) is not int or version < 1:
            raise ModelError(f"Its metadata has the version {version!r}, which is no version.")
        if version > VERSION:
            raise ModelError(
                f"It has version {version} of the model format and this program reads version "
                f"{VERSION}: install a newer keyword-recognizer."
            )
        decision = values.get("decision")
        threshold = decision.get("threshold") if isinstance(decision, dict) else None
        if isinstance(threshold, bool) or not isinstance(threshold, int | float):
            raise ModelError(f"Its threshold is {threshold!r} instead of a number.")
        if not 0.0 <= threshold <= 1.0:
            raise ModelError(f"Its threshold is {threshold!r} instead of between 0 and 1.")
        output = values.get("output")
        if output not in ("logits", "probabilities"):
            raise ModelError(f"Its output is {output!r} instead of 'logits' or 'probabilities'.")
        training = values.get("training")
        if not isinstance(training, dict):
            raise ModelError("Its training record is not a table of names and values.")
        return cls(
            labels=_checked_labels(values.get("labels")),
            frontend=FrontendParameters.from_json(values.get("frontend")),
            threshold=float(threshold),
            training=training,
            output=output,
        )


def _checked_labels(labels: object) -> tuple[str, ...]:
    if not isinstance(labels, list) or not all(isinstance(label, str) for label in labels):
        raise ModelError("Its labels are not a list of words.")
    for label in labels:
        if not label.strip() or not label.isprintable() or len(label) > _MAX_LABEL_LENGTH:
            raise ModelError(f"Its label {label[:_MAX_LABEL_LENGTH]!r} is not a word.")
        if labels.count(label) > 1:
            raise ModelError(f"Its label {label!r} stands more than once.")
    for label in (SILENCE, UNKNOWN):
        if label not in labels:
            raise ModelError(f"Its labels do not contain {label!r}.")
    if not 3 <= len(labels) <= _MAX_LABELS:
        raise ModelError(f"It has {len(labels)} labels instead of between 3 and {_MAX_LABELS}.")
    return tuple(labels)
