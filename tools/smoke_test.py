"""Tries a frozen program: what is in it, and that it hears the digits of its demo recording.

``make app`` runs it. The program runs away from the checkout, with an empty home and next to no
environment: once in the terminal, once with its window, on a screen that is not shown, and once
with two files at a time, each read by a process of its own.
"""

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ASSETS = Path(__file__).resolve().parent.parent / "assets"
LARGEST_MB = 250
"""What the folder may take (megabytes)."""
PATIENCE_S = 120
"""How long a run may take (seconds)."""
UNWANTED = ("tensorflow", "keras", "scipy", "librosa", "matplotlib", "libQt6Quick", "libgtk")
"""How the names of files begin that must not have slipped in."""


class SmokeTestError(Exception):
    """The program is not fit to be given away; ``str(error)`` says why."""


def check_content(folder: Path) -> float:
    """Look for what does not belong into the folder of a frozen program.

    Returns
    -------
    float
        The size of the folder (megabytes).

    Raises
    ------
    SmokeTestError
        If there is something unwanted, or too much.
    """
    files = [path for path in folder.rglob("*") if path.is_file() and not path.is_symlink()]
    for path in folder.rglob("*"):
        if path.name.startswith(UNWANTED):
            raise SmokeTestError(f"{path} does not belong into the program.")
    size_mb = sum(path.stat().st_size for path in files) / 1e6
    if size_mb > LARGEST_MB:
        raise SmokeTestError(f"{folder} takes {size_mb:.0f} MB, more than {LARGEST_MB} MB.")
    return size_mb


def run(program: Path, *arguments: str) -> tuple[str, float]:
    """Run the program in an empty folder.

    Returns
    -------
    str
        What it printed on standard output.
    float
        How long it took (seconds).

    Raises
    ------
    SmokeTestError
        If it did not end, or with an exit status other than 0.
    """
    with tempfile.TemporaryDirectory() as home:
        environment = {
            "PATH": "/usr/bin:/bin",
            "HOME": home,
            "XDG_CONFIG_HOME": home,
            "XDG_RUNTIME_DIR": home,
            "QT_QPA_PLATFORM": "offscreen",
        }
        begun_s = time.perf_counter()
        try:
            done = subprocess.run(
                [program, *arguments],
                cwd=home,
                env=environment,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                timeout=PATIENCE_S,
                check=False,
            )
        except subprocess.TimeoutExpired as error:
            raise SmokeTestError(f"{error}.") from error
        taken_s = time.perf_counter() - begun_s
    if done.returncode != 0:
        command = " ".join((program.name, *arguments))
        raise SmokeTestError(f"{command} ended with status {done.returncode}: {done.stderr}")
    return done.stdout, taken_s


def check_heard(heard: list[str], how: str) -> None:
    """Compare what was heard with the digits of the demo recording.

    Raises
    ------
    SmokeTestError
        If they differ.
    """
    words = json.loads((ASSETS / "demo.json").read_text(encoding="utf-8"))["words"]
    spoken = [word["word"] for word in words if word["digit"]]
    if heard != spoken:
        raise SmokeTestError(f"{how} heard {heard} instead of {spoken}.")


def check_two_files(program: Path) -> float:
    """Let the program read two copies of its demo recording at a time.

    Returns
    -------
    float
        How long it took (seconds).

    Raises
    ------
    SmokeTestError
        If it did not hear all digits in both, first the one's and then the other's.
    """
    with tempfile.TemporaryDirectory() as folder:
        files = [str(Path(folder, name)) for name in ("a.flac", "b.flac")]
        for file in files:
            shutil.copyfile(ASSETS / "demo.flac", file)
        printed, taken_s = run(program, "--cli", "--jobs", "2", "--json", "--input", *files)
    words = [json.loads(line) for line in printed.splitlines()]
    for file in files:
        heard = [word["label"] for word in words if word.get("file") == file]
        check_heard(heard, f"--jobs 2, in {Path(file).name},")
    if [word["file"] for word in words] != sorted(word["file"] for word in words):
        raise SmokeTestError("--jobs 2 did not keep the order of the files.")
    return taken_s


def smoke_test(program: Path) -> list[str]:
    """Check a frozen program, and return what was found, in lines for people.

    Raises
    ------
    SmokeTestError
        If it is not fit to be given away.
    """
    lines = [f"{program.parent}: {check_content(program.parent):.0f} MB"]
    _, taken_s = run(program, "--version")
    lines.append(f"start: {taken_s:.2f} s")
    printed, taken_s = run(program, "--cli", "--demo", "--json")
    check_heard([json.loads(line)["label"] for line in printed.splitlines()], "--cli")
    lines.append(f"demo recording in the terminal: {taken_s:.2f} s")
    printed, taken_s = run(program, "--smoke-test")
    check_heard(printed.split(), "The window")
    lines.append(f"demo recording in the window: {taken_s:.2f} s")
    lines.append(f"two files at a time: {check_two_files(program):.2f} s")
    return lines


def main() -> int:
    """Check the program that the command line names."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("program", type=Path)
    try:
        lines = smoke_test(parser.parse_args().program.resolve())
    except SmokeTestError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    sys.stdout.write("\n".join(lines) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
