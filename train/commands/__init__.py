"""The training commands, one module each.

A module has ``add(commands)``, which adds the command's parser and sets its default ``run``: a
function from the parsed options to an exit status. What a command needs beyond the parser is
imported when it runs, so that ``--help`` needs nothing and every command starts fast.
"""

from importlib import import_module
from pkgutil import iter_modules
from typing import Any, Protocol

ORDER = (
    "download",
    "data",
    "record",
    "prepare",
    "fit",
    "export",
    "evaluate",
    "compare",
    "sweep",
    "figures",
    "model",
    "ablate",
    "connected",
    "align",
    "synthesize",
)
"""The commands as they are listed: in the order in which they are used."""


class Commands(Protocol):
    """What `argparse.ArgumentParser.add_subparsers` returns."""

    def add_parser(self, name: str, **settings: Any) -> Any:
        """Add a command."""


def add_all(commands: Commands) -> None:
    """Add every command there is a module for."""
    there = {module.name for module in iter_modules(__path__)}
    for name in (name for name in ORDER if name in there):
        import_module(f"train.commands.{name}").add(commands)
