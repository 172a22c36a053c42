"""A part of a page in Markdown that a command writes anew, between two marks."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from train.errors import DataError
from train.files import replace_file


@dataclass(frozen=True, slots=True)
class MarkedPart:
    """The part of a page that belongs to one command."""

    command: str
    """What the marks are named after."""
    holds: str
    """What an error calls it ("the table")."""

    @property
    def begin(self) -> str:
        """The line before it."""
        return f"<!-- {self.command}: begin -->"

    @property
    def end(self) -> str:
        """The line behind it."""
        return f"<!-- {self.command}: end -->"

    def write(self, path: Path, content: str) -> None:
        """Write it into a page: between its marks, or as a page of its own.

        Raises
        ------
        DataError
            If there is a file without the marks, or it cannot be written.
        """
        before, after = self._around(path)
        replace_file(path, f"{before}{self.begin}\n{content}{self.end}\n{after}")

    def check(self, path: Path) -> None:
        """Refuse a page that has no place for it, before the work.

        Raises
        ------
        DataError
            If there is a file without the marks, or its folder is missing.
        """
        self._around(path)
        if not path.parent.is_dir():
            raise DataError(f"Cannot write {path}: there is no folder {path.parent}.")

    def _around(self, path: Path) -> tuple[str, str]:
        try:
            page = path.read_text(encoding="utf-8")
        except FileNotFoundError:
            return "", ""
        except (OSError, UnicodeDecodeError) as error:
            reason = error.strerror if isinstance(error, OSError) else "it is no text"
            raise DataError(f"Cannot read {path}: {reason}.") from error
        before, begin, rest = page.partition(self.begin + "\n")
        _, end, after = rest.partition(self.end + "\n")
        if not begin or not end:
            raise DataError(
                f"{path} is there already, and has no place for {self.holds}: put the lines "
                f"{self.begin!r} and {self.end!r} into it, or name another file."
            )
        return before, after


def markdown_table(
    heads: Sequence[str], rows: Sequence[Sequence[str]], texts: Sequence[int] = (0,)
) -> str:
    """Return a table in Markdown, without the last line's end.

    Parameters
    ----------
    heads
        What the columns are headed.
    rows
        The cells; what is a sign of Markdown in them is escaped already.
    texts
        Numbers of the columns that stand to the left; figures stand to the right.
    """
    rule = ["---" if number in texts else "---:" for number in range(len(heads))]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in (heads, rule, *rows))
