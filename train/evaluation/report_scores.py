"""The tables that need more than one group, or more than counts: scores, curves, spreads."""

from collections.abc import Iterator, Mapping
from typing import Any

from train.bench import tables as bench
from train.evaluation.det import duration
from train.evaluation.report_tables import (
    DASH,
    Table,
    alarms_table,
    delay,
    of_each_place,
    percent,
    rate,
    share,
    streams_table,
    without_steps,
    words_table,
)

_ALARMS = "false alarms an hour"


def summary_tables(result: Mapping[str, Any]) -> list[Table]:
    """Return the tables that sum up, in their order."""
    groups = result["groups"]
    tables: list[Table | None] = []
    if groups:
        plain = without_steps(groups)
        tables += [streams_table(of_each_place(groups)), words_table(plain), alarms_table(plain)]
    tables += [scores_table(result), misses_table(result), *noise_tables(result)]
    tables += [speakers_table(result), clips_table(result)]
    if "peer" in result:
        peer = "PocketSphinx with a grammar"
        rival = without_steps(result["peer"])
        tables.append(words_table(rival, f"Words: {peer}"))
        tables.append(alarms_table(rival, f"False alarms: {peer}"))
        tables.append(bench.beside_table(result))
    tables += [bench.int8_table(result), *bench.failure_tables(result)]
    tables += [bench.draws_table(result), bench.wanted_table(result)]
    return [one for one in tables if one is not None]


def scores_table(result: Mapping[str, Any]) -> Table | None:
    """Say how precise the keywords are and how many are recalled, in the mean over the words."""
    groups = without_steps(result["groups"]).values()
    rows = [_scores(group["title"], group) for group in groups if group["macro"]["words"]]
    note = (
        "Means over the words. Precision: the share of what was reported as a word that was this "
        "word. Recall: the share of a word's times that it was reported. F1: the harmonic mean of "
        "both."
    )
    every = result.get("all")
    if every and every["macro"]["words"] and len(every["groups"]) > 1:
        rows.append(_scores("all together", every))
        named = "; ".join(result["groups"][name]["title"] for name in every["groups"])
        note += (
            f" All together: {named}. Here whatever was called a keyword by mistake, in other "
            "words, in speech or in noise, counts against its precision."
        )
    if not rows:
        return None
    columns = ("group", "keywords", "precision", "recall", "F1", "hardest word, its F1")
    return Table("Precision, recall and F1", columns, rows, note=note)


def speakers_table(result: Mapping[str, Any]) -> Table | None:
    """Say how differently people are understood."""
    rows = []
    for group in without_steps(result["groups"]).values():
        spread = group["speaker_spread"]
        if not spread or spread["speakers"] < 2:
            continue
        worst = spread["worst"][0]
        rows.append(
            (
                group["title"],
                str(spread["speakers"]),
                percent(spread["median"]),
                f"{percent(spread['quartile_1'])} to {percent(spread['quartile_3'])}",
                percent(spread["lowest"]),
                f"{worst['speaker']}: {worst['count']} of {worst['of']}",
                f"[{100 * worst['low']:.0f}, {100 * worst['high']:.0f}] %",
            )
        )
    columns = (
        *("group", "speakers", "right, median speaker", "the middle half of them"),
        *("lowest", "worst speaker", "95 % of that"),
    )
    note = (
        "Worst is the speaker whose share is lowest even at the upper end of its interval: one "
        "missed word alone says little."
    )
    table = Table("Speakers", columns, rows, frozenset({"worst speaker"}), note)
    return table if rows else None


def misses_table(result: Mapping[str, Any]) -> Table | None:
    """Say how many keywords are missed where the threshold allows so many false alarms."""
    det = result.get("det")
    if not det or not det["at"]:
        return None
    wanted = [row["per_hour"] for row in next(iter(det["at"].values()))]
    rows = [
        (result["groups"][name]["title"], *map(_miss, points)) for name, points in det["at"].items()
    ]
    reasons = {row["reason"]: None for points in det["at"].values() for row in points}
    said = "; ".join(reason for reason in reasons if reason)
    return Table(
        "Missed, or taken for another, at so many false alarms an hour",
        ("group", *(f"{rate:g} an hour" for rate in wanted)),
        rows,
        note=f"{alarms_in(result)}{f' {said[:1].upper()}{said[1:]}.' if said else ''}",
    )


def alarms_in(result: Mapping[str, Any]) -> str:
    """Say where the false alarms of the curves were counted."""
    det = result["det"]
    if not det["false_alarms_in"]:
        return "Nothing was heard without keywords, so that no false alarms could be counted."
    named = "; ".join(result["groups"][name]["title"] for name in det["false_alarms_in"])
    counted = "; other words called a keyword count" if det["other_words_count"] else ""
    return f"False alarms counted in {duration(det['hours'])} ({named}{counted})."


def thresholds_table(result: Mapping[str, Any]) -> Table | None:
    """Say what other thresholds give."""
    det = result.get("det")
    if not det:
        return None
    columns = {**det["misses"], **{f"{name} called": rows for name, rows in det["called"].items()}}
    rows = [
        (
            f"{alarm['threshold']:g}",
            rate(alarm),
            *(percent(column[index]["share"]) for column in columns.values()),
        )
        for index, alarm in enumerate(det["alarms"])
    ]
    names = [f"{name}: missed" for name in det["misses"]]
    names += [f"{name}: called" for name in det["called"]]
    return Table("At other thresholds", ("threshold", _ALARMS, *names), rows)


def noise_tables(result: Mapping[str, Any]) -> Iterator[Table]:
    """Say what noise does to the same words."""
    curves = result.get("snr") or ()
    yield from bench.scenes_tables([one for one in curves if "place" in one])
    for curve in curves:
        if "place" in curve:
            continue
        yield Table(
            f"In noise: {curve['title']}",
            ("noise below the words", "right", "wrong", "missed", "voice found", "delay", _ALARMS),
            [
                (
                    "no noise" if point["snr_db"] is None else f"{point['snr_db']:g} dB",
                    share(point["right"]),
                    share(point["wrong"]),
                    share(point["missed"]),
                    share(point["voice_found"]),
                    delay(point["delay_s"]),
                    rate(result["groups"][point["group"]]["false_alarms"]),
                )
                for point in curve["points"]
            ],
        )


def clips_table(result: Mapping[str, Any]) -> Table | None:
    """Say how many single recordings are most like their word."""
    clips = result.get("clips")
    if not clips:
        return None
    macro = clips["macro"]
    rows = [
        (
            "all",
            str(clips["clips"]),
            share(clips["accuracy"]),
            *(percent(macro[one]) for one in ("precision", "recall", "f1")),
            str(clips["not_found"]),
        )
    ]
    if len(clips["by_corpus"]) > 1:
        rows += [
            (corpus, str(one["of"]), share(one), DASH, DASH, DASH, DASH)
            for corpus, one in clips["by_corpus"].items()
        ]
    return Table(
        "Single recordings",
        ("corpus", "recordings", "accuracy", "precision", "recall", "F1", "nothing heard"),
        rows,
        note="Which of the keywords each recording is most like, whatever the threshold; by "
        f"{clips['through']}.",
    )


def classes_table(title: str, figures: Mapping[str, Any]) -> Table:
    """Say how each word does."""
    return Table(
        title,
        ("word", "said", "reported", "right", "precision", "recall", "F1"),
        [
            (
                word,
                *(str(row[key]) for key in ("said", "heard", "right")),
                *(percent(row[key]) for key in ("precision", "recall", "f1")),
            )
            for word, row in figures["classes"].items()
        ],
    )


def confusion_table(title: str, figures: Mapping[str, Any]) -> Table:
    """Say what was taken for what."""
    confusion = figures["confusion"]
    return Table(
        title,
        ("said \\ heard", *confusion["heard"]),
        [
            (said, *(str(count or ".") for count in row))
            for said, row in zip(confusion["said"], confusion["counts"], strict=True)
            if any(row)
        ],
    )


def _miss(row: Mapping[str, Any]) -> str:
    if row["miss"] is None:
        return "not seen" if row["reason"].startswith("not to be seen") else "not reached"
    low, high = 100 * row["low"], 100 * row["high"]
    return f"{100 * row['miss']:.1f} % [{low:.1f}, {high:.1f}] at {row['threshold']:.2f}"


def _scores(title: str, figures: Mapping[str, Any]) -> tuple[str, ...]:
    macro = figures["macro"]
    said = {word: row for word, row in figures["classes"].items() if row["said"]}
    hardest = min(said, key=lambda word: said[word]["f1"])
    return (
        title,
        str(sum(row["said"] for row in said.values())),
        *(percent(macro[one]) for one in ("precision", "recall", "f1")),
        f"{hardest} {percent(said[hardest]['f1'])} (of {said[hardest]['said']})",
    )
