"""What `import recognizer` offers, and what it does not load."""

import ast
import importlib
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile

import recognizer
from tests.model_fixture import tiny_model
from tests.recognizer.made_sounds import RATE, scene, vowel

ROOT = Path(recognizer.__file__).resolve().parent.parent

# The sound device, training, and what only the tests or the window use.
UNWANTED = (
    *("sounddevice", "recognizer.microphone", "recognizer.capture", "recognizer.portaudio"),
    *("train", "tensorflow", "keras", "librosa", "scipy", "sklearn", "matplotlib", "PySide6"),
    *("pocketsphinx", "rich", "numba"),
)


def run_python(program, *arguments):
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", program, *map(str, arguments)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def loaded_unwanted(lines):
    modules = {name for line in lines for name in line.split()}
    assert "sys" in modules
    return {name for name in modules if name in UNWANTED or name.split(".")[0] in UNWANTED}


SHOW = "import sys; print(*sys.modules)"


def test_names():
    assert recognizer.__all__ == [
        "AudioError",
        "AudioFile",
        "Detection",
        "DeviceError",
        "Event",
        "Microphone",
        "ModelError",
        "MultiRecognizer",
        "Recognizer",
        "RecognizerError",
        "Rejection",
        "SamplesLost",
        "VoiceEnded",
        "VoiceStarted",
        "__version__",
    ]
    for name in recognizer.__all__:
        assert getattr(recognizer, name) is not None


def test_names_are_those_of_their_modules():
    for name, home in (
        ("Recognizer", "recognizer"),
        ("AudioFile", "audio_file"),
        ("Microphone", "microphone"),
        ("Detection", "events"),
        ("ModelError", "errors"),
    ):
        module = importlib.import_module(f"recognizer.{home}")
        assert getattr(recognizer, name) is getattr(module, name)


def test_errors_have_one_base():
    for name in ("AudioError", "DeviceError", "ModelError"):
        assert issubclass(getattr(recognizer, name), recognizer.RecognizerError)


def test_other_names_are_refused_as_python_does():
    with pytest.raises(AttributeError, match="'recognizer' has no attribute 'Speaker'"):
        _ = recognizer.Speaker
    assert not hasattr(recognizer, "Speaker")


def test_importing_loads_next_to_nothing():
    lines = run_python(f"import recognizer; {SHOW}")
    assert loaded_unwanted(lines) == set()
    modules = " ".join(lines).split()
    assert "numpy" not in modules
    assert [name for name in modules if name.startswith("recognizer")] == ["recognizer"]


def test_the_core_loads_no_sound_library():
    lines = run_python(f"from recognizer import Recognizer, Detection; {SHOW}")
    assert loaded_unwanted(lines) == set()
    assert not {"soundfile", "soxr"} & set(" ".join(lines).split())


def test_recognizing_a_file_loads_no_sound_device_and_no_training(tmp_path):
    sound = tmp_path / "word.wav"
    soundfile.write(sound, scene(1.5, (0.5, vowel(0.4, -20.0))), RATE)
    model = tiny_model(tmp_path / "tiny.tflite", threshold=0.0)
    program = (
        "import sys; from recognizer.cli import main;"
        "status = main(['--cli', '--model', sys.argv[1], '--input', sys.argv[2]]);"
        f"assert status == 0, status; {SHOW}"
    )
    lines = run_python(program, model, sound)
    assert len(lines) == 2, "one detection and the modules"
    assert loaded_unwanted(lines) == set()


def test_five_lines_make_a_program(tmp_path):
    sound = tmp_path / "word.wav"
    soundfile.write(sound, scene(2.0, (0.8, vowel(0.4, -20.0))), 22_050)
    heard = recognizer.Recognizer(tiny_model(tmp_path / "tiny.tflite"), threshold=0.0)
    with recognizer.AudioFile(sound) as blocks:
        events = [event for block in blocks for event in heard.process(block)]
    events += heard.finish()
    assert [type(event) for event in events].count(recognizer.Detection) == 1
    assert np.isfinite([event.time for event in events]).all()


def imported(path):
    """Top-level names of all that a module imports, anywhere in it."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module is not None:
            yield node.module.split(".")[0]


@pytest.mark.parametrize(
    "path", sorted((ROOT / "recognizer").rglob("*.py")), ids=lambda path: path.name
)
def test_recognizer_never_imports_train(path):
    forbidden = {"train", "tensorflow", "keras", "librosa", "scipy", "pocketsphinx", "matplotlib"}
    assert not forbidden & set(imported(path))
