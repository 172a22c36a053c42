import numpy as np
import pytest

from tests.benchmarks.voice_detectors import Rates, matched, rates
from tests.benchmarks.voice_peers import FRAME, SILERO_SAMPLES, above, ours, smoothed
from tests.benchmarks.voice_scenes import (
    EDGE_FRAMES,
    FLANK_FRAMES,
    LEFT_OUT,
    PAUSE,
    VOICE,
    reference,
    runs,
    without_gaps,
)
from tests.recognizer.made_sounds import scene, vowel


def flags(text):
    return np.array([one == "#" for one in text])


def text(array):
    return "".join("#" if one else "." for one in array)


def test_gaps_are_filled_and_edges_are_not():
    assert text(without_gaps(flags("..#.##...#.."), 3)) == "..####...#.."
    assert text(without_gaps(flags("..#.##...#.."), 4)) == "..########.."
    assert text(without_gaps(flags("...."), 4)) == "...."
    assert runs(flags("##..#")) == [(0, 2), (4, 5)]


def test_single_decisions_become_voices():
    decisions = flags("." * 30 + "###" + "." * 30 + "####" + "." * 17 + "####" + "." * 18 + "#")
    assert text(smoothed(decisions)) == "." * 63 + "#" * 25 + "." * 19


def test_voice_pause_and_what_is_neither():
    energies = np.full(400, -80.0, np.float32)
    energies[100:150] = -30.0
    energies[160:200] = -40.0
    energies[320:322] = -45.0
    energies[360:] = -70.0
    labels = reference(energies)
    assert (labels[100 + EDGE_FRAMES + 1 : 200 - EDGE_FRAMES - 1] == VOICE).all()
    assert (labels[: 100 - FLANK_FRAMES - 1] == PAUSE).all()
    assert (labels[100 - FLANK_FRAMES : 100] == LEFT_OUT).all()
    assert (labels[201 : 200 + FLANK_FRAMES] == LEFT_OUT).all()
    assert (labels[235:285] == PAUSE).all()
    assert (labels[315:330] == LEFT_OUT).all()
    # 40 dB below the loud parts: no voice, and not quiet enough to be a pause.
    assert (labels[365:] == LEFT_OUT).all()


def test_rates_count_what_is_labelled_only():
    labels = np.array([VOICE] * 4 + [PAUSE] * 3 + [LEFT_OUT] * 2 + [VOICE], np.int8)
    counted = rates(flags("##.##..#."), labels)
    assert counted == Rates(missed=1, voice=4, false_alarms=1, pause=3)
    assert str(counted) == "25.0 / 33.3 %"
    assert str(counted + Rates(0, 4, 0, 7)) == "12.5 / 10.0 %"


def test_the_threshold_with_as_many_false_alarms_is_found():
    sweep = [(0.2, Rates(0, 9, 8, 10)), (0.5, Rates(2, 9, 3, 10)), (0.8, Rates(5, 9, 1, 10))]
    assert matched(sweep, 0.3) == sweep[1]
    assert matched(sweep, 0.2) == sweep[2]
    assert matched(sweep, 0.05) is None


def test_probabilities_begin_a_voice_and_hold_it_a_little_below():
    probabilities = np.array([0.1, 0.45, 0.5, 0.4, 0.36, 0.3, 0.4, 0.9])
    decided = above(probabilities, 0.5)
    assert len(decided) == len(probabilities) * SILERO_SAMPLES // FRAME
    middles = (np.arange(8) * SILERO_SAMPLES + SILERO_SAMPLES // 2) // FRAME
    assert text(decided[middles]) == "..###..#"


def test_our_detector_s_voices_are_frames():
    samples = scene(4.0, (2.0, vowel(0.5, -25.0)), floor_db=-65.0)
    found = runs(ours(samples))
    assert len(found) == 1
    assert found[0] == (pytest.approx(190, abs=4), pytest.approx(250, abs=6))
