"""Makes a release: a wheel and a source distribution, each tried away from the checkout.

``make release`` runs it. It refuses what must not be given away (a changed working tree, a version
that is tagged already or that CHANGELOG.md does not tell of), builds both files in a temporary
folder, installs each into a virtual environment of its own, lets the installed program hear its
demo recording, and only then puts them into ``dist``. It tags and uploads nothing.
"""

import argparse
import email
import email.message
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import tomllib
import zipfile
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
NAME = "keyword_recognizer"
VERSION_FILE = "recognizer/__init__.py"
"""The one place where the version stands."""
NEEDED_IN_WHEEL = (
    *("recognizer/assets/digits.tflite", "recognizer/assets/connected.tflite"),
    "recognizer/assets/demo.flac",
    *("recognizer/cli.py", "train/cli.py"),
)
NEEDED_IN_SOURCE = ("pyproject.toml", "README.md", "LICENSE", "assets/digits.tflite", "Makefile")
PATIENCE_S = 900
"""How long one command may take, downloads included (seconds)."""

Run = Callable[[Sequence[str | Path], Path], str]


class ReleaseError(Exception):
    """There is no release; ``str(error)`` is one sentence that says why."""


def run(command: Sequence[str | Path], cwd: Path) -> str:
    """Run a command without this Python's own settings, and return its standard output.

    Raises
    ------
    ReleaseError
        If it fails, is not there, or takes too long.
    """
    inherited = {
        name: value
        for name, value in os.environ.items()
        if name != "VIRTUAL_ENV" and not name.startswith("PYTHON")
    }
    shown = " ".join([Path(command[0]).name, *map(str, command[1:])])
    try:
        done = subprocess.run(
            [str(part) for part in command],
            cwd=cwd,
            env=inherited,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=PATIENCE_S,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise ReleaseError(f"`{shown}` cannot be run: {error}.") from error
    if done.returncode != 0:
        said = (done.stderr.strip() or done.stdout.strip())[-2000:]
        raise ReleaseError(f"`{shown}` ended with status {done.returncode}:\n{said}")
    return done.stdout


def read_version(root: Path) -> str:
    """Return the version, which stands in one place and is a semantic one (three numbers).

    Raises
    ------
    ReleaseError
        If it is none, or stands in another place, too.
    """
    text = (root / VERSION_FILE).read_text(encoding="utf-8")
    found = re.findall(r'^__version__ = "([^"]*)"$', text, re.MULTILINE)
    if len(found) != 1:
        raise ReleaseError(f"{VERSION_FILE} says its version {len(found)} times instead of once.")
    number = r"(?:0|[1-9]\d*)"
    if not re.fullmatch(rf"{number}\.{number}\.{number}", found[0]):
        raise ReleaseError(f"The version {found[0]!r} in {VERSION_FILE} is not like 1.2.3.")
    settings = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))
    source = settings.get("tool", {}).get("hatch", {}).get("version", {}).get("path")
    if "version" in settings["project"] or source != VERSION_FILE:
        raise ReleaseError(
            f"pyproject.toml must take the version from {VERSION_FILE}, and name none itself."
        )
    return str(found[0])


def read_changes(root: Path, version: str) -> str:
    """Return what CHANGELOG.md says of a version, its heading included.

    Raises
    ------
    ReleaseError
        If it says nothing.
    """
    text = (root / "CHANGELOG.md").read_text(encoding="utf-8")
    heading = rf"^## v?{re.escape(version)}(?=\s|$)[^\n]*$"
    found = re.search(rf"{heading}(.*?)(?=^## |\Z)", text, re.MULTILINE | re.DOTALL)
    if found is None or not found[1].strip():
        raise ReleaseError(
            f"CHANGELOG.md says nothing of {version}: add a section `## {version} (date)`."
        )
    return found[0].strip()


def check_repository(root: Path, version: str, run: Run = run) -> list[str]:
    """Check that what would be released is what is committed; return the committed files.

    Raises
    ------
    ReleaseError
        If the working tree has changes, or the version was released before.
    """
    changed = run(["git", "status", "--porcelain"], root).splitlines()
    if changed:
        others = f" and {len(changed) - 1} more" if len(changed) > 1 else ""
        raise ReleaseError(
            f"Not all is committed: {changed[0][3:]}{others} changed; commit it, or put it away."
        )
    if run(["git", "tag", "--list", f"v{version}", version], root).split():
        raise ReleaseError(f"{version} is tagged already: raise __version__ in {VERSION_FILE}.")
    return run(["git", "ls-files", "-z"], root).rstrip("\0").split("\0")


def check_wheel(path: Path, root: Path, version: str) -> None:
    """Check what is in a wheel, and what it says about itself.

    Raises
    ------
    ReleaseError
        If something is missing, or wrong, or does not belong there.
    """
    info = f"{NAME}-{version}.dist-info"
    with zipfile.ZipFile(path) as archive:
        damaged = archive.testzip()
        if damaged is not None:
            raise ReleaseError(f"{path.name} is damaged: {damaged}.")
        names = archive.namelist()
        _check_names(
            path,
            names,
            (*NEEDED_IN_WHEEL, f"{info}/METADATA", f"{info}/licenses/LICENSE"),
            tops={"recognizer", "train", info},
        )
        licence = archive.read(f"{info}/licenses/LICENSE")
        metadata = archive.read(f"{info}/METADATA").decode()
        model = archive.read("recognizer/assets/digits.tflite")
    if licence != (root / "LICENSE").read_bytes():
        raise ReleaseError(f"{path.name} holds another licence than LICENSE.")
    if model != (root / "assets" / "digits.tflite").read_bytes():
        raise ReleaseError(f"{path.name} holds another model than assets/digits.tflite.")
    check_metadata(path.name, email.message_from_string(metadata), version)


def check_metadata(name: str, metadata: email.message.Message, version: str) -> None:
    """Check what a distribution says about itself.

    Raises
    ------
    ReleaseError
        If something is missing or wrong.
    """
    wanted = {"Version": version, "License-Expression": "Apache-2.0"}
    wrong = [field for field, value in wanted.items() if metadata[field] != value]
    needed = ("Metadata-Version", "Summary", "Requires-Python", "Description-Content-Type")
    missing = [field for field in needed if not metadata[field]]
    if str(metadata["Name"]).replace("-", "_") != NAME:
        wrong.append("Name")
    if not str(metadata.get_payload()).strip():
        missing.append("Description")
    if wrong or missing:
        raise ReleaseError(
            f"The metadata of {name} lacks {', '.join(missing) or 'nothing'}, and has wrong values "
            f"of {', '.join(wrong) or 'nothing'}."
        )


def check_source(path: Path, committed: Iterable[str], version: str) -> None:
    """Check that a source distribution holds committed files only, and those that are needed.

    Raises
    ------
    ReleaseError
        If something is missing or does not belong there.
    """
    top = f"{NAME}-{version}"
    with tarfile.open(path) as archive:
        members = [member.name for member in archive.getmembers() if not member.isdir()]
        said = archive.extractfile(f"{top}/PKG-INFO") if f"{top}/PKG-INFO" in members else None
        metadata = email.message_from_bytes(said.read()) if said is not None else None
    _check_names(path, members, [f"{top}/{name}" for name in NEEDED_IN_SOURCE], tops={top})
    strange = sorted({name.removeprefix(f"{top}/") for name in members} - {*committed, "PKG-INFO"})
    if strange:
        raise ReleaseError(f"{path.name} holds {strange[0]}, which is not committed.")
    if metadata is None:
        raise ReleaseError(f"{path.name} holds no PKG-INFO.")
    check_metadata(path.name, metadata, version)


def _check_names(
    path: Path, names: Sequence[str], needed: Iterable[str], *, tops: set[str]
) -> None:
    for name in needed:
        if name not in names:
            raise ReleaseError(f"{path.name} does not hold {name}.")
    for name in names:
        if name.split("/")[0] not in tops or "__pycache__" in name:
            raise ReleaseError(f"{path.name} holds {name}, which does not belong there.")


def make_environment(folder: Path, run: Run = run) -> Path:
    """Make a virtual environment, and return its folder of commands."""
    run([sys.executable, "-m", "venv", folder], folder.parent)
    return folder / ("Scripts" if os.name == "nt" else "bin")


def build(root: Path, folder: Path, run: Run = run) -> tuple[Path, Path]:
    """Build the source distribution and from it the wheel, with tools of their own.

    Returns
    -------
    wheel, source : Path
        The files, in `folder`.

    Raises
    ------
    ReleaseError
        If they cannot be built, or twine finds something wrong with their metadata.
    """
    commands = make_environment(folder / "tools", run)
    python = commands / "python"
    run([python, "-m", "pip", "install", "--quiet", "build"], folder)
    output = folder / "built"
    run([python, "-m", "build", "--outdir", output, root], folder)
    wheels, sources = list(output.glob("*.whl")), list(output.glob("*.tar.gz"))
    if len(wheels) != 1 or len(sources) != 1:
        raise ReleaseError(f"{len(wheels)} wheels and {len(sources)} sources were built, not 1.")
    return wheels[0], sources[0]


def check_with_twine(files: Sequence[Path], folder: Path, run: Run = run) -> bool:
    """Let twine check the metadata as the package index would; return whether there is twine.

    Raises
    ------
    ReleaseError
        If it finds something wrong.
    """
    python = folder / "tools" / ("Scripts" if os.name == "nt" else "bin") / "python"
    try:
        run([python, "-m", "pip", "install", "--quiet", "twine"], folder)
    except ReleaseError:
        return False
    run([python, "-m", "twine", "check", "--strict", *files], folder)
    return True


def spoken_digits(root: Path) -> list[str]:
    """Return the digits of the demo recording."""
    words = json.loads((root / "assets" / "demo.json").read_text(encoding="utf-8"))["words"]
    return [word["word"] for word in words if word["digit"]]


def try_installed(
    file: Path, folder: Path, version: str, spoken: list[str], run: Run = run
) -> None:
    """Install a file into a fresh environment, and let the program hear its demo recording.

    Parameters
    ----------
    file
        The wheel or the source distribution.
    folder
        Where the environment is made, outside the checkout.
    version
        What the program must say that it is.
    spoken
        What it must hear.

    Raises
    ------
    ReleaseError
        If anything of it fails.
    """
    folder.mkdir()
    commands = make_environment(folder / "environment", run)
    run([commands / "python", "-m", "pip", "install", "--quiet", file], folder)
    where = run(
        [commands / "python", "-c", "import recognizer; print(recognizer.__file__)"], folder
    )
    if not Path(where.strip()).is_relative_to(folder):
        raise ReleaseError(f"Installed from {file.name}, the program runs from {where.strip()}.")
    said = run([commands / "recognizer", "--version"], folder).strip()
    if said != f"recognizer {version}":
        raise ReleaseError(f"Installed from {file.name}, the program says it is {said!r}.")
    printed = run([commands / "recognizer", "--cli", "--demo", "--json"], folder)
    heard = [json.loads(line)["label"] for line in printed.splitlines()]
    if heard != spoken:
        raise ReleaseError(f"Installed from {file.name}, the program heard {heard}.")


def release(
    root: Path, output: Path, run: Run = run, say: Callable[[str], object] = print
) -> list[Path]:
    """Check, build, try, and put the files into a folder.

    Parameters
    ----------
    root
        The checkout.
    output
        Where the files go, once everything is well.
    run
        Runs a command.
    say
        Takes a line for people.

    Returns
    -------
    list of Path
        The wheel and the source distribution.

    Raises
    ------
    ReleaseError
        If there is anything wrong; then `output` is as it was.
    """
    version = read_version(root)
    changes = read_changes(root, version)
    committed = check_repository(root, version, run)
    say(f"[ok] {version}: committed, not yet tagged, told of in CHANGELOG.md")
    with tempfile.TemporaryDirectory(prefix="release-") as name:
        folder = Path(name).resolve()
        wheel, source = build(root, folder, run)
        say(f"[ok] built {wheel.name} and {source.name}")
        check_wheel(wheel, root, version)
        check_source(source, committed, version)
        by = "twine and " if check_with_twine([wheel, source], folder, run) else ""
        say(f"[ok] content and metadata, checked by {by}this script")
        for kind, file in (("wheel", wheel), ("source", source)):
            try_installed(file, folder / kind, version, spoken_digits(root), run)
            say(f"[ok] {file.name}: installed in a clean environment, heard all digits")
        output.mkdir(parents=True, exist_ok=True)
        files = [Path(shutil.copy2(file, output)) for file in (wheel, source)]
    for file in files:
        digest = hashlib.sha256(file.read_bytes()).hexdigest()
        say(f"{file}  {file.stat().st_size / 1e6:.1f} MB  sha256 {digest}")
    say(f"\nWhat changed:\n\n{changes}\n")
    if "unreleased" in changes.partition("\n")[0].lower():
        say("CHANGELOG.md still calls it unreleased: write the date there first, and commit.")
    say(f"To publish it: git tag v{version}, push the tag, upload the two files.")
    return files


def main(argv: list[str] | None = None) -> int:
    """Make a release of this checkout."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--output", type=Path, default=ROOT / "dist", metavar="FOLDER")
    arguments = parser.parse_args(argv)
    try:
        release(ROOT, arguments.output, say=lambda line: sys.stdout.write(line + "\n"))
    except (ReleaseError, OSError) as error:
        sys.stderr.write(f"No release: {error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
