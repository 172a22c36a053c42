"""The themes: readable colours, an even colour map, and the palette that Qt gets."""

import re

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QGuiApplication, QPalette
from PySide6.QtWidgets import QApplication

from recognizer.window.theme import DARK, LIGHT, Theme, apply_theme, system_theme

BOTH = pytest.mark.parametrize("theme", [LIGHT, DARK], ids=["light", "dark"])


def linear(rgb):
    c = np.asarray(rgb, float) / 255.0
    return np.where(c <= 0.04045, c / 12.92, ((c + 0.055) / 1.055) ** 2.4)


def luminance(color: str) -> float:
    """Relative luminance, WCAG 2.2."""
    return float(linear(list(bytes.fromhex(color[-6:]))) @ [0.2126, 0.7152, 0.0722])


def contrast(one: str, other: str) -> float:
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@BOTH
@pytest.mark.parametrize(
    ("foreground", "background"),
    [
        *((name, "panel") for name in ("text", "faint_text", "accent", "rejected")),
        *((name, "window") for name in ("text", "faint_text", "accent", "rejected")),
        *((name, "panel") for name in ("level", "floor", "onset")),
        ("on_accent", "accent"),
        ("on_warning", "warning"),
    ],
)
def test_text_can_be_read(theme: Theme, foreground: str, background: str):
    assert contrast(getattr(theme, foreground), getattr(theme, background)) >= 4.5


@BOTH
def test_colors_are_written_as_promised(theme: Theme):
    for name in Theme.__slots__:
        if name not in ("name", "colors"):
            digits = 8 if name == "voice" else 6
            assert re.fullmatch(rf"#[0-9a-f]{{{digits}}}", getattr(theme, name)), name


@BOTH
def test_the_color_map_is_perceptual(theme: Theme):
    assert theme.colors.shape == (256, 3)
    assert theme.colors.dtype == np.uint8
    # CIE lightness goes one way from the ground colour, in steps of about the same size.
    y = linear(theme.colors) @ [0.2126, 0.7152, 0.0722]
    lightness = np.where(y > 216 / 24389, 116 * np.cbrt(y) - 16, y * 24389 / 27)
    steps = np.diff(lightness[::8])
    steps = steps if theme is DARK else -steps
    assert steps.min() > 0.5 * steps.mean()
    assert steps.max() < 2.0 * steps.mean()
    assert (lightness[0] < 10) if theme is DARK else (lightness[0] > 95)


@BOTH
def test_applying_a_theme_sets_style_and_palette(qapp: QApplication, theme: Theme):
    before = qapp.palette(), qapp.styleSheet()
    try:
        apply_theme(qapp, theme)
        assert qapp.palette().color(QPalette.ColorRole.Window) == QColor(theme.window)
        assert qapp.palette().color(QPalette.ColorRole.Highlight) == QColor(theme.accent)
        assert theme.accent in qapp.styleSheet()
        assert "{text}" not in qapp.styleSheet()
        # A stylesheet hides the style below it.
        qapp.setStyleSheet("")
        assert qapp.style().name() == "fusion"
    finally:
        qapp.setPalette(before[0])
        qapp.setStyleSheet(before[1])


@pytest.mark.parametrize(
    ("scheme", "expected"),
    [(Qt.ColorScheme.Dark, DARK), (Qt.ColorScheme.Light, LIGHT), (Qt.ColorScheme.Unknown, LIGHT)],
)
def test_the_system_decides(qapp, monkeypatch, scheme, expected):
    class Hints:
        def colorScheme(self):  # noqa: N802
            return scheme

    monkeypatch.setattr(QGuiApplication, "styleHints", staticmethod(Hints))
    assert system_theme() is expected
