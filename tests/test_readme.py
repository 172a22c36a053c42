"""What the README shows is true."""

import contextlib
import json
import re
import shlex
from functools import partial
from pathlib import Path

import recognizer

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
TEACHING = (ROOT / "docs" / "teaching.md").read_text(encoding="utf-8")
TRAINING = (
    *("download", "data", "record", "prepare", "fit", "export", "evaluate", "compare", "sweep"),
    *("figures", "model", "ablate", "align", "synthesize"),
)


def test_program_of_five_lines_hears_the_demo(monkeypatch, capsys):
    demo = ROOT / "assets" / "demo.flac"
    (program,) = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    assert len([line for line in program.splitlines() if line]) == 5
    monkeypatch.setitem(vars(recognizer), "Microphone", partial(recognizer.AudioFile, demo))
    exec(compile(program, "README.md", "exec"), {})
    words = json.loads((ROOT / "assets" / "demo.json").read_text(encoding="utf-8"))["words"]
    heard = re.findall(r"^Detection\(label='(\w+)'", capsys.readouterr().out, re.MULTILINE)
    assert heard == [word["word"] for word in words if word["digit"]]


def test_options_named_exist(capsys):
    from recognizer.cli import main
    from train.cli import main as train

    with contextlib.suppress(SystemExit):
        main(["--help"])
    for command in TRAINING:
        with contextlib.suppress(SystemExit):
            train([command, "--help"])
    known = capsys.readouterr().out
    for option in set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", README + TEACHING)) - {"--help"}:
        assert re.search(rf"{option}\b", known), f"the README names {option}"


def test_training_commands_named_can_be_typed():
    """Every `recognizer-train` command of the README and the pages is one."""
    from train.cli import _parser

    pages = README + TEACHING + (ROOT / "docs" / "systems.md").read_text(encoding="utf-8")
    typed = re.findall(r"recognizer-train ([a-z][^`\n|\\]*)", pages)
    # The README's table names commands without the program.
    typed += re.findall(rf"\| `((?:{'|'.join(TRAINING)})[^`]*)` \|", README)
    assert len(typed) >= 12
    for line in typed:
        _parser().parse_args(shlex.split(line))


def test_make_targets_named_exist():
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert set(re.findall(r"`(?:\w+=\S+ )?make ([a-z-]+)", README)) <= targets
