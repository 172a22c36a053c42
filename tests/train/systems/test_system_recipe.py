import json
import subprocess
import sys
from dataclasses import fields
from pathlib import Path

import pytest

from train.errors import DataError
from train.systems.recipe import (
    DEFAULT_THRESHOLD,
    RECIPES,
    SystemRecipe,
    TrainingRecipe,
    load_system,
    split_name,
    system_names,
)

NAMES = [
    *("mel-cnn", "mfcc-cnn", "mfcc-mlp", "raw-lstm"),
    *("simple-cnn", "simple-lstm", "spectrogram-lstm"),
]
IN_THE_APP = ["simple-cnn", "simple-lstm"]
TEXT = (RECIPES / "simple-cnn.toml").read_text()


def write(tmp_path, text, name="mine.toml"):
    path = tmp_path / name
    path.write_text(text)
    return path


def refused(path):
    with pytest.raises(DataError) as caught:
        load_system(path)
    message = str(caught.value)
    assert str(path) in message
    assert message.endswith(".")
    assert "\n" not in message
    return message


def test_all_systems_are_there_and_digits_is_none():
    assert system_names() == NAMES
    assert (RECIPES / "digits.toml").exists()


@pytest.mark.parametrize("name", NAMES)
def test_every_recipe_that_ships_is_complete(name):
    recipe = load_system(name)
    assert recipe.name == name
    assert recipe.features["kind"]
    assert recipe.network["kind"] == name
    assert recipe.augment == {
        "time_stretch": [0.7, 1.0, 1.3],
        "pitch_shift": [-1.0, 0.0, 1.0],
    }
    assert recipe.training.patience <= recipe.training.epochs
    assert load_system(RECIPES / f"{name}.toml") == recipe


def test_the_systems_of_the_app_say_when_a_word_counts_as_heard():
    for name in NAMES:
        decides = "[decision]" in (RECIPES / f"{name}.toml").read_text()
        assert decides == (name in IN_THE_APP)
        assert load_system(name).threshold == (0.6 if decides else DEFAULT_THRESHOLD)


@pytest.mark.parametrize("name", NAMES)
def test_a_recipe_survives_json(name):
    recipe = load_system(name)
    assert SystemRecipe.from_json(json.loads(json.dumps(recipe.to_json()))) == recipe


def test_a_recipe_without_copies_survives_json(tmp_path):
    start, rest = TEXT.split("[augment]")
    recipe = load_system(write(tmp_path, start + "[training]" + rest.split("[training]")[1]))
    assert recipe.augment is None
    assert SystemRecipe.from_json(json.loads(json.dumps(recipe.to_json()))) == recipe


def test_a_recorded_recipe_is_checked():
    values = load_system("simple-cnn").to_json()
    changes: list[tuple[dict[str, object], str]] = [
        ({"seed": -1}, "'seed' must be a whole number"),
        ({"threshold": 3}, "'threshold' in \\[decision\\] must be a number from 0 to 1, not 3"),
        ({"name": ""}, "'name' must be one line of text"),
        ({"more": 1}, "'more' is unknown"),
        ({"training": {"epochs": 3}}, "'batch' in \\[training\\] is missing"),
    ]
    for changed, says in changes:
        with pytest.raises(DataError, match=rf"^The recorded recipe does not fit: {says}"):
            SystemRecipe.from_json({**values, **changed})
    for key in values:
        if key != "augment":
            rest = {name: value for name, value in values.items() if name != key}
            with pytest.raises(DataError, match=rf"[\['\"]{key}['\]].* is missing"):
                SystemRecipe.from_json(rest)
    with pytest.raises(DataError, match=r"must be a table of names and values, not \[\]"):
        SystemRecipe.from_json([])


def test_names_with_augmentation():
    assert split_name("spectrogram-lstm+augment") == ("spectrogram-lstm", True)
    assert split_name("spectrogram-lstm") == ("spectrogram-lstm", False)
    assert split_name("+augment") == ("", True)


def test_an_unknown_name_is_told_the_known_ones():
    for name in ("simple-ccn", "", "simple-cnn+augment"):
        with pytest.raises(DataError) as caught:
            load_system(name)
        message = str(caught.value)
        assert message.startswith(f"There is no system {name!r}; there are mel-cnn, ")
        assert all(known in message for known in NAMES)
        assert "digits" not in message


def test_the_recipe_of_the_shipped_model_is_another_kind():
    for given in ("digits", RECIPES / "digits.toml"):
        with pytest.raises(DataError, match=r"`train model --recipe .*digits\.toml`.*mel-cnn"):
            load_system(given)


def test_a_recipe_of_ones_own_is_named_after_its_file(tmp_path, monkeypatch):
    path = write(tmp_path, TEXT)
    assert load_system(path).name == "mine"
    assert load_system(str(path)).name == "mine"
    monkeypatch.chdir(tmp_path)
    assert load_system("mine.toml").name == "mine"


def test_what_cannot_be_read_is_named(tmp_path):
    assert refused(tmp_path / "none.toml").endswith("cannot be read: No such file or directory.")
    assert "cannot be read" in refused(write(tmp_path, "seed = = 7"))
    assert "cannot be read" in refused(write(tmp_path, "a = " + "[" * 5000))
    (tmp_path / "folder.toml").mkdir()
    assert "cannot be read: Is a directory" in refused(tmp_path / "folder.toml")
    (tmp_path / "bytes.toml").write_bytes(b"\xff\xfe")
    assert "cannot be read" in refused(tmp_path / "bytes.toml")


@pytest.mark.parametrize("name", [field.name for field in fields(TrainingRecipe)])
def test_every_figure_of_the_training_is_wanted(tmp_path, name):
    lines = [line for line in TEXT.splitlines() if not line.startswith(f"{name} =")]
    path = write(tmp_path, "\n".join(lines))
    assert f"does not fit: '{name}' in [training] is missing." in refused(path)


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("seed = 7\n", "", "'seed' is missing"),
        ("seed = 7", "seed = 7\nspeed = 8", "'speed' is unknown (known: description, source"),
        ("seed = 7", "seed = 'seven'", "'seed' must be a whole number from 0 to"),
        ("seed = 7", "seed = 4294967296", "from 0 to 4294967295, not 4294967296"),
        ("seed = 7", 'seed = 7\n"a\\nb" = 8', "'a\\nb' is unknown"),
        ("[decision]", '["a\\nb"]\n[decision]', "the section 'a\\nb' is unknown"),
        ("seed = 7", "seed = 7.0", "not 7.0"),
        ('description = "', 'description = ""\n# "', "'description' must be one line of text"),
        ('description = "', 'description = """a\nb"""\n# "', "'description' must be one line"),
        ('source = "', 'source = 3\n# "', "'source' must be one line of text, not 3"),
        ("[features]", "[feature]", "the section 'feature' is unknown"),
        ("[network]", "[net]", "the section 'net' is unknown"),
        ("[training]", "[train]", "the section 'train' is unknown"),
        ("[decision]\nthreshold = 0.6\n", "", "[decision] is missing"),
        ("threshold = 0.6", "threshold = 1.5", "'threshold' in [decision] must be a number from 0"),
        ("threshold = 0.6", "level = 0.6", "'level' in [decision] is unknown (known: threshold)"),
        ('"log-mel"', '"log-meal"', "'kind' in [features] must be one of log-mel, mel-image"),
        ('kind = "log-mel"', "bands = 40", "'kind' in [features] is missing"),
        ('kind = "log-mel"', "kind = 40", "not 40"),
        ('"log-mel"', '"log-mel"\nbands = 3', "'bands' in [features] is unknown: it has no keys"),
        (
            'kind = "log-mel"',
            'kind = "mfcc-mean"\ncoefficients = 40',
            "'hop_samples' in [features]",
        ),
        (
            'kind = "log-mel"',
            'kind = "mfcc-mean"\ncoefficients = 40\nhop_samples = 512',
            "'simple-cnn' takes examples of 2 axes, and those of [features] are 40",
        ),
        ('kind = "simple-cnn"', 'kind = "cnn"', "'kind' in [network] must be one of mel-cnn"),
        ("dense = 64", "dens = 64", "'dens' in [network] is unknown (known: filters, dense"),
        ("dense = 64", "", "'dense' in [network] is missing"),
        ("dense = 64", "dense = 0", "'dense' in [network] must be a whole number from 1 to 65536"),
        ("dense = 64", "dense = [64]", "'dense' in [network] must be a whole number"),
        ("filters = [32, 64, 64]", "filters = 32", "'filters' in [network] must be a list"),
        ("filters = [32, 64, 64]", "filters = []", "'filters' in [network] must be a list"),
        ("filters = [32, 64, 64]", "filters = [32, 0.5]", "a whole number from 1 to 4096, not 0.5"),
        ("dropout = 0.25", "dropout = 1.0", "'dropout' in [network] must be a number from 0 to"),
        ("dropout = 0.25", "dropout = nan", "'dropout' in [network] must be a number"),
        ("dropout = 0.25", "dropout = true", "'dropout' in [network] must be a number"),
        ("epochs = 15", "epochs = 0", "'epochs' in [training] must be a whole number from 1"),
        ("epochs = 15", "epochs = 1e3", "'epochs' in [training] must be a whole number"),
        ("batch = 64", "batch = -1", "'batch' in [training] must be a whole number"),
        ("learning_rate = 1e-3", "learning_rate = 0", "'learning_rate' in [training]"),
        ("learning_rate = 1e-3", "learning_rate = inf", "'learning_rate' in [training]"),
        ("learning_rate = 1e-3", "learning_rate = 'high'", "not 'high'"),
        ("time_stretch = [0.7, 1.0, 1.3]", "time_stretch = []", "'time_stretch' in [augment]"),
        ("time_stretch = [0.7, 1.0, 1.3]", "time_stretch = [0]", "a number from 0.25 to 4, not 0"),
        ("time_stretch = [0.7, 1.0, 1.3]", "", "'time_stretch' in [augment] is missing"),
        ("pitch_shift = [-1.0,", "pitch_shift = [-20,", "a number from -12 to 12, not -20"),
    ],
)
def test_what_does_not_fit_is_said_in_one_sentence(tmp_path, old, new, says):
    assert old in TEXT
    path = write(tmp_path, TEXT.replace(old, new, 1))
    message = refused(path)
    assert message.startswith(f"The recipe {path} does not fit: ")
    assert says in message


@pytest.mark.parametrize("section", ["features", "network", "augment", "training", "decision"])
def test_a_figure_in_place_of_a_section(tmp_path, section):
    start, rest = TEXT.split(f"[{section}]")
    behind = rest.partition("\n[")[2]
    text = f"{section} = 3\n{start}" + (f"[{behind}" if behind else "")
    assert f"[{section}] must be a section with keys, not 3" in refused(write(tmp_path, text))


@pytest.mark.parametrize(
    ("name", "old", "new", "says"),
    [
        ("mel-cnn", "low_hz = 80.0", "low_hz = 7700.0", "'low_hz' in [features] must lie below"),
        ("mel-cnn", "bands = 40", "bands = 2000", "'bands' in [features] must be a whole number"),
        ("mel-cnn", "dropout = [0.25, 0.5]", "dropout = [0.25]", "a list of two numbers, not"),
        ("raw-lstm", "samples = 17640", "samples = 0", "'samples' in [features] must be a whole"),
        ("spectrogram-lstm", "frames = 35", "frames = 1", "'frames' in [features] must be a whole"),
        ("mfcc-cnn", "hop_samples = 512", "hop_samples = 0", "'hop_samples' in [features]"),
        ("mfcc-mlp", "coefficients = 40", "coefficients = '40'", "not '40'"),
    ],
)
def test_figures_that_only_some_systems_have(tmp_path, name, old, new, says):
    text = (RECIPES / f"{name}.toml").read_text()
    assert old in text
    assert says in refused(write(tmp_path, text.replace(old, new, 1)))


def test_names_are_listed_without_heavy_imports():
    program = (
        "import sys; from train.systems.recipe import load_system, system_names;"
        "[load_system(name) for name in system_names()];"
        "sys.exit(bool({'tensorflow', 'keras', 'librosa', 'scipy'} & set(sys.modules)))"
    )
    root = Path(__file__).parents[3]
    assert subprocess.run([sys.executable, "-c", program], cwd=root, timeout=120).returncode == 0
