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
    for name in ("sh", "dirname", "cat", "cksum", "uname", "mktemp", "rm", "tail", "sleep"):
        found = shutil.which(name)
        assert found is not None
        (folder / name).symlink_to(found)
    return folder


def add_command(folder: Path, name: str, script: str) -> None:
    path = folder / name
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)


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
def test_training_wants_both_synthesizers(checkout, commands, level, there, asked):
    for name in there:
        add_command(commands, name, "exit 0")
    python = checkout / ".venv" / "bin" / "python"
    python.parent.mkdir(parents=True)
    add_command(python.parent, "python", "exit 0")
    packages = checkout / "tools" / "system_packages.sh"
    packages.write_text('printf "%s\\n" "$*" >&2\n')
    done = run(checkout, commands, "tools/setup.sh", level)
    assert done.returncode == 0
    assert ("Synthetic voices espeak-ng flite" in done.stderr) == asked


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
