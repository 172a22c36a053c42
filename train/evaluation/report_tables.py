"""An evaluation as tables of text, the same for the terminal and for the HTML report."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from train.bench.names import scene_of
from train.evaluation.snr_groups import snr_of

DASH = "-"
"""Where there is no figure."""
TOLD_DB = 10.0
"""What the noise of a place is made of is told at this step (decibel)."""


@dataclass(frozen=True, slots=True)
class Table:
    """One table."""

    title: str
    columns: tuple[str, ...]
    rows: Sequence[tuple[str, ...]]
    words: frozenset[str] = frozenset()
    """Columns of words; the first one is, too. The others are numbers."""
    note: str = ""
    """What a reader must know to read it."""


def heading(result: Mapping[str, Any]) -> str:
    """Say what was measured, in a line."""
    threshold = "" if result["threshold"] is None else f", threshold {result['threshold']:g}"
    seed = "" if result["seed"] is None else f", seed {result['seed']}"
    limit = f", at most {result['limit']} recordings a group" if result["limit"] else ""
    through = f"; through {result['through']}" if result["through"] else ""
    through = through.replace("through command", "through the command")
    chosen = f"split {result['split']}{seed}{limit}"
    return f"Model {result['model']}{threshold}; {chosen}{through}."


def remarks(result: Mapping[str, Any]) -> list[str]:
    """Return what else must be said, a sentence each."""
    lines = [str(note) for note in result.get("notes", ())]
    lines += [
        f"Skipped {name}: the split {result['split']} has no such recordings."
        for name in result["skipped"]
    ]
    if result["agree"] is False:
        lines.append("The command line program and the recognizer in this process DISAGREE.")
    return lines


def without_steps(groups: Mapping[str, Any]) -> dict[str, Any]:
    """Leave out the steps of noise, which have a table of their own."""
    return {name: group for name, group in groups.items() if snr_of(name) is None}


def streams_table(groups: Mapping[str, Any]) -> Table:
    """Say what the streams are made of."""
    return Table(
        "Streams",
        ("group", "made of", "split", "recordings", "speakers", "minutes"),
        [
            (
                group["title"],
                group["content"],
                group["split"],
                str(group["clips"]),
                str(group["speakers"] or DASH),
                f"{60 * group['hours']:.1f}",
            )
            for group in groups.values()
        ],
        frozenset({"made of"}),
    )


def of_each_place(groups: Mapping[str, Any]) -> dict[str, Any]:
    """Leave out the steps of noise that are made of the same as another."""
    shown = {}
    for name, group in groups.items():
        noise = snr_of(name)
        if noise is None or noise[0] == "" or scene_of(noise[0]) is None or noise[1] == TOLD_DB:
            shown[name] = group
    return shown


def words_table(groups: Mapping[str, Any], title: str = "Words") -> Table:
    """Say what became of the words."""
    rows = []
    for group in groups.values():
        keywords, others = group["keywords"], group["other_words"]
        if keywords["said"] + others["said"] == 0:
            continue
        rows.append(
            (
                group["title"],
                str(keywords["said"] + others["said"]),
                share(keywords["right"]),
                share(keywords["wrong"]),
                share(keywords["missed"]),
                share(others["called_a_keyword"]),
                share(group["voice_found"]),
                delay(group["delay_s"]),
                _counts(keywords["missed_because"]),
            )
        )
    columns = (
        *("group", "words", "right", "wrong", "missed", "other word called a keyword"),
        *("voice found", "delay, median and 95 %", "missed because"),
    )
    return Table(title, columns, rows, frozenset({"missed because"}))


def alarms_table(groups: Mapping[str, Any], title: str = "False alarms") -> Table:
    """Say what was heard that nobody said."""
    return Table(
        title,
        ("group", "minutes", "false alarms", "an hour", "keywords in the text"),
        [
            (
                group["title"],
                f"{60 * group['hours']:.1f}",
                str(group["false_alarms"]["count"]),
                rate(group["false_alarms"]),
                str(group["keywords_in_running_speech"] or DASH),
            )
            for group in groups.values()
        ],
    )


def share(value: Mapping[str, Any] | None) -> str:
    """Write a share and its interval."""
    if value is None or value["share"] is None:
        return DASH
    low, high = 100 * value["low"], 100 * value["high"]
    return f"{100 * value['share']:.1f} % [{low:.1f}, {high:.1f}]"


def percent(value: float | None) -> str:
    """Write a share without interval."""
    return DASH if value is None else f"{100 * value:.1f} %"


def rate(value: Mapping[str, Any]) -> str:
    """Write a rate an hour and its interval."""
    if value["per_hour"] is None:
        return DASH
    return f"{value['per_hour']:.1f} [{value['low']:.1f}, {value['high']:.1f}]"


def delay(value: Mapping[str, float] | None) -> str:
    """Write the median and the 95th percentile of a delay."""
    return f"{value['median']:.2f} s, {value['percentile_95']:.2f} s" if value else DASH


def _counts(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{name} {count}" for name, count in counts.items()) or DASH


_DETAILS = (
    *("keywords", "right", "wrong", "missed"),
    *("other words", "called a keyword", "heard as"),
)


def group_details(group: Mapping[str, Any]) -> Iterator[Table]:
    """Yield a group's tables by word and by corpus."""
    for name, table in (("word", group["by_word"]), ("corpus", group["by_corpus"])):
        if table:
            yield Table(
                f"{group['title']}, by {name}",
                (name, *_DETAILS),
                [_detail(label, row) for label, row in table.items()],
                frozenset({"heard as"}),
            )


def _detail(label: str, row: Mapping[str, Any]) -> tuple[str, ...]:
    counted = ("keywords", "right", "wrong", "missed", "other_words", "called_a_keyword")
    return (label, *(str(row[key]) for key in counted), _counts(row["heard_as"]))


def to_hear(row: Mapping[str, Any]) -> tuple[str, str, str]:
    """Return a recording that came out wrong, how, and what was heard."""
    heard = ", ".join(f"{label or DASH} {confidence:.2f}" for label, confidence in row["heard"])
    reason = f" ({row['reason']})" if row["reason"] else ""
    return row["source"], f"{row['result']}{reason}", heard or "nothing"
