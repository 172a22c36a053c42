"""``train evaluate``: a model measured on held-out recordings."""

import argparse
from collections.abc import Callable, Sequence
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from train.commands import Commands
from train.options import add_folders, add_processes, positive, share


def add(commands: Commands) -> None:
    """Add the command."""
    parser = commands.add_parser(
        "evaluate",
        help="measure a model on held-out speakers",
        description="Measure a model through the very program that users run, on streams of "
        "recordings that it never heard. Without --data: on all of the project's recordings.",
    )
    option = parser.add_argument
    option(
        "trained",
        nargs="?",
        type=Path,
        metavar="MODEL|RUN",
        help="a model file, or a run folder of `train fit`; default: the model that ships",
    )
    option("--model", type=Path, metavar="FILE", help="the same")
    add_folders(
        parser,
        help="the recordings: the folder of all corpora, or corpora, or folders with a folder for "
        "each word; default: the run's, or KEYWORD_DATA",
    )
    option(
        "--group",
        action="append",
        metavar="NAME",
        help="only this group, or those of a pattern such as 'crowd_kitchen_*'; repeatable",
    )
    option(
        "--split",
        choices=["test", "validation", "all"],
        default="test",
        help="whose recordings; all: also those that a model may have learnt from",
    )
    option("--seed", type=int, default=0, help="chooses order, gaps and levels")
    option(
        "--draws",
        type=positive,
        default=1,
        metavar="N",
        help="also what is wanted with so many seeds, this one and those that follow; with --bench",
    )
    option("--threshold", type=share, help="another threshold than the model's own")
    option("--limit", type=positive, metavar="N", help="at most N recordings in a group")
    option("--snr", action="store_true", help="also the same words in ever louder noise")
    option("--single", action="store_true", help="also each recording by itself")
    option(
        "--bench",
        action="store_true",
        help="all streams there are: over the noise of places, in rooms, near words, music, hum; "
        "and what int8 loses",
    )
    option(
        "--quick",
        action="store_true",
        help="at the model's threshold only: no curve of misses against false alarms",
    )
    option("--in-process", action="store_true", help="do not start the command line program")
    option("--peer", action="store_true", help="measure PocketSphinx with a grammar, too")
    option("--details", action="store_true", help="also tables by word, and what to listen to")
    option("--json", type=Path, metavar="FILE", help="write all figures to a file")
    option("--html", type=Path, metavar="FILE", help="write a report with pictures to a file")
    option("--resume", type=Path, metavar="FOLDER", help="keep what is measured, and go on from it")
    option("--markdown", type=Path, metavar="FILE", help="write the tables into a page")
    add_processes(parser)
    parser.set_defaults(run=run, wrong=parser.error)


def run(options: argparse.Namespace) -> int:
    """Measure; 1 also when the command line program and this process printed different words."""
    from train.bench.groups import BENCH_GROUPS
    from train.bench.page import check_page, write_page
    from train.evaluation.folder_groups import FOLDER_GROUPS
    from train.evaluation.report import print_report
    from train.evaluation.stream_groups import GROUPS
    from train.result_files import check_writable, make_folder, write_json, write_text

    known = (*GROUPS, *FOLDER_GROUPS, *BENCH_GROUPS)
    options.group = options.group and _named(options.group, known, options.wrong)
    if options.trained is not None and options.model is not None:
        options.wrong(f"both {options.trained} and --model {options.model}: name one model")
    if options.seed < 0:
        options.wrong(f"argument --seed: must be 0 or more, not {options.seed}")
    if options.draws > 1 and not options.bench:
        options.wrong("--draws goes with --bench")
    for path in (options.json, options.html):
        if path is not None:
            check_writable(path)
    if options.resume is not None:
        make_folder(options.resume)
    if options.markdown is not None:
        check_page(options.markdown)
    result = _result(options)
    if options.json is not None:
        write_json(options.json, result)
    if options.html is not None:
        from train.html.report import html_report

        write_text(options.html, html_report(result))
    if options.markdown is not None:
        write_page(options.markdown, result)
    print_report(result, details=options.details)
    return 1 if result["agree"] is False else 0


def _named(
    patterns: Sequence[str], known: Sequence[str], wrong: Callable[[str], object]
) -> list[str]:
    """Return the groups whose names fit one of the patterns, in the order of `known`."""
    from train.evaluation.snr_groups import snr_of

    for pattern in patterns:
        if not any(fnmatchcase(name, pattern) for name in known):
            shown = [name for name in known if snr_of(name) is None]
            wrong(f"argument --group: {pattern!r} is none of {', '.join(shown)}, WHO_PLACE_snr_DB")
    return [name for name in known if any(fnmatchcase(name, one) for one in patterns)]


def _result(options: argparse.Namespace) -> dict[str, Any]:
    from recognizer.trial_load import load_untrusted
    from train.errors import DataError
    from train.evaluation.det import RUN_AT
    from train.evaluation.evaluate import evaluate
    from train.evaluation.evaluate_run import evaluate_run
    from train.teach.folder import taught_model

    trained: Path | None = options.trained or options.model
    for folder in options.data or ():
        if folder.is_file() or (folder / "run.json").is_file():
            what = "file" if folder.is_file() else "run folder"
            raise DataError(
                f"{folder} is a {what}, no folder of recordings; if it is what is to be measured, "
                "name it before --data."
            )
    settings = {
        "split": options.split,
        "seed": options.seed,
        "threshold": options.threshold,
        "limit": options.limit,
        "through_command_line": not options.in_process,
        "peer": options.peer,
        "snr": options.snr,
        "bench": options.bench,
        "int8": options.bench and options.group is None and not options.quick,
        "draws": options.draws,
        "thresholds": () if options.quick else RUN_AT,
        "processes": options.processes,
        "kept": options.resume,
    }
    if trained is not None:
        trained = taught_model(trained) or trained
    if trained is not None and not trained.is_dir():
        # Whoever it is from: before processes of ours run it.
        load_untrusted(trained)
    if trained is not None and trained.is_dir():
        if not (trained / "run.json").is_file():
            raise DataError(
                f"{trained} is no run folder of `train fit`; folders of recordings come after "
                "--data."
            )
        return evaluate_run(trained, options.data or (), options.group, **settings)
    return evaluate(trained, options.data, options.group, single=options.single, **settings)
