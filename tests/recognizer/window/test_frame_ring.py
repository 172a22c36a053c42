"""The ring of frames: gaps, new streams, voiced segments, and where pixels lie."""

from dataclasses import replace

import numpy as np
import pytest

from recognizer.events import Observation
from recognizer.window.frame_ring import FrameRing

HOP_S = 0.01


def observation(first, count, *, energy=-40.0, log_mel=0.0, floor=-60.0, offset_s=0.0):
    """Frames from a place on, all alike."""
    return Observation(
        start=first * HOP_S + offset_s,
        hop=HOP_S,
        log_mel=np.full((count, 4), log_mel, np.float32),
        energies_db=np.full(count, energy, np.float32),
        peak=0.5,
        floor_db=floor,
        onset_threshold_db=floor + 9.0,
        posteriors=None,
        time=(first + count) * HOP_S,
    )


@pytest.fixture
def ring():
    return FrameRing(4, HOP_S, 1.0)


def empty(ring, width=100):
    head = ring.head(width)
    return ring.between(head - width, head, width).empty


def test_frames_fill_the_picture_from_the_right(ring):
    ring.add(observation(0, 25))
    lacking = empty(ring)
    # The newest half frame waits for its successor.
    assert lacking[:75].all()
    assert not lacking[-24:].any()


def test_a_gap_stays_empty_and_scrolls_on(ring):
    ring.add(observation(0, 40))
    assert ring.add(observation(60, 20)) is False
    assert np.flatnonzero(empty(ring)).tolist() == pytest.approx(
        [*range(21), *range(61, 81)], abs=1
    )
    ring.add(observation(80, 60))
    assert np.flatnonzero(empty(ring)).tolist() == pytest.approx(list(range(1, 21)), abs=1)


def test_a_gap_longer_than_the_picture_leaves_nothing_old(ring):
    ring.add(observation(0, 100))
    ring.add(observation(100_000, 10))
    assert np.count_nonzero(~empty(ring)) == pytest.approx(10, abs=1)


def test_time_that_goes_back_is_a_new_stream(ring):
    ring.add(observation(500, 100))
    ring.mark_voice(5.5, None)
    assert ring.add(observation(0, 8)) is True
    assert ring.newest == 8
    assert np.count_nonzero(~empty(ring)) == pytest.approx(8, abs=1)
    assert not ring.voiced[:8].any()


def test_more_frames_than_the_ring_holds_leave_the_last(ring):
    levels = np.arange(1000, dtype=np.float32) / -100.0
    ring.add(replace(observation(0, 1000), energies_db=levels))
    between = ring.between(ring.head(100) - 100, ring.head(100), 100)
    shown = ring.levels[between.lower, 0]
    assert shown[-1] == pytest.approx(levels[-2], abs=0.011)
    assert shown[0] == pytest.approx(levels[-101], abs=0.021)


def test_frames_behind_a_gap_between_two_hops_follow_one_another(ring):
    # Rounding half hops to whole ones must neither tear a gap nor go back in time.
    ring.add(observation(0, 4))
    for first in range(10, 90, 4):
        ring.add(observation(first, 4, offset_s=0.5 * HOP_S + (-1) ** first // 4 * 1e-9))
    ring.add(observation(90, 4, offset_s=0.4999 * HOP_S))
    ring.add(observation(94, 4, offset_s=0.5001 * HOP_S))
    assert ring.newest >= 94
    assert np.count_nonzero(empty(ring)) < 12


def test_columns_once_painted_do_not_depend_on_how_the_frames_came(ring):
    rng = np.random.default_rng(0)
    energies = rng.uniform(-90, 0, 173).astype(np.float32)
    at_once = FrameRing(4, HOP_S, 1.0)
    for into, size in ((at_once, 173), (ring, 7)):
        for first in range(0, 173, size):
            part = energies[first : first + size]
            into.add(replace(observation(first, len(part)), energies_db=part))
    for width in (37, 100, 251):
        one, other = (
            r.levels[r.between(r.head(width) - 20, r.head(width), width).upper, 0]
            for r in (at_once, ring)
        )
        np.testing.assert_array_equal(one, other)


def test_a_voice_grows_until_it_ends(ring):
    def voiced():
        return np.flatnonzero(ring.voiced).tolist()

    ring.add(observation(0, 20))
    assert ring.mark_voice(0.15, None) == pytest.approx(0.15)
    ring.add(observation(20, 20))
    assert voiced() == list(range(15, 40))
    assert ring.mark_voice(0.15, 0.30) == pytest.approx(0.15)
    ring.add(observation(40, 8))
    assert voiced() == list(range(15, 30))
    ring.mark_voice(0.44, 0.46)
    assert voiced() == [*range(15, 30), 44, 45]


def test_a_voice_may_be_told_before_its_frames(ring):
    ring.mark_voice(0.02, 0.06)
    ring.add(observation(0, 10))
    assert np.flatnonzero(ring.voiced).tolist() == [2, 3, 4, 5]


def test_quiet_microphones_show_as_well_as_loud_ones():
    # Noise lies 30 dB above the floor in a band: see _BAND_GAIN_DB.
    shown = {}
    for floor in (-70.0, -45.0):
        ring = FrameRing(4, HOP_S, 1.0)
        noise = (floor + 30.0) * np.log(10.0) / 10.0
        ring.add(observation(0, 8, energy=floor, floor=floor, log_mel=noise))
        ring.add(observation(8, 8, energy=floor, floor=floor, log_mel=noise + 6.0))
        assert ring.loudness[:8].max() == 0
        shown[floor] = int(ring.loudness[8].max())
    assert shown[-70.0] == pytest.approx(shown[-45.0], abs=1)
    assert 80 < shown[-70.0] < 200


def test_a_stream_that_begins_in_noise_is_not_glaring(ring):
    # The detector starts every stream with the floor of digital silence.
    noise = (-40.0 + 30.0) * np.log(10.0) / 10.0
    ring.add(observation(0, 20, energy=-40.0, floor=-75.0, log_mel=noise))
    assert ring.loudness.max() < 10
