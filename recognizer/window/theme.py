"""Light and dark: every colour of the window, in one place.

Colours that Qt's own widgets need go into the palette; a short stylesheet adds what a palette
cannot say. Nothing here is changed per frame.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QGuiApplication, QPalette
from PySide6.QtWidgets import QApplication

MAP_SIZE = 256
"""Colours in a spectrogram's colour map: one for each value of a byte."""


def _color_map(anchors: str) -> npt.NDArray[np.uint8]:
    """Interpolate between equally spaced ``rrggbb`` anchors; uint8 ``[MAP_SIZE, 3]``."""
    rgb = np.frombuffer(bytes.fromhex(anchors), np.uint8).reshape(-1, 3)
    places = np.linspace(0.0, len(rgb) - 1.0, MAP_SIZE)
    colors = np.empty((MAP_SIZE, 3), np.uint8)
    for channel, values in enumerate(rgb.T):
        colors[:, channel] = np.rint(np.interp(places, np.arange(len(rgb)), values))
    colors.setflags(write=False)
    return colors


@dataclass(frozen=True, slots=True, eq=False)
class Theme:
    """The colours of one appearance, ``"#rrggbb"`` unless said otherwise."""

    name: str
    """``"light"`` or ``"dark"``."""
    window: str
    """Behind everything."""
    panel: str
    """Behind pictures, tables and fields."""
    text: str
    """Text on `window` and `panel`."""
    faint_text: str
    """Less important text on `window` and `panel`; still readable."""
    accent: str
    """What matters: the digit, the selection, the focus. Readable on `window` and `panel`."""
    on_accent: str
    """Text on `accent`."""
    warning: str
    """Background of the bar that tells of trouble."""
    on_warning: str
    """Text on `warning`."""
    border: str
    """Lines between areas, and the empty part of bars."""
    voice: str
    """Shade over voiced segments, ``"#aarrggbb"``."""
    rejected: str
    """Text of rejected words, on `window` and `panel`."""
    level: str
    """The level trace, on `panel`."""
    floor: str
    """The noise floor's line in the level trace."""
    onset: str
    """The onset threshold's line in the level trace."""
    colors: npt.NDArray[np.uint8]
    """Perceptual colour map for the spectrogram, from quiet to loud, uint8 ``[256, 3]``."""


LIGHT = Theme(
    name="light",
    window="#f4f5f7",
    panel="#ffffff",
    text="#1b1e25",
    faint_text="#5b6270",
    accent="#0060b0",
    on_accent="#ffffff",
    warning="#ffd98a",
    on_warning="#3d2900",
    border="#cfd4dc",
    voice="#280060b0",
    rejected="#656c79",
    level="#20705a",
    floor="#6a7282",
    onset="#ad5700",
    # White to indigo by way of rose; CIE lightness falls evenly.
    colors=_color_map(
        "ffffff feeadc fdd5bc fcbe9e faa787 f68f77 f0766b e2606e d44971 "
        "be3875 a52b79 8a207a 6c1c74 50166c 38125a 200c49 100724"
    ),
)
"""Dark text on light ground."""

DARK = Theme(
    name="dark",
    window="#14161b",
    panel="#1c1f26",
    text="#e9ebf0",
    faint_text="#9ba1ae",
    accent="#58c4f5",
    on_accent="#06202c",
    warning="#f2b84b",
    on_warning="#241900",
    border="#3a404c",
    voice="#3058c4f5",
    rejected="#959ba8",
    level="#6fd3ac",
    floor="#8f97a6",
    onset="#f2b84b",
    # The colours of matplotlib's "magma" (CC0), spaced so that CIE lightness rises evenly.
    colors=_color_map(
        "000004 130d34 251255 3f0f72 5a167e 762181 932b80 b0357b cc3f71 "
        "e44f64 f4675c fa815f fd9b6b feb67c fecd90 fde5a7 fcfdbf"
    ),
)
"""Light text on dark ground."""

_STYLE_SHEET = """
QToolTip {{ color: {text}; background: {panel}; border: 1px solid {border}; padding: 3px; }}
QPushButton, QToolButton, QComboBox {{
    color: {text}; background: {panel}; border: 1px solid {border};
    border-radius: 5px; padding: 0.25em 0.7em; }}
QTableView {{ border: 1px solid {border}; }}
Choice {{ padding: 0.21em 0.7em; }}
Choice::drop-down {{ border: 0; width: 1.6em; }}
QToolButton {{ padding: 0.25em 0.4em; }}
QPushButton:hover, QToolButton:hover, QComboBox:hover {{ border-color: {accent}; }}
QPushButton:pressed, QToolButton:pressed {{ background: {border}; }}
QPushButton:checked, QToolButton:checked, QPushButton:default {{
    color: {on_accent}; background: {accent}; border-color: {accent}; }}
QPushButton:focus, QToolButton:focus, QComboBox:focus {{
    border: 2px solid {accent}; outline: 0; }}
QPushButton:default:focus {{ border-color: {text}; }}
QPushButton:disabled, QToolButton:disabled, QComboBox:disabled {{
    color: {faint_text}; background: {window}; }}
QHeaderView::section {{
    color: {faint_text}; background: {panel}; border: 0;
    border-bottom: 1px solid {border}; padding: 0.25em 0.5em; }}
QProgressBar {{
    color: {text}; background: {panel}; border: 1px solid {border};
    border-radius: 5px; text-align: center; }}
QProgressBar::chunk {{ background: {accent}; border-radius: 4px; }}
QStatusBar::item {{ border: 0; }}
"""


def blend(color: str, other: str, share: float) -> str:
    """Return an ``"#rrggbb"`` colour that has a ``share`` (0 to 1) of the ``other``.

    Examples
    --------
    >>> blend("#000000", "#ff8000", 0.5)
    '#804000'
    """
    pairs = zip(bytes.fromhex(color[1:]), bytes.fromhex(other[1:]), strict=True)
    return "#" + bytes(round(a + (b - a) * share) for a, b in pairs).hex()


def system_theme() -> Theme:
    """Return the theme that the system asks for; light where it does not say."""
    scheme = QGuiApplication.styleHints().colorScheme()
    return DARK if scheme == Qt.ColorScheme.Dark else LIGHT


def palette(theme: Theme) -> QPalette:
    """Return a theme's colours as Qt's widgets take them."""
    role = QPalette.ColorRole
    colors = {
        role.Window: theme.window,
        role.WindowText: theme.text,
        role.Base: theme.panel,
        role.AlternateBase: theme.window,
        role.Text: theme.text,
        role.PlaceholderText: theme.faint_text,
        role.Button: theme.panel,
        role.ButtonText: theme.text,
        role.BrightText: theme.on_accent,
        role.ToolTipBase: theme.panel,
        role.ToolTipText: theme.text,
        role.Highlight: theme.accent,
        role.HighlightedText: theme.on_accent,
        role.Accent: theme.accent,
        role.Link: theme.accent,
        role.LinkVisited: theme.accent,
        role.Light: theme.panel,
        role.Midlight: theme.border,
        role.Mid: theme.border,
        role.Dark: theme.border,
        role.Shadow: theme.border,
    }
    made = QPalette()
    for each, color in colors.items():
        made.setColor(each, QColor(color))
    for each in (role.WindowText, role.Text, role.ButtonText):
        made.setColor(QPalette.ColorGroup.Disabled, each, QColor(theme.faint_text))
    made.setColor(QPalette.ColorGroup.Disabled, role.Highlight, QColor(theme.border))
    return made


def apply_theme(application: QApplication, theme: Theme) -> None:
    """Give the whole application a theme: Fusion style, palette, and one stylesheet."""
    application.setStyle("Fusion")
    application.setPalette(palette(theme))
    colors = {name: getattr(theme, name) for name in Theme.__slots__ if name != "colors"}
    application.setStyleSheet(_STYLE_SHEET.format(**colors))
