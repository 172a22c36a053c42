"""A target with a fault, for the harness to notice."""

from tests.fuzz.harness import Target

TARGET = Target(
    "writes_outside",
    lambda _: "x",
    lambda text, folder: (folder.parent / text).write_text(text),
    (),
)
