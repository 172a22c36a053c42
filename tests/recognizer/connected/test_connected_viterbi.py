"""The search for the likeliest row of words, beside trying every row there is."""

from itertools import pairwise

import numpy as np
import pytest

from recognizer.connected.topology import DecoderParameters, topology
from recognizer.connected.viterbi import ViterbiDecoder

SMALL = DecoderParameters(part_steps=1, silence_steps=1, unknown_steps=2)


def random_posteriors(seed, steps, words, sharpness=2.0):
    random = np.random.default_rng(seed)
    scores = np.exp(sharpness * random.normal(size=(steps, 2 + 3 * words)))
    return (scores / scores.sum(axis=1, keepdims=True)).astype(np.float32)


def best_by_trying_all(posteriors, words, parameters):
    """Score of the best path through the states, by going every way there is."""
    t = topology(words, parameters)
    logs = np.log(np.maximum(posteriors, parameters.floor)).astype(np.float64)
    emitted = logs[:, t.emits] - t.cost

    def best_from(step, state):
        here = emitted[step, state]
        if step == len(posteriors) - 1:
            return here if state in t.last else -np.inf
        ways = [best_from(step + 1, state)]
        if state in t.last:
            for chain, first in enumerate(t.first):
                ways.append(best_from(step + 1, first) - t.change[t.chain[state], chain])
        else:
            ways.append(best_from(step + 1, state + 1))
        return here + max(ways)

    return max(best_from(0, first) - t.entry[chain] for chain, first in enumerate(t.first))


def score_of(segments, posteriors, words, parameters):
    """Score of a row of segments: the best way through each one's own states."""
    t = topology(words, parameters)
    logs = np.log(np.maximum(posteriors, parameters.floor)).astype(np.float64)
    score = -t.entry[segments[0].chain]
    for before, after in pairwise(segments):
        score -= t.change[before.chain, after.chain]
    for one in segments:
        states = range(t.first[one.chain], t.last[one.chain] + 1)
        best = np.full(len(states), -np.inf)
        best[0] = logs[one.start, t.emits[states[0]]] - t.cost[states[0]]
        for step in range(one.start + 1, one.end):
            came = np.maximum(best, np.concatenate(([-np.inf], best[:-1])))
            best = came + [logs[step, t.emits[s]] - t.cost[s] for s in states]
        score += best[-1]
    return score


@pytest.mark.parametrize("seed", range(12))
def test_no_path_is_better_than_the_one_found(seed):
    parameters = DecoderParameters(
        part_steps=1,
        silence_steps=1,
        unknown_steps=1,
        word_penalty=0.7,
        unknown_cost=0.2,
        mixing_penalty=0.5,
    )
    posteriors = random_posteriors(seed, 8, 1)

    decoder = ViterbiDecoder(1, parameters)
    found = [*decoder.process(posteriors), *decoder.finish()]

    best = best_by_trying_all(posteriors, 1, parameters)
    assert score_of(found, posteriors, 1, parameters) == pytest.approx(best, abs=1e-5)
    assert [one.start for one in found] == [0, *(one.end for one in found[:-1])]
    assert found[-1].end == 8


@pytest.mark.parametrize("seed", range(20))
def test_the_same_segments_whether_given_early_or_all_at_the_end(seed):
    posteriors = random_posteriors(seed, 120, 4)
    at_once, by_steps = ViterbiDecoder(4, SMALL), ViterbiDecoder(4, SMALL)

    early = at_once.process(posteriors)
    whole = [*early, *at_once.finish()]
    stepwise = [segment for row in posteriors for segment in by_steps.process(row[None])]
    stepwise += by_steps.finish()

    assert stepwise == whole
    assert early, "nothing became certain before the end"


def spoken(row, words, steps_each=9, sure=0.9):
    """Posteriors of words one behind another: -1 for silence, -2 for other speech."""
    labels = []
    for word in row:
        if word < 0:
            labels += [-word - 1] * steps_each
        else:
            labels += [2 + 3 * word + part for part in range(3) for _ in range(steps_each // 3)]
    posteriors = np.full((len(labels), 2 + 3 * words), (1 - sure) / (1 + 3 * words), np.float32)
    posteriors[np.arange(len(labels)), labels] = sure
    return posteriors


def test_a_word_said_twice_is_two_words():
    decoder = ViterbiDecoder(3)
    found = [*decoder.process(spoken([-1, 1, 1, 2, -1], 3)), *decoder.finish()]
    assert [one.chain for one in found] == [0, 3, 3, 4, 0]
    assert [(one.start, one.end) for one in found] == [
        (0, 9),
        (9, 18),
        (18, 27),
        (27, 36),
        (36, 45),
    ]
    assert all(one.confidence > 0.8 for one in found)


def test_a_word_is_given_out_once_it_is_certain_not_only_at_the_end():
    decoder = ViterbiDecoder(3)
    given = {}
    for step, row in enumerate(spoken([-1, 0, -1, -1, -1], 3)):
        for segment in decoder.process(row[None]):
            given.setdefault(segment.chain, step)
    assert 2 in given
    assert 18 <= given[2] < 30


def test_one_wrong_step_does_not_break_a_word():
    posteriors = spoken([-1, 2, -1], 3)
    posteriors[13] = spoken([1], 3)[0]
    decoder = ViterbiDecoder(3)
    found = [*decoder.process(posteriors), *decoder.finish()]
    assert [one.chain for one in found] == [0, 4, 0]


def test_a_word_shorter_than_its_least_is_not_heard():
    posteriors = spoken([-1, 0, -1], 3)
    short = np.concatenate((posteriors[:9], posteriors[9:18:3], posteriors[18:]))
    decoder = ViterbiDecoder(3)
    found = [*decoder.process(short), *decoder.finish()]
    assert [one.chain for one in found] == [0]


def test_what_stays_open_too_long_is_decided_anyway():
    # Two words that look the same: which one it was is never certain.
    posteriors = np.tile(spoken([0, -1], 2, steps_each=6), (40, 1))
    posteriors[:, 5:8] = posteriors[:, 2:5]
    decoder = ViterbiDecoder(2, DecoderParameters(longest_steps=50))
    given, most = [], 0
    for row in posteriors:
        given += decoder.process(row[None])
        most = max(most, len(decoder._segments))
        last = given[-1].end if given else 0
        assert decoder.now - last < 50 + 20
    assert most < 60
    assert len(given) > 30


def test_a_decoder_starts_anew_after_its_end():
    decoder = ViterbiDecoder(3)
    first = [*decoder.process(spoken([0, 1], 3)), *decoder.finish()]
    second = [*decoder.process(spoken([0, 1], 3)), *decoder.finish()]
    assert [(o.chain, o.end - o.start) for o in first] == [
        (o.chain, o.end - o.start) for o in second
    ]
    assert second[0].start == first[-1].end
    assert decoder.finish() == []
