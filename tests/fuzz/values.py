"""JSON-like values with a few of them changed."""

import copy
from random import Random
from typing import Any

ODD = (
    *(None, True, False, 0, 1, -1, 2, 0.5, -0.5, 1e308, -1e308, float("nan"), float("inf")),
    *(2**31, 2**63, -(2**63), 10**30, "", " ", "a", "ü" * 70, "\0", "\n", "\x1b[2J", "../..", "1"),
    *([], {}, [[]], [None], {"": ""}, "x" * 5000, ["zero"] * 3000, "\ud800"),
)
"""What a value is replaced by."""


def changed_values(values: Any, random: Random) -> Any:
    """Return a copy in which one value, anywhere, is another, gone, or there twice."""
    changed = copy.deepcopy(values)
    places = list(_places(changed)) if isinstance(changed, dict | list) else []
    if not places:
        return random.choice(ODD)
    holder, key = random.choice(places)
    kind = random.randrange(6)
    if kind == 0:
        del holder[key]
    elif kind == 1 and isinstance(holder, dict):
        holder[f"{key}{random.choice(('', 's', '.'))}"] = holder[key]
    elif kind == 1:
        holder.insert(key, holder[key])
    elif kind == 2 and isinstance(holder[key], int | float) and not isinstance(holder[key], bool):
        holder[key] = random.choice((-holder[key], holder[key] * 1000, holder[key] + 0.5))
    else:
        holder[key] = copy.deepcopy(random.choice(ODD))
    return changed


def _places(values: Any) -> Any:
    keys = values if isinstance(values, dict) else range(len(values))
    for key in keys:
        yield values, key
        if isinstance(values[key], dict | list):
            yield from _places(values[key])
