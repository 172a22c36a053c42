from dataclasses import replace

import numpy as np
import pytest

from tests.train.toy_windows import BANDS, FRAMES, RECIPE, VOCABULARY, toy
from train.batches import Batches, Mined, blank, shift_bands
from train.prepare import LABELS, STEP, Prepared


def test_batches_depend_on_the_seed_alone():
    first, again, other = (Batches(toy(1), RECIPE, seed) for seed in (5, 5, 6))
    for number in range(3):
        windows, labels, words = first.draw(number)
        assert windows.shape == (RECIPE.batch, FRAMES, BANDS, 1)
        assert windows.dtype == np.float32
        assert labels.dtype == np.int32
        same, same_labels, same_words = again.draw(number)
        np.testing.assert_array_equal(windows, same)
        np.testing.assert_array_equal(words, same_words)
        np.testing.assert_array_equal(labels, same_labels)
        assert not np.array_equal(other.draw(number)[0], windows)
    assert not np.array_equal(first.draw(0)[0], first.draw(1)[0])


@pytest.mark.parametrize(("first", "end"), [(0, 0), (0, 1), (0, 2), (0, 5), (3, 5), (7, 7)])
def test_batches_drawn_ahead_are_the_same_wherever_they_begin(first, end):
    plain, ahead = Batches(toy(1), RECIPE, 5), Batches(toy(1), RECIPE, 5)
    count = 0
    for number, (windows, labels, words) in enumerate(ahead.ahead(first, end), first):
        count += 1
        expected, expected_labels, expected_words = plain.draw(number)
        np.testing.assert_array_equal(windows, expected)
        np.testing.assert_array_equal(words, expected_words)
        np.testing.assert_array_equal(labels, expected_labels)
    assert count == end - first


def test_classes_are_drawn_by_their_share_and_not_by_their_number():
    many = toy(1)
    windows = np.concatenate((many.windows, np.repeat(many.windows[-6:], 50, axis=0)))
    labels = np.concatenate((many.labels, np.repeat(many.labels[-6:], 50)))
    words = np.concatenate((many.words, np.repeat(many.words[-6:], 50)))
    prepared = Prepared(windows, labels, words, VOCABULARY)
    _, drawn, said = Batches(prepared, replace(RECIPE, batch=20_000), 0).draw(0)
    # Half of the unknown windows show a word, beside those that are drawn because they do.
    unknown = drawn == LABELS.index("unknown")
    assert np.mean(unknown & (said > 0)) == pytest.approx(0.1 + 0.3 / 2, abs=0.02)
    share = np.bincount(drawn, minlength=len(LABELS)) / len(drawn)
    assert share[LABELS.index("unknown")] == pytest.approx(0.4, abs=0.02)
    assert share[LABELS.index("silence")] == pytest.approx(0.1, abs=0.02)
    np.testing.assert_allclose(share[2:], 0.05, atol=0.01)


def test_a_class_without_windows_is_never_drawn():
    batches = Batches(toy(1, labels=(0, 1, 4)), replace(RECIPE, batch=2000), 0)
    assert set(batches.draw(0)[1].tolist()) == {0, 1, 4}


def test_a_window_goes_with_its_label():
    prepared = toy(1)
    plain = replace(RECIPE, shifted_bands=0, blank_stripes=0)
    windows, labels, _ = Batches(prepared, plain, 0).draw(0)
    for window, label in zip(windows[..., 0], labels, strict=True):
        known = prepared.windows[prepared.labels == label].astype(np.float32) * np.float32(STEP)
        assert any(np.array_equal(window, one) for one in known)


def test_half_of_the_windows_are_shifted_by_a_band_or_two():
    before = np.random.default_rng(0).normal(size=(2000, 5, 12)).astype(np.float32)
    after = before.copy()
    shift_bands(np.random.default_rng(1), after)
    counts = dict.fromkeys(range(-2, 3), 0)
    for old, new in zip(before, after, strict=True):
        [shift] = [
            shift
            for shift in counts
            if np.array_equal(
                new[:, max(0, shift) : 12 + min(0, shift)],
                old[:, max(0, -shift) : 12 - max(0, shift)],
            )
        ]
        counts[shift] += 1
        # The band at the edge fills what the shift left open.
        if shift > 0:
            np.testing.assert_array_equal(new[:, :shift], np.repeat(old[:, :1], shift, axis=1))
        if shift < 0:
            np.testing.assert_array_equal(new[:, shift:], np.repeat(old[:, -1:], -shift, axis=1))
    assert counts.pop(0) == pytest.approx(1200, abs=100)
    for count in counts.values():
        assert count == pytest.approx(200, abs=60)


def test_blanks_are_whole_stripes_and_leave_most_of_a_window():
    windows = np.ones((500, 98, 40), np.float32)
    blank(np.random.default_rng(0), windows)
    assert set(np.unique(windows)) == {0.0, 1.0}
    for window in windows:
        bands, frames = window.max(axis=0) == 0, window.max(axis=1) == 0
        assert bands.sum() <= 12
        assert frames.sum() <= 20
        np.testing.assert_array_equal(window == 0, bands[None, :] | frames[:, None])
    blanked = (windows == 0).any(axis=0)
    assert blanked[0].any()
    assert blanked[-1].any()
    assert blanked.all()


def test_mined_windows_have_a_share_and_keep_their_labels():
    prepared = toy(1, each=40)
    of_noise = np.flatnonzero(prepared.labels == LABELS.index("silence"))[:2]
    of_words = np.flatnonzero(prepared.labels == LABELS.index("unknown"))[:1]
    recipe = replace(RECIPE, batch=20_000, shifted_bands=0, blank_stripes=0)
    batches = Batches(prepared, recipe, 0, mined=Mined([of_noise, of_words], 0.25))
    windows, labels, said = batches.draw(0)
    share = np.bincount(labels, minlength=len(LABELS)) / len(labels)
    # A quarter is mined, half of it noise; the rest is drawn as ever, by its shares.
    assert share[LABELS.index("silence")] == pytest.approx(0.125 + 0.75 * 0.1, abs=0.02)
    assert share[LABELS.index("unknown")] == pytest.approx(0.125 + 0.75 * 0.4, abs=0.02)
    hard = prepared.windows[of_words[0]].astype(np.float32) * np.float32(STEP)
    same = (windows[..., 0] == hard).all(axis=(1, 2))
    assert same.mean() == pytest.approx(0.125, abs=0.02)
    assert set(labels[same].tolist()) == {LABELS.index("unknown")}
    assert set(said[same].tolist()) == {int(prepared.words[of_words[0]])}
