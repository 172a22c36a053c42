"""The options of the command ``recognizer``: which there are, and which go together."""

import argparse
import math
import sys
from pathlib import Path
from typing import Any, NoReturn

from recognizer.archive import command as many_files
from recognizer.cli_text import DESCRIPTION, EPILOG
from recognizer.printer import Printer


class UsageError(Exception):
    """A wrong command line. ``str(error)`` is one sentence."""


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise UsageError(f"{message}; `recognizer --help` lists the options.")

    def print_help(self, file: Any = None) -> None:
        # argparse would hide that standard output cannot be written to.
        Printer(sys.stdout).write_line(self.format_help().rstrip())


def parse(argv: list[str] | None) -> argparse.Namespace:
    """Read the arguments, or those of this process; print the help where it is wanted.

    Returns
    -------
    argparse.Namespace
        The options; ``input`` is the one file, where there are not many.

    Raises
    ------
    UsageError
        If there is no such option, or its value is none.
    SystemExit
        Behind the help.
    """
    parser = _Parser(
        prog="recognizer",
        description=DESCRIPTION,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    add = parser.add_argument
    add("--cli", action="store_true", help="print words in the terminal, without a window")
    add(
        "--input",
        nargs="+",
        action="extend",
        dest="inputs",
        metavar="FILE",
        help="read sound files; - reads a WAV from standard input",
    )
    add("--raw", action="store_true", help="--input - is raw PCM: 16 kHz, mono, 16 bit signed")
    add("--demo", action="store_true", help="read the demo recording that comes with the program")
    add("--demo-without-microphone", action="store_true", help=argparse.SUPPRESS)
    add("--smoke-test", action="store_true", help=argparse.SUPPRESS)
    add("--json", action="store_true", help="print JSON objects instead of plain text")
    add("--all", action="store_true", help="print rejected words, too, and why")
    add(
        "--connected",
        action="store_true",
        help="hear digits spoken in a row without pauses, too",
    )
    add("--list-devices", action="store_true", help="print the microphones and exit")
    add(
        "--device", type=_device, metavar="NAME", help="a microphone's index, or a part of its name"
    )
    add("--channel", type=_channel, metavar="N", help="which of the microphone's channels, from 1")
    add("--threshold", type=_threshold, metavar="P", help="the confidence a word needs, 0 to 1")
    add("--model", type=Path, metavar="FILE", help="another model than the one that comes along")
    add("--verbose", action="store_true", help="also say what is going on, on standard error")
    add("--log", type=Path, metavar="FILE", help="also keep a log (words only with --verbose)")
    add("--doctor", action="store_true", help="try everything, and say what to mend")
    add("--version", action="store_true", help="print the version and exit")
    many_files.add_options(parser)
    options = parser.parse_args(argv)
    # The one file, where there are not many.
    one = options.inputs is not None and not many_files.many_wanted(options)
    options.input = options.inputs[0] if one else None
    return options


def check(options: argparse.Namespace) -> None:
    """Find out whether the options go together.

    Raises
    ------
    UsageError
        If they do not.
    """
    if not options.cli and not options.list_devices:
        for option in ("raw", "json", "all", "verbose"):
            if getattr(options, option) and not (options.doctor and option == "json"):
                raise UsageError(f"--{option} works only together with --cli.")
        if options.input == "-":
            raise UsageError("--input - works only together with --cli.")
    sources = [
        name
        for name, chosen in (
            ("--input", options.inputs is not None),
            ("--demo", options.demo),
            ("--list-devices", options.list_devices),
            ("--doctor", options.doctor),
            # The doctor examines the one that is chosen.
            ("--device", options.device is not None and not options.doctor),
        )
        if chosen
    ]
    if len(sources) > 1:
        raise UsageError(f"{' and '.join(sources)} exclude each other; choose one.")
    if options.connected and options.model is not None and not options.cli:
        raise UsageError(
            "--connected with a --model of its own works only together with --cli; the window "
            "hears digits in a row with the model that comes along."
        )
    if options.raw and options.input != "-":
        raise UsageError("--raw describes standard input and works only with --input -.")
    if options.channel is not None and (options.inputs is not None or options.demo):
        raise UsageError("--channel chooses a microphone's channel and has no use for a file.")
    wrong = many_files.mistake(options)
    if wrong is not None:
        raise UsageError(wrong)
    if options.connected and many_files.many_wanted(options):
        raise UsageError(
            "--connected reads one file at a time; name one, without --jobs, --resume and "
            "--scheduler."
        )


def _device(text: str) -> int | str:
    return int(text) if text.isascii() and text.isdecimal() else text


def _channel(text: str) -> int:
    if text.isascii() and text.isdecimal() and int(text) >= 1:
        return int(text)
    raise argparse.ArgumentTypeError(f"channels are counted from 1, and there is no {text!r}")


def _threshold(text: str) -> float:
    try:
        threshold = float(text)
    except ValueError:
        threshold = math.nan
    if not 0 <= threshold <= 1:
        raise argparse.ArgumentTypeError(f"must be a number from 0 to 1, not {text!r}")
    return threshold
