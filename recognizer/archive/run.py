"""Many files from the first to the last: their words in order, how far it is, what was bad."""

import json
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from recognizer.archive.journal import Journal
from recognizer.archive.one_file import FileTask, Heard, Recipe, recognize_file
from recognizer.archive.work import Workers, results
from recognizer.events import Detection, Rejection
from recognizer.level_meter import StatusLine
from recognizer.model_metadata import SILENCE, UNKNOWN
from recognizer.printer import Printer, json_line, plain_line

BAR = 30
"""Length of the progress bar (characters)."""


def tagged_line(
    path: str, word: Detection | Rejection, *, as_json: bool = False, label_width: int = 0
) -> str:
    r"""Format a word as the line of a run with one file, with the file before it.

    Parameters
    ----------
    path
        The file. Control characters in it, and a backslash, are written as in a Python string.
    word
        The word.
    as_json
        A JSON object with ``"file"`` as its first key, instead of a column that ends with a tab.
    label_width
        See `recognizer.printer.plain_line`.

    Examples
    --------
    >>> tagged_line("a.wav", Detection("seven", 0.98, 3.41, 3.9, 4.05))
    'a.wav\t    3.41  seven   98 %'
    """
    if as_json:
        return f'{{"file": {json.dumps(path)}, {json_line(word)[1:]}'
    name = path
    if any(character < " " or character in "\x7f\\" for character in path):
        name = path.encode("unicode_escape", "surrogatepass").decode()
    return f"{name}\t{plain_line(word, label_width)}"


def progress_text(done: int, total: int, bad: int, speed: float, left_s: float) -> str:
    """Say how far a run is, in one line.

    Parameters
    ----------
    done, total, bad
        Numbers of files.
    speed
        Times real time.
    left_s
        How long the rest will take, about (seconds).

    Examples
    --------
    >>> progress_text(12, 40, 0, 812.3, 190.0)
    '[#########.....................] 12 of 40 files, 812 x real time, 3:10 left'
    """
    filled = BAR * done // max(total, 1)
    minutes, seconds = divmod(round(left_s), 60)
    parts = [f"{done} of {total} files"]
    if bad:
        parts.append(f"{bad} bad")
    if done:
        parts += [f"{speed:,.0f} x real time", f"{minutes}:{seconds:02d} left"]
    return f"[{'#' * filled}{'.' * (BAR - filled)}] {', '.join(parts)}"


class Run:
    """Recognizes many files and prints their words in the order of the files.

    Parameters
    ----------
    files
        Their paths.
    recipe
        What they are recognized with.
    labels
        The model's labels.
    printer
        Where the words go.
    status_line
        Where everything goes that is no word.
    as_json, show_rejections, verbose
        As the options ``--json``, ``--all``, ``--verbose``.
    elsewhere
        Whether the workers may be in other folders, and are told where a file is from the root.
    clock
        Monotonic seconds.
    """

    def __init__(
        self,
        files: Sequence[str],
        recipe: Recipe,
        labels: Sequence[str],
        *,
        printer: Printer,
        status_line: StatusLine,
        as_json: bool = False,
        show_rejections: bool = False,
        verbose: bool = False,
        elsewhere: bool = False,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._files = list(files)
        self.recipe = recipe
        """What the files are recognized with."""
        self._elsewhere = elsewhere
        self._printer = printer
        self._status_line = status_line
        self._as_json = as_json
        self._show_rejections = show_rejections
        self._verbose = verbose
        self._clock = clock
        longest = max((len(x) for x in labels if x not in (SILENCE, UNKNOWN)), default=0)
        self._label_width = longest + (len("()") if show_rejections else 0)
        self._heard: dict[int, Heard] = {}
        self._turn = 0
        self._bad: list[tuple[int, str]] = []
        self._done = self._done_now = 0
        self._sound_s = 0.0
        self._began_at = clock()

    def __call__(self, workers: Workers, journal: Journal | None = None) -> int:
        """Recognize the files, and tell of the bad ones at the end.

        Parameters
        ----------
        workers
            An open context.
        journal
            What is finished already, and where it is kept; None keeps nothing.

        Returns
        -------
        int
            How many files were bad.

        Raises
        ------
        RecognizerError
            If the model, the journal or the workers cannot be used any more.
        ReaderGoneError, OutputError
            As `Printer` does.
        """
        kept = {i for i, path in enumerate(self._files) if journal is not None and path in journal}
        todo = [index for index in range(len(self._files)) if index not in kept]
        tasks = [self._task(self._files[index]) for index in todo]
        self._done = len(kept)
        self._began_at = self._clock()
        self._print(kept, journal)
        for place, heard in results(workers, recognize_file, tasks, tick=self._tick):
            self._take(todo[place], heard or _given_up(tasks[place].path, workers.tries), journal)
            self._print(kept, journal)
        self._status_line.clear()
        for _, trouble in sorted(self._bad):
            self._status_line.say(trouble)
        return len(self._bad)

    def _task(self, path: str) -> FileTask:
        # The name "" is an error, and no other name for this folder.
        if self._elsewhere and path:
            path = str(Path(path).absolute())
        return FileTask(path, self.recipe)

    def _take(self, index: int, heard: Heard, journal: Journal | None) -> None:
        self._heard[index] = heard
        self._done += 1
        self._done_now += 1
        self._sound_s += heard.seconds
        if heard.trouble is not None:
            self._bad.append((index, heard.trouble))
        if journal is not None:
            journal.keep(self._files[index], heard)

    def _print(self, kept: set[int], journal: Journal | None) -> None:
        """Print what is finished without a gap behind what was printed before."""
        while self._turn < len(self._files):
            path = self._files[self._turn]
            if journal is not None and self._turn in kept:
                heard = journal[path]
            elif self._turn in self._heard:
                heard = self._heard.pop(self._turn)
            else:
                return
            self._turn += 1
            words = [
                word for word in heard.words if self._show_rejections or isinstance(word, Detection)
            ]
            if words:
                self._status_line.clear()
            for word in words:
                self._printer.write_line(
                    tagged_line(path, word, as_json=self._as_json, label_width=self._label_width)
                )
            if self._verbose and heard.trouble is None:
                count = "1 word" if len(words) == 1 else f"{len(words)} words"
                self._status_line.say(f"'{path}', {heard.seconds:.1f} s of sound: {count}.")

    def _tick(self) -> None:
        self._printer.check_reader()
        taken_s = max(self._clock() - self._began_at, 1e-3)
        left_s = taken_s * (len(self._files) - self._done) / max(self._done_now, 1)
        text = progress_text(
            self._done, len(self._files), len(self._bad), self._sound_s / taken_s, left_s
        )
        columns = self._status_line.columns
        # Nothing of the meter finds room behind a text as long as the line.
        self._status_line.draw(0.0, 0.0, before=f"{text:<{columns}}")


def _given_up(path: str, tries: int) -> Heard:
    often = f"{tries} times" if tries > 1 else "again and again"
    return Heard(
        (),
        0.0,
        f"'{path}' is left out: the process that read it was killed {often}, by what is in the "
        "file or for want of memory (fewer --jobs need less).",
    )
