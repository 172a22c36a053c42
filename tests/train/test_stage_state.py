"""Files of where a training stands."""

import numpy as np
import pytest

from train.averaging import Average
from train.stage_state import StageState, Standing

STANDING = Standing(400, 0.625, 3)


class Variable:
    """As much of a Keras variable as is kept."""

    def __init__(self, value):
        self.value = np.array(value, np.float32)

    def __array__(self, dtype=None, copy=None):
        return self.value

    @property
    def shape(self):
        return self.value.shape

    def assign(self, value):
        self.value = np.array(value)


class Weights:
    """As much of a network as an average needs."""

    def __init__(self, value):
        self.value = np.array(value, np.float32)

    def get_weights(self):
        return [self.value]


@pytest.fixture
def path(tmp_path):
    file = tmp_path / "stage.npz"
    average = Average(Weights([4.0]), 0.9)
    average.update()
    StageState(file, 7).keep(STANDING, [Variable([1.0, 2.0]), Variable(3.0)], average)
    return file


def test_everything_comes_back(path):
    variables = [Variable([0.0, 0.0]), Variable(0.0)]
    average = Average(Weights([9.0]), 0.9)
    assert StageState(path, 7).restore(variables, average) == STANDING
    assert StageState(path, 7).standing() == STANDING
    assert [one.value.tolist() for one in variables] == [[1.0, 2.0], 3.0]
    assert (average.steps, average.arrays[0].tolist()) == (1, [4.0])
    assert [one.name for one in path.parent.iterdir()] == [path.name]


def test_nothing_is_taken_from_another_stage_or_another_network(path):
    own = [Variable([0.0, 0.0]), Variable(0.0)]
    average = Average(Weights([9.0]), 0.9)
    assert StageState(path, 8).restore(own, average) == Standing()
    longer = [Variable([0.0, 0.0, 0.0]), Variable(0.0)]
    assert StageState(path, 7).restore(longer, average) == Standing()
    assert StageState(path, 7).restore(own[:1], average) == Standing()
    assert [one.value.tolist() for one in own] == [[0.0, 0.0], 0.0]
    assert (average.steps, average.arrays[0].tolist()) == (0, [9.0])


@pytest.mark.parametrize("content", [None, b"", b"PK", b"something else", "cut"])
def test_without_a_whole_file_a_stage_begins_anew(path, content):
    if content is None:
        path.unlink()
    else:
        path.write_bytes(path.read_bytes()[:300] if content == "cut" else content)
    variables = [Variable([0.0, 0.0]), Variable(0.0)]
    average = Average(Weights([9.0]), 0.9)
    assert StageState(path, 7).restore(variables, average) == Standing()
    assert variables[1].value == 0.0


def test_a_state_that_cannot_be_written_leaves_the_one_before(path):
    class Unreadable(Variable):
        def __array__(self, dtype=None, copy=None):
            raise OSError("no")

    before = path.read_bytes()
    with pytest.raises(OSError, match="no"):
        StageState(path, 7).keep(STANDING, [Unreadable(0.0)], Average(Weights([4.0]), 0.9))
    assert path.read_bytes() == before
