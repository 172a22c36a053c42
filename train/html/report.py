"""An evaluation as one HTML file for people who were not there."""

from collections.abc import Iterator, Mapping
from html import escape
from typing import Any

from train.evaluation.report_tables import heading, percent, remarks
from train.html.page import page, paragraph, tiles
from train.html.sections import SECTIONS

_TERMS = {
    "Stream": "recordings pasted one behind another, as a microphone would hear them, with pauses "
    "between them.",
    "Confidence interval": "in brackets: had other recordings of this kind been drawn, the figure "
    "would probably (19 times in 20) have come out in this range. Few words make a wide one.",
    "False alarm": "a keyword that was reported though nobody said it.",
    "Threshold": "how sure the recognizer must be. A higher one gives fewer false alarms and more "
    "missed words.",
    "Precision, recall": "of what was reported as a word, the share that was this word; of a "
    "word's times, the share that was reported. F1 is one figure for both, their harmonic mean; "
    "macro: the mean over the words, however often each was said.",
    "DET curve": "detection error trade-off: missed words against false ones, at one threshold "
    "after another. The nearer to the lower left corner, the better. Its scale is that of the "
    "normal distribution, on which such curves are nearly straight.",
    "Signal-to-noise ratio": "how much louder the words are than the noise, in decibel (dB). At 0 "
    "dB both are equally loud.",
    "Delay": "how much later than the end of the word the decision fell, apart from the computer's "
    "own time, which is a few milliseconds.",
}


def html_report(result: Mapping[str, Any]) -> str:
    """Return a whole page: figures, pictures, tables, and recordings to listen to.

    It needs no other file, no network and no script. Recordings are named, not contained: not all
    of them may be passed on.

    Parameters
    ----------
    result
        What `train.evaluation.evaluate.evaluate` or `train.evaluation.evaluate_run.evaluate_run`
        returned.

    """
    name = result["model"].replace("\\", "/").rstrip("/").rpartition("/")[2]
    body = [f"<h1>{escape(f'How well {name} hears')}</h1>", paragraph(heading(result), "faint")]
    body += [paragraph(line, _kind(line)) for line in remarks(result)]
    for section in (_glance, *SECTIONS):
        body += section(result)
    body.append("<h2>What the words mean</h2>")
    body.append(
        "<dl>"
        + "".join(f"<dt>{escape(one)}</dt><dd>{escape(said)}</dd>" for one, said in _TERMS.items())
        + "</dl>"
    )
    keywords = ", ".join(result["keywords"])
    versions = ", ".join(f"{name} {version}" for name, version in result["versions"].items())
    body.append(paragraph(f"Keywords: {keywords}. Measured with {versions}.", "note"))
    return page(f"How well {name} hears", body)


def _kind(line: str) -> str:
    return "warning" if "DISAGREE" in line else "note"


def _glance(result: Mapping[str, Any]) -> Iterator[str]:
    every, clips = result.get("all"), result.get("clips")
    shown = []
    if every:
        keywords, others = every["keywords"], every["other_words"]
        for key, what in (("right", "found and right"), ("wrong", "called another keyword")):
            if keywords["said"]:
                shown.append((percent(keywords[key]["share"]), what, _of(keywords[key])))
        if every["macro"]["f1"] is not None:
            precision, recall = (percent(every["macro"][one]) for one in ("precision", "recall"))
            sure = f"precision {precision}, recall {recall}"
            shown.append((percent(every["macro"]["f1"]), "macro F1 of the keywords", sure))
        if others["said"]:
            called = others["called_a_keyword"]
            shown.append((percent(called["share"]), "of other words called a keyword", _of(called)))
        alarms = every["false_alarms"]
        if alarms["per_hour"] is not None:
            sure = f"{alarms['count']} in all; [{alarms['low']:.1f}, {alarms['high']:.1f}]"
            what = "false alarms an hour, in running speech and noise"
            shown.append((f"{alarms['per_hour']:.1f}", what, sure))
        delays = every["delay_percentiles_s"]
        if delays:
            sure = f"95 of 100 words: {1000 * delays['95']:.0f} ms or less"
            shown.append((f"{1000 * delays['50']:.0f} ms", "delay, median", sure))
    if clips:
        what = "of single recordings right, among the keywords alone"
        accuracy = clips["accuracy"]
        shown.append((percent(accuracy["share"]), what, _of(accuracy)))
        if not every:
            macro = percent(clips["macro"]["f1"])
            shown.append((macro, "macro F1 of the keywords", f"{clips['macro']['words']} words"))
    yield "<h2>At a glance</h2>"
    yield tiles(shown)
    if every:
        named = "; ".join(result["groups"][name]["title"] for name in every["groups"])
        yield paragraph(f"Summed up over: {named}. In brackets: 95 % confidence.", "note")


def _of(value: Mapping[str, Any]) -> str:
    low, high = 100 * value["low"], 100 * value["high"]
    return f"{value['count']} of {value['of']}; [{low:.1f}, {high:.1f}] %"
