"""Where progress and notes go: standard error, so that tables on standard output stay clean."""

from rich.console import Console

console = Console(stderr=True)
