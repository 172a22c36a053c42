"""The bench's own tables, for the terminal, the HTML report and the docs."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from train.evaluation.report_tables import DASH, Table, rate, share

_NOTHING = f"{DASH} / {DASH}"


def wanted_table(result: Mapping[str, Any]) -> Table | None:
    """Say what is reached of what is wanted."""
    rows = [
        (
            row["what"],
            _bound(row),
            _figure(row),
            _verdict(row),
        )
        for row in result.get("wanted") or ()
    ]
    note = (
        '"Perhaps" and "not surely": the 95 % interval has both sides of the bound, so that there '
        "are too few recordings to tell."
    )
    columns = ("what", "wanted", "measured", "reached")
    table = Table("What is wanted", columns, rows, frozenset({"wanted", "reached"}), note)
    return table if rows else None


def draws_table(result: Mapping[str, Any]) -> Table | None:
    """Say what is reached with other draws of the same recordings' order, gaps and levels."""
    draws = result.get("draws")
    if not draws:
        return None
    rows = [
        (
            row["what"],
            _bound(row),
            *(f"{figure:.1f}" for figure in row["figures"]),
            f"{row['mean']:.1f} %",
            "yes" if row["reached"] else "no",
        )
        for row in draws["rows"]
    ]
    seeds = (f"seed {seed}" for seed in draws["seeds"])
    columns = ("what", "wanted", *seeds, "mean", "reached by the mean")
    words = frozenset({"wanted", "reached by the mean"})
    return Table("The same with other draws of order, gaps and levels", columns, rows, words)


def int8_table(result: Mapping[str, Any]) -> Table | None:
    """Say what int8 loses."""
    int8 = result.get("int8")
    if not int8:
        return None
    rows = [
        (
            one["title"],
            str(one["said"]),
            str(one["float_right"]),
            str(one["int8_right"]),
            f"{one['only_float']}, {one['only_int8']}",
            DASH
            if one["points"] is None
            else f"{one['points']:.2f} [{one['low']:.2f}, {one['high']:.2f}]",
        )
        for one in int8["networks"]
    ]
    columns = (
        *("network", "digits", "right in float", "right in int8", "only float, only int8"),
        "lost, points",
    )
    return Table("What int8 loses", columns, rows, note=" ".join(int8["notes"]))


def scenes_tables(curves: Sequence[Mapping[str, Any]]) -> Iterator[Table]:
    """Say how many words are right, and how many taken for others, over the noise of places."""
    if not curves:
        return
    steps = list(dict.fromkeys(point["snr_db"] for one in curves for point in one["points"]))
    names = ["no noise" if step is None else f"{step:g} dB" for step in steps]
    for key, title in (("right", "found and right"), ("wrong", "taken for another keyword")):
        rows = []
        for one in curves:
            there = {point["snr_db"]: point[key] for point in one["points"]}
            rows.append((one["title"], *(share(there.get(step)) for step in steps)))
        yield Table(f"Over the noise of places: {title}", ("who and where", *names), rows)


def beside_table(result: Mapping[str, Any]) -> Table | None:
    """Set each stream's figures beside those of PocketSphinx."""
    rows = []
    for name, rival in (result.get("peer") or {}).items():
        own = result["groups"][name]
        cells = []
        for one in (own, rival):
            keywords, others = one["keywords"], one["other_words"]
            cells.append(
                (
                    share(keywords["right"]),
                    share(keywords["wrong"]),
                    share(others["called_a_keyword"]),
                    rate(one["false_alarms"]),
                )
            )
        both = (f"{mine} / {theirs}" for mine, theirs in zip(*cells, strict=True))
        rows.append((own["title"], *(DASH if one == _NOTHING else one for one in both)))
    columns = ("stream", "right", "another keyword", "other word called one", "false alarms, hour")
    note = "PocketSphinx's grammar is the keywords: whatever a voice says must be one of them."
    table = Table("This model / PocketSphinx on the same streams", columns, rows, note=note)
    return table if rows else None


def failure_tables(result: Mapping[str, Any]) -> Iterator[Table]:
    """Say where the model fails."""
    fails = result.get("fails")
    if not fails:
        return
    for key, title in (("speakers", "worst speakers"), ("words", "worst words")):
        if fails[key]:
            yield Table(
                f"Where it fails: the {title}",
                (title[6:-1], "stream", "right", "share", "missed", "heard as"),
                [
                    (
                        row["name"],
                        row["group"],
                        f"{row['count']} of {row['of']}",
                        share(row),
                        str(row["missed"]),
                        _counts(row["heard_as"]),
                    )
                    for row in fails[key]
                ],
                frozenset({"stream", "heard as"}),
            )
    if fails["confusions"]:
        yield Table(
            "Where it fails: what was taken for what",
            ("said", "heard", "times", "of", "stream"),
            [
                (row["said"], row["heard"], str(row["count"]), str(row["of"]), row["group"])
                for row in fails["confusions"]
            ],
            frozenset({"heard", "stream"}),
        )
    if fails["noises"]:
        yield Table(
            "Where it fails: the worst noises and rooms",
            ("stream", "right", "lost to the noise, points"),
            [(row["title"], share(row), f"{100 * row['lost']:.1f}") for row in fails["noises"]],
        )
    if fails["alarms"]:
        yield Table(
            "Where it fails: heard where nobody said it",
            ("stream", "false alarms", "an hour", "which"),
            [
                (row["title"], str(row["count"]), rate(row), _counts(row["heard"]))
                for row in fails["alarms"]
            ],
            frozenset({"which"}),
        )


def _counts(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{name} {count}" for name, count in counts.items()) or DASH


def _verdict(row: Mapping[str, Any]) -> str:
    if row["reached"]:
        return "yes" if row["sure"] else "yes, but not surely"
    return "no" if row["sure"] else "no, but perhaps"


def _bound(row: Mapping[str, Any]) -> str:
    return f"{'at least' if row['least'] else 'at most'} {row['bound']:g} {row['unit']}"


def _figure(row: Mapping[str, Any]) -> str:
    digits = 2 if row["unit"] in ("s", "points") else 1
    figure = f"{row['figure']:.{digits}f} {row['unit']}"
    if row["low"] == row["high"] == row["figure"]:
        return figure
    return f"{figure} [{row['low']:.{digits}f}, {row['high']:.{digits}f}]"
