"""The command ``recognizer``: a window, or words on standard output, the rest on standard error."""

import argparse
import contextlib
import signal
import sys
from typing import TYPE_CHECKING

from recognizer import __version__
from recognizer.archive import command as many_files
from recognizer.cli_options import UsageError, check, parse
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
        return _run(parse(argv), status_line, stop)
    except SystemExit:
        # The end of --help.
        return 0
    except ReaderGoneError:
        abandon_output(sys.stdout)
    except UsageError as error:
        status_line.say(str(error))
        return 2
    except RecognizerError as error:
        if isinstance(error, OutputError):
            abandon_output(sys.stdout)
        status_line.say(str(error))
        return 1
    return 0


def _run(options: argparse.Namespace, status_line: StatusLine, stop: StopSignals) -> int:
    if options.version:
        Printer(sys.stdout).write_line(f"recognizer {__version__}")
        return 0
    check(options)
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
