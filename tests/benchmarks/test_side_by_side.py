import numpy as np
import pytest

from recognizer.log_mel import FrontendParameters, log_mel, mel_filters
from tests.benchmarks.log_mel import FRAMES_AT_ONCE, bare, windowed_pieces
from tests.benchmarks.side_by_side import at_least, at_most, in_turns, one_thread, times_as_much


def test_every_action_has_its_turn_in_every_round():
    called, now = [], [0.0]

    def action(name, takes_s):
        called.append(name)
        now[0] += takes_s

    costs = in_turns(
        (lambda: action("a", 1.0), lambda: action("b", 3.0)),
        rounds=2,
        inner=2,
        clock=lambda: now[0],
    )
    assert "".join(called) == "ab" + "aabb" * 2
    assert costs.tolist() == [[1.0, 1.0], [3.0, 3.0]]


def test_a_round_on_a_busy_machine_does_not_move_the_ratio():
    costs, others = np.array([2.0, 20.0, 2.2]), np.array([1.0, 10.0, 1.0])
    assert times_as_much(costs, others) == 2.0


def test_figures_are_held_to_their_bars():
    assert at_least(3.0, 3.0) == ("3.0 x", ">= 3 x", "kept")
    assert at_least(2.9, 3.0)[-1] == "MISSED"
    assert at_most(2.5, 2.5) == ("2.50 x", "<= 2.5 x", "kept")
    assert at_most(2.51, 2.5)[-1] == "MISSED"


@pytest.mark.parametrize("block", [160, 333, 1280, 20_000])
def test_the_bare_work_is_the_frontend_s_without_the_logarithm(block):
    parameters = FrontendParameters()
    samples = np.random.default_rng(0).normal(0.0, 0.1, 20_000).astype(np.float32)
    pieces = windowed_pieces(samples, parameters, block)
    assert max(map(len, pieces)) <= FRAMES_AT_ONCE
    with one_thread():
        powers = bare(pieces, mel_filters(parameters))
    expected = log_mel(samples, parameters)[: len(powers)]
    assert len(log_mel(samples, parameters)) - len(powers) < 4
    np.testing.assert_allclose(np.log(powers), expected, atol=1e-4)
