"""``train synthesize``: the synthetic voices' words and sentences."""

import argparse

from train.commands import Commands
from train.options import DIGITS_RECIPE, add_data


def add(commands: Commands) -> None:
    """Add the command."""
    parser = commands.add_parser("synthesize", help="make the synthetic voices")
    add_data(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Let the voices speak."""
    from train.console import console
    from train.prepare_digits import let_speak
    from train.recipe import load_recipe

    words, sentences = let_speak(
        load_recipe(DIGITS_RECIPE), options.work, processes=options.processes
    )
    console.print(f"{len(words)} clips: {options.work / 'synthetic'}")
    console.print(f"{len(sentences)} sentences: {options.work / 'readings'}")
    return 0
