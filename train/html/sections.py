"""What an HTML report says about each side of an evaluation; nothing where nothing was measured."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from train.bench.sections import bench_sections
from train.evaluation.report_scores import (
    alarms_in,
    classes_table,
    clips_table,
    misses_table,
    noise_tables,
    scores_table,
    speakers_table,
    thresholds_table,
)
from train.evaluation.report_tables import (
    Table,
    alarms_table,
    of_each_place,
    share,
    streams_table,
    to_hear,
    without_steps,
    words_table,
)
from train.html.figures import (
    alarms_svg,
    called_svg,
    confusion_svg,
    delays_svg,
    noise_svg,
    shares_svg,
    speakers_svg,
)
from train.html.page import figure, folded, paragraph, table

HEARD_AT_MOST = 300
"""So many recordings of a group are listed to be heard."""


def _streams(result: Mapping[str, Any]) -> Iterator[str]:
    if not result["groups"]:
        return
    groups = without_steps(result["groups"])
    yield "<h2>Stream by stream</h2>"
    rows = [
        (group["title"], group["keywords"]["right"])
        for group in groups.values()
        if group["keywords"]["said"]
    ]
    if rows:
        yield figure(
            shares_svg(rows),
            "Share of keywords found and right in each stream",
            "The dot is what was measured, the bar its 95 % confidence interval.",
        )
    yield table(words_table(groups))
    yield table(alarms_table(groups))
    scores = scores_table(result)
    if scores is not None:
        yield table(scores)
    if "peer" in result:
        peer = "PocketSphinx with a grammar"
        rival = without_steps(result["peer"])
        yield table(words_table(rival, f"Words: {peer}"))
        yield table(alarms_table(rival, f"False alarms: {peer}"))
    yield folded(
        "What the streams are made of", table(streams_table(of_each_place(result["groups"])))
    )


def _alarms(result: Mapping[str, Any]) -> Iterator[str]:
    det = result.get("det")
    if not det or not det["misses"]:
        return
    yield "<h2>Missed words against false alarms</h2>"
    titles = {name: group["title"] for name, group in result["groups"].items()}
    threshold = result["threshold"]
    large = f"The large marks are the threshold of {threshold:g}; each other mark is another run."
    if det["false_alarms_in"]:
        yield figure(
            alarms_svg(det, titles, threshold),
            "Missed keywords against false alarms an hour, for each stream",
            f"{large} {alarms_in(result)} In that time one false alarm is "
            f"{det['finest_per_hour']:.1f} an hour: in the shaded strip nothing can be seen.",
        )
    alone = {name: rows for name, rows in det["called"].items() if name not in det["misses"]}
    for name, called in (alone or det["called"]).items():
        yield figure(
            called_svg(name, det["misses"], called, titles, threshold),
            f"DET curve: missed keywords against {titles[name]} called a keyword",
            f"DET curve over {titles[name]}. {large} Lower left is better.",
        )
    misses = misses_table(result)
    if misses is not None:
        yield table(misses)
    thresholds = thresholds_table(result)
    if thresholds is not None:
        yield folded("Every threshold", table(thresholds))


def _confusions(result: Mapping[str, Any]) -> Iterator[str]:
    every = result.get("all")
    if not every or not every["classes"]:
        return
    yield "<h2>What was taken for what</h2>"
    yield _confusion(every, "confusion")
    yield table(classes_table("Word by word", every))


def _confusion(figures: Mapping[str, Any], name: str) -> str:
    svg, left_out = confusion_svg(figures["confusion"], name)
    less = f" {left_out} words with fewer errors are left out." if left_out else ""
    return figure(
        svg,
        "Confusion matrix: what was said and what was heard",
        "Each row is what was said, each column what was heard; the stronger the colour, the "
        "larger the share of the row. Off the diagonal are the mistakes; but other words are to be "
        f"missed.{less}",
    )


def _noise(result: Mapping[str, Any]) -> Iterator[str]:
    curves = result.get("snr")
    if not curves:
        return
    yield "<h2>In noise</h2>"
    voices = dict.fromkeys(one.get("voice", "") for one in curves)
    for voice in voices:
        some = [one for one in curves if one.get("voice", "") == voice]
        yield figure(
            noise_svg(some, f"noise-{voice}" if voice else "noise"),
            "Keywords right and wrong in ever louder noise",
            f"The same words each time, over {_noises(some)}. The bars are 95 % confidence "
            "intervals.",
        )
    for one in noise_tables(result):
        yield table(one)


def _noises(curves: Sequence[Mapping[str, Any]]) -> str:
    contents = (point["content"] for curve in curves for point in curve["points"][-1:])
    named = [content.partition(" over ")[2].rpartition(" at ")[0] for content in contents]
    return " and ".join(dict.fromkeys(named)) or "noise"


def _speakers(result: Mapping[str, Any]) -> Iterator[str]:
    rows = [
        (group["title"], group["speaker_spread"])
        for group in without_steps(result["groups"]).values()
        if group["speaker_spread"] and group["speaker_spread"]["speakers"] > 1
    ]
    if not rows:
        return
    yield "<h2>Speaker by speaker</h2>"
    yield figure(
        speakers_svg(rows),
        "Share of each speaker's keywords that were found and right",
        "Each dot is a speaker. The bar spans the middle half of them, the line is the median. "
        "Where people said only a few words each, a single miss moves a dot far.",
    )
    shown = speakers_table(result)
    if shown is not None:
        yield table(shown)
    yield folded("The worst speakers of each stream", "".join(map(_worst, rows)))


def _worst(row: tuple[str, Mapping[str, Any]]) -> str:
    title, spread = row
    rows = [
        (one["speaker"], f"{one['count']} of {one['of']}", share(one)) for one in spread["worst"]
    ]
    return table(Table(title, ("speaker", "right", "share"), rows))


def _delays(result: Mapping[str, Any]) -> Iterator[str]:
    every = result.get("all")
    if not every or not every["delay_histogram"]:
        return
    yield "<h2>Delay</h2>"
    yield figure(
        delays_svg(every["delay_histogram"]),
        "How long after the end of a word it was decided",
        "How long after the end of a word the recognizer decided.",
    )
    groups = [one for one in without_steps(result["groups"]).values() if one["delay_percentiles_s"]]
    rows = [
        (one["title"], *(f"{1000 * value:.0f}" for value in one["delay_percentiles_s"].values()))
        for one in groups
    ]
    columns = ("stream", *(f"{which} %" for which in every["delay_percentiles_s"]))
    note = "So many percent of the words were decided within so many milliseconds of their end."
    yield table(Table("Percentiles of the delay (ms)", columns, rows, note=note))


def _clips(result: Mapping[str, Any]) -> Iterator[str]:
    clips = result.get("clips")
    shown = clips_table(result)
    if not clips or shown is None:
        return
    yield "<h2>Single recordings</h2>"
    yield paragraph(
        "Which of the keywords each recording is most like, with no threshold and no other words: "
        "the accuracy that papers tell. It is higher than what a user meets."
    )
    yield table(shown)
    yield _confusion(clips, "confusion-of-clips")
    yield table(classes_table("Word by word", clips))
    spread = clips["speaker_spread"]
    if spread and spread["speakers"] > 1:
        yield figure(
            speakers_svg([("single recordings", spread)], "speakers-of-clips"),
            "Share of each speaker's recordings that were right",
            "Each dot is a speaker; the bar spans the middle half of them.",
        )
        yield _worst(("The worst speakers", spread))


def _to_hear(result: Mapping[str, Any]) -> Iterator[str]:
    groups = {group["title"]: group["to_hear"] for group in result["groups"].values()}
    if result.get("clips"):
        groups["single recordings"] = result["clips"]["to_hear"]
    if not any(groups.values()):
        return
    yield "<h2>To listen to</h2>"
    yield paragraph(
        "Recordings that came out wrong. Listen before you blame the recognizer: some are labelled "
        "wrongly, cut off, or hard for anybody."
    )
    for title, rows in groups.items():
        if rows:
            more = len(rows) - HEARD_AT_MOST
            note = f"… and {more} more, in the JSON file (--json)." if more > 0 else ""
            cells = [_heard(row) for row in rows[:HEARD_AT_MOST]]
            columns = ("recording", "said", "result", "heard, with confidence")
            shown = table(Table("", columns, cells, note=note), kinds=("path", "", "", ""))
            yield folded(f"{title}: {len(rows)}", shown)


def _heard(row: Mapping[str, Any]) -> tuple[str, ...]:
    source, outcome, heard = to_hear(row)
    return source, row["said"], outcome, heard


SECTIONS = (
    *(_streams, bench_sections, _alarms, _confusions, _noise, _speakers, _delays, _clips, _to_hear),
)
"""What yields the pieces of each section from an evaluation, in the order of the page."""
