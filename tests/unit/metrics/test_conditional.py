from dataclasses import replace

import numpy as np
import pytest
from fairlearn.metrics import MetricFrame, selection_rate
from scipy.stats import norm

from audit.errors import MetricError
from audit.metrics.conditional import conditional_demographic_disparity, stratified_comparison
from audit.metrics.measures.rates import RATES
from audit.metrics.statistics.mantel_haenszel import mantel_haenszel
from audit.metrics.strata import strata
from audit.metrics.table.cells import Attribute, CellTable
from audit.metrics.table.moments import ErrorSums
from oracles.families import slow_conditional_disparity, slow_mantel_haenszel

SEX, JOB, AREA = ("F", "M"), ("clerk", "driver", "nurse"), ("n", "s")


def rows(n=600, seed=0):
    rng = np.random.default_rng(seed)
    sex, job, area = rng.integers(0, 2, n), rng.integers(0, 3, n), rng.integers(0, 2, n)
    label = rng.integers(0, 2, n)
    return sex, job, area, label, (rng.random(n) < 0.2 + 0.1 * sex + 0.2 * job).astype(int)


def table(sex, job, area, label, prediction, weights=None):  # noqa: PLR0917 - as rows() gives them
    columns = [("sex", SEX, sex), ("job", JOB, job), ("area", AREA, area)]
    return CellTable.from_codes(columns, label, prediction, weights)


def test_strata_are_those_of_fairlearns_control_features():
    sex, job, area, label, prediction = rows()
    found = strata(table(sex, job, area, label, prediction), ("job", "area"))
    theirs = MetricFrame(
        metrics=selection_rate,
        y_true=label,
        y_pred=prediction,
        sensitive_features={"sex": np.array(SEX)[sex]},
        control_features={"job": np.array(JOB)[job], "area": np.array(AREA)[area]},
    ).by_group
    assert len(found) == 6
    for stratum in found:
        measured = RATES["selection_rate"].measure(stratum.table)
        assert [part.name for part in stratum.table.attributes] == ["sex"]
        for code, value in zip(stratum.table.codes[:, 0], measured.values, strict=True):
            key = (stratum.levels["job"], stratum.levels["area"], SEX[code])
            assert value == pytest.approx(theirs[key])


def test_strata_of_every_part_add_up():
    sex, job, area, label, prediction = rows()
    whole = table(sex, job, area, label, prediction)
    sums = ErrorSums.from_arrays(
        np.arange(len(whole.codes)), np.arange(len(whole.codes)) * 1.0,
        np.ones(len(whole.codes)), groups=len(whole.codes),
    )  # fmt: skip
    found = strata(replace(whole, errors=sums), "job")
    assert sum(part.table.n.sum() for part in found) == 600
    assert sum(part.table.errors.e.sum() for part in found) == pytest.approx(sums.e.sum())
    assert [part.levels for part in found] == [{"job": name} for name in JOB]


@pytest.mark.parametrize(
    ("controls", "message"),
    [
        (("jbo",), "unknown control feature 'jbo'; did you mean 'job'"),
        ((), "expected one or more different control features"),
        (("job", "job"), "expected one or more different control features"),
    ],
    ids=["unknown", "none", "twice"],
)
def test_wrong_control_features_are_refused(controls, message):
    with pytest.raises(MetricError, match=message):
        strata(table(*rows()), controls)


def test_conditional_disparity_is_that_of_a_loop():
    sex, job, area, label, prediction = rows()
    prediction[(job == 2) & (area == 1)] = 1
    found = conditional_demographic_disparity(
        table(sex, job, area, label, prediction), {"sex": "F"}, ("job", "area")
    )
    listed = [(s, (j, a), p) for s, j, a, p in zip(sex, job, area, prediction, strict=True)]
    assert found.value == pytest.approx(slow_conditional_disparity(listed, 0))
    assert found.unconditional == pytest.approx(
        slow_conditional_disparity([(s, 0, p) for s, _, p in listed], 0)
    )
    assert found.left_out == ((job == 2) & (area == 1)).sum()
    assert found.n + found.left_out == 600
    assert found.interval.low < found.value < found.interval.high
    assert found.strata[-1].reason == "no row of the stratum is rejected"


def test_conditioning_explains_a_gap_away():
    # Everybody in a job is treated alike; the group is more often in the job with fewer chances.
    sex = np.repeat([0, 1, 0, 1], [300, 100, 100, 300])
    job = np.repeat([0, 0, 1, 1], [300, 100, 100, 300])
    prediction = np.concatenate(
        [np.arange(size) % 10 < chance for size, chance in ((300, 2), (100, 2), (100, 6), (300, 6))]
    ).astype(int)
    found = conditional_demographic_disparity(
        table(sex, job, job, prediction, prediction), {"sex": "F"}, ["job"]
    )
    assert found.unconditional > 0.15
    assert found.value == pytest.approx(0, abs=1e-12)
    found = compared(table(sex, job, job, prediction, prediction))
    assert found.crude == pytest.approx(-0.2)
    assert found.difference == pytest.approx(0, abs=1e-12)
    assert found.p_value == pytest.approx(1)


def test_without_rejected_rows_there_is_no_disparity():
    sex, job, area, label, _ = rows()
    found = conditional_demographic_disparity(
        table(sex, job, area, label, np.ones(600, int)), {"sex": "F"}, ["job"]
    )
    assert (found.status, found.value, found.interval) == ("undefined", None, None)
    assert found.reason == "no stratum has both selected and rejected rows"


def test_conditional_disparity_covers():
    rng = np.random.default_rng(0)
    share, chance, hits = 0.4, np.array([0.3, 0.6]), 0
    for _ in range(300):
        job = rng.integers(0, 2, 200)
        sex = (rng.random(200) > share).astype(int)
        prediction = (rng.random(200) < chance[job]).astype(int)
        found = conditional_demographic_disparity(
            table(sex, job, job, prediction, prediction), {"sex": "F"}, ["job"]
        )
        hits += found.interval.low <= 0 <= found.interval.high
    assert 0.91 <= hits / 300 <= 0.99


STRATA = [(12, 40, 9, 45), (5, 22, 11, 60), (30, 50, 18, 35), (0, 7, 2, 9)]


def test_mantel_haenszel_is_that_of_a_loop():
    found = mantel_haenszel(*np.array(STRATA, float).T)
    difference, ratio = slow_mantel_haenszel(STRATA)
    assert found.difference == pytest.approx(difference)
    assert found.ratio == pytest.approx(ratio)


def test_mantel_haenszel_agrees_with_statsmodels():
    tables = pytest.importorskip("statsmodels.stats.contingency_tables")
    found = mantel_haenszel(*np.array(STRATA, float).T)
    theirs = tables.StratifiedTable(
        [np.array([[x1, n1 - x1], [x2, n2 - x2]], float) for x1, n1, x2, n2 in STRATA]
    )
    assert found.ratio == pytest.approx(theirs.riskratio_pooled)
    assert found.p_value == pytest.approx(theirs.test_null_odds(correction=False).pvalue)


def test_mantel_haenszel_covers():
    rng = np.random.default_rng(1)
    n1, n2 = np.array([30, 20, 50]), np.array([25, 40, 30])
    base, gap = np.array([0.2, 0.4, 0.5]), 0.1
    z, hits, ratios, found_none = norm.isf(0.025), 0, 0, 0
    for _ in range(1500):
        first = mantel_haenszel(rng.binomial(n1, base + gap), n1, rng.binomial(n2, base), n2)
        low, high = first.difference_limits(z)
        hits += low <= gap <= high
        second = mantel_haenszel(rng.binomial(n1, base * 1.5), n1, rng.binomial(n2, base), n2)
        low, high = second.ratio_limits(z)
        ratios += low <= 1.5 <= high
        none = mantel_haenszel(rng.binomial(n1, base), n1, rng.binomial(n2, base), n2)
        found_none += none.p_value < 0.05
    assert 0.93 <= hits / 1500 <= 0.97
    assert 0.93 <= ratios / 1500 <= 0.975
    assert found_none / 1500 <= 0.05 + 2.33 * np.sqrt(0.0475 / 1500)


def test_a_comparison_leaves_out_strata_that_lack_a_group():
    sex, job, area, label, prediction = rows()
    sex[job == 1] = 1
    found = stratified_comparison(
        table(sex, job, area, label, prediction), "true_positive_rate",
        {"sex": "F"}, {"sex": "M"}, ["job"],
    )  # fmt: skip
    assert [part.reason for part in found.strata] == [
        "", "sex=F: group has no positive labels", ""
    ]  # fmt: skip
    assert found.n == (job != 1).sum()
    assert found.difference_interval.low < found.difference < found.difference_interval.high


def compared(cells):
    return stratified_comparison(cells, "selection_rate", {"sex": "F"}, {"sex": "M"}, ["job"])


def test_equal_weights_are_no_weights_and_undefined_is_no_0():
    sex, job, area, label, prediction = rows()
    both = [
        compared(table(sex, job, area, label, prediction, weights))
        for weights in (None, np.full(600, 2.0))
    ]
    assert both[0].difference == pytest.approx(both[1].difference)
    assert both[0].p_value == pytest.approx(both[1].p_value)
    nobody = compared(table(sex * 0, job, area, label, prediction))
    assert (nobody.status, nobody.difference, nobody.ratio) == ("undefined", None, None)
    none = compared(table(sex, job, area, label, prediction * 0))
    assert (none.difference, none.ratio, none.ratio_interval, none.p_value) == (0, None, None, None)


@pytest.mark.parametrize(
    ("rate", "group", "message"),
    [
        ("selction_rate", {"sex": "F"}, "unknown rate 'selction_rate'; did you mean"),
        ("selection_rate", {"sex": "X"}, "unknown category 'X' in 'sex'"),
        ("selection_rate", {"sx": "F"}, "unknown sensitive attribute 'sx'"),
        ("selection_rate", {}, "expected a group as attribute to category, came none"),
    ],
    ids=range(4),
)
def test_wrong_names_are_refused(rate, group, message):
    with pytest.raises(MetricError, match=message):
        stratified_comparison(table(*rows()), rate, group, {"sex": "M"}, ["job"])


def test_a_table_of_several_classes_is_refused():
    three = CellTable(
        attributes=(
            Attribute(name="sex", categories=SEX),
            Attribute(name="job", categories=JOB),
        ),
        codes=np.zeros((1, 2), dtype=np.int64),
        n=np.ones((1, 3, 3), dtype=np.int64),
        w=np.ones((1, 3, 3)),
        w2=np.ones((1, 3, 3)),
        classes=("a", "b", "c"),
    )
    with pytest.raises(MetricError, match="expected a table of two classes"):
        conditional_demographic_disparity(three, {"sex": "F"}, ["job"])
