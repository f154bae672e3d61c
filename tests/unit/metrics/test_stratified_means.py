"""Means of two groups within strata of control features."""

import numpy as np
import pytest
from scipy import stats

from audit.errors import MetricError
from audit.metrics.stratified_means import stratified_means
from audit.metrics.table.cells import CellTable
from oracles.tasks import slow_stratified_mean

F, M = {"sex": "F"}, {"sex": "M"}


def made(rows=500, seed=0, strata=3):
    rng = np.random.default_rng(seed)
    sex, site = rng.integers(0, 2, rows), rng.integers(0, strata, rows)
    target = rng.normal(size=rows) * 5 + 1000 + 7 * site
    return sex, site, target, target + rng.exponential(size=rows) * (1 + sex) + 3 * site


def table(sex, site, target, said, weights=None):
    names = tuple("nswe"[: int(max(site)) + 1])
    attributes = [("site", names, site), ("sex", ("F", "M"), sex)]
    return CellTable.of_errors(attributes, target, said, weights=weights)


@pytest.mark.parametrize(
    ("metric", "of"),
    [
        ("mean_prediction", lambda target, said: said),
        ("mean_error", lambda target, said: said - target),
    ],
)
def test_it_is_that_of_a_loop(metric, of):
    sex, site, target, said = made()
    found = stratified_means(table(sex, site, target, said), metric, M, F, ["site"])
    values = of(target, said)
    parts = [
        tuple(values[(site == place) & (sex == code)].tolist() for code in (1, 0))
        for place in range(3)
    ]
    difference, error, freedom = slow_stratified_mean(parts)
    assert found.difference == pytest.approx(difference, rel=1e-9)
    reach = stats.t.isf(0.025, freedom) * error
    assert found.difference_interval.low == pytest.approx(difference - reach, rel=1e-6)
    p = 2 * stats.t.sf(abs(difference) / error, freedom)
    assert found.p_value == pytest.approx(p, rel=1e-5)
    assert found.crude == pytest.approx(values[sex == 1].mean() - values[sex == 0].mean())
    assert (found.ratio, found.ratio_interval, found.n) == (None, None, 500)


def test_one_stratum_is_welchs_test():
    sex, site, target, said = made(strata=1)
    found = stratified_means(table(sex, site, target, said), "mean_prediction", M, F, ["site"])
    theirs = stats.ttest_ind(said[sex == 1], said[sex == 0], equal_var=False)
    interval = theirs.confidence_interval(0.95)
    assert found.p_value == pytest.approx(theirs.pvalue, rel=1e-6)
    assert found.difference_interval.low == pytest.approx(interval.low, rel=1e-6)
    assert found.difference_interval.high == pytest.approx(interval.high, rel=1e-6)


def test_equal_weights_are_no_weights():
    rows = made()
    plain = stratified_means(table(*rows), "mean_error", M, F, ["site"])
    weighted = stratified_means(table(*rows, np.full(500, 2.5)), "mean_error", M, F, ["site"])
    assert weighted.difference == pytest.approx(plain.difference)
    assert weighted.p_value == pytest.approx(plain.p_value)


def test_a_stratum_without_spread_is_left_out_with_its_reason():
    sex, site = np.array([0, 0, 0, 1, 1, 1, 0, 0, 1]), np.array([0] * 6 + [1] * 3)
    said = np.array([1.0, 2, 3, 2, 4, 6, 5, 5, 7])
    found = stratified_means(table(sex, site, np.zeros(9), said), "mean_prediction", M, F, ["site"])
    assert found.n == 6
    assert found.difference == pytest.approx(2.0)
    assert [item.reason for item in found.strata] == [
        "",
        "sex=M: fewer than two rows, so its spread is not known",
    ]
    none = stratified_means(
        table(sex[6:], site[6:], np.zeros(3), said[6:]), "mean_prediction", M, F, ["site"]
    )
    assert (none.status, none.difference) == ("undefined", None)


def test_swapping_the_groups_turns_the_difference_round():
    cells = table(*made())
    one, two = (stratified_means(cells, "mean_error", *p, ["site"]) for p in ((M, F), (F, M)))
    assert one.difference == pytest.approx(-two.difference)
    assert one.p_value == pytest.approx(two.p_value)


def test_what_does_not_fit_is_told():
    cells = table(*made())
    with pytest.raises(MetricError, match="unknown mean 'r2'"):
        stratified_means(cells, "r2", M, F, ["site"])
    counted = CellTable.from_codes(
        [("site", ("n",), [0, 0]), ("sex", ("F", "M"), [0, 1])], [0, 1], [0, 1]
    )
    with pytest.raises(MetricError, match="needs numeric targets"):
        stratified_means(counted, "mean_error", M, F, ["site"])
