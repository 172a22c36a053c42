"""A target with a fault, for the harness to notice."""

from hypothesis import strategies as st

from tests.fuzz.harness import Target

TARGET = Target(
    "says_nothing", st.just("one\ntwo"), lambda text, folder: _fail(text), (ValueError,)
)


def _fail(text: str) -> None:
    raise ValueError(text)
