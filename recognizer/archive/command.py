"""The options of the command line that are about many files, and what they do."""

import argparse
import sys
from contextlib import ExitStack

from recognizer.level_meter import StatusLine
from recognizer.printer import Printer
from recognizer.stop_signals import StopSignals

_DESCRIPTION = """\
With several files, or one of these options, each line begins with its file: in plain text
before a tab, in JSON as the key "file". Lines come in the order of the files. A file that
cannot be read stops nothing; it is told of at the end, and the status is 1.
"""


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add ``--jobs``, ``--resume`` and ``--scheduler``."""
    group = parser.add_argument_group(
        "many files",
        _DESCRIPTION,
    )
    add = group.add_argument
    add(
        "--jobs",
        type=_jobs,
        metavar="N",
        help="how many files are recognized at a time, each in a process; default: one a core",
    )
    add(
        "--resume",
        metavar="FILE",
        help="note in FILE what is finished; after an interruption the same command prints that "
        "again and goes on from there. Files that changed, and bad ones, are read again, and all "
        "are with another model or threshold",
    )
    add(
        "--scheduler",
        metavar="ADDRESS",
        help="recognize on the machines of a Dask cluster (tcp://host:8786), which find the files "
        "under the same paths; needs the package distributed",
    )


def _jobs(text: str) -> int:
    if text.isascii() and text.isdecimal() and 1 <= len(text) <= 4 and int(text) >= 1:
        return int(text)
    raise argparse.ArgumentTypeError(f"must be a whole number from 1 to 9999, not {text!r}")


def many_wanted(options: argparse.Namespace) -> bool:
    """Whether the command line is about many files."""
    return len(options.inputs or ()) > 1 or any(_given(options))


def mistake(options: argparse.Namespace) -> str | None:
    """Return a sentence that says what is wrong with the command line, or None."""
    for option in _given(options):
        if not options.cli:
            return f"{option} works only together with --cli."
        if not options.inputs:
            return f"{option} is about files; name them with --input."
    if options.jobs is not None and options.scheduler is not None:
        return "--jobs and --scheduler exclude each other; choose one."
    if not many_wanted(options):
        return None
    if not options.cli:
        return "--input takes several files only together with --cli."
    if "-" in options.inputs:
        return "--input - reads standard input, and goes with no other file and no such option."
    return None


def _given(options: argparse.Namespace) -> list[str]:
    names = ("jobs", "resume", "scheduler")
    return [f"--{name}" for name in names if getattr(options, name) is not None]


def recognize_many(options: argparse.Namespace, status_line: StatusLine, stop: StopSignals) -> int:
    """Recognize the files of a command line.

    Returns
    -------
    int
        The exit status: 1 where a file was bad, else 0.

    Raises
    ------
    RecognizerError
        If the model, the journal or the cluster cannot be used.
    ReaderGoneError, OutputError
        As `Printer` does.
    """
    from recognizer.archive.journal import Journal
    from recognizer.archive.one_file import Recipe, checksum_of
    from recognizer.archive.run import Run
    from recognizer.trial_load import load_untrusted

    model = None if options.model is None else str(options.model.absolute())
    checksum = checksum_of(model)
    classifier = load_untrusted(options.model)
    threshold = classifier.threshold if options.threshold is None else options.threshold
    if options.verbose:
        labels = ", ".join(classifier.labels)
        status_line.say(f"Model {classifier.path}: {labels}; threshold {threshold:g}.")
    run = Run(
        options.inputs,
        Recipe(model, checksum, threshold),
        classifier.labels,
        printer=Printer(sys.stdout),
        status_line=status_line,
        as_json=options.json,
        show_rejections=options.all,
        verbose=options.verbose,
        elsewhere=options.scheduler is not None,
    )
    with ExitStack() as stack:
        journal = None
        if options.resume is not None:
            journal = stack.enter_context(Journal(options.resume, run.recipe))
        if options.scheduler is not None:
            from recognizer.archive.cluster import Cluster

            bad = run(stack.enter_context(Cluster(options.scheduler)), journal)
        else:
            from recognizer.archive.processes import Processes, usable_cores

            count = min(options.jobs or usable_cores(), len(options.inputs))
            bad = run(stack.enter_context(Processes(count)), journal)
    stop.check()
    return 1 if bad else 0
