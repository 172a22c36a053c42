import json
import os
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recognizer.archive.journal import Journal
from recognizer.archive.one_file import Heard, Recipe
from recognizer.errors import RecognizerError
from recognizer.events import Detection, Rejection

RECIPE = Recipe(None, "abc", 0.6)
HEARD = Heard(
    (
        Detection("seven", 0.1 + 0.2, 1 / 3, 3.9, 4.05),
        Rejection("unknown", "six", 0.5, 5.0, 5.5, 6.5),
        Rejection("too long", None, 0.0, 7.0, 9.0, 9.2),
    ),
    12.25,
)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "journal"


@pytest.fixture
def sound(tmp_path):
    path = tmp_path / "talk ü.wav"
    path.write_bytes(b"sound")
    return str(path)


def kept(path, sound, recipe=RECIPE, heard=HEARD):
    with Journal(path, recipe) as journal:
        journal.keep(sound, heard)


def found(path, sound, recipe=RECIPE):
    with Journal(path, recipe) as journal:
        return journal[sound] if sound in journal else None  # noqa: SIM401


def test_what_is_kept_is_there_again_to_the_last_bit(path, sound):
    with Journal(path, RECIPE) as journal:
        assert sound not in journal
        journal.keep(sound, HEARD)
        assert sound in journal
        assert journal[sound] == HEARD
    assert found(path, sound) == HEARD
    assert all(json.loads(line) for line in path.read_text().splitlines())


def test_a_file_is_the_same_from_another_folder(path, sound, monkeypatch):
    kept(path, sound)
    monkeypatch.chdir(Path(sound).parent)
    assert found(path, Path(sound).name) == HEARD


@pytest.mark.parametrize(
    "recipe", [Recipe(None, "abd", 0.6), Recipe(None, "abc", 0.61)], ids=["model", "threshold"]
)
def test_another_model_or_threshold_counts_anew_and_keeps_the_old(path, sound, recipe):
    kept(path, sound)
    assert found(path, sound, recipe) is None
    kept(path, sound, recipe, Heard((), 1.0))
    assert found(path, sound, recipe) == Heard((), 1.0)
    assert found(path, sound) == HEARD


def test_a_model_under_another_name_is_the_same(path, sound):
    kept(path, sound)
    assert found(path, sound, Recipe("/mine.tflite", "abc", 0.6)) == HEARD


def test_another_version_of_the_program_counts_anew(path, sound, monkeypatch):
    kept(path, sound)
    monkeypatch.setattr("recognizer.archive.journal.__version__", "9.9.9")
    assert found(path, sound) is None


@pytest.mark.parametrize("change", ["size", "time", "gone"])
def test_a_file_that_changed_is_not_finished(path, sound, change):
    kept(path, sound)
    if change == "size":
        Path(sound).write_bytes(b"sounds")
    elif change == "time":
        os.utime(sound, ns=(0, 0))
    else:
        Path(sound).unlink()
    assert found(path, sound) is None


def test_what_is_bad_or_no_file_is_not_kept(path, sound, tmp_path):
    kept(path, sound, heard=Heard((), 0.5, "It is cut off."))
    kept(path, str(tmp_path))
    kept(path, str(tmp_path / "nowhere"))
    assert len(path.read_bytes().splitlines()) == 1


def test_a_journal_cut_off_anywhere_goes_on(path, sound, tmp_path):
    kept(path, sound)
    other = tmp_path / "other.wav"
    other.touch()
    whole = path.read_bytes()
    for size in range(len(whole)):
        path.write_bytes(whole[:size])
        assert found(path, sound) is None
        kept(path, str(other))
        kept(path, sound)
        assert found(path, sound) == found(path, str(other)) == HEARD


@pytest.mark.parametrize(
    "content", [b"RIFF....WAVE", b"seven\n", b"{}\n", b'{"format": "other"}\n']
)
def test_another_kind_of_file_is_left_as_it_is(path, content):
    path.write_bytes(content)
    with pytest.raises(RecognizerError, match=r"was not made by --resume.*name a new file\."):
        Journal(path, RECIPE)
    assert path.read_bytes() == content


@settings(deadline=None, max_examples=50)
@given(st.data())
def test_a_damaged_line_counts_as_none(tmp_path_factory, data):
    folder = tmp_path_factory.mktemp("damage")
    path, sound = folder / "journal", folder / "a.wav"
    sound.touch()
    kept(path, str(sound))
    heading, line = path.read_bytes().splitlines(keepends=True)
    values = json.loads(line)
    odd = st.recursive(
        st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=4),
        lambda inner: st.lists(inner, max_size=7),
        max_leaves=8,
    )
    place = data.draw(st.sampled_from(["seconds", "words", "state", "file", "word"]))
    if place == "word":
        values["words"][data.draw(st.integers(0, 2))] = data.draw(odd)
    else:
        values[place] = data.draw(odd)
    path.write_bytes(heading + json.dumps(values).encode() + b"\n")
    there = found(path, str(sound))
    assert there is None or isinstance(there, Heard)
    path.write_bytes(heading + data.draw(st.binary(max_size=40)) + b"\n" + line)
    assert found(path, str(sound)) == HEARD


def test_a_line_that_nests_too_deep_counts_as_none(path, sound):
    kept(path, sound)
    heading, line = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(heading + b"[" * 100_000 + b"\n" + line)
    assert found(path, sound) == HEARD


def test_one_run_at_a_time(path, sound):
    with (
        Journal(path, RECIPE),
        pytest.raises(RecognizerError, match=r"Another run is writing to .*journal; wait"),
    ):
        Journal(path, RECIPE)
    assert found(path, sound) is None


def test_a_journal_that_cannot_be_made_is_one_sentence(tmp_path):
    with pytest.raises(RecognizerError, match=r"journal .* cannot be read and written: .*\."):
        Journal(tmp_path, RECIPE)
    with pytest.raises(RecognizerError, match="no such file"):
        Journal(tmp_path / "nowhere" / "journal", RECIPE)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
def test_a_full_disk_is_one_sentence(path, sound):
    def run():
        with Journal(path, RECIPE) as journal, Path("/dev/full").open("wb") as full:
            os.dup2(full.fileno(), journal._file.fileno())
            journal.keep(sound, HEARD)

    with pytest.raises(RecognizerError, match="cannot be read and written: no space left"):
        run()
