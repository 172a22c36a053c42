"""The evaluation as tables on standard output."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table


def print_report(
    result: Mapping[str, Any], *, details: bool = False, console: "Console | None" = None
) -> None:
    """Print what `train.evaluate.evaluate` returned.

    Parameters
    ----------
    result
        The evaluation.
    details
        Also a table by word for each group, and the recordings that came out wrong.
    console
        Where to print; standard output by default.

    """
    from rich.console import Console

    # A pipe has no width, and lines folded at 80 columns are no table.
    out = console or Console()
    if console is None and not out.is_terminal:
        out = Console(width=200)
    limit = f", at most {result['limit']} recordings a group" if result["limit"] else ""
    _say(
        out,
        f"Model {result['model']}, threshold {result['threshold']:g}; split {result['split']}, "
        f"seed {result['seed']}{limit}; through the {result['through']}.",
    )
    out.print(_streams_table(result["groups"]))
    out.print(_words_table("Words", result["groups"]))
    out.print(_alarms_table("False alarms", result["groups"]))
    if "peer" in result:
        out.print(_words_table("Words: PocketSphinx with a grammar", result["peer"]))
        out.print(_alarms_table("False alarms: PocketSphinx with a grammar", result["peer"]))
    if details:
        for group in result["groups"].values():
            _print_details(out, group)
    for name in result["skipped"]:
        _say(out, f"Skipped {name}: the split {result['split']} has no such recordings.")
    if result["agree"] is False:
        _say(out, "The command line program and the recognizer in this process DISAGREE.")
    _say(out, "In brackets: 95 % confidence intervals (Wilson; exact Poisson).")


def _streams_table(groups: Mapping[str, Any]) -> "Table":
    table = _table("Streams", "group", "made of", "split", "recordings", "speakers", "minutes")
    for group in groups.values():
        table.add_row(
            group["title"],
            group["content"],
            group["split"],
            str(group["clips"]),
            str(group["speakers"] or "-"),
            f"{60 * group['hours']:.1f}",
        )
    return table


def _words_table(title: str, groups: Mapping[str, Any]) -> "Table":
    table = _table(
        title,
        "group",
        "words",
        "right",
        "wrong",
        "missed",
        "other word called a keyword",
        "voice found",
        "delay, median and 95 %",
        "missed because",
    )
    for group in groups.values():
        keywords, others = group["keywords"], group["other_words"]
        if keywords["said"] + others["said"] == 0:
            continue
        delay = group["delay_s"]
        table.add_row(
            group["title"],
            str(keywords["said"] + others["said"]),
            _share(keywords["right"]),
            _share(keywords["wrong"]),
            _share(keywords["missed"]),
            _share(others["called_a_keyword"]),
            _share(group["voice_found"]),
            f"{delay['median']:.2f} s, {delay['percentile_95']:.2f} s" if delay else "-",
            ", ".join(f"{reason} {n}" for reason, n in keywords["missed_because"].items()) or "-",
        )
    return table


def _alarms_table(title: str, groups: Mapping[str, Any]) -> "Table":
    table = _table(title, "group", "minutes", "false alarms", "an hour", "keywords in the text")
    for group in groups.values():
        alarms = group["false_alarms"]
        rate = alarms["per_hour"]
        table.add_row(
            group["title"],
            f"{60 * group['hours']:.1f}",
            str(alarms["count"]),
            "-" if rate is None else f"{rate:.1f} [{alarms['low']:.1f}, {alarms['high']:.1f}]",
            str(group["keywords_in_running_speech"] or "-"),
        )
    return table


def _print_details(out: "Console", group: Mapping[str, Any]) -> None:
    for heading, rows in (("word", group["by_word"]), ("corpus", group["by_corpus"])):
        if not rows:
            continue
        table = _table(
            f"{group['title']}, by {heading}",
            *(heading, "keywords", "right", "wrong", "missed"),
            *("other words", "called a keyword", "heard as"),
        )
        for name, row in rows.items():
            table.add_row(
                name,
                *(str(row[key]) for key in ("keywords", "right", "wrong", "missed", "other_words")),
                str(row["called_a_keyword"]),
                ", ".join(f"{label} {n}" for label, n in row["heard_as"].items()) or "-",
            )
        out.print(table)
    for row in group["to_hear"]:
        heard = ", ".join(f"{label or '-'} {confidence:.2f}" for label, confidence in row["heard"])
        reason = f" ({row['reason']})" if row["reason"] else ""
        _say(out, f"  {row['source']}: {row['result']}{reason}; heard {heard or 'nothing'}")


def _table(title: str, *columns: str) -> "Table":
    from rich.markup import escape
    from rich.table import Table

    table = Table(title=escape(title), title_justify="left")
    for index, column in enumerate(columns):
        numeric = index > 0 and column not in ("made of", "missed because", "heard as")
        table.add_column(column, justify="right" if numeric else "left")
    return table


def _share(value: Mapping[str, Any] | None) -> str:
    if value is None or value["share"] is None:
        return "-"
    low, high = 100 * value["low"], 100 * value["high"]
    # A bracket before a digit is no rich markup.
    return f"{100 * value['share']:.1f} % [{low:.1f}, {high:.1f}]"


def _say(out: "Console", text: str) -> None:
    out.print(text, markup=False, highlight=False, soft_wrap=True)
