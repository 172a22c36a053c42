"""``train export``: a trained network for the app, for other programs, for small devices."""

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from train.commands import Commands
from train.options import add_folders, add_processes

if TYPE_CHECKING:
    from train.tasks import Tasks

SUFFIXES = {"int8": ".tflite", "float": ".float.tflite", "c": ".h"}


def add(commands: Commands) -> None:
    """Add the command."""
    parser = commands.add_parser(
        "export",
        help="a trained network for the app or a small device",
        description="Make the app's model file of a training, a float32 TFLite file, or a C array "
        "for TensorFlow Lite Micro, and tell what accuracy it costs. A better model is not "
        "overwritten.",
    )
    option = parser.add_argument
    option("source", type=Path, metavar="RUN_OR_MODEL", help="a run folder, or a model file")
    option("--out", type=Path, metavar="FILE", help="default: model.tflite … in the run folder")
    option(
        "--format",
        choices=list(SUFFIXES),
        help="int8: for the app (default for a run); float: for other programs; c: .h and .c "
        "(default for a model file)",
    )
    option("--force", action="store_true", help="replace what is in place, even if it is better")
    add_folders(parser, help="measure on the recordings for testing in these, not on the run's own")
    option("--work", type=Path, default=Path("work"), help="keeps features; default: ./work")
    add_processes(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Export."""
    from train.tasks import Tasks
    from train.teach.folder import taught_model

    options.source = taught_model(options.source) or options.source
    with Tasks(options.processes) as tasks:
        text = (_of_run if options.source.is_dir() else _of_model)(options, tasks)
    sys.stdout.write(f"{text}\n")
    return 0


def _of_run(options: argparse.Namespace, tasks: "Tasks") -> str:
    from train.exports.report import text_of
    from train.exports.run import Format, export_run
    from train.systems.run import load_run

    kind: Format = options.format or "int8"
    out = _checked(options.out or options.source / f"model{SUFFIXES[kind]}", kind)
    report = export_run(
        load_run(options.source),
        out,
        tasks=tasks,
        force=options.force,
        kind=kind,
        data=options.data or (),
        cache=options.work / "features",
    )
    return text_of(report)


def _of_model(options: argparse.Namespace, tasks: "Tasks") -> str:
    from train.errors import DataError
    from train.exports.model import export_model

    if options.format not in (None, "c"):
        raise DataError(
            f"{options.source} is no run folder, and of a model file there is only C source to be "
            "made (--format c): its weights are int8 already."
        )
    out = _checked(options.out or Path(options.source.stem).with_suffix(".h"), "c")
    made = export_model(
        options.source, out, tasks=tasks, force=options.force, data=options.data or ()
    )
    lines = [f"{made.path}", f"{made.path.with_suffix('.c')}"]
    lines.append(f"int8, {made.file_bytes / 1000:,.0f} kB, the network of {options.source} itself")
    if made.right is not None:
        lines.append(f"right: {made.right / made.of:.1%} of {made.of:,} recordings for testing")
    return "\n".join(lines)


def _checked(out: Path, kind: str) -> Path:
    """Refuse a file whose name says something else, and a folder that is not there."""
    from train.errors import DataError

    suffix = ".h" if kind == "c" else ".tflite"
    if kind == "c" and out.suffix == ".c":
        out = out.with_suffix(".h")
    if out.suffix != suffix:
        raise DataError(f"{out} must end in {suffix}: that is what --format {kind} makes.")
    if not out.parent.is_dir():
        raise DataError(f"There is no folder {out.parent} to write {out.name} into; make it first.")
    return out
