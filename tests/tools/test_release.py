"""The release script: what it refuses, on repositories and files that are made here, offline."""

import email.message
import importlib.util
import io
import json
import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[2]
DIGITS = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"]
INFO = "keyword_recognizer-1.2.3.dist-info"
TOP = "keyword_recognizer-1.2.3"
METADATA = (
    "Metadata-Version: 2.4\nName: keyword-recognizer\nVersion: 1.2.3\nSummary: It hears.\n"
    "License-Expression: Apache-2.0\nRequires-Python: >=3.11\n"
    "Description-Content-Type: text/markdown\n\n# It hears\n"
)
CHANGES = "# Changes\n\n## 1.2.3 (2026-01-02)\n\n- It hears.\n\n## 1.2.2\n\n- It heard.\n"


@pytest.fixture(scope="module")
def module() -> ModuleType:
    specification = importlib.util.spec_from_file_location("release", ROOT / "tools" / "release.py")
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


@pytest.fixture
def checkout(tmp_path):
    """What the script reads of a checkout."""
    root = tmp_path / "checkout"
    files = {
        "recognizer/__init__.py": '__version__ = "1.2.3"\n',
        "pyproject.toml": "[project]\nname = 'x'\ndynamic = ['version']\n"
        "[tool.hatch.version]\npath = 'recognizer/__init__.py'\n",
        "CHANGELOG.md": CHANGES,
        "LICENSE": "the licence",
        "README.md": "# It hears",
        "Makefile": "all:",
        "assets/digits.tflite": "the model",
        "assets/demo.json": json.dumps(
            {
                "words": [{"word": "hello", "digit": False}]
                + [{"word": word, "digit": True} for word in DIGITS]
            }
        ),
    }
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return root


def make_wheel(path, *, without=(), **changed):
    content = {
        "recognizer/assets/digits.tflite": "the model",
        "recognizer/assets/connected.tflite": "the model of digits in a row",
        "recognizer/assets/demo.flac": "the demo",
        "recognizer/cli.py": "",
        "train/cli.py": "",
        f"{INFO}/METADATA": METADATA,
        f"{INFO}/licenses/LICENSE": "the licence",
        **changed,
    }
    with zipfile.ZipFile(path, "w") as archive:
        for name, text in content.items():
            if name not in without:
                archive.writestr(name, text)
    return path


def make_source(path, *, without=(), **changed):
    names = ("pyproject.toml", "README.md", "LICENSE", "assets/digits.tflite", "Makefile")
    content = {**dict.fromkeys(names, "text"), "PKG-INFO": METADATA, **changed}
    with tarfile.open(path, "w:gz") as archive:
        for name, text in content.items():
            if name not in without:
                member = tarfile.TarInfo(f"{TOP}/{name}")
                member.size = len(text)
                archive.addfile(member, io.BytesIO(text.encode()))
    return path


COMMITTED = ["pyproject.toml", "README.md", "LICENSE", "assets/digits.tflite", "Makefile"]


class Commands:
    """Stands in for git, pip, build, twine and the installed program."""

    def __init__(self, **answers):
        self.answers = {
            "status": "",
            "tags": "",
            "version": "recognizer 1.2.3\n",
            "heard": DIGITS,
            "where": None,
            "twine": True,
            "wheel": {},
            **answers,
        }
        self.commands = []

    def __call__(self, command, cwd):
        words = [str(part) for part in command]
        self.commands.append((words, cwd))
        if words[:2] == ["git", "status"]:
            return self.answers["status"]
        if words[:2] == ["git", "tag"]:
            return self.answers["tags"]
        if words[:2] == ["git", "ls-files"]:
            return "\0".join(COMMITTED) + "\0"
        if "-m" in words and "build" in words and "--outdir" in words:
            output = Path(words[words.index("--outdir") + 1])
            output.mkdir()
            make_wheel(output / f"{TOP}-py3-none-any.whl", **self.answers["wheel"])
            make_source(output / f"{TOP}.tar.gz")
        if words[-1] == "twine" and not self.answers["twine"]:
            raise self.error("no network")
        if words[1:2] == ["-c"]:
            inside = Path(words[0]).parent.parent / "site-packages/recognizer/__init__.py"
            return f"{self.answers['where'] or inside}\n"
        if words[-1] == "--version":
            return self.answers["version"]
        if "--demo" in words:
            return "".join(json.dumps({"label": word}) + "\n" for word in self.answers["heard"])
        return ""


def released(module, checkout, **answers):
    run = Commands(**answers)
    run.error = module.ReleaseError
    said = []
    output = checkout.parent / "dist"
    try:
        files = module.release(checkout, output, run, said.append)
    except module.ReleaseError:
        assert not output.exists()
        raise
    return files, said, run


def test_a_good_release_is_built_tried_and_told(module, checkout):
    files, said, run = released(module, checkout)
    assert [file.name for file in files] == [f"{TOP}-py3-none-any.whl", f"{TOP}.tar.gz"]
    assert all(file.parent == checkout.parent / "dist" and file.exists() for file in files)
    text = "\n".join(said)
    assert text.count("[ok]") == 5
    assert "checked by twine and this script" in text
    assert "What changed:\n\n## 1.2.3 (2026-01-02)\n\n- It hears." in text
    assert "It heard." not in text
    assert "unreleased" not in text
    assert "git tag v1.2.3" in said[-1]
    installed = [words[-1] for words, _ in run.commands if words[1:4] == ["-m", "pip", "install"]]
    assert [Path(name).name for name in installed] == ["build", "twine", *(f.name for f in files)]


def test_everything_but_git_runs_outside_the_checkout(module, checkout):
    _, _, run = released(module, checkout)
    for words, cwd in run.commands:
        assert (cwd == checkout) == (words[0] == "git")
        assert cwd == checkout or not cwd.is_relative_to(checkout)
    environments = {words[0] for words, _ in run.commands if words[1:3] == ["--cli", "--demo"]}
    assert len(environments) == 2


def test_without_twine_the_script_checks_alone(module, checkout):
    _, said, run = released(module, checkout, twine=False)
    assert "checked by this script" in "\n".join(said)
    assert not any("check" in words for words, _ in run.commands)


def test_an_unreleased_section_is_pointed_out(module, checkout):
    path = checkout / "CHANGELOG.md"
    path.write_text(CHANGES.replace("2026-01-02", "unreleased"))
    assert "still calls it unreleased" in "\n".join(released(module, checkout)[1])


@pytest.mark.parametrize(
    ("answers", "why"),
    [
        ({"status": " M README.md\n?? new file\n"}, r"README\.md and 1 more changed"),
        ({"status": "?? new file\n"}, r"Not all is committed: new file changed"),
        ({"tags": "v1.2.3\n"}, "1.2.3 is tagged already"),
        ({"heard": DIGITS[:-1]}, "heard .*'eight'"),
        ({"heard": []}, r"heard \[\]"),
        ({"version": "recognizer 1.2.2"}, "says it is 'recognizer 1.2.2'"),
        ({"where": "/checkout/recognizer/__init__.py"}, "runs from /checkout/recognizer"),
        ({"wheel": {"without": ["recognizer/assets/digits.tflite"]}}, "does not hold"),
    ],
)
def test_refusals(module, checkout, answers, why):
    with pytest.raises(module.ReleaseError, match=why):
        released(module, checkout, **answers)


def test_a_section_is_missing(module, checkout):
    (checkout / "CHANGELOG.md").write_text(CHANGES.replace("1.2.3", "1.2.31"))
    with pytest.raises(module.ReleaseError, match=r"says nothing of 1\.2\.3"):
        released(module, checkout)


def test_an_empty_section_says_nothing(module, checkout):
    (checkout / "CHANGELOG.md").write_text("# Changes\n\n## 1.2.3\n\n## 1.2.2\n\n- It heard.\n")
    with pytest.raises(module.ReleaseError, match=r"says nothing of 1\.2\.3"):
        module.read_changes(checkout, "1.2.3")


@pytest.mark.parametrize("version", ["1.2", "1.2.3.4", "v1.2.3", "01.2.3", "1.2.3rc1", "1.2.x", ""])
def test_versions_that_are_no_semantic_ones(module, checkout, version):
    (checkout / "recognizer" / "__init__.py").write_text(f'__version__ = "{version}"\n')
    with pytest.raises(module.ReleaseError, match=r"is not like 1\.2\.3"):
        module.read_version(checkout)


@pytest.mark.parametrize("text", ["", '__version__ = "1.2.3"\n__version__ = "1.2.4"\n'])
def test_a_version_that_is_not_said_once(module, checkout, text):
    (checkout / "recognizer" / "__init__.py").write_text(text)
    with pytest.raises(module.ReleaseError, match="instead of once"):
        module.read_version(checkout)


@pytest.mark.parametrize(
    "settings",
    [
        "[project]\nversion = '1.2.3'\n[tool.hatch.version]\npath = 'recognizer/__init__.py'\n",
        "[project]\ndynamic = ['version']\n[tool.hatch.version]\npath = 'elsewhere.py'\n",
    ],
)
def test_a_version_in_a_second_place(module, checkout, settings):
    (checkout / "pyproject.toml").write_text(settings)
    with pytest.raises(module.ReleaseError, match="name none itself"):
        module.read_version(checkout)


def test_this_project_has_one_version_and_a_section_for_it(module):
    version = module.read_version(ROOT)
    assert module.read_changes(ROOT, version).startswith(f"## {version}")
    assert len(module.spoken_digits(ROOT)) == 10


@pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")
def test_a_real_repository(module, checkout):
    def git(*arguments):
        author = ("-c", "user.name=me", "-c", "user.email=me@example.com")
        subprocess.run(["git", *author, *arguments], cwd=checkout, check=True, capture_output=True)

    git("init")
    with pytest.raises(module.ReleaseError, match="Not all is committed"):
        module.check_repository(checkout, "1.2.3")
    git("add", ".")
    git("commit", "-m", "first")
    assert "CHANGELOG.md" in module.check_repository(checkout, "1.2.3")
    git("tag", "v1.2.2")
    module.check_repository(checkout, "1.2.3")
    git("tag", "v1.2.3")
    with pytest.raises(module.ReleaseError, match="tagged already"):
        module.check_repository(checkout, "1.2.3")


@pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")
def test_what_is_no_repository_is_one_sentence(module, checkout, monkeypatch):
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(checkout.parent))
    with pytest.raises(module.ReleaseError, match=r"(?s)`git status .* ended with status 128"):
        module.check_repository(checkout, "1.2.3")


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"without": [f"{INFO}/licenses/LICENSE"]}, "does not hold .*LICENSE"),
        ({"without": ["recognizer/assets/digits.tflite"]}, "does not hold .*digits.tflite"),
        ({"recognizer/assets/digits.tflite": "another"}, "another model"),
        ({f"{INFO}/licenses/LICENSE": "another"}, "another licence"),
        ({"tests/test_x.py": ""}, "holds tests/test_x.py"),
        ({"recognizer/__pycache__/x.pyc": ""}, "does not belong there"),
        ({f"{INFO}/METADATA": METADATA.replace("1.2.3", "1.2.4")}, "wrong values of Version"),
        ({f"{INFO}/METADATA": METADATA.replace("Apache-2.0", "MIT")}, "License-Expression"),
        ({f"{INFO}/METADATA": METADATA.replace("Summary: It hears.\n", "")}, "lacks Summary"),
        ({f"{INFO}/METADATA": METADATA.replace("# It hears\n", "")}, "lacks Description"),
        ({f"{INFO}/METADATA": METADATA.replace("keyword-", "word-")}, "wrong values of Name"),
    ],
)
def test_wheels_that_are_not_right(module, checkout, tmp_path, changes, why):
    good = make_wheel(tmp_path / "good.whl")
    module.check_wheel(good, checkout, "1.2.3")
    bad = make_wheel(tmp_path / "bad.whl", **changes)
    with pytest.raises(module.ReleaseError, match=why):
        module.check_wheel(bad, checkout, "1.2.3")


def test_a_damaged_wheel_is_found(module, checkout, tmp_path):
    path = make_wheel(tmp_path / "bad.whl")
    data = path.read_bytes()
    path.write_bytes(data.replace(b"the model", b"the hodel", 1))
    with pytest.raises(module.ReleaseError, match=r"damaged: recognizer/assets/digits\.tflite"):
        module.check_wheel(path, checkout, "1.2.3")


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"without": ["assets/digits.tflite"]}, "does not hold .*digits.tflite"),
        ({"notes.txt": "private"}, "holds notes.txt, which is not committed"),
        ({"without": ["PKG-INFO"]}, "no PKG-INFO"),
        ({"PKG-INFO": METADATA.replace("1.2.3", "1.2.4")}, "wrong values of Version"),
    ],
)
def test_sources_that_are_not_right(module, tmp_path, changes, why):
    module.check_source(make_source(tmp_path / "good.tar.gz"), COMMITTED, "1.2.3")
    bad = make_source(tmp_path / "bad.tar.gz", **changes)
    with pytest.raises(module.ReleaseError, match=why):
        module.check_source(bad, COMMITTED, "1.2.3")


def test_the_real_wheel_is_right(module, tmp_path):
    """Built without an environment of its own, and so offline."""
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)],
        cwd=ROOT,
        check=True,
        capture_output=True,
    )
    (path,) = tmp_path.glob("*.whl")
    module.check_wheel(path, ROOT, module.read_version(ROOT))


def test_metadata_are_those_of_a_message(module):
    with pytest.raises(module.ReleaseError, match="Metadata-Version, Summary"):
        module.check_metadata("x", email.message.Message(), "1.2.3")


def test_a_command_that_fails_says_what_it_said(module, tmp_path):
    script = "import sys; sys.stderr.write('no such thing'); sys.exit(3)"
    with pytest.raises(module.ReleaseError, match=r"(?s)ended with status 3:\nno such thing$"):
        module.run([sys.executable, "-c", script], tmp_path)


def test_a_command_that_never_ends_is_given_up(module, tmp_path, monkeypatch):
    monkeypatch.setattr(module, "PATIENCE_S", 0.5)
    with pytest.raises(module.ReleaseError, match="timed out"):
        module.run([sys.executable, "-c", "import time; time.sleep(600)"], tmp_path)


def test_a_command_that_is_not_there_is_one_sentence(module, tmp_path):
    with pytest.raises(module.ReleaseError, match="cannot be run"):
        module.run(["no-such-command"], tmp_path)


def test_commands_do_not_see_this_python(module, tmp_path, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", "/nowhere")
    monkeypatch.setenv("VIRTUAL_ENV", "/nowhere")
    script = "import os; print(sorted({'PYTHONPATH', 'VIRTUAL_ENV', 'PATH'} & set(os.environ)))"
    assert module.run([sys.executable, "-c", script], tmp_path) == "['PATH']\n"


def test_the_command_says_why_in_one_sentence(module, checkout, monkeypatch, capsys, tmp_path):
    monkeypatch.setattr(module, "ROOT", checkout)
    (checkout / "CHANGELOG.md").write_text("# Changes\n")
    assert module.main(["--output", str(tmp_path / "dist")]) == 1
    printed, said = capsys.readouterr()
    assert printed == ""
    assert said == (
        "No release: CHANGELOG.md says nothing of 1.2.3: add a section `## 1.2.3 (date)`.\n"
    )
