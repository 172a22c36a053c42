"""The wheel: what is in it, and that it works away from the checkout; and what is frozen."""

import ast
import ctypes.util
import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

import recognizer

ROOT = Path(__file__).resolve().parent.parent
ASSETS = {"digits.tflite", "connected.tflite", "digits.trunk.npz", "demo.flac", "icon.png"}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    pip("wheel", "--no-build-isolation", "--wheel-dir", str(folder), str(ROOT))
    (path,) = folder.iterdir()
    return path


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the wheel's packages, and the commands in ``bin``."""
    folder = tmp_path_factory.mktemp("a folder with spaces") / "site"
    pip("install", "--target", str(folder), str(wheel))
    return folder


def pip(command: str, *arguments: str) -> None:
    offline = ("--no-deps", "--no-index", "--disable-pip-version-check", "--quiet")
    done = subprocess.run(
        [sys.executable, "-m", "pip", command, *offline, *arguments],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def run_installed(
    installed: Path, cwd: Path, *command: str, status: int = 0
) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        [sys.executable, *command],
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": str(installed)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == status, done.stderr
    return done


def test_wheel_holds_both_packages_the_model_the_demo_and_the_icon(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    sources = {
        str(path.relative_to(ROOT))
        for package in ("recognizer", "train")
        for path in (ROOT / package).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert sources <= names
    assets = {name for name in names if name.startswith("recognizer/assets/")}
    assert assets == {f"recognizer/assets/{name}" for name in ASSETS}
    tops = {name.split("/")[0] for name in names}
    assert tops == {
        "recognizer",
        "train",
        f"keyword_recognizer-{recognizer.__version__}.dist-info",
    }


def test_wheel_carries_the_licence_and_the_readme(wheel: Path) -> None:
    info = f"keyword_recognizer-{recognizer.__version__}.dist-info"
    with zipfile.ZipFile(wheel) as archive:
        licence = archive.read(f"{info}/licenses/LICENSE").decode()
        metadata = archive.read(f"{info}/METADATA").decode()
    assert licence == (ROOT / "LICENSE").read_text(encoding="utf-8")
    assert "License-Expression: Apache-2.0" in metadata
    assert (ROOT / "README.md").read_text(encoding="utf-8") in metadata


def test_installed_program_uses_its_own_model(installed: Path, tmp_path: Path) -> None:
    script = "from recognizer import model_file as m; print(m.default_model_path(), m.demo_path())"
    done = run_installed(installed, tmp_path, "-c", script)
    assets = installed / "recognizer" / "assets"
    assert done.stdout.strip() == f"{assets / 'digits.tflite'} {assets / 'demo.flac'}"


@pytest.mark.parametrize("command", ["recognizer", "recognizer-train"])
def test_installed_commands_start(installed: Path, tmp_path: Path, command: str) -> None:
    done = run_installed(installed, tmp_path, str(installed / "bin" / command), "--version")
    assert recognizer.__version__ in done.stdout


def test_installed_program_hears_the_digits_of_the_demo(installed: Path, tmp_path: Path) -> None:
    expected = [
        word["word"]
        for word in json.loads((ROOT / "assets" / "demo.json").read_text())["words"]
        if word["digit"]
    ]
    demo = installed / "recognizer" / "assets" / "demo.flac"
    done = run_installed(
        installed, tmp_path, "-m", "recognizer", "--cli", "--json", "--input", str(demo)
    )
    assert [json.loads(line)["label"] for line in done.stdout.splitlines()] == expected


def test_qt_comes_only_with_the_window(wheel: Path) -> None:
    info = f"keyword_recognizer-{recognizer.__version__}.dist-info"
    with zipfile.ZipFile(wheel) as archive:
        metadata = archive.read(f"{info}/METADATA").decode()
    required = [line for line in metadata.splitlines() if line.startswith("Requires-Dist: ")]
    for name in ("PySide6-Essentials", "pyqtgraph"):
        (line,) = [line for line in required if name.lower() in line.lower()]
        assert line.endswith("extra == 'gui'")


# As if they were not installed.
NO_QT = "import sys; sys.modules.update(dict.fromkeys(('PySide6', 'pyqtgraph')));"
MAIN = "from recognizer.cli import main; sys.exit(main(sys.argv[1:]))"


def test_terminal_works_without_qt(installed: Path, tmp_path: Path) -> None:
    done = run_installed(installed, tmp_path, "-c", NO_QT + MAIN, "--cli", "--demo")
    assert len(done.stdout.splitlines()) == 10


def test_window_without_qt_is_one_sentence(
    installed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("QT_QPA_PLATFORM", "offscreen")
    done = run_installed(installed, tmp_path, "-c", NO_QT + MAIN, status=1)
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1
    assert "keyword-recognizer[gui]" in done.stderr


def test_frozen_program_has_the_assets_of_the_wheel() -> None:
    specification = ast.parse((ROOT / "packaging" / "recognizer.spec").read_text(encoding="utf-8"))
    (assets,) = [
        ast.literal_eval(statement.value)
        for statement in specification.body
        if isinstance(statement, ast.Assign) and ast.unparse(statement.targets[0]) == "ASSETS"
    ]
    # The frozen program cannot be trained with.
    assert set(assets) == ASSETS - {"digits.trunk.npz"}


@pytest.mark.parametrize("bundled", [True, False])
def test_frozen_program_prefers_its_own_portaudio(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, bundled: bool
) -> None:
    library = tmp_path / "libportaudio.so.2"
    if bundled:
        library.touch()
    monkeypatch.setattr(sys, "prefix", str(tmp_path))
    monkeypatch.setattr(ctypes.util, "find_library", "the system's {}".format)
    hook = ROOT / "packaging" / "bundled_portaudio.py"
    exec(compile(hook.read_text(encoding="utf-8"), hook, "exec"), {})
    own = str(library) if bundled else "the system's portaudio"
    assert ctypes.util.find_library("portaudio") == own
    assert ctypes.util.find_library("asound") == "the system's asound"
