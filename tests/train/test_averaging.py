import numpy as np
import pytest

from train.averaging import Average, mix


class Weights:
    """As much of a network as an average needs."""

    def __init__(self, *values):
        self.values = [np.array(value, np.float32) for value in values]

    def get_weights(self):
        return [value.copy() for value in self.values]

    def set_weights(self, values):
        self.values = [np.array(value) for value in values]


def test_an_average_takes_the_networks_place_and_gives_it_back():
    network = Weights([1.0, 2.0], [[3.0]])
    average = Average(network, 0.5)
    network.set_weights([np.array([9.0, 9.0]), np.array([[9.0]])])
    average.update()
    with average:
        inside = network.get_weights()
    np.testing.assert_allclose(inside[0], [9 - 8 / 11, 9 - 7 / 11], rtol=1e-6)
    np.testing.assert_array_equal(network.get_weights()[0], [9.0, 9.0])
    np.testing.assert_array_equal(network.get_weights()[1], [[9.0]])


def test_an_average_gives_the_weights_back_even_after_an_error():
    network = Weights([1.0])
    average = Average(network, 0.9)
    network.set_weights([np.array([5.0])])
    with pytest.raises(KeyboardInterrupt), average:
        raise KeyboardInterrupt
    assert network.get_weights()[0].tolist() == [5.0]


def test_an_average_comes_to_what_stays_and_moves_slower_with_time():
    network = Weights([0.0])
    average = Average(network, 0.9)
    seen = []
    for step in range(300):
        network.set_weights([np.array([1.0 if step < 200 else 0.0])])
        average.update()
        with average:
            seen.append(float(network.get_weights()[0][0]))
    assert seen[0] > 0.8
    assert seen[199] == pytest.approx(1.0, abs=1e-6)
    # The momentum holds from the 90th step on.
    assert seen[200] == pytest.approx(0.9, abs=1e-4)
    assert seen[299] < 1e-4


def test_weights_are_mixed_by_their_share():
    network = Weights([4.0, 8.0], [[1.0]])
    mix(network, [np.array([0.0, 0.0], np.float32), np.array([[5.0]], np.float32)], 0.25)
    assert network.values[0].tolist() == [1.0, 2.0]
    assert network.values[1].tolist() == [[4.0]]


def test_an_average_goes_on_where_another_one_was():
    network = Weights([1.0])
    average = Average(network, 0.9)
    for value in (2.0, 3.0):
        network.set_weights([np.array([value])])
        average.update()
    other = Average(Weights([7.0]), 0.9)
    other.restore(average.steps, average.arrays)
    before = average.arrays[0].copy()
    other.update()
    # What goes on is a copy.
    np.testing.assert_array_equal(average.arrays[0], before)
    average._model = other._model
    average.update()
    np.testing.assert_array_equal(other.arrays[0], average.arrays[0])
    assert other.steps == average.steps == 3
