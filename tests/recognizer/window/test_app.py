import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from recognizer.cli import main
from recognizer.window import app
from tests.recognizer.faults.programs import heed_signals
from train.vocabulary import DIGITS

SIGNALS = [signal.SIGINT, signal.SIGTERM, signal.SIGHUP]


@pytest.fixture
def start():
    """Start the program; it is gone at the test's end."""
    started = []

    def start_program(*arguments, **variables):
        program = subprocess.Popen(
            [sys.executable, "-m", "recognizer", *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, **variables},
            preexec_fn=heed_signals,
        )
        started.append(program)
        return program

    yield start_program
    for program in started:
        program.kill()
        program.communicate()


def test_the_real_program_runs_the_demo_through_its_window_and_ends(start, own_settings):
    program = start("--smoke-test")
    output, errors = program.communicate(timeout=120)
    assert program.returncode == 0, errors
    assert output.split() == list(DIGITS)
    assert "Traceback" not in errors
    # A test of an installation leaves no settings behind.
    assert not own_settings.exists()


@pytest.mark.parametrize("number", SIGNALS)
def test_signals_close_the_window(start, number, own_settings, tmp_path):
    program = start("--demo", PULSE_SERVER=f"unix:{tmp_path}/none")
    # The settings are written when the window closes, so their absence says nothing; the loaded
    # Qt does, and the program installs its handlers before its event loop runs.
    maps = Path(f"/proc/{program.pid}/maps")
    if not maps.exists():
        pytest.skip("needs /proc")
    while "ai_edge_litert" not in maps.read_text():
        assert program.poll() is None, program.communicate()
    program.send_signal(number)
    _, errors = program.communicate(timeout=60)
    assert program.returncode == 0, errors
    assert "Traceback" not in errors
    assert own_settings.exists()


def test_without_a_screen_one_sentence_says_so(capsys, monkeypatch):
    if sys.platform != "linux":
        pytest.skip("only Linux has machines without a screen")
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"):
        monkeypatch.delenv(name, raising=False)
    for platform in (None, "xcb", "wayland:x"):
        if platform is not None:
            monkeypatch.setenv("QT_QPA_PLATFORM", platform)
        assert main([]) == 1
        said = capsys.readouterr()
        assert said.out == ""
        assert said.err.strip() == f"recognizer: {app.NO_SCREEN}"


@pytest.mark.parametrize(
    ("name", "error", "part"),
    [
        ("PySide6", ModuleNotFoundError("No module named 'PySide6'"), "keyword-recognizer[gui]"),
        ("recognizer.window.main_window", ImportError("libGL.so.1: not found"), "libGL.so.1"),
    ],
)
def test_without_qt_one_sentence_says_what_to_install(capsys, monkeypatch, name, error, part):
    import builtins

    importing = builtins.__import__

    def fail(wanted, *arguments, **options):
        if wanted.startswith(name):
            raise error
        return importing(wanted, *arguments, **options)

    monkeypatch.setattr(builtins, "__import__", fail)
    assert main([]) == 1
    said = capsys.readouterr().err
    assert part in said
    assert said.count("\n") == 1


def test_a_model_that_does_not_fit_is_told_in_the_window(start, tmp_path, own_settings):
    bad = tmp_path / "bad.tflite"
    bad.write_bytes(b"no model")
    program = start("--smoke-test", "--model", str(bad))
    output, errors = program.communicate(timeout=120)
    # The window lives on with the model that ships.
    assert program.returncode == 0, errors
    assert output.split() == list(DIGITS)


def test_a_signal_that_got_lost_while_qt_was_imported_ends_the_program(monkeypatch):
    def check():
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        app.run_window(smoke_test=True, check_signals=check)
