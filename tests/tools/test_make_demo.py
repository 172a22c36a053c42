"""The demo recording: what its list says is what it holds, and the script makes it again."""

import importlib.util
import json
import shutil
import sys
from itertools import pairwise
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
import soundfile

ROOT = Path(__file__).resolve().parents[2]
ASSETS = ROOT / "assets"
DIGITS = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"]


@pytest.fixture(scope="module")
def make_demo() -> ModuleType:
    specification = importlib.util.spec_from_file_location(
        "make_demo", ROOT / "tools" / "make_demo.py"
    )
    assert specification is not None
    module = importlib.util.module_from_spec(specification)
    sys.modules["make_demo"] = module
    specification.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def description() -> dict:
    return json.loads((ASSETS / "demo.json").read_text(encoding="utf-8"))


def test_every_digit_once_in_order_between_other_words(description):
    words = description["words"]
    assert [word["word"] for word in words if word["digit"]] == DIGITS
    assert {word["word"] for word in words if not word["digit"]} == {"hello", "window"}
    assert len({word["voice"] for word in words}) >= 3


def test_words_lie_where_the_list_says(description):
    samples, rate = soundfile.read(ASSETS / "demo.flac")
    assert (rate, samples.ndim) == (16_000, 1)
    assert len(samples) <= 20 * rate
    loud = np.zeros(len(samples), bool)
    for word in description["words"]:
        part = slice(round(word["start"] * rate), round(word["end"] * rate))
        loud[part] = True
        assert -26 < 10 * np.log10(np.mean(np.square(samples[part]))) < -20
    quiet = 10 * np.log10(np.mean(np.square(samples[~loud])))
    assert quiet == pytest.approx(-62, abs=1)


def test_gaps_are_those_of_a_person_who_waits(description):
    words = description["words"]
    gaps = [after["start"] - word["end"] for word, after in pairwise(words)]
    assert min(gaps) >= 0.79
    assert max(gaps) <= 1.21


@pytest.mark.skipif(shutil.which("espeak-ng") is None, reason="espeak-ng is not installed")
def test_script_makes_the_committed_recording(make_demo, description):
    if make_demo.espeak_version() != description["espeak_ng"]:
        pytest.skip("this version of espeak-ng speaks otherwise")
    samples, words = make_demo.make_demo()
    committed, _ = soundfile.read(ASSETS / "demo.flac")
    # One step of the 16 bits: another release of the resampler may round otherwise.
    np.testing.assert_allclose(committed, samples, rtol=0, atol=1.5 / 32768)
    assert [word.word for word in words] == [word["word"] for word in description["words"]]


def test_missing_espeak_is_one_sentence(make_demo, monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(sys, "argv", ["make_demo.py", "--folder", str(tmp_path)])
    with pytest.raises(SystemExit, match="espeak-ng is needed"):
        make_demo.main()
    assert list(tmp_path.iterdir()) == []
