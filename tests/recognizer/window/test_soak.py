import pytest

from recognizer.model_file import default_model_path
from tests.benchmarks.window_soak import (
    drift_per_redraw,
    soak,
    words_without_window,
    write_noisy_demo,
)


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    path = tmp_path_factory.mktemp("soak") / "soak.wav"
    write_noisy_demo(path, 121.0)
    return path


def test_two_minutes_lose_no_word_no_memory_and_no_reference(path):
    soaked = soak(path, default_model_path())
    assert soaked.words == words_without_window(path, default_model_path())
    assert len(soaked.words) > 40
    begin, end = soaked.marks
    assert end["paints"] - begin["paints"] > 1000
    for name in end["references"]:
        # Rows of the history refer to None and False, too; what a paint miscounts is one or more.
        assert abs(drift_per_redraw(begin, end, name)) < 0.3, name
    assert end["qt_objects"] == begin["qt_objects"]
    assert abs(end["wrappers"] - begin["wrappers"]) < 50
    grown_mb = end["memory_mb"] - begin["memory_mb"] - (end["sounds_mb"] - begin["sounds_mb"])
    assert grown_mb < 10
