import pytest

from train.intervals import poisson, wilson


@pytest.mark.parametrize(
    ("successes", "trials", "low", "high"),
    # statsmodels.stats.proportion.proportion_confint(..., method="wilson")
    [
        (9, 10, 0.5958, 0.9821),
        (0, 20, 0.0, 0.1611),
        (20, 20, 0.8389, 1.0),
        (50, 100, 0.4038, 0.5962),
    ],
)
def test_wilson_agrees_with_published_values(successes, trials, low, high):
    assert wilson(successes, trials) == pytest.approx((low, high), abs=1e-4)


def test_nothing_tried_says_nothing():
    assert wilson(0, 0) == (0.0, 1.0)


@pytest.mark.parametrize(("successes", "trials"), [(-1, 3), (4, 3)])
def test_impossible_proportions_are_refused(successes, trials):
    with pytest.raises(ValueError, match="no proportion"):
        wilson(successes, trials)


@pytest.mark.parametrize("count", [0, 1, 3, 10, 200, 5000])
def test_poisson_is_garwoods_interval(count):
    stats = pytest.importorskip("scipy.stats")
    low = stats.chi2.ppf(0.025, 2 * count) / 2 if count else 0.0
    high = stats.chi2.ppf(0.975, 2 * count + 2) / 2

    assert poisson(count) == pytest.approx((low, high), rel=1e-6)


def test_a_negative_count_is_refused():
    with pytest.raises(ValueError, match="no count"):
        poisson(-1)
