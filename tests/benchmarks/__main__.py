"""Print the benchmarks' tables: ``python -m tests.benchmarks [NAME ...]``, or ``make bench``."""

import argparse
import importlib
import sys
from pathlib import Path

from recognizer.model_file import default_model_path
from tests.benchmarks.bench import NotHereError, Settings

NAMES = (
    *("log_mel", "voice_detectors", "model", "classifier", "cold_start", "speed"),
    *("many_files", "archive", "streams", "live_cost", "window", "window_soak", "teach"),
    *("training", "accuracy"),
)

LONG = ("soak",)
"""Those that run only when they are named."""


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    add = parser.add_argument
    add(
        "names",
        nargs="*",
        metavar="NAME",
        help=f"which ones: {', '.join(NAMES)}; default: all these; also: {', '.join(LONG)}",
    )
    add("--model", type=Path, default=default_model_path(), metavar="FILE", help="the model")
    add("--quick", action="store_true", help="short streams: a look, not a measurement")
    add(
        "--live",
        type=float,
        default=Settings.live_minutes,
        metavar="MINUTES",
        help="how long the soak listens to a virtual microphone (default: %(default)g)",
    )
    options = parser.parse_args()
    unknown = sorted(set(options.names) - {*NAMES, *LONG})
    if unknown:
        there = ", ".join((*NAMES, *LONG))
        parser.error(f"there is no benchmark {unknown[0]!r}; there are {there}")
    if not options.model.is_file():
        sys.stderr.write(f"There is no model file {options.model}; `make model` makes it.\n")
        return 1
    settings = Settings(options.model, quick=options.quick, live_minutes=options.live)
    for name in options.names or NAMES:
        try:
            importlib.import_module(f"tests.benchmarks.{name}").main(settings)
        except NotHereError as error:
            sys.stderr.write(f"{name} is left out: {error}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
