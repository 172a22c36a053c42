"""The icon: the pictures that are committed are those of the drawing."""

import importlib.util
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from PySide6.QtGui import QImage

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def make_icon() -> ModuleType:
    specification = importlib.util.spec_from_file_location(
        "make_icon", ROOT / "tools" / "make_icon.py"
    )
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


def pixels(image: QImage) -> np.ndarray:
    """Blue, green, red and opacity, ``[height, width, 4]``."""
    image = image.convertToFormat(QImage.Format.Format_ARGB32)
    return np.array(image.constBits()).reshape(image.height(), image.width(), 4).astype(int)


@pytest.mark.parametrize(("name", "size"), [("icon.png", 256), ("icon-64.png", 64)])
def test_pictures_are_those_of_the_drawing(make_icon, name, size):
    committed = pixels(QImage(str(ROOT / "assets" / name)))
    drawn = pixels(make_icon.draw(ROOT / "assets" / "icon.svg", size))
    assert committed.shape == drawn.shape == (size, size, 4)
    # Another release of Qt may smooth edges otherwise.
    assert np.abs(committed - drawn).mean() < 1.0


@pytest.mark.parametrize("size", [16, 256])
def test_drawing_is_there_and_its_corners_are_clear(make_icon, size):
    drawn = pixels(make_icon.draw(ROOT / "assets" / "icon.svg", size))
    assert drawn[0, 0, 3] == 0
    assert drawn[size // 2, size // 2, 3] == 255
    assert drawn[:, :, :3].std() > 40


def test_file_that_is_no_drawing(make_icon, tmp_path):
    path = tmp_path / "icon.svg"
    path.write_text("digits")
    with pytest.raises(ValueError, match="is no SVG"):
        make_icon.draw(path, 64)
