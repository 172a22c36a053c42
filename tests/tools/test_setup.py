"""The set-up scripts: what they say where they cannot go on, and what they leave alone."""

import os
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

pytestmark = pytest.mark.skipif(os.name != "posix", reason="the set-up is for Unix")


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A folder with a space in its name and what the set-up reads."""
    folder = tmp_path / "my checkout"
    shutil.copytree(ROOT / "tools", folder / "tools")
    shutil.copy(ROOT / "pyproject.toml", folder)
    return folder


@pytest.fixture
def commands(tmp_path: Path) -> Path:
    """A folder of commands that is the whole search path, with the harmless ones in it."""
    folder = tmp_path / "bin"
    folder.mkdir()
    harmless = ("sh", "dirname", "cat", "cksum", "mktemp", "rm", "tail", "sleep", "sed", "sort")
    for name in harmless:
        found = shutil.which(name)
        assert found is not None
        (folder / name).symlink_to(found)
    add_command(folder, "uname", "echo Linux")
    return folder


def add_command(folder: Path, name: str, script: str) -> None:
    path = folder / name
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)


@pytest.fixture
def venv(checkout: Path) -> Path:
    """The commands of a virtual environment that claims to have everything."""
    folder = checkout / ".venv" / "bin"
    folder.mkdir(parents=True)
    add_command(folder, "python", "exit 0")
    return folder


@pytest.fixture
def packages(checkout: Path) -> Path:
    """In place of the script that installs packages one that prints them."""
    script = checkout / "tools" / "system_packages.sh"
    script.write_text('printf "%s\\n" "$*" >&2\n')
    return script


def run(folder: Path, path: Path, *command: str, **environment: str):
    return subprocess.run(
        ["/bin/sh", *command],
        cwd=folder,
        env={"PATH": str(path), **environment},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )


def test_no_python_is_one_sentence(checkout, commands):
    done = run(checkout, commands, "tools/setup.sh", "run")
    assert done.returncode == 1
    assert done.stderr.startswith("This needs Python 3.11 or newer, and there is none")
    assert done.stderr.count("\n") == 1
    assert not (checkout / ".venv").exists()


def test_old_python_is_passed_over(checkout, commands):
    add_command(commands, "python3", "exit 1")
    done = run(checkout, commands, "tools/setup.sh", "run")
    assert done.returncode == 1
    assert "Python 3.11 or newer" in done.stderr


def test_named_python_that_does_not_fit(checkout, commands):
    add_command(commands, "python9", "exit 1")
    done = run(checkout, commands, "tools/setup.sh", "train", PYTHON="python9")
    assert done.returncode == 1
    assert done.stderr.startswith("PYTHON=python9 is not Python 3.11")


def test_unknown_level(checkout, commands):
    done = run(checkout, commands, "tools/setup.sh", "everything")
    assert done.returncode == 2
    assert "'everything'" in done.stderr


def test_python_without_venv_names_the_package(checkout, commands):
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    # Fits, but has no ensurepip, as on a fresh Debian.
    add_command(
        commands,
        "python3",
        f"case $2 in *ensurepip*) exit 1;; *venv*) echo python{version}-venv;; *) exit 0;; esac",
    )
    add_command(commands, "apt-get", "exit 9")
    add_command(commands, "dpkg-query", "exit 1")
    add_command(commands, "id", "echo 1000")
    done = run(checkout, commands, "tools/setup.sh", "run")
    assert done.returncode == 1
    assert f"python{version}-venv" in done.stderr
    assert "sudo sh -c 'apt-get update && apt-get install" in done.stderr
    assert not (checkout / ".venv").exists()


@pytest.mark.parametrize(
    ("level", "there", "asked"),
    [
        ("run", (), False),
        ("train", (), True),
        ("train", ("espeak-ng",), True),
        ("train", ("espeak-ng", "flite"), False),
    ],
)
def test_training_wants_both_synthesizers(checkout, commands, venv, packages, level, there, asked):
    for name in there:
        add_command(commands, name, "exit 0")
    done = run(checkout, commands, "tools/setup.sh", level)
    assert done.returncode == 0
    assert ("Synthetic voices espeak-ng flite" in done.stderr) == asked


def add_qt(checkout: Path, commands: Path, *missing: str) -> None:
    """Qt's files, and libraries that its plugins for X11 and Wayland lack."""
    qt = checkout / ".venv" / "lib" / "python3.11" / "site-packages" / "PySide6"
    platforms = qt / "Qt" / "plugins" / "platforms"
    platforms.mkdir(parents=True)
    for path in (qt / "QtGui.abi3.so", platforms / "libqxcb.so", platforms / "libqwayland.so"):
        path.touch()
    lines = "".join(f"echo '\t{name} => not found'\n" for name in missing)
    add_command(
        commands,
        "ldd",
        'echo asked >>ldd.log\nfor part in "$@"; do case $part in\n'
        "*libqwayland.so) echo '\tlibwayland-cursor.so.0 => not found';;\n"
        f"*libqxcb.so) {lines}echo '\tlibc.so.6 => /lib/libc.so.6 (0x7f)';;\nesac; done",
    )


@pytest.mark.parametrize(
    ("library", "package"),
    [
        ("libxcb-cursor.so.0", "libxcb-cursor0"),
        ("libxkbcommon-x11.so.0", "libxkbcommon-x11-0"),
        ("libX11.so.6", "libx11-6"),
        ("libX11-xcb.so.1", "libx11-xcb1"),
        ("libEGL.so.1", "libegl1"),
        ("libdbus-1.so.3", "libdbus-1-3"),
        ("libglib-2.0.so.0", "libglib2.0-0"),
        ("libgthread-2.0.so.0", "libglib2.0-0"),
        ("libz.so.1", "zlib1g"),
        ("libgcc_s.so.1", "libgcc-s1"),
    ],
)
def test_package_of_a_missing_library(checkout, commands, library, package):
    add_qt(checkout, commands, library)
    done = run(checkout, commands, "tools/qt_packages.sh", "x11")
    assert (done.stdout, done.stderr) == (f"{package}\n", "")


@pytest.mark.parametrize(
    ("screens", "wanted"),
    [
        ({}, ""),
        ({"DISPLAY": ":0"}, "Libraries for the window libglib2.0-0 libxcb-cursor0\n"),
        ({"WAYLAND_DISPLAY": "wayland-0"}, "Libraries for the window libwayland-cursor0\n"),
    ],
)
def test_window_wants_the_libraries_of_its_screen(
    checkout, commands, venv, packages, screens, wanted
):
    add_qt(checkout, commands, "libxcb-cursor.so.0", "libglib-2.0.so.0", "libgthread-2.0.so.0")
    done = run(checkout, commands, "tools/setup.sh", "window", **screens)
    assert done.returncode == 0
    assert "".join(done.stderr.partition("Libraries for the window")[1:]) == wanted
    run(checkout, commands, "tools/setup.sh", "window", **screens)
    assert (checkout / "ldd.log").read_text() == "asked\n", "looked only once"


def test_window_without_its_libraries_is_status_3_every_time(checkout, commands, venv, packages):
    add_qt(checkout, commands, "libxcb-cursor.so.0")
    packages.write_text("exit 1\n")
    for _ in range(2):
        done = run(checkout, commands, "tools/setup.sh", "window", DISPLAY=":0")
        assert done.returncode == 3


def test_terminal_wants_nothing_of_qt(checkout, commands, venv, packages):
    add_qt(checkout, commands, "libxcb-cursor.so.0")
    add_command(venv, "python", 'echo "$*"')
    done = run(checkout, commands, "tools/setup.sh", "run", DISPLAY=":0")
    assert done.returncode == 0
    assert "--editable .\n" in done.stderr
    assert not (checkout / "ldd.log").exists()


@pytest.mark.parametrize("level", ["window", "app", "test"])
def test_arm_system_that_qt_has_no_release_for(checkout, commands, venv, level):
    add_command(venv, "python", "case $* in *aarch64*) exit 1;; *) exit 0;; esac")
    done = run(checkout, commands, "tools/setup.sh", level, DISPLAY=":0")
    assert done.returncode == 3
    assert "64-bit ARM" in done.stderr
    assert not (checkout / ".venv" / ".installed-run").exists()


@pytest.fixture
def starts(checkout: Path, venv: Path) -> Path:
    """Stand-ins that write what they were called with into a file, which this is."""
    add_command(venv, "python", 'printf "<%s>" "$@" >>calls')
    setup = checkout / "tools" / "setup.sh"
    setup.write_text('printf "%s " "$1" >>calls; [ "$1" = run ] || exit "${STATUS:-0}"\n')
    return checkout / "calls"


CLI = "run <-m><recognizer><--demo-without-microphone>"


@pytest.mark.parametrize("screen", ["DISPLAY", "WAYLAND_DISPLAY"])
def test_run_opens_the_window_where_there_is_a_screen(checkout, commands, starts, screen):
    done = run(checkout, commands, "tools/run.sh", "--model", "a file", **{screen: "0"})
    assert (done.returncode, done.stderr) == (0, "")
    assert starts.read_text() == "window <-m><recognizer><--model><a file>"


def test_run_opens_the_window_on_a_mac(checkout, commands, starts):
    add_command(commands, "uname", "echo Darwin")
    assert run(checkout, commands, "tools/run.sh").stderr == ""
    assert starts.read_text() == "window <-m><recognizer>"


def test_run_prints_the_words_where_there_is_no_screen(checkout, commands, starts):
    done = run(checkout, commands, "tools/run.sh", "--device", "usb")
    assert done.stderr.count("\n") == 1
    assert "There is no screen here" in done.stderr
    assert starts.read_text() == f"{CLI}<--cli><--device><usb>"


@pytest.mark.parametrize("option", ["--cli", "--list-devices", "--help", "--version"])
def test_run_does_not_wait_for_qt_without_need(checkout, commands, starts, option):
    done = run(checkout, commands, "tools/run.sh", "--json", option, DISPLAY=":0")
    assert (done.returncode, done.stderr) == (0, "")
    assert starts.read_text() == f"{CLI}<--json><{option}>"


def test_run_prints_the_words_where_qt_lacks_libraries(checkout, commands, starts):
    done = run(checkout, commands, "tools/run.sh", DISPLAY=":0", STATUS="3")
    assert done.stderr.count("\n") == 1
    assert starts.read_text() == f"window {CLI}<--cli>"


def test_run_ends_where_the_set_up_fails(checkout, commands, starts):
    done = run(checkout, commands, "tools/run.sh", DISPLAY=":0", STATUS="1")
    assert done.returncode == 1
    assert starts.read_text() == "window "


def test_packages_that_are_there_need_nothing(checkout, commands):
    add_command(commands, "apt-get", "exit 9")
    add_command(commands, "dpkg-query", "echo installed")
    done = run(checkout, commands, "tools/system_packages.sh", "Sound", "one", "two")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_root_installs_what_is_missing_and_removes_nothing(checkout, commands, tmp_path):
    record = tmp_path / "record"
    add_command(commands, "apt-get", f'echo "$@" >>"{record}"')
    add_command(commands, "dpkg-query", "case $4 in one) echo installed;; *) exit 1;; esac")
    add_command(commands, "id", "echo 0")
    done = run(checkout, commands, "tools/system_packages.sh", "Sound", "one", "two", "three")
    assert done.returncode == 0
    assert record.read_text().splitlines() == [
        "update",
        "install -y --no-install-recommends --no-remove two three",
    ]


def test_failed_installation_says_what_was_tried(checkout, commands):
    add_command(commands, "apt-get", "echo 'E: no network'; exit 100")
    add_command(commands, "dpkg-query", "exit 1")
    add_command(commands, "id", "echo 0")
    done = run(checkout, commands, "tools/system_packages.sh", "Sound", "one")
    assert done.returncode == 1
    assert "E: no network" in done.stderr
    assert "apt-get install" in done.stderr


def test_other_systems_are_told_the_name(checkout, commands):
    done = run(checkout, commands, "tools/system_packages.sh", "Sound", "libsound2")
    assert done.returncode == 1
    assert done.stderr == (
        "Sound: install what Debian calls libsound2, with your system's package manager "
        "(on a Mac: brew).\n"
    )
