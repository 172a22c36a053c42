"""``train data``: what is in folders of recordings, and what is wrong with it."""

import argparse
from pathlib import Path

from train.commands import Commands
from train.options import add_processes


def add(commands: Commands) -> None:
    """Add the command."""
    parser = commands.add_parser(
        "data",
        help="list what recordings there are, and their problems",
        description="List what recordings there are: words, speakers, durations, problems.",
    )
    option = parser.add_argument
    option("folders", nargs="+", type=Path, metavar="FOLDER", help="a corpus, or words of your own")
    option("--suspects", action="store_true", help="also look for mislabelled words, by a model")
    option("--model", type=Path, metavar="FILE", help="that model; default: the one that ships")
    option("--json", type=Path, metavar="FILE", help="write everything to a file")
    add_processes(parser)
    parser.set_defaults(run=run, wrong=parser.error)


def run(options: argparse.Namespace) -> int:
    """Look, and print what was found."""
    from recognizer.trial_load import load_untrusted
    from train.result_files import check_writable, write_json
    from train.survey.folders import survey, to_json
    from train.survey.report import print_surveys
    from train.tasks import Tasks

    if options.model is not None and not options.suspects:
        options.wrong("argument --model: only --suspects needs a model")
    if options.json is not None:
        check_writable(options.json)
    if options.model is not None:
        load_untrusted(options.model)
    with Tasks(options.processes) as tasks:
        surveys = survey(options.folders, tasks, suspects=options.suspects, model=options.model)
    if options.json is not None:
        write_json(options.json, to_json(surveys))
    print_surveys(surveys)
    return 0
