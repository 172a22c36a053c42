"""The command ``recognizer``: a window, or words on standard output, the rest on standard error."""

import argparse
import contextlib
import math
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from recognizer import __version__
from recognizer.archive import command as many_files
from recognizer.cli_text import DESCRIPTION, EPILOG
from recognizer.errors import DeviceError, RecognizerError
from recognizer.level_meter import StatusLine
from recognizer.printer import (
    OutputError,
    Printer,
    ReaderGoneError,
    abandon_output,
    abandon_stuck_output,
)
from recognizer.stop_signals import StopSignals

if TYPE_CHECKING:
    from recognizer.headless import Headless
    from recognizer.stream import StreamRecognizer


class _UsageError(Exception):
    """A wrong command line. ``str(error)`` is one sentence."""


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise _UsageError(f"{message}; `recognizer --help` lists the options.")

    def print_help(self, file: Any = None) -> None:
        # argparse would hide that standard output cannot be written to.
        Printer(sys.stdout).write_line(self.format_help().rstrip())


def main(argv: list[str] | None = None) -> int:
    """Run the command ``recognizer``.

    Parameters
    ----------
    argv
        The arguments without the program's name, or None for those of this process. The latter
        also leaves the process ready to exit: from then on a signal ends it at once.

    Returns
    -------
    int
        The exit status.
    """
    status_line = StatusLine(sys.stderr)
    with StopSignals(afterwards=signal.SIG_DFL if argv is None else None) as stop:
        try:
            return _status_of(argv, status_line, stop)
        except (KeyboardInterrupt, ImportError) as error:
            # numpy's C code, interrupted while it is being imported, makes an ImportError of it.
            if isinstance(error, ImportError) and stop.number is None:
                raise
            abandon_stuck_output(sys.stdout)
            abandon_stuck_output(sys.stderr)
            return stop.status
        finally:
            status_line.clear()


def _status_of(argv: list[str] | None, status_line: StatusLine, stop: StopSignals) -> int:
    try:
        return _run(_parse(argv), status_line, stop)
    except SystemExit:
        # The end of --help.
        return 0
    except ReaderGoneError:
        abandon_output(sys.stdout)
    except _UsageError as error:
        status_line.say(str(error))
        return 2
    except RecognizerError as error:
        if isinstance(error, OutputError):
            abandon_output(sys.stdout)
        status_line.say(str(error))
        return 1
    return 0


def _parse(argv: list[str] | None) -> argparse.Namespace:
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


def _check(options: argparse.Namespace) -> None:
    if not options.cli and not options.list_devices:
        for option in ("raw", "json", "all", "verbose"):
            if getattr(options, option) and not (options.doctor and option == "json"):
                raise _UsageError(f"--{option} works only together with --cli.")
        if options.input == "-":
            raise _UsageError("--input - works only together with --cli.")
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
        raise _UsageError(f"{' and '.join(sources)} exclude each other; choose one.")
    if options.connected and options.model is not None and not options.cli:
        raise _UsageError(
            "--connected with a --model of its own works only together with --cli; the window "
            "hears digits in a row with the model that comes along."
        )
    if options.raw and options.input != "-":
        raise _UsageError("--raw describes standard input and works only with --input -.")
    if options.channel is not None and (options.inputs is not None or options.demo):
        raise _UsageError("--channel chooses a microphone's channel and has no use for a file.")
    wrong = many_files.mistake(options)
    if wrong is not None:
        raise _UsageError(wrong)
    if options.connected and many_files.many_wanted(options):
        raise _UsageError(
            "--connected reads one file at a time; name one, without --jobs, --resume and "
            "--scheduler."
        )


def _run(options: argparse.Namespace, status_line: StatusLine, stop: StopSignals) -> int:
    if options.version:
        Printer(sys.stdout).write_line(f"recognizer {__version__}")
        return 0
    _check(options)
    if options.log is None:
        return _work(options, status_line, stop)
    from recognizer.log_file import log_to

    arguments = sys.argv[1:]
    with log_to(options.log, say=status_line.say, arguments=arguments, with_words=options.verbose):
        return _work(options, status_line, stop)


def _work(options: argparse.Namespace, status_line: StatusLine, stop: StopSignals) -> int:
    if options.list_devices:
        _list_devices()
        return 0
    if options.doctor:
        from recognizer.doctor import run_doctor

        return run_doctor(
            Printer(sys.stdout),
            status_line,
            device=options.device,
            channel=options.channel,
            model=options.model,
            log=options.log,
            as_json=options.json,
        )
    if not options.cli:
        return _open_window(options, stop)
    if many_files.many_wanted(options):
        return many_files.recognize_many(options, status_line, stop)
    recognizer, path = (_connected if options.connected else _alone)(options)
    from recognizer.headless import Headless

    if options.verbose:
        labels = ", ".join(recognizer.labels)
        status_line.say(f"Model {path}: {labels}; threshold {recognizer.threshold:g}.")
    headless = Headless(
        recognizer,
        status_line=status_line,
        stop=stop,
        output=sys.stdout,
        as_json=options.json,
        show_rejections=options.all,
        verbose=options.verbose,
    )
    if options.demo:
        _read_demo(headless, status_line)
    elif options.input is not None:
        _read(headless, options.input, raw=options.raw, stop=stop)
    else:
        _listen(headless, options, status_line, stop)
    return 0


def _alone(options: argparse.Namespace) -> "tuple[StreamRecognizer, str]":
    """Load what recognizes words that stand alone; return it and the path of its model."""
    from recognizer.trial_load import load_untrusted

    # First, because a process that tries the model starts while the rest is imported.
    classifier = load_untrusted(options.model)
    from recognizer.recognizer import Recognizer

    return Recognizer(classifier, threshold=options.threshold), classifier.path


def _connected(options: argparse.Namespace) -> "tuple[StreamRecognizer, str]":
    """Load what recognizes words in a row; return it and the path of its model."""
    from recognizer.connected.model import load_untrusted

    classifier = load_untrusted(options.model)
    from recognizer.connected.recognizer import ConnectedRecognizer

    return ConnectedRecognizer(classifier, threshold=options.threshold), classifier.path


def _open_window(options: argparse.Namespace, stop: StopSignals) -> int:
    from recognizer.window.app import run_window

    if options.demo:
        from recognizer.model_file import demo_path

        options.input = str(demo_path())
    # A signal is the usual end of a window that is left open.
    stop.ends_listening = True
    return run_window(
        device=options.device,
        channel=options.channel,
        threshold=options.threshold,
        model=options.model,
        connected=options.connected,
        sound=options.input,
        smoke_test=options.smoke_test,
        check_signals=stop.check,
    )


def _list_devices() -> None:
    from recognizer.headless import device_lines
    from recognizer.microphone import list_devices

    devices = list_devices()
    if not devices:
        raise DeviceError("There is no microphone to list; plug one in.")
    printer = Printer(sys.stdout)
    for line in device_lines(devices):
        printer.write_line(line)


def _read(headless: "Headless", path: str, *, raw: bool, stop: StopSignals) -> None:
    from recognizer.audio_file import AudioFile

    stop.ends_listening = path == "-"
    with AudioFile(path, raw=raw) as sound:
        headless.read(sound, live=path == "-")


def _read_demo(headless: "Headless", status_line: StatusLine) -> None:
    from recognizer.audio_file import AudioFile
    from recognizer.model_file import demo_path

    path = demo_path()
    status_line.say(f"Reading the demo recording {path}.")
    with AudioFile(path) as sound:
        headless.read(sound)


def _listen(
    headless: "Headless", options: argparse.Namespace, status_line: StatusLine, stop: StopSignals
) -> None:
    from recognizer.microphone import Microphone

    stop.ends_listening = True
    with contextlib.ExitStack() as stack:
        try:
            microphone = stack.enter_context(
                Microphone(options.device, channel=options.channel, on_notice=headless.warn)
            )
        except DeviceError as error:
            if options.demo_without_microphone:
                status_line.say(f"{error} Without a microphone, the demo runs instead.")
                _read_demo(headless, status_line)
                return
            if options.device is None:
                reason = str(error).rstrip(".")
                raise DeviceError(
                    f"{reason}; `--input FILE` reads a sound file, `--demo` the demo recording."
                ) from error
            raise
        status_line.say(f"Listening to {microphone.name}; Ctrl-C ends it.")
        headless.listen(microphone)
