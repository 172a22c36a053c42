"""Sums over several groups, and what noise does to one set of words."""

from collections import Counter
from collections.abc import Mapping
from typing import Any

from train.bench.names import scene_of
from train.evaluation.class_scores import figures_of_pairs
from train.evaluation.scoring import delay_percentiles
from train.evaluation.snr_groups import snr_of
from train.intervals import proportion, rate


def pool(groups: Mapping[str, Mapping[str, Any]]) -> dict[str, Any] | None:
    """Sum up groups that have no recording in common.

    Every word counts alike, so that a group with many words counts more.

    Parameters
    ----------
    groups
        What `train.evaluation.scoring.summarize` returned for each.

    Returns
    -------
    dict or None
        ``groups``: their names. ``keywords``, ``other_words``, ``accuracy``, ``classes``,
        ``macro``, ``confusion``, ``delay_percentiles_s`` and ``delay_histogram`` as for one group.
        ``false_alarms``: their rate in the groups in which nobody says a word alone, running
        speech and noise. None of no groups.

    """
    if not groups:
        return None
    names: list[str] = []
    pairs: Counter[tuple[str, str]] = Counter()
    delays: Counter[str] = Counter()
    for group in groups.values():
        confusion = group["confusion"]
        names += [name for name in confusion["heard"][:-1] if name not in names]
        for one, row in zip(confusion["said"], confusion["counts"], strict=True):
            for heard, count in zip(confusion["heard"], row, strict=True):
                pairs[one, heard] += count
        delays.update(group["delay_histogram"])
    keywords, others = (
        [group[key] for group in groups.values()] for key in ("keywords", "other_words")
    )
    said = sum(one["said"] for one in keywords)
    quiet = [
        group
        for group in groups.values()
        if not group["keywords"]["said"] and not group["other_words"]["said"]
    ]
    return {
        "groups": list(groups),
        "keywords": {
            "said": said,
            **{
                result: proportion(sum(one[result]["count"] for one in keywords), said)
                for result in ("right", "wrong", "missed")
            },
        },
        "other_words": {
            "said": sum(one["said"] for one in others),
            "called_a_keyword": proportion(
                sum(one["called_a_keyword"]["count"] for one in others),
                sum(one["said"] for one in others),
            ),
        },
        "false_alarms": rate(
            sum(group["false_alarms"]["count"] for group in quiet),
            sum(group["hours"] for group in quiet),
        ),
        **figures_of_pairs(pairs, names),
        "delay_percentiles_s": delay_percentiles([float(one) for one in delays.elements()]),
        "delay_histogram": {bar: delays[bar] for bar in sorted(delays, key=float)},
    }


def snr_curve(groups: Mapping[str, Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Gather the groups that have the same words in ever louder noise.

    Returns
    -------
    list of dict
        For the project's recordings, for other folders, and for each scene of the bench, as far as
        there are such groups: ``title``, of the bench ``voice`` and ``place``
        (`train.bench.names.Scene`), and ``points``, a row for each signal-to-noise ratio:
        ``group``, ``snr_db`` (decibel; None without noise), and of the group ``content``,
        ``right``, ``wrong``, ``missed``, ``voice_found`` and ``delay_s``.

    """
    curves: dict[str, list[dict[str, Any]]] = {}
    for name, group in groups.items():
        noise = snr_of(name)
        if noise is None:
            continue
        prefix, snr_db = noise
        curves.setdefault(prefix, []).append(
            {
                "group": name,
                "snr_db": snr_db,
                "content": group["content"],
                **{key: group["keywords"][key] for key in ("right", "wrong", "missed")},
                "voice_found": group["voice_found"],
                "delay_s": group["delay_s"],
            }
        )
    rows = []
    for prefix, points in curves.items():
        scene = scene_of(prefix)
        if scene is None:
            title = "keywords in the folders" if prefix else "digits over a café"
            rows.append({"title": title, "points": points})
        elif scene.place is not None:
            clean = curves.get(f"{scene.voice}_", [])
            named = {"title": scene.title, "voice": scene.voice, "place": scene.place}
            rows.append({**named, "points": [*clean, *points]})
    return rows
