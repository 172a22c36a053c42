"""A target with a fault, for the harness to notice."""

from tests.fuzz.harness import Target

TARGET = Target("raises", lambda _: 0, lambda value, folder: 1 / value, (ValueError,))
