import numpy as np
import pytest
from scipy import stats

from audit.errors import MetricError
from audit.metrics.measures.correlation_ratio import binned, correlation_ratio
from audit.metrics.measures.dependence import PERMUTED, dependence
from audit.metrics.statistics.distance_correlation import distance_correlation
from oracles.families import slow_distance_correlation


@pytest.mark.parametrize("n", [4, 5, 8, 17, 40])
@pytest.mark.parametrize("ties", [False, True])
def test_distance_correlation_is_that_of_a_loop(n, ties):
    rng = np.random.default_rng(n)
    x = rng.normal(size=n) + 1e6
    y = (x - 1e6) ** 2 + rng.normal(size=n)
    if ties:
        x, y = np.round(x), (y > np.median(y)).astype(float)
    slow = slow_distance_correlation(x.tolist(), y.tolist())
    assert distance_correlation(x, y) == pytest.approx(slow, abs=1e-7)
    assert distance_correlation(y, x) == pytest.approx(slow, abs=1e-7)


def test_distance_correlation_knows_its_ends():
    x = np.arange(50.0)
    assert distance_correlation(x, 3 - 2 * x) == pytest.approx(1)
    assert np.isnan(distance_correlation(x, np.ones(50)))


def test_correlation_ratio_is_that_of_an_analysis_of_variance():
    rng = np.random.default_rng(0)
    group, values = rng.integers(0, 4, 200), rng.normal(size=200)
    between = sum(
        (group == g).sum() * (values[group == g].mean() - values.mean()) ** 2 for g in range(4)
    )
    assert correlation_ratio(group, values) == pytest.approx(
        np.sqrt(between / ((values - values.mean()) ** 2).sum())
    )


def by_measure(x, y, **more):
    return {item.measure: item for item in dependence(x, y, permutations=99, **more)}


def test_a_dependence_that_no_line_shows_is_found():
    rng = np.random.default_rng(1)
    age = rng.uniform(-1, 1, 400)
    found = by_measure(age, age**2 + 0.1 * rng.normal(size=400))
    for measure in ("distance_correlation", "correlation_ratio"):
        assert found[measure].p_value == pytest.approx(0.01)
        assert found[measure].value > 2 * found[measure].null
    assert abs(found["pearson"].value) < 0.2


def test_pearson_and_spearman_agree_with_scipy():
    rng = np.random.default_rng(2)
    x = rng.integers(18, 80, 300)
    y = x + 20 * rng.normal(size=300)
    found = by_measure(x, y)
    theirs = stats.pearsonr(x, y)
    assert found["pearson"].value == pytest.approx(theirs.statistic)
    interval = theirs.confidence_interval(0.95)
    assert (found["pearson"].interval.low, found["pearson"].interval.high) == pytest.approx(
        (interval.low, interval.high)
    )
    assert found["spearman"].value == pytest.approx(stats.spearmanr(x, y).statistic)
    assert found["distance_correlation"].interval is None


def test_false_alarms_are_as_rare_as_stated():
    rng = np.random.default_rng(3)
    alarms = 0
    for seed in range(200):
        x, y = rng.normal(size=30), (rng.random(30) < 0.3).astype(float)
        (found,) = dependence(x, y, measures=["distance_correlation"], permutations=39, seed=seed)
        alarms += found.p_value is not None and found.p_value <= 0.05
    assert alarms / 200 <= 0.05 + 2.33 * np.sqrt(0.0475 / 200)


def test_missing_rows_are_counted_and_the_sample_stated():
    rng = np.random.default_rng(4)
    x, y = rng.normal(size=3000), rng.normal(size=3000)
    x[:10], y[5:15] = np.nan, np.inf
    (found,) = dependence(x, y, names=("age", "score"), measures=["pearson"], permutations=19)
    assert (found.n, found.missing, found.used) == (2985, 15, PERMUTED)
    assert (found.attribute, found.outcome) == ("age", "score")


@pytest.mark.parametrize(
    ("x", "y", "reason"),
    [
        ([1, 2, 3], [1, 2, 3], "3 rows have both, fewer than 4"),
        ([1.0] * 9, range(9), "age is the same in all rows"),
        (range(9), [1.0] * 9, "score is the same in all rows"),
        ([], [], "0 rows have both, fewer than 4"),
    ],
    ids=range(4),
)
def test_what_has_no_dependence_is_undefined(x, y, reason):
    for item in dependence(list(x), list(y), names=("age", "score")):
        assert (item.status, item.value, item.p_value, item.reason) == (
            "undefined", None, None, reason
        )  # fmt: skip


@pytest.mark.parametrize(
    ("x", "y", "more", "message"),
    [
        ([1, 2], [1], {}, "attribute and prediction of one length, came 2, 1"),
        (["old", "young"], [1, 2], {}, "expected attribute of numbers"),
        ([[1, 2]], [1, 2], {}, "expected attribute as one column"),
        ([1, 2], [1, 2], {"measures": ["pearsn"]}, "unknown measure of dependence 'pearsn'"),
        ([1, 2], [1, 2], {"permutations": 0}, "expected permutations of 1 or more"),
        ([1, 2], [1, 2], {"confidence": 95}, "expected a confidence between 0 and 1"),
    ],
    ids=range(6),
)
def test_what_cannot_be_is_refused(x, y, more, message):
    with pytest.raises(MetricError, match=message):
        dependence(x, y, **more)


def test_bins_hold_about_as_many_rows_each():
    names, codes = binned(np.arange(100), 4)
    assert np.bincount(codes).tolist() == pytest.approx([25] * 4, abs=1)
    assert names[0].startswith("[0, ")
    assert names[-1].endswith(", 99]")


def test_bins_say_what_is_in_them():
    values = np.random.default_rng(0).integers(18, 90, 500)
    names, codes = binned(values, 7)
    for value, code in zip(values, codes, strict=True):
        low, high = names[code].strip("[])").split(", ")
        assert float(low) <= value
        assert value < float(high) or (names[code].endswith("]") and value == float(high))


def test_equal_values_are_never_parted_and_what_is_not_known_is_unknown():
    names, codes = binned([1, 1, 1, 1, 1, 2, 3, np.nan, np.inf], 2)
    assert names == ("[1, 3]", "unknown")
    assert codes.tolist() == [0] * 7 + [1, 1]
    names, codes = binned([5, 1, 1, np.nan], 2)
    assert names == ("1", "5", "unknown")
    assert codes.tolist() == [1, 0, 0, 2]
    assert binned([3, 3], 2) == (("3",), pytest.approx([0, 0]))


@pytest.mark.parametrize(
    ("values", "bins", "message"),
    [
        ([np.nan], 3, "with some finite numbers, came none"),
        ([1.0], 1, "expected bins as a whole number of 2 or more, came 1"),
        (["a"], 3, "expected the attribute of numbers"),
    ],
    ids=range(3),
)
def test_what_cannot_be_binned_is_refused(values, bins, message):
    with pytest.raises(MetricError, match=message):
        binned(values, bins)
