"""A target with a fault, for the harness to notice."""

from tests.fuzz.harness import Target

TARGET = Target(
    "says_nothing", lambda _: "one\ntwo", lambda text, folder: _fail(text), (ValueError,)
)


def _fail(text: str) -> None:
    raise ValueError(text)
