from pathlib import Path

import pytest

from recognizer.files import replace_file


@pytest.mark.parametrize("data", ["ändert", "ändert".encode()])
def test_a_file_is_replaced(data: str | bytes, tmp_path: Path):
    path = tmp_path / "file"
    path.write_text("old")
    replace_file(path, data)
    assert path.read_bytes() == "ändert".encode()
    assert list(tmp_path.iterdir()) == [path]


def test_where_it_cannot_be_written_the_old_file_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    path = tmp_path / "file"
    path.write_text("old")
    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(OSError, match="No space left"):
        replace_file(path, "new")
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]
