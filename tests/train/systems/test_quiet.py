"""Starting TensorFlow, each time in a process of its own, since it is imported once."""

import os
import subprocess
import sys

import pytest

pytest.importorskip("keras")


def _python(code: str, **environment: str) -> subprocess.CompletedProcess[str]:
    unset = ("TF_ENABLE_ONEDNN_OPTS", "TF_CPP_MIN_LOG_LEVEL")
    inherited = {name: value for name, value in os.environ.items() if name not in unset}
    return subprocess.run(
        [sys.executable, "-c", code],
        env={**inherited, **environment},
        capture_output=True,
        text=True,
        check=True,
    )


def test_nothing_is_said_about_tensorflows_insides():
    # Something is computed, since notes also come with the first operation.
    code = """
from train.systems.quiet import start_keras
keras = start_keras(one_dnn=True)
print(keras.ops.convert_to_numpy(keras.ops.ones(1) + 1)[0])
"""
    done = _python(code)
    assert done.stdout == "2.0\n"
    # What a machine lacks (a graphics card's library) may be told; it is no note.
    told = [line for line in done.stderr.splitlines() if not line.startswith("E0000 ")]
    assert told == []


@pytest.mark.parametrize(
    ("asked", "environment", "expected"),
    [("True", {}, "1"), ("False", {}, "None"), ("True", {"TF_ENABLE_ONEDNN_OPTS": "0"}, "0")],
)
def test_one_dnn_is_used_where_it_is_asked_for_unless_the_environment_says_no(
    asked: str, environment: dict[str, str], expected: str
):
    code = f"""
import os
from train.systems.quiet import start_keras
start_keras(one_dnn={asked})
print(os.environ.get("TF_ENABLE_ONEDNN_OPTS"))
"""
    assert _python(code, **environment).stdout == expected + "\n"


@pytest.mark.parametrize("module", ["train.model", "train.connected.make", "train.systems.run"])
def test_tensorflow_waits_until_it_is_started_quietly(module: str):
    code = f"import sys, {module}\nprint('keras' in sys.modules or 'tensorflow' in sys.modules)"
    assert _python(code).stdout == "False\n"
