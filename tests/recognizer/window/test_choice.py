import pytest
from PySide6.QtCore import QPoint
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QApplication, QPushButton

from recognizer.window.choice import Choice
from recognizer.window.theme import DARK, LIGHT, apply_theme


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=["light", "dark"])
def test_a_choice_is_as_high_as_a_button_and_has_an_arrow_in_the_themes_colour(qtbot, theme):
    application = QApplication.instance()
    palette, sheet = application.palette(), application.styleSheet()
    apply_theme(application, theme)
    try:
        box, button = Choice(), QPushButton("Refresh")
        qtbot.addWidget(box)
        qtbot.addWidget(button)
        box.ensurePolished()
        button.ensurePolished()
        # No text, so that whatever is painted inside the frame is the arrow.
        box.resize(160, box.sizeHint().height())
        assert box.sizeHint().height() == button.sizeHint().height()
        image = box.grab().toImage()
        text, panel = QColor(theme.text).lightness(), QColor(theme.panel).lightness()
        painted = [
            QPoint(x, y)
            for x in range(6, image.width() - 6)
            for y in range(6, image.height() - 6)
            if abs(image.pixelColor(x, y).lightness() - text) < abs(text - panel) / 2
        ]
        assert painted
        assert min(point.x() for point in painted) > 0.75 * image.width()
    finally:
        application.setStyleSheet(sheet)
        application.setPalette(palette)
