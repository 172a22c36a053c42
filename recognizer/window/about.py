"""Version, model card and licences."""

import html
import importlib.metadata
import json
import re
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtGui import QTextCursor, QTextTable, QTextTableFormat
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QTabWidget,
    QTextBrowser,
    QVBoxLayout,
    QWidget,
)

import recognizer
from recognizer.errors import ModelError
from recognizer.model_file import default_model_path, read_metadata
from recognizer.model_metadata import ModelMetadata

NAME = "Keyword recognizer"
"""What the program is called."""
DISTRIBUTION = "keyword-recognizer"
"""What it is called where it is installed."""
LIBRARIES = (
    "PySide6-Essentials",
    "shiboken6",
    "pyqtgraph",
    "numpy",
    "ai-edge-litert",
    "sounddevice",
    "soundfile",
    "soxr",
)
"""What the window is made with, by the names of the distributions."""

_NONE = "\N{EN DASH}"
_Cells = Sequence[str]
_LONGEST_LICENCE = 100
"""A longer licence field holds the text itself, not its name (characters)."""
_TOLD_APART = ("corpora", "evaluation", "parameters", "date", "splits", "versions", "recipe")
"""Parts of a training record that have a place of their own in the model card."""


def _number(value: float) -> str:
    return f"{value:,.0f}"


def _percent(value: float) -> str:
    return f"{100 * value:.1f} %"


_FIGURES: tuple[tuple[str, str, Callable[[float], str]], ...] = (
    ("speakers", "Speakers", _number),
    ("words", "Words", _number),
    ("right", "Right", _percent),
    ("wrong", "Wrong", _percent),
    ("called_a_keyword", "Called a keyword", _percent),
    ("false_alarms_per_hour", "False alarms / h", lambda value: f"{value:.1f}"),
    ("delay_median_s", "Delay", lambda value: f"{value:.2f} s"),
)
"""Key in the training record, heading, and format of each column of figures."""
_FIGURES_NOTE = (
    "Right and wrong: keywords recognized as themselves, or taken for another; the rest was "
    "missed. Called a keyword: of the words that are none. Delay: from the word's end, median."
)


class AboutDialog(QDialog):
    """What the program is, what its model is, and whose work both stand on.

    Parameters
    ----------
    model
        The model file in use; None is the one that ships.
    parent
        The window.
    """

    def __init__(self, model: Path | None = None, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(f"About {NAME}")
        self._tabs = QTabWidget(self)
        self._tabs.setAccessibleName(f"About {NAME}")
        self._add_page("&About").setHtml(_about())
        card = self._add_page("&Model card")
        card.setHtml(_model_card(model or default_model_path()))
        licences = self._add_page("&Licences")
        _write_licences(licences)
        for page in (card, licences):
            _calm_tables(page)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close, self)
        buttons.rejected.connect(self.reject)
        buttons.button(QDialogButtonBox.StandardButton.Close).setToolTip("Close (Escape)")
        column = QVBoxLayout(self)
        column.addWidget(self._tabs, 1)
        column.addWidget(buttons)
        em = self.fontMetrics().height()
        room = self.screen().availableGeometry()
        self.resize(min(56 * em, room.width() * 9 // 10), min(36 * em, room.height() * 8 // 10))

    def _add_page(self, title: str) -> QTextBrowser:
        page = QTextBrowser(self._tabs)
        page.setOpenExternalLinks(True)
        page.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextBrowserInteraction
            | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        page.document().setDocumentMargin(page.fontMetrics().height())
        page.setAccessibleName(title.replace("&", ""))
        self._tabs.addTab(page, title)
        return page


def document_text(name: str) -> str | None:
    """Return ``README.md`` or ``LICENSE``, from wherever the program was started, or None.

    They lie in the package where a frozen program keeps its data, beside it in a checkout, and
    in the distribution's metadata where it is installed.
    """
    package = Path(recognizer.__file__).parent
    places = [package / name]
    if (package.parent / "pyproject.toml").exists():
        places.append(package.parent / name)
    for place in places:
        if place.is_file():
            return place.read_text(encoding="utf-8")
    try:
        distribution = importlib.metadata.distribution(DISTRIBUTION)
    except importlib.metadata.PackageNotFoundError:
        return None
    if name == "README.md":
        return str(distribution.metadata.json.get("description", "")) or None
    return distribution.read_text(f"licenses/{name}") or distribution.read_text(name)


def _about() -> str:
    return (
        f"<h2>{NAME}</h2><p>Version {html.escape(recognizer.__version__)}</p>"
        "<p>Say a word that it knows into the microphone, and see it on the screen a fraction of "
        "a second later. A voice detector finds where somebody speaks, a small neural network "
        "compares that second of sound with the words it was trained on, and what fits none of "
        "them is ignored.</p>"
        "<h3>Privacy</h3><p>Everything happens on this computer. The program never uses the "
        "network. Sound is kept in memory for as long as the history shows it, and is gone when "
        "the window closes. Nothing is recorded unless you ask for it: when you correct "
        "a word, that second of sound is saved in the folder that you choose, and so is what you "
        "record to teach words of your own.</p>"
    )


def _model_card(path: Path) -> str:
    head = f"<h2>{html.escape(path.name)}</h2>"
    try:
        metadata = read_metadata(path)
        size = path.stat().st_size
    except (ModelError, OSError) as error:
        return f"{head}<p>{html.escape(str(error))}</p>"
    record = metadata.training
    parts = [head, _table((), _facts(metadata, size))]
    if not record:
        parts.append("<p>This model carries no record of how it was made.</p>")
    parts += [_evaluation(record.get("evaluation")), _corpora(record.get("corpora"))]
    recipe = record.get("recipe")
    made = [
        ("Recipe", recipe.get("name", _NONE)) if isinstance(recipe, dict) else (),
        *((_words(name), version) for name, version in _items(record.get("versions"))),
        *((_words(name), value) for name, value in record.items() if name not in _TOLD_APART),
    ]
    rows = [tuple(_plain(cell) for cell in row) for row in made if row]
    if rows:
        parts += ["<h3>How it was made</h3>", _table((), rows)]
    return "".join(parts)


def _facts(metadata: ModelMetadata, size: int) -> list[_Cells]:
    record, frontend = metadata.training, metadata.frontend
    seconds = (
        (frontend.window_frames - 1) * frontend.hop_samples + frontend.frame_samples
    ) / frontend.sample_rate
    facts: list[_Cells] = [
        ("Words", ", ".join(metadata.keywords)),
        ("Threshold", f"{metadata.threshold:.2f}"),
        (
            "Input",
            f"{seconds:.2f} s of sound: {frontend.window_frames} frames of {frontend.mel_bands} "
            f"mel bands from {frontend.low_hz:,.0f} to {frontend.high_hz:,.0f} Hz",
        ),
        ("Size", f"{size / 1000:,.0f} kB"),
    ]
    parameters = record.get("parameters")
    if _is_number(parameters):
        facts.append(("Parameters", f"{parameters:,}"))
    for key in ("date", "splits"):
        if key in record:
            facts.append((_words(key), _plain(record[key])))
    return facts


def _evaluation(evaluation: object) -> str:
    if not isinstance(evaluation, dict):
        return ""
    groups = [(name, group) for name, group in _items(evaluation.get("groups"))]
    groups = [(name, group) for name, group in groups if isinstance(group, dict)]
    if not groups:
        return ""
    columns = [
        (key, heading, shown)
        for key, heading, shown in _FIGURES
        if any(_is_number(group.get(key)) for _, group in groups)
    ]
    rows = [
        (
            _words(name),
            *(
                shown(group[key]) if _is_number(group.get(key)) else _NONE
                for key, _, shown in columns
            ),
        )
        for name, group in groups
    ]
    headings = ("Stream", *(heading for _, heading, _ in columns))
    parts = (("split", "on the {} recordings"), ("threshold", "at the threshold {}"))
    how = ", ".join(
        text.format(_plain(evaluation[key])) for key, text in parts if key in evaluation
    )
    return (
        f"<h3>How well it does</h3><p>{html.escape(f'Measured {how}.' if how else '')} "
        f"{_FIGURES_NOTE}</p>{_table(headings, rows, 'right')}"
    )


def _corpora(corpora: object) -> str:
    rows = [(_words(name), _plain(value)) for name, value in _items(corpora)]
    return f"<h3>Trained on</h3>{_table((), rows)}" if rows else ""


def _write_licences(page: QTextBrowser) -> None:
    rows = [row for name in LIBRARIES if (row := _library(name)) is not None]
    cursor = QTextCursor(page.document())
    section = _section(document_text("README.md") or "", "Licences")
    if section is None:
        cursor.insertHtml("<h2>Licences</h2><p>The program and its model: Apache-2.0.</p>")
    else:
        cursor.insertMarkdown(section)
    _start_part(cursor)
    cursor.insertHtml(
        "<h2>Libraries</h2><p>Qt and PySide6 are used under the LGPL 3.0: you may replace them "
        "by versions of your own. Their licences are at "
        '<a href="https://doc.qt.io/qt-6/licensing.html">doc.qt.io</a>.</p>'
        + _table(("Library", "Version", "Licence"), rows)
    )
    text = document_text("LICENSE")
    if text is not None:
        _start_part(cursor)
        cursor.insertHtml(
            f"<h2>Apache License</h2><pre style='white-space: pre-wrap'>{html.escape(text)}</pre>"
        )
    page.moveCursor(QTextCursor.MoveOperation.Start)


def _start_part(cursor: QTextCursor) -> None:
    cursor.movePosition(QTextCursor.MoveOperation.End)
    cursor.insertBlock()


def _section(markdown: str, heading: str) -> str | None:
    """Return a part of a text of the second level, without links to other files."""
    found = re.search(rf"^## {heading}$.*?(?=^## |\Z)", markdown, re.MULTILINE | re.DOTALL)
    return None if found is None else re.sub(r"\[([^]]*)\]\((?!\w+://)[^)]*\)", r"\1", found[0])


def _library(name: str) -> _Cells | None:
    try:
        metadata = importlib.metadata.metadata(name)
    except importlib.metadata.PackageNotFoundError:
        return None
    # Other than `metadata` itself, this may be asked for what is not there in every Python.
    fields = metadata.json
    licence = str(fields.get("license_expression") or fields.get("license") or "")
    if not licence or len(licence) > _LONGEST_LICENCE or "\n" in licence:
        named = [each for each in fields.get("classifier", []) if each.startswith("License ::")]
        licence = named[0].rpartition(" :: ")[2] if named else _NONE
    return metadata["Name"], metadata["Version"], licence


def _table(headings: _Cells, rows: Iterable[_Cells], align: str = "left") -> str:
    """Return an HTML table whose first column is to the left, and the others as told."""

    def line(tag: str, cells: _Cells) -> str:
        aligns = ["left", *[align] * (len(cells) - 1)]
        inner = "".join(
            f"<{tag} align='{side}'>{html.escape(cell)}</{tag}>"
            for side, cell in zip(aligns, cells, strict=True)
        )
        return f"<tr>{inner}</tr>"

    lines = ([line("th", headings)] if headings else []) + [line("td", row) for row in rows]
    return f"<table border='1' cellspacing='0' cellpadding='4'>{''.join(lines)}</table>"


def _calm_tables(page: QTextBrowser) -> None:
    """Give tables thin lines in the theme's colour, those that came as Markdown too."""
    for frame in page.document().rootFrame().childFrames():
        if isinstance(frame, QTextTable):
            looks = frame.format().toTableFormat()
            looks.setBorderCollapse(True)
            looks.setBorderStyle(QTextTableFormat.BorderStyle.BorderStyle_Solid)
            looks.setBorder(1)
            looks.setBorderBrush(page.palette().mid())
            frame.setFormat(looks)


def _items(value: object) -> list[tuple[str, Any]]:
    return list(value.items()) if isinstance(value, dict) else []


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _words(name: str) -> str:
    text = name.replace("_", " ")
    return text[:1].upper() + text[1:]


def _plain(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
