"""The entry in the menu of applications: where it lies, what it starts, and that it goes again."""

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
ENTRY = "applications/keyword-recognizer.desktop"
ICONS = {
    "icons/hicolor/64x64/apps/keyword-recognizer.png": "icon-64.png",
    "icons/hicolor/256x256/apps/keyword-recognizer.png": "icon.png",
    "icons/hicolor/scalable/apps/keyword-recognizer.svg": "icon.svg",
}

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="menu entries are Linux's")


def checkout_in(folder: Path) -> Path:
    for part in ("tools", "assets", "packaging"):
        shutil.copytree(ROOT / part, folder / part)
    program = folder / ".venv" / "bin" / "recognizer"
    program.parent.mkdir(parents=True)
    program.write_text('#!/bin/sh\ntouch "$WITNESS"\n')
    program.chmod(0o755)
    return folder


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A folder with all that a desktop entry has to escape in its name."""
    return checkout_in(tmp_path / 'my 100% $new \\n "ch`eckout"')


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return tmp_path / "data home"


def entry(checkout: Path, action: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["/bin/sh", str(checkout / "tools" / "desktop_entry.sh"), action],
        env={"PATH": os.environ["PATH"], **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def files(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


def test_entry_names_the_program_as_the_specification_has_it(checkout, data):
    done = entry(checkout, "install", XDG_DATA_HOME=str(data))
    assert done.returncode == 0, done.stderr
    lines = (data / ENTRY).read_text().splitlines()
    values = dict(line.split("=", 1) for line in lines[1:])
    assert lines[0] == "[Desktop Entry]"
    assert values["Icon"] == "keyword-recognizer"
    # Desktop Entry Specification 1.5, "The Exec key": quotes, then the escapes of a string.
    folder = str(checkout.parent)
    quoted = r"""my 100%% \\$new \\\\n \\"ch\\`eckout\\" """.rstrip()
    assert values["Exec"] == f'"{folder}/{quoted}/.venv/bin/recognizer"'
    assert values["TryExec"] == rf'{folder}/my 100% $new \\n "ch`eckout"/.venv/bin/recognizer'


@pytest.mark.skipif(shutil.which("desktop-file-validate") is None, reason="not installed")
def test_entry_is_valid(checkout, data):
    entry(checkout, "install", XDG_DATA_HOME=str(data))
    done = subprocess.run(
        ["desktop-file-validate", str(data / ENTRY)], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (0, "")


@pytest.mark.skipif(shutil.which("gio") is None, reason="gio is not installed")
def test_desktop_finds_the_program(data, tmp_path):
    # GLib looks for the program before it turns %% into %, so that it never finds such a one.
    checkout = checkout_in(tmp_path / 'my $new \\n "ch`eckout"')
    entry(checkout, "install", XDG_DATA_HOME=str(data))
    witness = tmp_path / "witness"
    done = subprocess.run(
        ["gio", "launch", str(data / ENTRY)],
        env={**os.environ, "WITNESS": str(witness)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    for _ in range(600):
        if witness.exists():
            break
        time.sleep(0.05)
    assert witness.exists()


def test_icons_are_where_desktops_look(checkout, data):
    entry(checkout, "install", XDG_DATA_HOME=str(data))
    assert files(data) == {ENTRY, *ICONS}
    for installed, name in ICONS.items():
        assert (data / installed).read_bytes() == (ROOT / "assets" / name).read_bytes()


@pytest.mark.parametrize("given", [None, "", "relative/folder"])
def test_default_folder(checkout, tmp_path, given):
    folder = {} if given is None else {"XDG_DATA_HOME": given}
    entry(checkout, "install", HOME=str(tmp_path / "home"), **folder)
    assert (tmp_path / "home" / ".local" / "share" / ENTRY).exists()
    assert not (checkout / "relative").exists()


def test_uninstalling_leaves_what_is_not_ours(checkout, data):
    other = data / "applications" / "other.desktop"
    other.parent.mkdir(parents=True)
    other.touch()
    entry(checkout, "install", XDG_DATA_HOME=str(data))
    for _ in range(2):
        done = entry(checkout, "uninstall", XDG_DATA_HOME=str(data))
        assert done.returncode == 0
        assert files(data) == {"applications/other.desktop"}


def test_other_actions_are_refused(checkout, data):
    assert entry(checkout, "remove", XDG_DATA_HOME=str(data)).returncode == 2
    assert not data.exists()
