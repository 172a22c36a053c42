"""One group of recordings measured: a task of its own, so that several can go on at a time."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from recognizer.printer import json_line
from recognizer.recognizer import Recognizer
from train.corpora import Split
from train.evaluation.det import count_at
from train.evaluation.listening import (
    Listening,
    RememberingClassifier,
    lines_of,
    listen,
    parse_line,
)
from train.evaluation.scoring import score, summarize
from train.evaluation.stream_plan import Group, Source, build_group
from train.evaluation.streams import Stream


@dataclass(frozen=True, slots=True)
class Job:
    """One group to be measured, here or in a process of its own."""

    name: str
    kind: Group
    recordings: Source
    split: Split
    keywords: tuple[str, ...]
    seed: int
    limit: int | None
    model: Path
    threshold: float | None
    thresholds: tuple[float, ...]
    through_command_line: bool
    peer: bool


@dataclass(frozen=True, slots=True)
class Measured:
    """What came of a group."""

    summary: dict[str, Any] | None = None
    """None where there were no recordings."""
    agree: bool = True
    peer: dict[str, Any] | None = None
    left_out: tuple[str, ...] = ()


def evaluate_stream(
    model: Path, stream: Stream, keywords: Collection[str], *, threshold: float | None = None
) -> dict[str, Any]:
    """Measure a model on one stream, in this process.

    Parameters
    ----------
    model
        The model file.
    stream
        What is heard.
    keywords
        The words to detect.
    threshold
        Another threshold than the model's own.

    Returns
    -------
    dict
        What `train.evaluation.scoring.summarize` returns.

    Raises
    ------
    ModelError
        When the model file cannot be used.

    """
    heard = listen(Recognizer(model, threshold=threshold), stream)
    return summarize(score(stream, heard.words, keywords, heard.voices))


def measure(job: Job) -> Measured:
    """Build a group's stream, hear it, and count.

    Raises
    ------
    RecognizerError
        When the model, a corpus or a recording cannot be used.
    """
    stream = build_group(
        job.name,
        job.kind,
        job.recordings,
        split=job.split,
        keywords=job.keywords,
        seed=job.seed,
        limit=job.limit,
    )
    left_out = tuple(getattr(job.recordings, "left_out", ()))
    if stream is None:
        return Measured(left_out=left_out)
    classifier = RememberingClassifier(job.model)
    recognizer = Recognizer(classifier, threshold=job.threshold)
    own = recognizer.threshold
    heard = listen(recognizer, stream)
    words, agree = heard.words, True
    if job.through_command_line:
        lines = lines_of(job.model, stream, job.threshold)
        agree = lines == [json_line(one) for one in words]
        words = tuple(parse_line(line) for line in lines)
    scored = score(stream, words, job.keywords, heard.voices)
    summary = {"title": job.kind.title, **summarize(scored)}
    counts = []
    for threshold in job.thresholds:
        if threshold == own:
            counts.append(count_at(own, scored))
            continue
        recognizer.threshold = threshold
        other = listen(recognizer, stream)
        counts.append(count_at(threshold, score(stream, other.words, job.keywords)))
    if counts:
        summary["thresholds"] = counts
    rival = None
    if job.peer:
        heard = listen(_peer(job.keywords), stream)
        scored = score(stream, heard.words, job.keywords, heard.voices)
        rival = {"title": job.kind.title, **summarize(scored)}
    return Measured(summary, agree, rival, left_out)


def _peer(keywords: Sequence[str]) -> Listening:
    from train.evaluation.pocketsphinx_peer import PocketSphinxRecognizer

    return PocketSphinxRecognizer(keywords)
