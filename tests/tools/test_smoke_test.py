"""The check of a frozen program, on programs that only pretend to be one."""

import importlib.util
import json
import os
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[2]
DIGITS = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"]

pytestmark = pytest.mark.skipif(os.name != "posix", reason="the pretended programs are for sh")


@pytest.fixture(scope="module")
def checks() -> ModuleType:
    specification = importlib.util.spec_from_file_location(
        "smoke_test", ROOT / "tools" / "smoke_test.py"
    )
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


def program(
    folder: Path,
    *,
    cli: list[str] = DIGITS,
    window: list[str] = DIGITS,
    second: list[str] = DIGITS,
    order: str = '"$6" "$7"',
    status: int = 0,
):
    """Write a program; ``second`` is heard in the other file of two, which come in ``order``."""
    lines = "\n".join(json.dumps({"label": word}) for word in cli)
    path = folder / "recognizer"
    path.write_text(
        "#!/bin/sh\n"
        "echo noise >&2\n"
        '[ "$QT_QPA_PLATFORM" = offscreen ] && [ "$HOME" = "$PWD" ] || exit 9\n'
        'case "$1 $2 $3" in\n'
        f'"--cli --jobs 2") [ -s "$6" ] && [ -s "$7" ] && for file in {order}; do\n'
        f'words="{" ".join(DIGITS)}"\n'
        f'case $file in *b.flac) words="{" ".join(second)}";; esac\n'
        'for word in $words; do\necho "{\\"file\\": \\"$file\\", \\"label\\": \\"$word\\"}"\n'
        "done; done;;\n"
        f"--cli*) cat <<E\n{lines}\nE\n;;\n"
        f"--smoke-test*) echo {' '.join(window)}; exit {status};;\nesac\n"
    )
    path.chmod(0o755)
    return path


def test_good_program_passes(checks, tmp_path):
    lines = checks.smoke_test(program(tmp_path))
    assert lines[0].endswith(" MB")
    assert len(lines) == 5


@pytest.mark.parametrize("part", ["cli", "window", "second"])
def test_program_that_hears_less_fails(checks, tmp_path, part):
    with pytest.raises(checks.SmokeTestError, match="heard"):
        checks.smoke_test(program(tmp_path, **{part: DIGITS[:-1]}))


def test_program_that_mixes_up_two_files_fails(checks, tmp_path):
    with pytest.raises(checks.SmokeTestError, match="order"):
        checks.smoke_test(program(tmp_path, order='"$7" "$6"'))


def test_program_that_ends_badly_fails(checks, tmp_path):
    with pytest.raises(checks.SmokeTestError, match="--smoke-test ended with status 134: noise"):
        checks.smoke_test(program(tmp_path, status=134))


def test_program_that_never_ends_fails(checks, tmp_path, monkeypatch):
    monkeypatch.setattr(checks, "PATIENCE_S", 0.2)
    path = program(tmp_path)
    path.write_text("#!/bin/sh\nexec sleep 600\n")
    with pytest.raises(checks.SmokeTestError, match="timed out"):
        checks.smoke_test(path)


@pytest.mark.parametrize("name", ["_internal/tensorflow/x.so", "_internal/libgtk-3.so.0"])
def test_stowaways_are_found(checks, tmp_path, name):
    path = tmp_path / name
    path.parent.mkdir(parents=True)
    path.touch()
    with pytest.raises(checks.SmokeTestError, match="does not belong"):
        checks.smoke_test(program(tmp_path))


def test_too_large_a_program_fails(checks, tmp_path, monkeypatch):
    (tmp_path / "library.so").write_bytes(bytes(3_000_000))
    monkeypatch.setattr(checks, "LARGEST_MB", 2)
    with pytest.raises(checks.SmokeTestError, match="takes 3 MB, more than 2 MB"):
        checks.smoke_test(program(tmp_path))
