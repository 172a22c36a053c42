"""`--log` with the window: what its run leaves in the log."""

import os
import subprocess
import sys

import pytest


def run(*arguments, **variables):
    return subprocess.run(
        [sys.executable, "-m", "recognizer", *map(str, arguments)],
        env={**os.environ, **variables},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_the_window_s_run_is_in_the_log_without_its_words(tmp_path):
    log = tmp_path / "run.log"
    done = run("--smoke-test", "--log", log)
    assert done.returncode == 0, done.stderr
    assert len(done.stdout.split()) == 10
    text = log.read_text(encoding="utf-8")
    assert "Begun: recognizer --smoke-test" in text
    assert "PySide6 6" in text
    assert "Listening to 'demo.flac'." in text
    assert "The file was ended." in text
    assert "Ended after" in text
    assert not any(word in text for word in done.stdout.split())


def test_a_missing_microphone_is_in_the_log(tmp_path):
    """The window shows it in its bar, and waits for the user."""
    log = tmp_path / "run.log"
    program = (
        "import sys\n"
        "from PySide6.QtCore import QTimer\n"
        "from recognizer import portaudio\n"
        "from recognizer.errors import DeviceError\n"
        "from recognizer.window import main_window\n"
        "def none():\n"
        "    raise DeviceError('There is no PortAudio today.')\n"
        "portaudio.load_sounddevice = none\n"
        "class Closing(main_window.MainWindow):\n"
        "    def __init__(self, *args, **kwargs):\n"
        "        super().__init__(*args, **kwargs)\n"
        "        self.runner.ended.connect(lambda *_: QTimer.singleShot(0, self.close))\n"
        "main_window.MainWindow = Closing\n"
        "from recognizer.cli import main\n"
        "sys.exit(main(sys.argv[1:]))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, "--log", str(log)],
        env=os.environ,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "ERROR" in log.read_text(encoding="utf-8")
    assert "There is no PortAudio today." in log.read_text(encoding="utf-8")


@pytest.mark.parametrize("where", ["slot", "thread"])
def test_an_unexpected_error_is_a_sentence_and_a_traceback_in_the_log(tmp_path, where):
    log = tmp_path / "run.log"
    fail = {
        "slot": "QTimer.singleShot(0, lambda: 1 / 0)",
        "thread": "(one := threading.Thread(target=lambda: 1 / 0)).start(); one.join()",
    }[where]
    program = (
        "import sys, threading\n"
        "from PySide6.QtCore import QTimer\n"
        "from recognizer.window import main_window\n"
        "class Failing(main_window.MainWindow):\n"
        "    def run_demo(self):\n"
        f"        {fail}\n"
        "        QTimer.singleShot(300, self.close)\n"
        "main_window.MainWindow = Failing\n"
        # While PortAudio is being called, nothing that is written to standard error arrives.
        "from recognizer.window.device_box import DeviceBox\n"
        "DeviceBox.refresh = lambda self: None\n"
        "from recognizer.cli import main\n"
        "sys.exit(main(sys.argv[1:]))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, "--smoke-test", "--log", str(log)],
        env=os.environ,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert "Traceback" not in done.stderr
    assert "ZeroDivisionError: division by zero); the log" in done.stderr
    text = log.read_text(encoding="utf-8")
    assert text.count("Traceback") == 1
    assert "CRITICAL" in text
