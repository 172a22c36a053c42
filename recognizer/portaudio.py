"""The one thread that talks to PortAudio.

PortAudio is not thread-safe outside its callbacks, on Windows some of its host APIs want every
call from one thread, and where a sound server hangs, so does whoever asks it. So one thread makes
all the calls, and everybody else waits for its answer only so long.
"""

import atexit
import contextlib
import queue
import sys
import threading
from collections.abc import Callable
from typing import Any, Generic, TypeVar

from recognizer.errors import DeviceError
from recognizer.native_stderr import QuietErrors

T = TypeVar("T")

ANSWER_TIMEOUT_S = 8.0
"""How long a caller waits for PortAudio. Waking up a Bluetooth headset takes seconds."""


def load_sounddevice() -> Any:
    """Return the module sounddevice, imported when first needed.

    Raises
    ------
    DeviceError
        If the PortAudio library is not installed.
    """
    try:
        import sounddevice
    except OSError as error:
        raise DeviceError(
            "PortAudio, which the microphone needs, is not installed; "
            "`sudo apt-get install libportaudio2` installs it on Debian and Ubuntu."
        ) from error
    return sounddevice


class _Job(Generic[T]):
    """A call, its outcome, and whether anybody still waits for it."""

    def __init__(
        self,
        function: Callable[[], T],
        discard: Callable[[T], object] | None,
        *,
        must_run: bool = False,
    ) -> None:
        self._function = function
        self._discard = discard
        self._must_run = must_run
        self._outcome: Callable[[], T] | None = None
        self._abandoned = False
        self._lock = threading.Lock()
        self.done = threading.Event()

    def run(self) -> None:
        """Make the call, unless nobody waits any more (PortAudio's thread)."""
        if self._abandoned and not self._must_run:
            return
        outcome = self._call()
        with self._lock:
            self._outcome = outcome
            unwanted = self._abandoned
        self.done.set()
        if unwanted and self._discard is not None:
            with contextlib.suppress(Exception):
                self._discard(outcome())

    def _call(self) -> Callable[[], T]:
        try:
            result = self._function()
        except BaseException as error:  # noqa: BLE001 - raised again in the caller's thread
            return _raiser(error)
        return lambda: result

    def abandon(self) -> bool:
        """Stop waiting (caller); False if the outcome has just come."""
        with self._lock:
            self._abandoned = self._outcome is None
            return self._abandoned

    def result(self) -> T:
        """Return what the call returned, or raise what it raised (caller, once it is done)."""
        assert self._outcome is not None
        return self._outcome()


def _raiser(error: BaseException) -> Callable[[], Any]:
    def raise_it() -> Any:
        raise error

    return raise_it


class PortAudio:
    """Calls into PortAudio, one after the other, in a thread of their own.

    The thread is a daemon that starts with the first call and may hang with the sound server;
    callers, in any thread, never wait longer than they say.
    """

    def __init__(self) -> None:
        self._jobs: queue.SimpleQueue[_Job[Any]] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None
        self._lock = threading.Lock()
        self._quiet = QuietErrors()
        self._streams: set[Any] = set()

    def call(
        self,
        function: Callable[[Any], T],
        *,
        timeout_s: float | None = None,
        discard: Callable[[T], object] | None = None,
        must_run: bool = False,
    ) -> T:
        """Call a function with the module sounddevice, and wait for what it returns.

        Parameters
        ----------
        function
            What to do. Its exceptions are raised here.
        timeout_s
            How long to wait (seconds); None for `ANSWER_TIMEOUT_S`.
        discard
            Takes what the function returned when nobody waited for it any more.
        must_run
            Call it even when nobody waits any more: whatever closes something.

        Raises
        ------
        DeviceError
            If PortAudio is not installed, or the answer did not come in time.
        """
        if timeout_s is None:
            timeout_s = ANSWER_TIMEOUT_S
        job = _Job(lambda: self._quietly(function), discard, must_run=must_run)
        self._ensure_thread()
        self._jobs.put(job)
        try:
            in_time = job.done.wait(timeout_s)
        except BaseException:
            if job.abandon():
                self._give_up()
            raise
        if not in_time and job.abandon():
            self._give_up()
            raise DeviceError(
                f"The sound system has not answered for {timeout_s:g} s: "
                "restart it (PipeWire or PulseAudio) or plug the microphone in again."
            )
        return job.result()

    def refresh(self, sounddevice: Any) -> None:
        """Look for devices anew (to be used inside `call`).

        PortAudio's list stays as it was when it was initialized, and ending PortAudio ends every
        stream; so nothing happens while some stream of this process is open.
        """
        if not self._streams:
            with contextlib.suppress(sounddevice.PortAudioError):
                sounddevice._terminate()
            sounddevice._initialize()

    def keep(self, stream: Any) -> None:
        """Remember a stream that is open (to be used inside `call`)."""
        self._streams.add(stream)

    def release(self, stream: Any) -> None:
        """Close a stream (to be used inside `call`)."""
        self._streams.discard(stream)
        stream.abort()
        stream.close()

    def _quietly(self, function: Callable[[Any], T]) -> T:
        with self._quiet:
            return function(load_sounddevice())

    def _give_up(self) -> None:
        self._quiet.restore()
        # At exit it would wait for the same sound server, and for ever. The module may be hanging
        # in its import, so it must not be imported here.
        ends_portaudio = getattr(sys.modules.get("sounddevice"), "_exit_handler", None)
        if ends_portaudio is not None:
            atexit.unregister(ends_portaudio)

    def _ensure_thread(self) -> None:
        with self._lock:
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._work, name="PortAudio", daemon=True)
                self._thread.start()

    def _work(self) -> None:
        while True:
            self._jobs.get().run()


portaudio = PortAudio()
"""PortAudio is one to a process, and so is its thread."""
