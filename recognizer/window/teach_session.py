"""One recording behind the Teach dialog: a microphone and a `Sitting`, in a thread of its own.

Threads: the worker opens the microphone, leads through the takes, writes them to disk and leaves
what happened in a queue; the dialog's timer empties it, and never waits. Commands go the other way
and are obeyed between two blocks of sound.
"""

import contextlib
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace

from recognizer.listener import UntilStopped
from recognizer.takes.folder import TakeError
from recognizer.takes.guide import Guide, Phase
from recognizer.takes.sitting import Happened, NotKept, Sitting
from recognizer.window.inbox import Ended, Notice, Opened
from recognizer.window.source_worker import Source, SourceWorker

Command = Callable[[Sitting], object]


@dataclass(frozen=True, slots=True)
class Snapshot:
    """How things stand after a block of sound."""

    phase: Phase
    word: str
    noise_left_s: float
    """How much of the room is still to be recorded (seconds)."""
    level_db: float
    floor_db: float
    onset_threshold_db: float
    peak: float
    """The loudest sample since the last time this was asked (0 to 1)."""
    counts: dict[str, int]
    """How many takes of each word there are."""


Message = Happened | Opened | Notice | Ended


class TeachSession(SourceWorker):
    """Runs a sitting at a microphone until it is over or stopped.

    Parameters
    ----------
    make_source
        As for `SourceWorker`.
    sitting
        Fresh; from now on only the worker touches it.
    """

    def __init__(
        self, make_source: Callable[[Callable[[str], None]], Source], sitting: Sitting
    ) -> None:
        super().__init__("Teach", make_source)
        self._sitting = sitting
        self._commands: deque[Command] = deque()
        self._messages: deque[Message] = deque()
        self._snapshot: Snapshot | None = None

    def do(self, command: Command) -> None:
        """Let the worker do something with the sitting, soon."""
        self._commands.append(command)

    def take(self) -> tuple[Snapshot | None, list[Message]]:
        """Return how things stand, if that is new, and everything that happened, oldest first."""
        messages = []
        for _ in range(len(self._messages)):
            messages.append(self._messages.popleft())
        with self._lock:
            snapshot, self._snapshot = self._snapshot, None
        return snapshot, messages

    def _run(self) -> None:
        source = self._opened()
        if source is None:
            return
        self._messages.append(Opened(source.name, source.seconds))
        try:
            for block in UntilStopped(source, self._stopping):
                self._obey()
                self._messages += self._sitting.process(block, source.take_lost())
                self._look(self._sitting.guide)
        finally:
            self._messages += self._sitting.end()

    def _notice(self, sentence: str) -> None:
        self._sitting.mind(sentence)
        self._messages.append(Notice(sentence))

    def _end(self, error: Exception | None) -> None:
        self._messages.append(Ended(error))

    def _obey(self) -> None:
        with contextlib.suppress(IndexError):
            while True:
                command = self._commands.popleft()
                try:
                    command(self._sitting)
                except TakeError as error:
                    self._messages.append(NotKept(str(error)))

    def _look(self, guide: Guide) -> None:
        seen = Snapshot(
            guide.phase,
            guide.word,
            guide.noise_left_s,
            *(guide.level_db, guide.floor_db, guide.onset_threshold_db, guide.peak),
            dict(guide.order.counts),
        )
        with self._lock:
            before = self._snapshot
            peak = seen.peak if before is None else max(seen.peak, before.peak)
            self._snapshot = replace(seen, peak=peak)
