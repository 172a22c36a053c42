"""A running ``recognizer --cli`` that a test can watch and end, never waiting for ever."""

import json
import os
import queue
import signal
import subprocess
import threading
from typing import IO, Any, Self

from recognizer.stop_signals import NUMBERS
from tests.recognizer.command_line import WAIT_S, command, environment

ENDS_S = 20.0
"""How long a program may take to end once it is asked to (seconds). On an idle machine it takes a
tenth of one; a test must also pass on a busy one. PulseAudio's client gives up a server that hangs
after 30 s by itself, so what waits for one takes longer than this."""


def heed_signals() -> None:
    """In the program's process: what runs in a shell's background ignores Ctrl-C, nohup SIGHUP."""
    for number in NUMBERS:
        signal.signal(number, signal.SIG_DFL)


class Program:
    """The program with ``--cli --json`` and further arguments; gone at the context's end.

    Parameters
    ----------
    arguments
        Behind ``--cli --json``.
    variables
        Added to its environment.
    settings
        As of `subprocess.Popen`; what is not a pipe is not read here.
    """

    def __init__(
        self, *arguments: str, variables: dict[str, str] | None = None, **settings: Any
    ) -> None:
        settings = {
            "stdin": subprocess.PIPE,
            "stdout": subprocess.PIPE,
            "stderr": subprocess.PIPE,
            "env": environment(**(variables or {})),
            "preexec_fn": heed_signals,
            **settings,
        }
        self.process = subprocess.Popen(command("--cli", "--json", *arguments), **settings)
        self._words: queue.Queue[str] = queue.Queue()
        self._said: queue.Queue[str] = queue.Queue()
        self.said: list[str] = []
        """The lines on standard error that `sentence` has passed."""
        for pipe, lines in (
            (self.process.stdout, self._words),
            (self.process.stderr, self._said),
        ):
            if pipe is not None:
                threading.Thread(target=_read, args=(pipe, lines), daemon=True).start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.wait()
        if self.process.stdin is not None:
            self.process.stdin.close()

    def word(self) -> dict[str, Any]:
        """Wait for the next word."""
        return dict(json.loads(self._words.get(timeout=WAIT_S)))

    def more_words(self) -> list[dict[str, Any]]:
        """Return what is left of the words of a program that has ended."""
        return [json.loads(line) for line in _rest(self._words)]

    def sentence(self, part: str) -> str:
        """Wait for a line on standard error that has this part; fail where the program ends."""
        while True:
            line = self._said.get(timeout=WAIT_S)
            assert line != _NO_MORE, f"It ended without saying {part!r}, but said: {self.said}"
            self.said.append(line)
            if part in line:
                return line

    def wait_until_it_listens(self) -> None:
        """Wait until its microphone is open.

        A sound server knows of a listener before the listener has the server's answer: what
        happens to the server in between happens to a program that opens its microphone.
        """
        self.sentence("Listening to")

    def suspend(self) -> None:
        """Stop it, as Ctrl-Z does, and wait until it stands still."""
        self.process.send_signal(signal.SIGSTOP)
        os.waitid(os.P_PID, self.process.pid, os.WSTOPPED)

    def resume(self) -> None:
        """Let it go on."""
        self.process.send_signal(signal.SIGCONT)

    def all_said(self) -> list[str]:
        """Return all lines on standard error of a program that has ended."""
        return [*self.said, *_rest(self._said)]

    def end(self, number: int = signal.SIGTERM) -> int:
        """Send a signal, and return the exit status; fail where that takes too long."""
        self.process.send_signal(number)
        return self.process.wait(ENDS_S)


_NO_MORE = ""


def _read(pipe: IO[bytes], lines: "queue.Queue[str]") -> None:
    with pipe:
        for line in pipe:
            lines.put(line.decode().rstrip("\n"))
    lines.put(_NO_MORE)


def _rest(lines: "queue.Queue[str]") -> list[str]:
    return list(iter(lambda: lines.get(timeout=WAIT_S), _NO_MORE))
