"""`recognizer --doctor`: all checks together, as text and as JSON."""

import io
import json
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from recognizer import doctor, portaudio
from recognizer.cli import main
from recognizer.doctor import examine, run_doctor
from recognizer.doctor_finding import Finding
from recognizer.errors import DeviceError, RecognizerError
from recognizer.level_meter import StatusLine
from recognizer.printer import Printer, ReaderGoneError
from tests.fake_sounddevice import FakeSounddevice
from tests.recognizer.command_line import WAIT_S, environment

FINE = Finding("one", "ok", "One is fine.", details={"number": 1})
BAD = Finding("two", "broken", "Two is bad.", "Mend it.", ("a table",))
ODD = Finding("three", "attention", "Three is odd.")
NONE = Finding("four", "absent", "There is no four.")


@pytest.fixture
def no_microphone(monkeypatch):
    fake = FakeSounddevice()
    fake.get_portaudio_version = lambda: (1246976, "PortAudio V19.7.0-devel, revision unknown")
    monkeypatch.setattr(portaudio, "load_sounddevice", lambda: fake)


def run(monkeypatch, *findings, as_json=False):
    checks = {finding.name: lambda finding=finding: iter([finding]) for finding in findings}
    monkeypatch.setattr(doctor, "all_checks", lambda *arguments: checks)
    printed = io.StringIO()
    status = run_doctor(Printer(printed), StatusLine(io.StringIO()), as_json=as_json)
    return status, printed.getvalue()


def test_findings_are_marked_and_mended(monkeypatch):
    status, printed = run(monkeypatch, FINE, BAD, ODD, NONE)
    assert status == 1
    assert printed == (
        "[ok] One is fine.\n"
        "[!!] Two is bad.\n"
        "     a table\n"
        "     Mend it.\n"
        "[! ] Three is odd.\n"
        "[--] There is no four.\n"
        "\n"
        "1 thing to mend, marked [!!].\n"
    )


@pytest.mark.parametrize(
    ("findings", "status", "end"),
    [
        ((FINE, NONE), 0, "All works."),
        ((FINE, ODD), 0, "All that is needed works; see to what is marked [! ]."),
        ((BAD, Finding("five", "broken", "Bad.")), 1, "2 things to mend, marked [!!]."),
    ],
)
def test_status_and_end(monkeypatch, findings, status, end):
    found, printed = run(monkeypatch, *findings)
    assert (found, printed.splitlines()[-1]) == (status, end)


def test_json_is_one_object_with_the_same(monkeypatch):
    status, printed = run(monkeypatch, FINE, BAD, as_json=True)
    assert status == 1
    assert printed.count("\n") == 1
    assert json.loads(printed) == {
        "ok": False,
        "findings": [
            {"name": "one", "state": "ok", "text": "One is fine.", "mend": "", "number": 1},
            {"name": "two", "state": "broken", "text": "Two is bad.", "mend": "Mend it."},
        ],
    }
    assert json.loads(run(monkeypatch, FINE, ODD, as_json=True)[1])["ok"] is True


def test_a_check_that_fails_hides_no_other():
    def user_error():
        yield FINE
        raise RecognizerError("Mend this.")

    def bug():
        raise ZeroDivisionError("by\nzero")
        yield

    first, second, third, last = examine(
        {"one": user_error, "two": bug, "four": lambda: iter([NONE])}
    )
    assert first is FINE
    assert (second.name, second.state, second.text) == ("one", "broken", "Mend this.")
    assert third.text == "The check of the two failed (ZeroDivisionError: by zero)."
    assert third.state == "broken"
    assert last is NONE


def test_a_check_that_hangs_is_left_behind():
    hang = threading.Event()

    def hangs():
        yield FINE
        hang.wait(60)

    try:
        first, second, last = examine({"one": hangs, "four": lambda: iter([NONE])}, patience_s=0.2)
    finally:
        hang.set()
    assert (first, last) == (FINE, NONE)
    assert second.state == "broken"
    assert "has not answered for 0.2 s" in second.text


def test_without_devices_the_microphone_is_not_tried():
    def no_device():
        raise DeviceError("There is no microphone: plug one in.")
        yield

    devices, microphone = examine(
        {"devices": no_device, "microphone": lambda: pytest.fail("It was tried.")}
    )
    assert (devices.state, microphone.state) == ("broken", "absent")


def test_the_command_goes_on_without_a_microphone(no_microphone, capsys):
    assert main(["--doctor"]) == 1
    printed, said = capsys.readouterr()
    assert "[!!] There is " in printed
    assert "microphone" in printed
    assert "[--] The microphone was not tried." in printed
    assert "[ok] Demo recording: all ten digits are right" in printed
    assert printed.splitlines()[-1] == "1 thing to mend, marked [!!]."
    assert said == ""


def test_the_command_prints_json(no_microphone, capsys, tmp_path):
    log = tmp_path / "run.log"
    assert main(["--doctor", "--json", "--log", str(log)]) == 1
    found = json.loads(capsys.readouterr().out)
    states = {finding["name"]: finding["state"] for finding in found["findings"]}
    assert states["devices"] == "broken"
    assert states["model"] == states["demo"] == states["log"] == "ok"
    text = log.read_text(encoding="utf-8")
    assert "There is " in text
    assert "ERROR" in text


@pytest.mark.parametrize(
    "arguments",
    [("--doctor", "--demo"), ("--doctor", "--list-devices"), ("--doctor", "--input", "a.wav")],
)
def test_sources_have_no_use(arguments, capsys):
    assert main(list(arguments)) == 2
    assert "exclude each other" in capsys.readouterr().err


def test_device_channel_and_model_are_the_ones_examined(monkeypatch):
    asked = {}

    def checks(device, channel, model, log, say):
        asked.update(device=device, channel=channel, model=model)
        return {}

    monkeypatch.setattr(doctor, "all_checks", checks)
    assert main(["--doctor", "--device", "usb", "--channel", "2", "--model", "m.tflite"]) == 0
    assert asked == {"device": "usb", "channel": 2, "model": Path("m.tflite")}


def test_a_reader_that_has_gone_ends_it(monkeypatch):
    class Gone(io.StringIO):
        def write(self, text):
            raise BrokenPipeError

    with pytest.raises(ReaderGoneError):
        run_doctor(Printer(Gone()), StatusLine(io.StringIO()))


def test_it_works_without_qt_and_without_portaudio():
    program = (
        "import sys\n"
        "sys.modules.update(dict.fromkeys(('PySide6', 'pyqtgraph', 'sounddevice')))\n"
        "from recognizer import doctor_versions\n"
        "doctor_versions._version = lambda name, module, find=doctor_versions._version: (\n"
        "    None if sys.modules.get(module, 0) is None else find(name, module))\n"
        "from recognizer.cli import main\n"
        "sys.exit(main(sys.argv[1:]))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, "--doctor"],
        env=environment(),
        capture_output=True,
        text=True,
        timeout=WAIT_S,
        check=False,
    )
    assert (done.returncode, done.stderr) == (1, "")
    assert "[!!] sounddevice, which the microphone needs, is not installed." in done.stdout
    assert "[--] No window." in done.stdout
    assert "[--] Settings: none" in done.stdout
    assert "[ok] Demo recording" in done.stdout
