import pytest

from tests.made_recordings import make_recordings
from tests.model_fixture import tiny_model


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    return make_recordings(tmp_path_factory.mktemp("data"))


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    return tiny_model(tmp_path_factory.mktemp("model") / "tiny.tflite", threshold=0.2)
