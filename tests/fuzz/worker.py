"""The process in which inputs run.

``python -m tests.fuzz.worker MODULE INPUTS SEED FIRST SECONDS FOLDER``
"""

import contextlib
import importlib
import os
import shutil
import sys
import tempfile
import time
import traceback
from pathlib import Path
from typing import Any

from recognizer.trial_process import peak_bytes
from tests.fuzz.harness import LARGEST_MB, Target, input_of

_WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
_CHANGES = {"os.mkdir", "os.rename", "os.remove", "os.rmdir", "os.link", "os.symlink", "os.chmod"}
_PROGRAMS = {"os.system", "os.exec", "os.posix_spawn", "subprocess.Popen", "socket.connect"}
_HARMLESS = ("/dev/null", "/dev/tty")


class OutsideError(BaseException):
    """Something was written outside the folder, or a program or a connection begun."""


class Guard:
    """Notices what is written outside a folder, through Python's own audit events."""

    def __init__(self, folder: Path) -> None:
        self._folder = str(folder)
        self.active = False
        self.outside: list[str] = []
        sys.addaudithook(self._hear)

    def _hear(self, event: str, arguments: tuple[Any, ...]) -> None:
        if not self.active:
            return
        if event == "open":
            path, mode, flags = arguments
            writes = flags & _WRITES if isinstance(flags, int) else False
            if not writes and not (isinstance(mode, str) and set(mode) & set("wax+")):
                return
            paths = [path]
        elif event in _CHANGES:
            paths = list(arguments[:2] if event in ("os.rename", "os.link") else arguments[:1])
            paths = [arguments[1]] if event == "os.symlink" else paths
        elif event in _PROGRAMS:
            self._refuse(event, arguments)
            return
        else:
            return
        for path in paths:
            if isinstance(path, str | bytes | os.PathLike):
                self._look(event, os.fsdecode(path))

    def _look(self, event: str, path: str) -> None:
        # A descriptor that stands for a folder comes with a path that is relative to it, which is
        # looked at where the folder was opened.
        place = os.path.realpath(path)
        if place in _HARMLESS or place == self._folder or place.startswith(self._folder + os.sep):
            return
        self._refuse(event, path)

    def _refuse(self, event: str, what: object) -> None:
        self.outside.append(f"{event} {what!r}"[:300])
        raise OutsideError(event)


def main() -> None:
    module, inputs, seed, first, seconds, folder = sys.argv[1:]
    ends_s = time.monotonic() + float(seconds)
    # What the target prints is none of ours.
    lines = os.dup(1)
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    target: Target = importlib.import_module(module).TARGET
    _bound_memory()
    inside = Path(folder) / "inside"
    inside.mkdir()
    os.chdir(inside)
    tempfile.tempdir = str(inside)
    # What is written here need not outlive a power cut.
    os.fsync = lambda fd: None
    guard = Guard(inside)
    os.write(lines, b"ready\n")
    for number in range(int(first), int(first) + int(inputs)):
        _empty(inside)
        value = input_of(target, int(seed), number)
        said = _send(target, value, inside, guard)
        os.write(lines, said[0].encode())
        for failure in said[1:]:
            shown = f"input {number}: {repr(_beginning(value))[:300]}"
            line = f"failure {failure} <- {shown}".replace("\n", " ").replace("\0", "")
            os.write(lines, line.encode(errors="replace") + b"\n")
        if time.monotonic() > ends_s:
            break
    os.write(lines, b"end %.1f\n" % (peak_bytes() / 1e6))


def _send(target: Target, value: Any, inside: Path, guard: Guard) -> list[str]:
    """Run one input; return a line that says how it ended, and what is wrong with that."""
    guard.outside.clear()
    failure = None
    # Computing time: how busy the machine is, is not the target's fault.
    begun_s = time.process_time()
    guard.active = True
    try:
        kind = target.run(value, inside)
        kind = kind if isinstance(kind, str) else "taken"
    except target.refusals as error:
        kind = type(error).__name__
        failure = _unclear(str(error))
    except OutsideError:
        kind = "outside"
    except BaseException as error:  # noqa: BLE001 - whatever it is, it is a failure
        kind = f"{type(error).__name__}!"
        place = traceback.extract_tb(error.__traceback__)[-1]
        failure = f"{error!r:.300} in {Path(place.filename).name}:{place.lineno}"
    finally:
        guard.active = False
    taken_s = time.process_time() - begun_s
    if guard.outside:
        failure = f"outside its folder: {guard.outside[0]}"
    elif taken_s > target.longest_s:
        failure = f"it took {taken_s:.1f} s"
    line = f"{kind.replace(' ', '-')} {taken_s:.4f}\n"
    return [line] if failure is None else [line, failure]


def _empty(folder: Path) -> None:
    with os.scandir(folder) as entries:
        for entry in list(entries):
            if entry.is_dir(follow_symlinks=False):
                shutil.rmtree(entry.path, ignore_errors=True)
            else:
                Path(entry.path).unlink()


def _beginning(value: Any) -> Any:
    if isinstance(value, tuple):
        return tuple(_beginning(one) for one in value)
    return value[:300] if isinstance(value, bytes | str | list) else value


def _unclear(sentence: str) -> str | None:
    """Say what is wrong with an error's sentence."""
    if "\n" in sentence or not sentence.strip():
        return f"its error is no sentence: {sentence!r:.200}"
    return None


def _bound_memory() -> None:
    """Let what goes far beyond the limit fail in this process, not on this machine."""
    import resource

    with contextlib.suppress(OSError, ValueError):
        pages = int(Path("/proc/self/statm").read_text().split()[0])
        limit = pages * resource.getpagesize() + 4 * LARGEST_MB * 1_000_000
        resource.setrlimit(resource.RLIMIT_AS, (limit, limit))


if __name__ == "__main__":
    main()
