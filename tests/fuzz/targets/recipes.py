"""Recipes: of the model that ships, and of the systems."""

import json
import tomllib
from pathlib import Path
from random import Random
from typing import Any

from tests.fuzz.bytes_inputs import nearly, one_of
from tests.fuzz.harness import Target
from tests.fuzz.values import changed_values
from train.errors import DataError
from train.recipe import load_recipe
from train.systems.recipe import RECIPES, SystemRecipe, load_system

_TEXTS = [path.read_bytes() for path in sorted(RECIPES.glob("*.toml"))]
_VALUES = [tomllib.loads(text.decode()) for text in _TEXTS]

_DEEP = (b"[" * 5000, b"a=" + b"[" * 9000, b"a." * 20_000 + b"a=1", b"\xff")


def _run(value: bytes, folder: Path) -> str:
    path = folder / "mine.toml"
    path.write_bytes(value)
    refused: DataError | None = None
    for load in (load_recipe, load_system):
        try:
            recipe = load(path)
        except DataError as error:
            refused = error
        else:
            if isinstance(recipe, SystemRecipe):
                SystemRecipe.from_json(recipe.to_json())
            return type(recipe).__name__
    assert refused is not None
    raise refused


def _changed(random: Random) -> bytes:
    values: Any = random.choice(_VALUES)
    for _ in range(random.choice((1, 1, 2, 3))):
        if isinstance(values, dict | list):
            values = changed_values(values, random)
    return _toml(values).encode(errors="surrogatepass")


def _toml(values: Any) -> str:
    """Write values as TOML; what TOML has no word for becomes odd TOML."""
    if not isinstance(values, dict):
        return _written(values)
    lines = [f"{json.dumps(key)} = {_written(value)}" for key, value in values.items()]
    return "\n".join(lines) + "\n"


def _written(value: Any) -> str:
    if isinstance(value, dict):
        inside = ", ".join(f"{json.dumps(key)} = {_written(one)}" for key, one in value.items())
        return "{" + inside + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_written, value)) + "]"
    if isinstance(value, float):
        return repr(value)
    return json.dumps(value, ensure_ascii=False)


TARGET = Target(
    "recipes",
    one_of(_changed, _changed, nearly(_TEXTS), nearly(_TEXTS), nearly(_DEEP)),
    _run,
    (DataError,),
)
