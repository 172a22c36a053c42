"""Draws the program's icon, ``assets/icon.svg``, as the PNG pictures that come with the program.

``make icon`` runs it. It writes ``assets/icon.png`` (256 x 256 pixels, the window's and the
desktop's) and ``assets/icon-64.png``.
"""

import argparse
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtGui import QImage, QPainter
from PySide6.QtSvg import QSvgRenderer

ASSETS = Path(__file__).resolve().parent.parent / "assets"
NAMES = {256: "icon.png", 64: "icon-64.png"}
"""The file of each size (pixels)."""


def draw(svg: Path, size: int) -> QImage:
    """Return a drawing as a square picture on a transparent ground.

    Parameters
    ----------
    svg
        The drawing.
    size
        Width and height (pixels).

    Raises
    ------
    ValueError
        If the file is no SVG.
    """
    renderer = QSvgRenderer(str(svg))
    if not renderer.isValid():
        raise ValueError(f"{svg} is no SVG.")
    image = QImage(size, size, QImage.Format.Format_ARGB32)
    image.fill(Qt.GlobalColor.transparent)
    painter = QPainter(image)
    renderer.render(painter)
    painter.end()
    return image


def main() -> None:
    """Write every size."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--folder", type=Path, default=ASSETS, help="where the pictures go")
    folder = parser.parse_args().folder
    for size, name in NAMES.items():
        if not draw(ASSETS / "icon.svg", size).save(str(folder / name)):
            raise SystemExit(f"{folder / name} cannot be written.")


if __name__ == "__main__":
    main()
