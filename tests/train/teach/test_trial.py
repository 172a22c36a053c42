import numpy as np
import pytest

from train.teach.trial import THRESHOLDS, judge, means

LABELS = ("silence", "unknown", "cat", "dog")


def rows(*values):
    return np.array([(0.0, 1.0 - cat - dog, cat, dog) for cat, dog in values], np.float32)


def test_takes_are_right_when_their_mean_passes_the_threshold():
    of_takes = rows((0.9, 0.0), (0.7, 0.1), (0.1, 0.8), (0.45, 0.0), (0.3, 0.6))
    takes = np.array([0, 0, 1, 2, 3])
    others = rows(*[(0.0, 0.0)] * 99, (0.29, 0.0))

    trial = judge(of_takes, takes, ("cat", "dog", "cat", "cat", "dog"), others, LABELS)

    assert trial.threshold == THRESHOLDS[0] == 0.2
    # The fourth is heard as the other word, and in the last nothing was found.
    assert trial.missed == (3, 4)
    assert (trial.right, trial.takes) == (3, 5)
    assert trial.others == 100
    assert trial.accepted == pytest.approx(0.01)


def test_the_threshold_rises_until_few_other_words_pass():
    others = rows(*[(0.62, 0.1)] * 5, *[(0.0, 0.71)] * 1, *[(0.0, 0.0)] * 94)

    trial = judge(rows((0.9, 0.0)), np.array([0]), ("cat",), others, LABELS)

    assert trial.threshold == 0.65
    assert trial.accepted == pytest.approx(0.01)


def test_the_windows_of_a_recording_are_averaged():
    given = rows((0.9, 0.0), (0.1, 0.2), (0.5, 0.4), (0.3, 0.0))

    averaged = means(given, np.array([7, 2, 7, 2]))

    np.testing.assert_allclose(averaged, rows((0.2, 0.1), (0.7, 0.2)), atol=1e-6)
    assert means(given[:0], np.zeros(0, int)).shape == (0, 4)


def test_where_no_threshold_is_enough_the_highest_is_taken():
    trial = judge(rows((1.0, 0.0)), np.array([0]), ("cat",), rows((1.0, 0.0)), LABELS)

    assert trial.threshold == THRESHOLDS[-1]
    assert trial.accepted == 1.0
    assert trial.right == 1


def test_without_other_words_nothing_is_accepted():
    empty = np.zeros((0, 4), np.float32)
    trial = judge(rows((0.5, 0.0)), np.array([0]), ("cat",), empty, LABELS)

    assert (trial.others, trial.accepted, trial.threshold) == (0, 0.0, 0.2)
