"""The recipe of a system: everything that decides what it hears, computes and learns, as TOML."""

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from train.errors import DataError
from train.systems.options import OptionError, read_number, read_section, within
from train.toml_file import read_toml

RECIPES = Path(__file__).parents[1] / "recipes"
"""The recipes that come with the program."""

DEFAULT_THRESHOLD = 0.5
"""Posterior from which a word counts as heard where a recipe has no ``[decision]``."""

AUGMENTED = "+augment"
"""What behind a system's name asks for its augmented training part."""

_SECTIONS = ("features", "network", "augment", "training", "decision")
_KEYS = ("description", "source", "seed", *_SECTIONS)
_LARGEST_SEED = 2**32 - 1


@dataclass(frozen=True, slots=True)
class TrainingRecipe:
    """How a network is fitted."""

    epochs: int = within(1, 1_000_000)
    """At most this many."""
    batch: int = within(1, 65_536)
    """Examples in a step."""
    learning_rate: float = within(1e-9, 10.0)
    """Adam's."""
    patience: int = within(1, 1_000_000)
    """Epochs without progress in validation loss after which training ends."""


@dataclass(frozen=True, slots=True)
class AugmentRecipe:
    """The copies of each training clip: every stretch with every shift."""

    time_stretch: tuple[float, ...] = within(0.25, 4.0)
    """How many times as fast."""
    pitch_shift: tuple[float, ...] = within(-12.0, 12.0)
    """Semitones."""


@dataclass(frozen=True, slots=True)
class DecisionRecipe:
    """When a word counts as heard."""

    threshold: float = within(0.0, 1.0)
    """Averaged posterior probability."""


@dataclass(frozen=True, slots=True)
class SystemRecipe:
    """One system."""

    name: str
    """The file's name without its suffix."""
    description: str
    """One line: what it is."""
    source: str
    """Where it comes from."""
    seed: int
    """Of everything drawn at random."""
    features: dict[str, Any]
    """``kind`` and that kind's parameters: see `train.systems.features.make_features`."""
    network: dict[str, Any]
    """``kind`` and that kind's parameters: see `train.systems.networks.build`."""
    augment: dict[str, Any] | None
    """``time_stretch`` and ``pitch_shift``, lists of numbers; None where copies make no sense."""
    training: TrainingRecipe
    """How the network is fitted."""
    threshold: float
    """Averaged posterior probability from which a word counts as heard, in the app."""

    def to_json(self) -> dict[str, Any]:
        """Return the recipe as plain values, for the record of a run."""
        return asdict(self)

    @classmethod
    def from_json(cls, values: object) -> "SystemRecipe":
        """Read what `to_json` wrote, with the checks of `load_system`.

        Raises
        ------
        DataError
            If a key is missing, unknown, or out of its range.
        """
        try:
            if not isinstance(values, dict):
                raise OptionError(f"it must be a table of names and values, not {values!r}")
            rest = dict(values)
            name = _text("name", _taken(rest, "name"))
            rest["decision"] = {"threshold": _taken(rest, "threshold")}
            if rest.get("augment") is None:
                rest.pop("augment", None)
            return _recipe(name, rest)
        except OptionError as error:
            raise DataError(f"The recorded recipe does not fit: {error}.") from error


def system_names() -> list[str]:
    """Return the names of the systems that come with the program, sorted."""
    return sorted(path.stem for path in RECIPES.glob("*.toml") if "features" in _values(path))


def split_name(text: str) -> tuple[str, bool]:
    """Return a system's name, and whether its training part is to be augmented.

    Examples
    --------
    >>> split_name("spectrogram-lstm+augment")
    ('spectrogram-lstm', True)
    """
    name = text.removesuffix(AUGMENTED)
    return name, name != text


def load_system(name_or_path: str | Path) -> SystemRecipe:
    """Read the recipe of a system.

    Parameters
    ----------
    name_or_path
        The name of one that comes with the program ("simple-cnn"), or a TOML file.

    Raises
    ------
    DataError
        If there is none of that name (the message tells which there are), the file cannot be read,
        or a key in it is missing, unknown, of another type or out of its range.
    """
    path = _path(name_or_path)
    values = _values(path)
    if "features" not in values and {"prepare", "fit"} <= set(values):
        raise DataError(
            f"The recipe {path} is that of the model that ships: `train model --recipe {path}` "
            f"trains it. Systems are: {', '.join(system_names())}."
        )
    try:
        return _recipe(path.stem, values)
    except OptionError as error:
        raise DataError(f"The recipe {path} does not fit: {error}.") from error


def _path(name_or_path: str | Path) -> Path:
    text = str(name_or_path)
    if isinstance(name_or_path, Path) or text.endswith(".toml") or Path(text).name != text:
        return Path(name_or_path)
    path = RECIPES / f"{text}.toml"
    if not path.exists():
        raise DataError(
            f"There is no system {text!r}; there are {', '.join(system_names())}, and any recipe "
            "of your own (a path that ends in .toml)."
        )
    return path


def _values(path: Path) -> dict[str, Any]:
    try:
        return read_toml(path)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise DataError(f"The recipe {path} cannot be read: {reason}.") from error


def _recipe(name: str, values: dict[str, Any]) -> SystemRecipe:
    # Imported here, so that names are listed fast.
    from train.systems.features import read_features
    from train.systems.networks import read_network

    for key in values:
        if key not in _KEYS:
            kind = "the section " if isinstance(values[key], dict) else ""
            raise OptionError(f"{kind}{key!r} is unknown (known: {', '.join(_KEYS)})")
    features = read_features(_section(values, "features"))
    read_network(_section(values, "network"), features.shape)
    augment = None
    if "augment" in values:
        copies = read_section(AugmentRecipe, values["augment"], "augment")
        augment = {
            "time_stretch": list(copies.time_stretch),
            "pitch_shift": list(copies.pitch_shift),
        }
    threshold = DEFAULT_THRESHOLD
    if features.streaming or "decision" in values:
        decision = _section(values, "decision")
        threshold = read_section(DecisionRecipe, decision, "decision").threshold
    return SystemRecipe(
        name=name,
        description=_text("description", _wanted(values, "description")),
        source=_text("source", _wanted(values, "source")),
        seed=read_number("'seed'", _wanted(values, "seed"), int, (0, _LARGEST_SEED)),
        features=values["features"],
        network=values["network"],
        augment=augment,
        training=read_section(TrainingRecipe, _section(values, "training"), "training"),
        threshold=threshold,
    )


def _taken(values: dict[str, Any], key: str) -> Any:
    taken = _wanted(values, key)
    del values[key]
    return taken


def _wanted(values: dict[str, Any], key: str) -> Any:
    if key not in values:
        raise OptionError(f"{key!r} is missing")
    return values[key]


def _section(values: dict[str, Any], name: str) -> dict[str, Any]:
    if name not in values:
        raise OptionError(f"[{name}] is missing")
    section = values[name]
    if not isinstance(section, dict):
        raise OptionError(f"[{name}] must be a section with keys, not {section!r}")
    return section


def _text(name: str, value: object) -> str:
    if not isinstance(value, str) or not value.strip() or not value.isprintable():
        raise OptionError(f"{name!r} must be one line of text, not {value!r}")
    return value
