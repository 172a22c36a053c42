"""What ``recognizer --doctor`` finds: one thing looked at, how it is, and what to mend."""

from dataclasses import dataclass, field
from typing import Any, Literal

State = Literal["ok", "attention", "broken", "absent"]

MARKS: dict[State, str] = {"ok": "[ok]", "attention": "[! ]", "broken": "[!!]", "absent": "[--]"}
"""Works; works, but look at it; does not work and is needed; is not there and not needed."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at."""

    name: str
    """What was looked at, for programs."""
    state: State
    """How it is; see `MARKS`."""
    text: str
    """What was found, for people: one sentence or name."""
    mend: str = ""
    """What to do about it: one sentence, or nothing where the text says it."""
    more: tuple[str, ...] = ()
    """Lines of a table that belongs to it."""
    details: dict[str, Any] = field(default_factory=dict)
    """The same in values, for programs."""

    def lines(self) -> list[str]:
        r"""Return the lines for people.

        Examples
        --------
        >>> print(*Finding("a", "broken", "It is muted.", "Unmute it.").lines(), sep="\n")
        [!!] It is muted.
             Unmute it.
        """
        indent = " " * (len(MARKS[self.state]) + 1)
        mend = (self.mend,) if self.mend else ()
        rest = [indent + line for line in (*self.more, *mend)]
        return [f"{MARKS[self.state]} {self.text}", *rest]

    def to_json(self) -> dict[str, Any]:
        """Return the values for programs."""
        said = {"name": self.name, "state": self.state, "text": self.text, "mend": self.mend}
        return {**said, **self.details}
