import importlib.metadata
from dataclasses import replace

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QTextBrowser

import recognizer
from recognizer.model_file import default_model_path, read_metadata, read_model, write_model
from recognizer.window import about
from recognizer.window.about import AboutDialog, document_text


@pytest.fixture
def pages(qtbot):
    """Open the dialog on a model, and give its pages."""
    kept = []

    def open_dialog(model=None):
        dialog = AboutDialog(model)
        qtbot.addWidget(dialog)
        kept.append(dialog)
        return [dialog._tabs.widget(index) for index in range(dialog._tabs.count())]

    return open_dialog


@pytest.fixture
def texts(pages):
    return lambda model=None: [page.toPlainText() for page in pages(model)]


@pytest.fixture
def model_with(tmp_path):
    """Make a copy of the model that ships with another training record."""

    def make(training):
        flatbuffer, metadata = read_model(default_model_path())
        path = tmp_path / "mine.tflite"
        write_model(path, flatbuffer, replace(metadata, training=training))
        return path

    return make


def test_the_first_page_has_the_version_and_what_is_kept(texts):
    text = texts()[0]
    assert f"Version {recognizer.__version__}" in text
    assert "never uses the network" in text


def test_the_model_card_tells_what_the_model_file_tells(texts):
    text = texts()[1]
    training = read_metadata(default_model_path()).training
    assert "zero, one, two" in text
    assert f"{training['parameters']:,}" in text
    for corpus in training["corpora"].values():
        assert corpus in text
    for name, group in training["evaluation"]["groups"].items():
        assert name.replace("_", " ").capitalize() in text
        if group["right"] is not None:
            assert f"{100 * group['right']:.1f} %" in text


def test_a_model_without_a_record_shows_what_there_is(texts, model_with):
    text = texts(model_with({}))[1]
    assert "mine.tflite" in text
    assert "zero, one, two" in text
    assert "no record of how it was made" in text
    assert "How well it does" not in text


@pytest.mark.parametrize(
    "training",
    [
        {"evaluation": 1, "corpora": "none", "versions": [], "recipe": None, "parameters": "many"},
        {"evaluation": {"groups": {"crowd": None, "noisy": {"right": "most"}}}},
        {"evaluation": {"groups": {"crowd": {"right": 0.5}, "noisy": {}}, "threshold": None}},
        {"corpora": {"a": {"b": [1, None]}}, "date": 2026, "own": {"x": "y"}},
    ],
)
def test_a_record_of_another_make_does_not_trip_it(texts, model_with, training):
    assert "mine.tflite" in texts(model_with(training))[1]


def test_what_a_record_says_is_text_and_nothing_else(texts, model_with):
    evil = "<img src='file:///etc/passwd'><b>bold</b>"
    text = texts(model_with({"corpora": {evil: evil}, "note": evil}))[1]
    assert text.count(evil) == 2 + 1


def test_a_model_that_cannot_be_read_is_told(texts, tmp_path):
    assert "There is no model file" in texts(tmp_path / "gone.tflite")[1]


def test_the_licences_name_libraries_corpora_and_the_program(texts):
    text = texts()[2]
    for name in about.LIBRARIES:
        assert importlib.metadata.metadata(name)["Name"] in text
    for words in ("LGPL", "Free Spoken Digit Dataset", "Apache-2.0", "TERMS AND CONDITIONS"):
        assert words in text


def test_without_documents_the_licences_are_still_named(texts, monkeypatch):
    monkeypatch.setattr(about, "document_text", lambda name: None)
    text = texts()[2]
    assert "The program and its model: Apache-2.0." in text
    assert "PySide6" in text


def test_links_lead_out_of_the_program_or_are_none(pages):
    html = pages()[2].toHtml()
    assert 'href="https://' in html
    assert 'href="LICENSE"' not in html


def test_documents_come_from_where_the_program_is_installed(tmp_path, monkeypatch):
    package = tmp_path / "site-packages" / "recognizer"
    package.mkdir(parents=True)
    # Somebody else's.
    (package.parent / "README.md").write_text("Another program.")
    monkeypatch.setattr(recognizer, "__file__", str(package / "__init__.py"))
    information = tmp_path / "site-packages" / "keyword_recognizer-1.dist-info"
    (information / "licenses").mkdir(parents=True)
    (information / "METADATA").write_text("Metadata-Version: 2.1\nName: x\nVersion: 1\n\nRead me.")
    (information / "licenses" / "LICENSE").write_text("Licence.")
    distribution = importlib.metadata.PathDistribution(information)

    def installed(name):
        return distribution

    def missing(name):
        raise importlib.metadata.PackageNotFoundError(name)

    monkeypatch.setattr(importlib.metadata, "distribution", missing)
    assert document_text("README.md") is None
    monkeypatch.setattr(importlib.metadata, "distribution", installed)
    assert document_text("README.md") == "Read me."
    assert document_text("LICENSE") == "Licence."
    # A frozen program has them in its package.
    (package / "LICENSE").write_text("Frozen.")
    assert document_text("LICENSE") == "Frozen."


def test_pages_can_be_selected_and_read_by_keyboard(pages):
    for page in pages():
        assert isinstance(page, QTextBrowser)
        assert page.isReadOnly()
        assert page.textInteractionFlags() & Qt.TextInteractionFlag.TextSelectableByKeyboard
        assert page.accessibleName()


def test_it_fits_a_small_screen(qtbot, qapp):
    dialog = AboutDialog()
    qtbot.addWidget(dialog)
    room = qapp.primaryScreen().availableGeometry()
    assert dialog.width() <= room.width()
    assert dialog.height() <= room.height()
    assert dialog.minimumSizeHint().width() <= 500
