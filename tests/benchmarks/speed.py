"""How many times faster than real time a file is recognized on one core, beside PocketSphinx."""

import subprocess
import sys
import tempfile
from pathlib import Path

from recognizer.model_file import read_metadata
from tests.benchmarks.bench import (
    Kind,
    Settings,
    Speech,
    on_one_core,
    print_table,
    recognizer_command,
    run_process,
    write_sound,
)

STREAMS: tuple[tuple[Kind, str], ...] = (
    ("quiet", "quiet room"),
    ("mixed", "speech and pauses, half and half"),
    ("talk", "someone talks all the time"),
)
GRAMMARS = ("one", "row")
MINUTES = 60
PEER_MINUTES = 3
QUICK_MINUTES = 1


def main(settings: Settings) -> None:
    """Print the table."""
    speech = Speech()
    minutes = QUICK_MINUTES if settings.quick else MINUTES
    peer_minutes = min(minutes, PEER_MINUTES)
    rows = []
    with tempfile.TemporaryDirectory(prefix="bench-") as folder, on_one_core():
        whole, part = Path(folder) / "whole.wav", Path(folder) / "part.wav"
        for kind, title in STREAMS:
            write_sound(whole, kind, 60 * minutes, speech)
            write_sound(part, kind, 60 * peer_minutes, speech)
            ours = run_process(recognizer_command(settings, "--input", str(whole)))
            rate = 60 * minutes / ours.cpu_s
            row = [title, f"{60 * minutes / ours.wall_s:,.0f} x", f"{rate:,.0f} x"]
            for grammar in GRAMMARS:
                peer_rate = 60 * peer_minutes / _peer_s(settings, grammar, part)
                row += [f"{peer_rate:,.0f} x", f"{rate / peer_rate:.1f}"]
            rows.append(row)
    print_table(
        "Files on one core, times real time",
        (
            *("stream", "by the clock", "by processor time"),
            *("PocketSphinx, one word", "ratio", "PocketSphinx, words in a row", "ratio"),
        ),
        rows,
        (
            f"{minutes} minutes each, the whole process",
            "PocketSphinx with its voice detector and a grammar of one of the words for each "
            "stretch of voice, or of several in a row",
            f"the first {peer_minutes} minutes, by processor time, its start left out",
            f"speech: {speech.source}",
        ),
    )


def _peer_s(settings: Settings, grammar: str, path: Path) -> float:
    command = [sys.executable, "-m", "tests.benchmarks.run_pocketsphinx", grammar, str(path)]
    command += read_metadata(settings.model).keywords
    return float(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)
