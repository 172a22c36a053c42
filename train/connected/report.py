"""The figures of connected digits, as lines for people."""

from typing import Any

TITLES = {
    "spoken": "said in one breath, close microphone (AN4)",
    "accented_joined": "accented speakers, poor microphones, clips joined",
    "crowd_joined": "people's own microphones, clips joined",
    "crowd_alone": "people's own microphones, one digit alone",
    "running_speech": "running speech",
    "noise": "household noise",
}
NAMES = {"ours": "recognizer", "peer": "PocketSphinx"}


def lines(result: dict[str, Any]) -> list[str]:
    """Return a table of what `train.connected.measure.evaluate_connected` measured."""
    told = [
        f"threshold {result['threshold']:g}; in brackets: 95 % confidence, bootstrap by speaker",
        "",
        "| Digits | With | Digit error rate | sub, del, ins | Strings wrong | Cost |",
        "|---|---|---|---|---|---|",
    ]
    recognizers = [name for name in NAMES if name in result]
    for group in result["ours"]["groups"]:
        for name in recognizers:
            told.append(_group_line(group, name, result[name]["groups"][group]))
    told += ["", "| No digit said | With | False digits an hour | Heard |", "|---|---|---|---|"]
    for group in result["ours"]["quiet"]:
        for name in recognizers:
            told.append(_quiet_line(group, name, result[name]["quiet"][group]))
    return told


def wrong_lines(result: dict[str, Any]) -> list[str]:
    """Return each string that was not heard as it was said."""
    told = []
    for group, one in result["ours"]["groups"].items():
        told += ["", TITLES[group]]
        for row in one["wrong"]:
            said, heard = " ".join(row["said"]), " ".join(row["heard"]) or "-"
            told.append(f"  {said} | {heard} | {row['speaker']}")
    return told


def _group_line(group: str, name: str, one: dict[str, Any]) -> str:
    strings = one["strings"]
    what = f"{TITLES[group]} ({one['speakers']} speakers, {one['words']} digits)"
    errors = f"{one['substituted']}, {one['deleted']}, {one['inserted']}"
    wrong = f"{strings['share']:.0%} of {strings['of']}"
    cost = "-" if one["cost"] is None else f"{1000 * one['cost']:.1f} ms/s"
    return f"| {what} | {NAMES[name]} | {_share(one)} | {errors} | {wrong} | {cost} |"


def _quiet_line(group: str, name: str, one: dict[str, Any]) -> str:
    rate = "-"
    if one["per_hour"] is not None:
        rate = f"{one['per_hour']:.0f} [{one['low']:.0f}, {one['high']:.0f}]"
    what = f"{TITLES[group]} ({60 * one['hours']:.1f} minutes)"
    return f"| {what} | {NAMES[name]} | {rate} | {one['count']} |"


def _share(one: dict[str, Any]) -> str:
    if one["rate"] is None:
        return "-"
    return f"{one['rate']:.1%} [{one['low']:.1%}, {one['high']:.1%}]"
