"""Each recording of a keyword judged by itself, without a stream."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from recognizer.model_metadata import ModelMetadata
from train.evaluation.clip_scores import clip_figures, draw, model_posteriors
from train.evaluation.folder_groups import FolderRecordings, Part
from train.evaluation.materials import Material
from train.evaluation.stream_groups import Recordings
from train.tasks import Tasks


def single_recordings(
    materials: Sequence[Material],
    model: Path,
    metadata: ModelMetadata,
    split: Part,
    limit: int | None,
    tasks: Tasks,
) -> dict[str, Any] | None:
    """Judge each recording of a keyword by itself; None where there are none."""
    named: dict[Path, str] = {}
    said = []
    for material in materials:
        source = material.recordings
        clips = list(source.isolated)
        if isinstance(source, Recordings) and split == "test":
            clips += source.testing_only
        clips = [
            one
            for one in clips
            if one.word in metadata.keywords
            and (one.split == split or isinstance(source, FolderRecordings))
        ]
        clips = draw(clips, limit)
        named |= {one.path: source.name(one.path) for one in clips}
        said += clips
    if not said:
        return None
    scores, found = model_posteriors(model, said, tasks=tasks)
    figures = clip_figures(said, scores, found, metadata.labels, named.__getitem__)
    return figures | {"through": "the model file"}
