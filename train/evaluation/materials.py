"""Which recordings are measured on, and which streams are made of them."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from train.bench.groups import BENCH_GROUPS
from train.corpora import default_data_folder
from train.errors import DataError
from train.evaluation.folder_groups import (
    FOLDER_GROUPS,
    RECORDINGS_AT_MOST,
    FolderRecordings,
    Part,
    holds_corpora,
    holds_every_corpus,
    read_folders,
)
from train.evaluation.snr_groups import snr_groups
from train.evaluation.stream_groups import GROUPS, Recordings
from train.evaluation.stream_plan import Group, Source


@dataclass(frozen=True)
class Material:
    """Recordings, and the streams to make of them."""

    recordings: Source
    """The recordings."""
    kinds: Mapping[str, Group]
    """The groups by name."""
    limit: int | None
    """The most recordings in a group."""


def materials_of(
    data: Path | Sequence[Path] | FolderRecordings | None,
    groups: Sequence[str] | None,
    keywords: Collection[str],
    split: Part,
    limit: int | None,
    *,
    snr: bool,
    bench: bool = False,
) -> list[Material]:
    """Say which streams are to be made of what.

    Parameters
    ----------
    data, groups, split, limit, snr, bench
        As for `train.evaluation.evaluate.evaluate`.
    keywords
        The words to detect.

    Raises
    ------
    DataError
        If a folder cannot be used, or two of them hold all corpora.
    """
    materials = []
    if isinstance(data, FolderRecordings):
        roots, folders, recordings = [], [], data
    else:
        named = [data] if isinstance(data, Path) else list(data or ())
        # Whoever names one of these groups means the folder of all corpora, complete or not.
        asked = any(name in GROUPS or name in BENCH_GROUPS for name in groups or ())
        roots = [one for one in named if holds_every_corpus(one) or (asked and holds_corpora(one))]
        if asked and named and not roots:
            raise DataError(
                f"The groups {', '.join(GROUPS)} are of the folder of all corpora, which "
                f"{named[0]} is not; the groups of any folder are {', '.join(FOLDER_GROUPS)}."
            )
        folders = [one for one in named if one not in roots]
        if not named:
            roots = [default_data_folder()]
        if folders:
            recordings = read_folders(folders, keywords, split)
    if len(roots) > 1:
        raise DataError(
            f"{roots[0]} and {roots[1]} both hold all corpora; measure on one after the other."
        )
    for root in roots:
        if split == "all":
            raise DataError(
                f"Of {root} only the parts for testing and for validation can be used: the model "
                "that ships learnt from the others."
            )
        more = BENCH_GROUPS if bench or groups else {}
        kinds = _chosen({**GROUPS, **more}, groups) | (snr_groups() if snr else {})
        materials.append(Material(Recordings(root), kinds, limit))
    if folders or isinstance(data, FolderRecordings):
        if limit is None and recordings.most() > RECORDINGS_AT_MOST:
            recordings.notes.append(
                f"At most {RECORDINGS_AT_MOST} recordings of a kind are used, drawn by lot; "
                "--limit sets another number."
            )
        kinds = _chosen(FOLDER_GROUPS, groups) | (snr_groups("folder_") if snr else {})
        materials.append(Material(recordings, kinds, limit or RECORDINGS_AT_MOST))
    return materials


def _chosen(kinds: Mapping[str, Group], names: Sequence[str] | None) -> dict[str, Group]:
    return {name: kind for name, kind in kinds.items() if names is None or name in names}
