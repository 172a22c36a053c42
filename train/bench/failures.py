"""Where a model fails: its worst speakers, words, confusions and noises, in figures."""

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from train.bench.names import VOICES, scene_of
from train.evaluation.snr_groups import snr_of
from train.intervals import proportion

MOST = 10
"""So many of each kind are named."""
LEAST_SAID = 8
"""A word that was said less often in a stream is not called a bad one."""

Groups = Mapping[str, Mapping[str, Any]]


def failures(groups: Groups, apart: list[str], keywords: list[str]) -> dict[str, Any]:
    """Name what goes worst.

    Parameters
    ----------
    groups
        What `train.evaluation.scoring.summarize` returned for each.
    apart
        The groups that have no recording in common: speakers, words and confusions are theirs.
    keywords
        The words to detect.

    Returns
    -------
    dict
        ``speakers`` and ``words``, the worst first: of whom even the upper end of the 95 % interval
        is lowest, so that one unlucky word makes nobody the worst. ``confusions``: what was taken
        for what, the most frequent first; of synthetic voices, too, and these say so in
        ``group``. ``noises``: the conditions in which fewest words were right, and by how much
        fewer (``lost``, 0 to 1) than the same words without noise. ``alarms``: the streams in
        which something was heard that nobody said.
    """
    own = {name: groups[name] for name in apart if name in groups}
    made = {name: groups[name] for name in ("near",) if name in groups}
    return {
        "speakers": _worst(_rows(own, "by_speaker", 1)),
        "words": _worst(_rows(own, "by_word", LEAST_SAID)),
        "confusions": _confusions({**own, **made}, set(keywords)),
        "noises": _noises(groups),
        "alarms": _alarms(groups),
    }


def _rows(groups: Groups, table: str, least: int) -> Iterator[dict[str, Any]]:
    for group in groups.values():
        for name, row in group[table].items():
            if row["keywords"] >= least and not name.endswith("/?"):
                yield {
                    "name": name,
                    "group": group["title"],
                    **proportion(row["right"], row["keywords"]),
                    "missed": row["missed"],
                    "heard_as": row["heard_as"],
                }


def _worst(rows: Iterator[dict[str, Any]]) -> list[dict[str, Any]]:
    failed = [row for row in rows if row["count"] < row["of"]]
    return sorted(failed, key=lambda row: (row["high"], row["share"], row["name"]))[:MOST]


def _confusions(groups: Groups, keywords: set[str]) -> list[dict[str, Any]]:
    rows = []
    for group in groups.values():
        for said, row in group["by_word"].items():
            times = row["keywords"] + row["other_words"]
            rows += [
                {
                    "said": said,
                    "heard": heard,
                    "count": count,
                    "of": times,
                    "keyword": said in keywords,
                    "group": group["title"],
                }
                for heard, count in row["heard_as"].items()
            ]
    return sorted(rows, key=lambda row: (-row["count"], row["said"], row["heard"]))[: 2 * MOST]


def _noises(groups: Groups) -> list[dict[str, Any]]:
    rows = []
    for name, group in groups.items():
        clean = _without_noise(name)
        if clean is None or clean not in groups:
            continue
        right = group["keywords"]["right"]
        if right["share"] is not None:
            lost = groups[clean]["keywords"]["right"]["share"] - right["share"]
            rows.append({"title": group["title"], **right, "lost": lost})
    return sorted(rows, key=lambda row: (row["share"], row["title"]))[:MOST]


def _without_noise(name: str) -> str | None:
    """Return the group with the same words and no noise."""
    for voice in VOICES:
        if name == f"{voice}_rooms":
            return voice
    noise = snr_of(name)
    if noise is None or noise[1] is None:
        return None
    scene = scene_of(noise[0])
    return f"{scene.voice if scene else noise[0].rstrip('_')}_snr_clean".lstrip("_")


def _alarms(groups: Groups) -> list[dict[str, Any]]:
    rows = []
    for group in groups.values():
        alarms = group["false_alarms"]
        if alarms["count"]:
            labels = Counter(one["label"] for one in alarms["list"])
            rows.append(
                {
                    "title": group["title"],
                    **{key: alarms[key] for key in ("count", "per_hour", "low", "high")},
                    "heard": dict(labels.most_common()),
                }
            )
    return sorted(rows, key=lambda row: -row["per_hour"])[:MOST]
