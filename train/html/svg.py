"""Drawings as SVG that is a part of a page, and takes its colours from it, light or dark.

Matplotlib draws in colours that nobody would choose; in the finished SVG each is replaced by a CSS
variable of the page. Text stays text. Equal figures give equal SVG.
"""

import io
import re
from typing import TYPE_CHECKING, Any, Self

from train.figures.style import styled

if TYPE_CHECKING:
    from matplotlib.figure import Figure

INK, FAINT, PALE, ACCENT, ON_ACCENT = "#010203", "#010204", "#010205", "#010206", "#010207"
SERIES = tuple(f"#0102{0x10 + index:02x}" for index in range(7))
"""Colours of curves."""
VARIABLES = {
    INK: "var(--ink)",
    FAINT: "var(--faint)",
    PALE: "var(--pale)",
    ACCENT: "var(--accent)",
    ON_ACCENT: "var(--on-accent)",
    **{color: f"var(--series-{index})" for index, color in enumerate(SERIES)},
}
"""What each of these colours is on the page."""


_SETTINGS: dict[str, Any] = {
    "svg.fonttype": "none",
    "text.color": INK,
    "axes.labelcolor": INK,
    "axes.edgecolor": FAINT,
    "axes.facecolor": "none",
    "figure.facecolor": "none",
    "savefig.facecolor": "none",
    "xtick.color": FAINT,
    "ytick.color": FAINT,
    "xtick.labelcolor": INK,
    "ytick.labelcolor": INK,
    "grid.color": PALE,
    "font.size": 9.0,
}


class Drawing:
    """Gives an empty figure to draw on; afterwards ``svg`` has the picture.

    Parameters
    ----------
    name
        Of the figure; there may be no other of this name on the page.
    width, height
        Its size (inches).

    """

    def __init__(self, name: str, width: float, height: float) -> None:
        self._name, self._size = name, (width, height)
        self._style = styled()
        self.figure: Figure
        self.svg = ""

    def __enter__(self) -> Self:
        import matplotlib
        from matplotlib.figure import Figure

        self._style.__enter__()
        settings: Any = {**_SETTINGS, "svg.hashsalt": self._name}
        matplotlib.rcParams.update(settings)
        self.figure = Figure(figsize=self._size, layout="constrained")
        return self

    def __exit__(self, kind: type[BaseException] | None, *more: Any) -> None:
        try:
            if kind is None:
                written = io.StringIO()
                self.figure.savefig(written, format="svg", metadata={"Date": None})
                self.svg = inline(written.getvalue(), self._name)
        finally:
            self._style.__exit__(kind, *more)


def inline(svg: str, name: str) -> str:
    """Make a file of SVG a part of a page.

    Parameters
    ----------
    svg
        What matplotlib wrote.
    name
        Of the figure: names inside it must be unique on the page.

    Returns
    -------
    str
        The element, without file header and description, with the page's colours and fonts.

    """
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r"\s*<metadata>.*?</metadata>", "", svg, flags=re.DOTALL)
    svg = re.sub(r"<style[^>]*>.*?</style>", "", svg, flags=re.DOTALL)
    svg = re.sub(r'<svg[^>]*viewBox="([^"]*)"[^>]*>', _opening, svg, count=1)
    svg = re.sub(r'\bid="', f'id="{name}-', svg)
    svg = re.sub(r'(href="#|url\(#)', rf"\g<1>{name}-", svg)
    svg = svg.replace("xlink:href", "href")
    for color, variable in VARIABLES.items():
        svg = svg.replace(color, variable)
    # The page's own font, in the size that the picture was laid out for.
    svg = re.sub(r"font: (?:\w+ )*?([\d.]+px) [^;\"]*", r"font-size: \1", svg)
    return re.sub(r"font-family: [^;\"]*; ?", "", svg)


def _opening(whole: re.Match[str]) -> str:
    # As wide as there is room for, but text no larger than beside it.
    width = float(whole[1].split()[2])
    return f'<svg viewBox="{whole[1]}" style="max-width: {1.4 * width:.0f}px">'
