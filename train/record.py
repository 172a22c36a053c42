"""Recording takes of one's own words in the terminal.

Everything happens in the thread that calls: it waits for sound, and looks for keys between two
blocks of it. The microphone's and the loudspeaker's threads only carry sound.
"""

import shlex
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from recognizer.errors import DeviceError
from recognizer.level_meter import StatusLine
from recognizer.listener import SoundSource
from recognizer.playback import Loudspeaker
from recognizer.stop_signals import StopSignals
from recognizer.takes.events import (
    CountedDown,
    Finished,
    Listening,
    Prompted,
    Refused,
    Waiting,
)
from recognizer.takes.folder import NOISE, TakeError, TakeFolder
from recognizer.takes.guide import SHORTEST_NOISE_S, Guide
from recognizer.takes.order import Order, checked_words
from recognizer.takes.sitting import Happened, Kept, NotKept, Sitting
from recognizer.word_folders import SPEAKER
from train.record_keys import Keys
from train.record_letters import large

HELP = "Enter: next   r: again   p: play   s: leave out this word   space: pause   q: end"
"""The keys, while a take is looked at."""

_WAITING = {
    "words": "Now the words. Enter begins.",
    "take": HELP,
    "silence": "Nothing was heard three times. Is it the right microphone? Enter goes on, q ends.",
    "pause": "Paused. Enter goes on.",
}


def record(
    words: Sequence[str],
    takes: int,
    out: Path,
    *,
    speaker: str = SPEAKER,
    noise_s: float = 60.0,
    device: int | str | None = None,
    channel: int | None = None,
    hands_free: bool = False,
) -> int:
    """Record takes of words, guided by the terminal; what is there already is not asked for again.

    Parameters
    ----------
    words
        What to say; see `recognizer.takes.order.checked_word`.
    takes
        How many takes of each word there shall be.
    out
        Where they go; see `TakeFolder`.
    speaker
        Who speaks.
    noise_s
        How much of the room there shall be (seconds).
    device, channel
        See `recognizer.microphone.Microphone`.
    hands_free
        Whether takes are kept without asking, as they are where there is no keyboard.

    Returns
    -------
    int
        The exit status.

    Raises
    ------
    WordError
        If a word or the speaker cannot be the name of a folder or file.
    TakeError
        If takes cannot be kept, or nobody is heard and there is no keyboard. What was kept before
        stays.
    DeviceError
        If the microphone cannot be used.
    """
    from recognizer.microphone import Microphone

    words = checked_words(words)
    folder = TakeFolder(out, speaker)
    folder.prepare()
    order = Order(words, takes, done=folder.counts(words))
    noise_s = max(0.0, noise_s - folder.noise_s()) if noise_s else 0.0
    if noise_s < SHORTEST_NOISE_S:
        noise_s = 0.0
    screen = StatusLine(sys.stderr)
    if order.missing or noise_s:
        with StopSignals() as stop, Keys(sys.stdin) as keys:
            ask = keys.are_there and not hands_free
            guide = Guide(order, noise_s=noise_s, ask_first=keys.are_there, ask=ask)
            course = Course(Sitting(guide, folder), screen, keys, check=stop.check)
            try:
                with Microphone(device, channel=channel, on_notice=course.mind) as microphone:
                    course.introduce(microphone.name)
                    course.run(microphone)
            except DeviceError:
                folder.leave_no_trace()
                raise
    _conclude(order, folder, screen)
    return 0


class Course:
    """One sitting at the terminal.

    Parameters
    ----------
    sitting
        Fresh.
    screen
        Where everything is said.
    keys
        The keyboard.
    check
        Raises KeyboardInterrupt if a signal came.
    """

    def __init__(
        self,
        sitting: Sitting,
        screen: StatusLine,
        keys: Keys,
        *,
        check: Callable[[], None] = lambda: None,
    ) -> None:
        self._sitting = sitting
        self._guide = sitting.guide
        self._screen = screen
        self._keys = keys
        self._check = check
        self._loudspeaker = Loudspeaker(screen.write)
        self._is_over = False
        self._sign = ""
        self._raised = ""

    def introduce(self, microphone: str) -> None:
        """Say what is going to happen."""
        order, folder = self._guide.order, self._sitting.folder
        there = sum(min(count, order.takes) for count in order.counts.values())
        self._screen.write(
            f"{order.takes} takes of {', '.join(order.words)}, said by {folder.speaker!r}, go into "
            f"{folder.folder}" + (f"; {there} of {order.total} are there." if there else ".")
        )
        self._screen.write(f"Listening to {microphone}; Ctrl-C ends it, and all takes stay.")
        if self._guide.noise_left_s:
            enough = " (s: that is enough)" if self._keys.are_there else ""
            self._screen.write(
                f"\nFirst the room, for {self._guide.noise_left_s:.0f} s: leave it as it will be, "
                f"and say nothing.{enough}"
            )

    def mind(self, sentence: str) -> None:
        """Take what befell the microphone."""
        self._sitting.mind(sentence)
        self._screen.write(sentence)

    def run(self, microphone: SoundSource) -> None:
        """Record until everything is there, or the user ends it.

        Raises
        ------
        TakeError
            See `record`.
        """
        try:
            for block in microphone:
                self._check()
                self._tell(self._sitting.process(block, microphone.take_lost()))
                for key in self._keys.read():
                    self._press(key)
                if self._is_over:
                    break
                self._draw()
        finally:
            self._loudspeaker.close()
            self._screen.clear()
            self._tell(self._sitting.end(), at_end=True)

    def _press(self, key: str) -> None:
        sitting, guide = self._sitting, self._guide
        match key:
            case "enter" | "space" if guide.phase == "waiting":
                self._loudspeaker.stop()
                sitting.go()
            case "space":
                guide.pause()
            case "r":
                last = sitting.last
                if sitting.redo() and last is not None:
                    self._screen.write(f"Again: {last.path} is removed.")
            case "p" if sitting.last is not None and sitting.last.take is not None:
                guide.pause()
                self._loudspeaker.play(sitting.last.take.samples)
            case "s":
                sitting.skip()
            case "q":
                self._is_over = True

    def _tell(self, happened: Sequence[Happened], *, at_end: bool = False) -> None:
        for event in happened:
            match event:
                case NotKept():
                    if not at_end:
                        self._raised = event.sentence
                        raise TakeError(event.sentence)
                    # What ended the sitting is told by whoever catches it.
                    if event.sentence != self._raised:
                        self._screen.write(event.sentence)
                case Finished():
                    self._is_over = True
                case Waiting("silence") if not self._keys.are_there:
                    raise TakeError(
                        "Nothing was heard three times in a row: choose the right microphone with "
                        "--device, or turn it up; what was recorded before is kept."
                    )
                case _:
                    self._sign = _sign(event, self._sign)
                    for line in _lines(event, self._guide, self._screen):
                        self._screen.write(line)

    def _draw(self) -> None:
        guide = self._guide
        before = {"noise": f"{guide.noise_left_s:3.0f} s  ", "countdown": f"{self._sign}  "}.get(
            guide.phase, ""
        )
        self._screen.draw(guide.level_db, guide.floor_db, before)


def _sign(event: Happened, before: str) -> str:
    return str(event.left) if isinstance(event, CountedDown) else before


def _lines(event: Happened, guide: Guide, screen: StatusLine) -> Iterator[str]:
    """Say what happened."""
    match event:
        case Prompted():
            yield f"\n{event.word}: take {event.number} of {guide.order.takes}"
            if screen.is_terminal:
                yield "\n" + large(event.word, screen.columns) + "\n"
        case Listening():
            yield f"Say it now: {event.word}"
        case Refused():
            yield f"Once more: {event.sentence}"
        case Kept() if event.take is None:
            yield f"The room is kept: {event.path}"
        case Kept() if event.take is not None:
            take = event.take
            yield (
                f"Good: {event.path} ({take.seconds:.2f} s, {take.contrast_db:.0f} dB above the "
                f"room). {guide.order.missing} to go."
            )
        case Waiting():
            yield _WAITING[event.what]


def _conclude(order: Order, folder: TakeFolder, screen: StatusLine) -> None:
    """Print how many takes there are, and say what to do next."""
    counts = folder.counts([*order.words, NOISE])
    for word in order.words:
        sys.stdout.write(f"{word}\t{counts[word]}\t{folder.folder / word}\n")
    sys.stdout.flush()
    missing = sum(max(order.takes - counts[word], 0) for word in order.words)
    if missing:
        screen.write(f"{missing} takes are still wanted; the same command goes on with them.")
    else:
        command = f"recognizer-train fit words --data {shlex.quote(str(folder.folder))}"
        screen.write(f"All takes are there. This teaches them: {command} --from digits")
