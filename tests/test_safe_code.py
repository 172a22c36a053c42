"""Nothing that is read is ever run: no pickle, no eval, no shell; and HTTPS with checksums."""

import ast
from pathlib import Path

import pytest

from train.download.catalogue import CATALOGUE
from train.download.https import check_address
from train.errors import DataError

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ("recognizer", "train", "tools")
SOURCES = sorted(path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))

MODULES = {
    *("pickle", "cPickle", "_pickle", "dill", "cloudpickle", "joblib", "shelve", "marshal"),
    *("yaml", "commands", "pty", "xml", "telnetlib", "ftplib"),
}
"""Modules that run what they read, or read it in a way that can be abused."""
CALLS = {"eval", "exec", "compile", "__import__", "execfile"}
ATTRIBUTES = {
    *("os.system", "os.popen", "os.execv", "os.execvp", "os.spawnl", "os.spawnv"),
    *("subprocess.getoutput", "subprocess.getstatusoutput", "pandas.read_pickle"),
    *("tempfile.mktemp", "ssl._create_unverified_context", "asyncio.create_subprocess_shell"),
}
UNSAFE_SETTINGS = {
    "shell": True,
    "allow_pickle": True,
    "safe_mode": False,
    "verify": False,
    "check_hostname": False,
}
OWN_PROCESSES = {"train/prepare.py": ["pickle"], "train/worker_processes.py": ["pickle"]}
"""What goes between this program's own processes and is never read from a file."""
NETWORK = {"urllib.request", "http.client", "socket", "requests", "httpx", "aiohttp", "ssl"}
NETWORK_OWNER = "train/download"
"""The one package that fetches."""
CLUSTER = {"recognizer/archive"}
"""What talks to a cluster that the user names."""


def faults(source: str) -> list[str]:
    """Say what in a module's source runs what it reads."""
    found = []
    for node in ast.walk(ast.parse(source)):
        names = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = [node.module or "", *(f"{node.module}.{alias.name}" for alias in node.names)]
        found += [name for name in names if name.partition(".")[0] in MODULES or name in ATTRIBUTES]
        if not isinstance(node, ast.Call):
            continue
        called = ast.unparse(node.func)
        if called in CALLS or called.removeprefix("builtins.") in CALLS or called in ATTRIBUTES:
            found.append(called)
        for keyword in node.keywords:
            # A value that is not written there may be anything.
            unsafe = keyword.arg in UNSAFE_SETTINGS and not (
                isinstance(keyword.value, ast.Constant)
                and keyword.value.value is not UNSAFE_SETTINGS[keyword.arg]
            )
            if unsafe:
                found.append(f"{called}({keyword.arg}={ast.unparse(keyword.value)})")
    return found


def network(source: str) -> set[str]:
    """Return the modules of the network that a module's source imports."""
    imported = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            imported |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            imported.add(node.module or "")
            imported |= {f"{node.module}.{alias.name}" for alias in node.names}
    return imported & NETWORK


def test_there_are_sources():
    assert len(SOURCES) > 150
    assert {path.relative_to(ROOT).parts[0] for path in SOURCES} == set(PACKAGES)


@pytest.mark.parametrize("package", PACKAGES)
def test_nothing_that_is_read_is_run(package):
    found = {
        str(path.relative_to(ROOT)): faults(path.read_text(encoding="utf-8"))
        for path in SOURCES
        if path.is_relative_to(ROOT / package)
    }
    allowed = {path: what for path, what in OWN_PROCESSES.items() if path in found}
    assert {path: what for path, what in found.items() if what} == allowed


@pytest.mark.parametrize(
    "source",
    [
        "import pickle",
        "from pickle import loads",
        "import yaml as y",
        "eval('1')",
        "builtins.exec(text)",
        "import os\nos.system('true')",
        "from os import system",
        "subprocess.run(command, shell=True)",
        "subprocess.run(command, shell=wanted)",
        "np.load(path, allow_pickle=True)",
        "np.load(path, allow_pickle=options.pickle)",
        "keras.models.load_model(path, safe_mode=False)",
        "from tempfile import mktemp",
        "ssl._create_unverified_context()",
    ],
)
def test_it_would_be_found(source):
    assert faults(source)


@pytest.mark.parametrize(
    "source",
    [
        "subprocess.run(command, shell=False)",
        "np.load(path, allow_pickle=False)",
        "re.compile('a')",
        "model.evaluate()",
        "model.compile(run=True)",
    ],
)
def test_what_is_harmless_is_not_found(source):
    assert not faults(source)


def test_only_the_download_uses_the_network():
    users = {
        path.relative_to(ROOT).as_posix()
        for path in SOURCES
        if network(path.read_text(encoding="utf-8"))
    }
    assert users
    others = {user for user in users if not user.startswith(NETWORK_OWNER)}
    assert {user for user in others if not user.startswith(tuple(CLUSTER))} == set()


@pytest.mark.parametrize("corpus", CATALOGUE.values(), ids=CATALOGUE)
def test_every_corpus_comes_over_https_and_is_checked(corpus):
    assert corpus.url.startswith("https://")
    check_address(corpus.url)
    if corpus.sha256 is not None:
        assert len(bytes.fromhex(corpus.sha256)) == 32
        assert corpus.stated_by
    else:
        # The checksum seen first is kept; what fixes the file until then is said.
        assert corpus.pinned


@pytest.mark.parametrize(
    "url",
    [
        "http://example.org/a.zip",
        "ftp://example.org/a.zip",
        "file:///etc/passwd",
        "//example.org/a.zip",
        "http://localhost.example.org/a.zip",
        "http://127.0.0.1.example.org/a.zip",
        "http://localhost@example.org/a.zip",
    ],
)
def test_nothing_else_is_fetched(url):
    with pytest.raises(DataError, match="not HTTPS"):
        check_address(url)


@pytest.mark.parametrize("url", ["http://127.0.0.1:8000/a.zip", "http://[::1]:80/a.zip"])
def test_but_from_this_machine(url):
    check_address(url)
