import os

import pytest

from train.compare import kept as keeping
from train.compare.kept import Kept
from train.corpora import Clip
from train.errors import DataError


@pytest.fixture
def clip(tmp_path):
    path = tmp_path / "a.wav"
    path.write_bytes(b"sound")
    return Clip(path, "own", "yes", "ann", "train", "")


def test_what_is_kept_is_found(tmp_path):
    kept = Kept(tmp_path / "new" / "work")
    assert kept.find("key") is None
    kept.keep("key", {"answers": [1, -1]}, b"model")
    assert kept.find("key") == {"answers": [1, -1]}
    assert kept.model("key").read_bytes() == b"model"
    assert Kept(tmp_path / "new" / "work").find("key") == {"answers": [1, -1]}


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"\xff"])
def test_what_is_damaged_is_not_there(tmp_path, content):
    (tmp_path / "key.json").write_bytes(content)
    assert Kept(tmp_path).find("key") is None


def test_a_folder_that_cannot_be_made_is_one_sentence(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(DataError, match=r"Cannot make .*file/work"):
        Kept(tmp_path / "file" / "work")


def test_a_folder_that_cannot_be_written_to_is_one_sentence(tmp_path, monkeypatch):
    monkeypatch.setattr(os, "access", lambda *_: False)
    with pytest.raises(DataError, match=r"Cannot write to .*; name another folder"):
        Kept(tmp_path)


def test_the_key_is_that_of_everything_the_result_depends_on(tmp_path, clip, monkeypatch):
    def key(about=None, *parts):
        return Kept(tmp_path).key(about or {"a": 1, "b": 2}, *(parts or ([clip], [])))

    first = key()
    assert key({"b": 2, "a": 1}) == first
    other_word = Clip(clip.path, "own", "no", "ann", "train", "")
    others = [
        key({"a": 1, "b": 3}),
        key(None, [], [clip]),
        key(None, [clip, clip], []),
        key(None, [other_word], []),
    ]
    os.utime(clip.path, ns=(1, 1))
    others.append(key())
    clip.path.unlink()
    others.append(key())
    monkeypatch.setattr(keeping, "code_version", lambda: "another")
    others.append(key())
    assert len({first, *others}) == 1 + len(others)


def test_comments_and_docstrings_do_not_change_the_code():
    code = 'def f(x):\n    """Say."""\n    return x + 1\n'
    same = '"""Module."""\n\n\ndef f(x):\n    # Why.\n    return x + 1\n'
    other = "def f(x):\n    return x + 2\n"
    assert keeping._code(code) == keeping._code(same) != keeping._code(other)


def test_all_sources_are_there():
    for name in keeping._SOURCES:
        assert (keeping._TRAIN / name).exists(), name
    assert len(keeping.code_version()) == 64
