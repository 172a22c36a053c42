"""The recognizer without a window: a source of sound, the recognizer, and the printer."""

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, TextIO

from recognizer.errors import AudioError
from recognizer.events import Detection, Event, Rejection, SamplesLost, VoiceEnded, VoiceStarted
from recognizer.level_meter import StatusLine
from recognizer.model_metadata import SILENCE, UNKNOWN
from recognizer.printer import Printer, plain_line
from recognizer.stop_signals import StopSignals
from recognizer.throttle import throttled

if TYPE_CHECKING:
    from recognizer.audio_file import AudioFile
    from recognizer.microphone import DeviceInfo, Microphone
    from recognizer.stream import StreamRecognizer


_QUIET_BLOCK_S = 0.12
"""Sound in one block of a microphone's while nothing is to be decided (seconds). While voice is in
view a block is as short as the microphone gives it."""

_IN_VIEW_S = 1.0
"""How long a word stays in view behind its voice (seconds)."""


class Headless:
    """Carries sound to the recognizer and its events to the two output streams.

    Everything happens in the thread that calls; a microphone's own threads only capture, and
    say what befell the device.

    Parameters
    ----------
    recognizer
        Fresh, at the start of a stream.
    status_line
        Where everything goes that is no word.
    stop
        The signals that end the program.
    as_json, show_rejections, verbose
        As the options ``--json``, ``--all``, ``--verbose``.
    output
        Where the words go; None stands for a closed standard output.
    """

    def __init__(
        self,
        recognizer: "StreamRecognizer",
        *,
        status_line: StatusLine,
        stop: StopSignals,
        as_json: bool = False,
        show_rejections: bool = False,
        verbose: bool = False,
        output: TextIO | None = None,
    ) -> None:
        self._recognizer = recognizer
        self._status_line = status_line
        self._stop = stop
        self._show_rejections = show_rejections
        self._verbose = verbose
        self._warnings = throttled(status_line.say)
        self._log_word: Callable[[str], object] | None = None
        if verbose:
            from recognizer.log import LOG

            self._log_word = LOG.debug
        self._in_view_until = 0.0
        keywords = [label for label in recognizer.labels if label not in (SILENCE, UNKNOWN)]
        longest = max(map(len, keywords), default=0)
        self._printer = Printer(
            output,
            as_json=as_json,
            label_width=longest + (len("()") if show_rejections else 0),
        )

    def read(self, sound: "AudioFile", *, live: bool = False) -> None:
        """Recognize a sound file or stream from its beginning to its end.

        Where it breaks off, what was heard until then is recognized before the error is raised.

        Parameters
        ----------
        sound
            An open file.
        live
            Whether the sound comes in as it happens, so that a meter makes sense.

        Raises
        ------
        AudioError
            The sound cannot be read, or not to its end.
        ReaderGoneError, OutputError
            As `Printer` does.
        """
        try:
            for block in sound:
                self._stop.check()
                self._report(self._recognizer.process(block))
                if live:
                    self._idle()
        except AudioError:
            self._report(self._recognizer.finish())
            raise
        self._report(self._recognizer.finish())

    def listen(self, microphone: "Microphone") -> None:
        """Recognize what an open microphone hears, until it is closed or a signal comes.

        Raises
        ------
        DeviceError
            The microphone cannot be used.
        ReaderGoneError, OutputError
            As `Printer` does.
        """
        try:
            self._listen(microphone)
        finally:
            self._warnings.flush()

    def warn(self, sentence: str) -> None:
        """Say what befell the microphone; from any thread, and repeatedly only once in a while."""
        self._warnings.offer(sentence, sentence)

    def _listen(self, microphone: "Microphone") -> None:
        rate = self._recognizer.sample_rate
        self._printer.captured_at = lambda at: microphone.captured_at(round(at * rate))
        shortest_s = microphone.gather_s
        overflows = 0
        for block in microphone:
            self._stop.check()
            if self._verbose and microphone.overflows > overflows:
                overflows = microphone.overflows
                self._warnings.offer(
                    "overflows",
                    f"The sound system dropped samples before they got here, {overflows} times "
                    "so far.",
                )
            lost_samples = microphone.take_lost()
            if lost_samples:
                self._report(self._recognizer.skip(lost_samples))
            self._report(self._recognizer.process(block))
            in_view = self._recognizer.time < self._in_view_until
            microphone.gather_s = shortest_s if in_view else _QUIET_BLOCK_S
            self._idle()

    def _idle(self) -> None:
        self._printer.check_reader()
        self._status_line.draw(self._recognizer.level_db, self._recognizer.floor_db)

    def _report(self, events: list[Event]) -> None:
        for event in events:
            match event:
                case Detection():
                    self._print(event)
                case Rejection():
                    if self._show_rejections:
                        self._print(event)
                case SamplesLost():
                    seconds = event.count / self._recognizer.sample_rate
                    in_all = f", {event.total} in all" if event.total > event.count else ""
                    self._warnings.offer(
                        "lost",
                        f"{event.count} samples ({seconds:.2f} s) were lost at {event.time:.2f} s"
                        f"{in_all}, because this machine is too busy to keep up.",
                    )
                case VoiceStarted():
                    self._in_view_until = math.inf
                    if self._verbose:
                        self._status_line.say(
                            f"{event.time:.2f} s: voice from {event.start:.2f} s."
                        )
                case VoiceEnded():
                    self._in_view_until = event.time + _IN_VIEW_S
                    if self._verbose:
                        self._status_line.say(
                            f"{event.time:.2f} s: voice ended at {event.end:.2f} s."
                        )

    def _print(self, event: Detection | Rejection) -> None:
        self._status_line.clear()
        self._printer.write_event(event)
        if self._log_word is not None:
            self._log_word(plain_line(event).strip())


def device_lines(devices: "list[DeviceInfo]") -> list[str]:
    """Format the microphones as a table: index, name, host API, channels, native rate."""
    rows = [
        (
            str(device.index),
            device.name,
            device.host_api,
            f"{device.channels} channel" + ("s" if device.channels > 1 else ""),
            f"{device.sample_rate:.0f} Hz",
            "default" if device.is_default else "",
        )
        for device in devices
    ]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        "  ".join(
            [row[0].rjust(widths[0])]
            + [cell.ljust(width) for cell, width in zip(row[1:], widths[1:], strict=True)]
        ).rstrip()
        for row in rows
    ]
