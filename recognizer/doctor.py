"""``recognizer --doctor``: tries everything, and says for each problem what to mend.

Threads: each check runs in a thread of its own, so that the program goes on when one hangs, in a
file system or a library; what hangs is a daemon and holds nobody.
"""

import json
import logging
import queue
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

from recognizer.doctor_finding import Finding
from recognizer.errors import RecognizerError
from recognizer.level_meter import StatusLine
from recognizer.log import LOG
from recognizer.printer import Printer

Check = Callable[[], Iterator[Finding]]

_PATIENCE_S = 60.0
"""How long one check may take; those that wait for a device are much sooner done (seconds)."""

_LEVELS = {"broken": logging.ERROR, "attention": logging.WARNING}


def run_doctor(
    printer: Printer,
    status_line: StatusLine,
    *,
    device: int | str | None = None,
    channel: int | None = None,
    model: Path | None = None,
    log: Path | None = None,
    as_json: bool = False,
) -> int:
    """Try everything that the program needs, and print what was found.

    Parameters
    ----------
    printer
        Where the findings go, each as soon as it is there; with `as_json` one object at the end.
    status_line
        Where the user is asked to speak.
    device, channel, model, log, as_json
        As on the command line.

    Returns
    -------
    int
        The exit status: 0 if everything that is needed works, else 1.

    Raises
    ------
    ReaderGoneError, OutputError
        As `Printer` does.
    """
    checks = all_checks(device, channel, model, log, status_line.say)
    findings = []
    for finding in examine(checks):
        findings.append(finding)
        # As a whole, because messages that differ in their arguments only count as repeated.
        LOG.log(_LEVELS.get(finding.state, logging.INFO), f"{finding.text} {finding.mend}".strip())
        if not as_json:
            for line in finding.lines():
                printer.write_line(line)
    broken = [finding for finding in findings if finding.state == "broken"]
    if as_json:
        found = [finding.to_json() for finding in findings]
        printer.write_line(json.dumps({"ok": not broken, "findings": found}, allow_nan=False))
    else:
        attention = any(finding.state == "attention" for finding in findings)
        printer.write_line("")
        printer.write_line(_conclusion(len(broken), attention=attention))
    return 1 if broken else 0


def all_checks(
    device: int | str | None,
    channel: int | None,
    model: Path | None,
    log: Path | None,
    say: Callable[[str], object],
) -> dict[str, Check]:
    """Return the checks by name, in their order; the modules they are in are loaded by them."""

    def system(name: str) -> Check:
        def check() -> Iterator[Finding]:
            from recognizer import doctor_system

            yield from getattr(doctor_system, name)()

        return check

    def devices() -> Iterator[Finding]:
        from recognizer.doctor_sound import check_devices

        yield from check_devices()

    def microphone() -> Iterator[Finding]:
        from recognizer.doctor_sound import check_microphone

        yield from check_microphone(device, channel, say)

    def models() -> Iterator[Finding]:
        from recognizer.doctor_model import check_model

        yield from check_model(model)

    def connected() -> Iterator[Finding]:
        from recognizer.doctor_connected import check_connected

        yield from check_connected()

    def places() -> Iterator[Finding]:
        from recognizer.doctor_system import check_places

        yield from check_places(log)

    return {
        "program": system("check_program"),
        "libraries": system("check_libraries"),
        "devices": devices,
        "microphone": microphone,
        "model": models,
        "connected": connected,
        "window": system("check_window"),
        "places": places,
    }


def examine(checks: dict[str, Check], *, patience_s: float = _PATIENCE_S) -> Iterator[Finding]:
    """Run the checks one after the other, whatever becomes of each.

    Parameters
    ----------
    checks
        By name, in their order. The microphone is not tried where there are no devices.
    patience_s
        How long one may take (seconds).
    """
    no_devices = False
    for name, check in checks.items():
        if name == "microphone" and no_devices:
            yield Finding(name, "absent", "The microphone was not tried.")
            continue
        for finding in _bounded(name, check, patience_s):
            no_devices |= name == "devices" and finding.state == "broken"
            yield finding


def _bounded(name: str, check: Check, patience_s: float) -> Iterator[Finding]:
    """Run a check in a thread of its own; yield its findings, the last of them its failure."""
    found: queue.SimpleQueue[Finding | None] = queue.SimpleQueue()

    def work() -> None:
        try:
            for finding in check():
                found.put(finding)
        except RecognizerError as error:
            found.put(Finding(name, "broken", str(error)))
        except Exception as error:  # noqa: BLE001 - one failure must not hide the others
            LOG.error("The check '%s' failed.", name, exc_info=True)
            what = " ".join(f"{type(error).__name__}: {error}".split()).rstrip(".: ")
            found.put(
                Finding(
                    name,
                    "broken",
                    f"The check of the {name} failed ({what}).",
                    "Report this with what `recognizer --doctor --json --log FILE` gives.",
                )
            )
        finally:
            found.put(None)

    threading.Thread(target=work, name=f"Check {name}", daemon=True).start()
    while True:
        try:
            finding = found.get(timeout=patience_s)
        except queue.Empty:
            yield Finding(
                name,
                "broken",
                f"The check of the {name} has not answered for {patience_s:g} s.",
                "Restart the machine, or find what hangs: a network drive or the sound system.",
            )
            return
        if finding is None:
            return
        yield finding


def _conclusion(broken: int, *, attention: bool) -> str:
    if broken:
        return f"{broken} thing{'s' if broken > 1 else ''} to mend, marked [!!]."
    return "All that is needed works; see to what is marked [! ]." if attention else "All works."
