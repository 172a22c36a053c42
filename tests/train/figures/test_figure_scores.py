"""Confusions, error trade-offs and projections against what is worked out by hand."""

import numpy as np
import pytest

from tests.train.figures.conftest import EVALUATION, LABELS, heard_as
from train.errors import DataError
from train.evaluation.det import trade_off
from train.figures.confusion import NOTHING, OTHER, confusion
from train.figures.det import det_points, deviates, equal_error_rate, trials
from train.figures.det_streams import stream_curves
from train.figures.embedding import REST, groups_of
from train.figures.projections import pca, tsne, umap


def test_confusions_are_counted_by_the_most_probable_label():
    heard = heard_as(
        ["no", "no", "yes", "yes", "yes", "cat"],
        [
            [0.0, 0.1, 0.8, 0.1],
            [0.0, 0.1, 0.3, 0.6],
            [0.0, 0.0, 0.1, 0.9],
            [0.1, 0.7, 0.0, 0.2],
            [0.0, 0.0, 0.0, 0.0],
            [0.0, 0.2, 0.7, 0.1],
        ],
        [True, True, True, True, False, True],
    )
    said, taken_for, counts = confusion(heard, LABELS)
    assert said == ["no", "yes", OTHER]
    assert taken_for == ["no", "yes", NOTHING]
    np.testing.assert_array_equal(counts, [[1, 1, 0], [0, 1, 2], [1, 0, 0]])


def test_without_other_words_there_is_no_row_of_them():
    heard = heard_as(["no", "yes"], [[0, 0, 1, 0], [0, 0, 0, 1]])
    said, taken_for, counts = confusion(heard, LABELS)
    assert (said, taken_for) == (["no", "yes"], ["no", "yes", NOTHING])
    np.testing.assert_array_equal(counts, [[1, 0, 0], [0, 1, 0]])


def test_a_network_that_knows_keywords_alone_hears_nothing_else():
    said, taken_for, counts = confusion(heard_as(["a", "b"], [[0.4, 0.6], [0.1, 0.9]]), ("a", "b"))
    assert said == taken_for == ["a", "b"]
    np.testing.assert_array_equal(counts, [[0, 1], [0, 1]])


def test_errors_at_each_threshold():
    accepted, rejected = det_points([0.9, 0.8, 0.4], [0.5, 0.4, 0.3, 0.1])
    # Thresholds: above all, 0.9, 0.8, 0.5, 0.4, 0.3, 0.1.
    np.testing.assert_allclose(accepted, [0, 0, 0, 1 / 4, 2 / 4, 3 / 4, 1])
    np.testing.assert_allclose(rejected, [1, 2 / 3, 1 / 3, 1 / 3, 0, 0, 0])


@pytest.mark.parametrize(
    ("targets", "impostors", "rate"),
    [
        ([0.9, 0.8], [0.2, 0.1], 0.0),
        ([0.2, 0.1], [0.9, 0.8], 1.0),
        ([0.9, 0.1], [0.8, 0.2], 0.5),
        # From (1/4, 1/3) to (1/2, 0), which crosses the diagonal at 2/7.
        ([0.9, 0.8, 0.4], [0.5, 0.4, 0.3, 0.1], 2 / 7),
        ([0.5, 0.5], [0.5, 0.5], 0.5),
    ],
)
def test_the_equal_error_rate(targets, impostors, rate):
    assert equal_error_rate(*det_points(targets, impostors)) == pytest.approx(rate)


def test_each_keyword_is_asked_of_each_recording_of_a_keyword():
    heard = heard_as(
        ["no", "yes", "cat"], [[0.0, 0.1, 0.8, 0.1], [0.0, 0.0, 0.25, 0.75], [0.0, 0.5, 0.2, 0.3]]
    )
    by_keyword, others = trials(heard, LABELS)
    assert list(by_keyword) == ["no", "yes"]
    for keyword, wanted, other in (("no", 0.8, 0.25), ("yes", 0.75, 0.1)):
        np.testing.assert_allclose(by_keyword[keyword][0], [wanted])
        np.testing.assert_allclose(by_keyword[keyword][1], [other])
    np.testing.assert_allclose(others, [0.3])


def test_normal_deviates():
    np.testing.assert_allclose(deviates([0.5, 0.841344746, 0.022750132]), [0.0, 1.0, -2.0])


def test_curves_of_streams():
    curves = stream_curves(EVALUATION)
    np.testing.assert_allclose(curves.thresholds, [0.2, 0.5, 0.9])
    np.testing.assert_allclose(curves.misses["near by"], [0.0, 0.1, 0.4])
    np.testing.assert_allclose(curves.misses["far away"], [0.1, 0.25, 0.5])
    np.testing.assert_allclose(curves.called, [0.25, 0.05, 0.0])
    np.testing.assert_allclose(curves.per_hour, [8.0, 2.0, 0.0])
    assert (curves.others, curves.hours) == (40, 0.5)


def test_curves_are_read_as_the_evaluation_writes_them():
    def group(title, said, others, *rows):
        names = ("threshold", "right", "wrong", "called", "false_alarms")
        return {
            "title": title,
            "hours": 0.5,
            "keywords": {"said": said},
            "other_words": {"said": others},
            "thresholds": [dict(zip(names, row, strict=True)) for row in rows],
        }

    groups = {
        "words": group("words", 10, 0, (0.4, 9, 0, 0, 0), (0.8, 7, 0, 0, 0)),
        "others": group("others", 0, 4, (0.4, 0, 0, 1, 0), (0.8, 0, 0, 0, 0)),
        "noise": group("noise", 0, 0, (0.4, 0, 0, 0, 3), (0.8, 0, 0, 0, 1)),
    }
    curves = stream_curves({"threshold": 0.4, "groups": groups, "det": trade_off(groups)})
    np.testing.assert_allclose(curves.misses["words"], [0.1, 0.3])
    np.testing.assert_allclose(curves.called, [0.25, 0.0])
    np.testing.assert_allclose(curves.per_hour, [6.0, 2.0])


@pytest.mark.parametrize(
    ("evaluation", "says"),
    [
        ({"groups": {}}, "has no curve"),
        ({"groups": {}, "det": None}, "has no curve"),
        ({"groups": {}, "det": {"misses": {}}}, "has no curve"),
        ({"groups": {}, "det": {"misses": {"near": []}}}, "not as this program"),
        ({"groups": {}, "det": [1]}, "not as this program"),
        ({**EVALUATION, "groups": {}}, "not as this program"),
    ],
)
def test_another_evaluation_is_one_sentence(evaluation, says):
    with pytest.raises(DataError, match=says):
        stream_curves(evaluation)


def test_groups_are_in_order_and_the_rarest_are_the_rest():
    assert groups_of(["two", "ant", "one", "two"], 3) == ["one", "two", "ant"]
    assert groups_of(["b", "b", "a", "c", "c"], most=2) == ["b", "c", REST]
    assert groups_of(["b", REST], 3) == ["b", REST]


def rotated(points, features=10):
    """Points in three dimensions, put into more without changing a distance."""
    axes, _ = np.linalg.qr(np.random.default_rng(0).standard_normal((features, 3)))
    return (points @ axes.T).astype(np.float32)


def test_pca_finds_the_directions_in_which_points_differ():
    points = np.random.default_rng(1).standard_normal((50, 3)) * (5.0, 2.0, 0.5)
    points -= points.mean(axis=0)
    projection = pca(rotated(points))
    variances = projection.points.var(axis=0)
    np.testing.assert_allclose(
        variances, sorted(np.linalg.eigvalsh(np.cov(points.T, ddof=0)))[::-1], rtol=1e-4
    )
    np.testing.assert_allclose(
        np.linalg.norm(projection.points - projection.points[0], axis=1),
        np.linalg.norm(points - points[0], axis=1),
        rtol=1e-4,
        atol=1e-4,
    )
    shares = 100 * variances / variances.sum()
    assert projection.axes == tuple(f"PC {n} ({s:.0f} %)" for n, s in enumerate(shares, 1))


def test_pca_of_two_points_needs_one_direction():
    projection = pca(np.array([[0, 0, 0, 0], [3, 0, 4, 0]], np.float32))
    assert np.abs(projection.points[0] - projection.points[1])[0] == pytest.approx(5.0)
    np.testing.assert_allclose(projection.points[:, 1:], 0.0, atol=1e-6)
    assert projection.axes == ("PC 1 (100 %)", "PC 2 (0 %)", "PC 3 (0 %)")


def test_pca_of_points_that_are_all_the_same():
    np.testing.assert_array_equal(pca(np.ones((4, 5), np.float32)).points, 0.0)


def two_groups():
    random = np.random.default_rng(2)
    near, far = random.standard_normal((2, 20, 6))
    return np.concatenate((near, far + 60.0)).astype(np.float32)


def assert_apart(points):
    """Whether the first half of the points lies apart from the second."""
    assert points.shape == (40, 3)
    distances = np.linalg.norm(points[:, None] - points[None], axis=2)
    np.fill_diagonal(distances, np.inf)
    nearest = distances.argmin(axis=1)
    assert np.count_nonzero((nearest < 20) == (np.arange(40) < 20)) >= 38


def test_tsne_keeps_groups_together_and_is_the_same_each_time():
    points = tsne(two_groups(), 3).points
    assert_apart(points)
    np.testing.assert_array_equal(points, tsne(two_groups(), 3).points)


def test_umap_keeps_groups_together_without_a_word(capfd):
    points = umap(two_groups(), 3).points
    assert_apart(points)
    np.testing.assert_array_equal(points, umap(two_groups(), 3).points)
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("project", [tsne, umap])
def test_too_few_recordings_are_refused(project):
    with pytest.raises(DataError, match="there are 4"):
        project(np.eye(4, dtype=np.float32), 0)
