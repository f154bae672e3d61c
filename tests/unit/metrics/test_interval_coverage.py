import numpy as np
import pytest

from audit.errors import MetricError
from audit.metrics.measures.interval_coverage import IntervalCoverage, IntervalWidth
from audit.metrics.measures.row_metric import Rows
from audit.metrics.statistics.intervals import wilson

Z = 1.959964


def rows(**changes):
    rng = np.random.default_rng(0)
    target = rng.normal(size=60)
    ends = np.column_stack([target * 0 - 1, rng.uniform(0, 2, 60)])
    return Rows(**{
        "group": np.arange(60) % 2, "groups": 3, "y_true": target, "y_pred": ends, **changes
    })  # fmt: skip


def test_coverage_and_width_are_those_of_a_loop():
    given = rows()
    covered, width = (one.measure_rows(given) for one in (IntervalCoverage(), IntervalWidth()))
    for group in range(2):
        inside, wide = 0, 0.0
        for row in range(group, 60, 2):
            low, high = given.y_pred[row]
            inside += low <= given.y_true[row] <= high
            wide += high - low
        assert covered.values[group] == inside / 30
        assert width.values[group] == pytest.approx(wide / 30)
        low, high = wilson(inside, 30, Z)
        assert (covered.limits(Z)[0][group], covered.limits(Z)[1][group]) == (low, high)
    assert covered.reasons == ("", "", "group has no rows")
    assert np.isnan(width.values[2])


def test_ends_are_inside_and_may_be_infinite():
    given = rows(
        group=np.zeros(2, int), groups=1, y_true=[1.0, 5.0], y_pred=[[1.0, 1.0], [-np.inf, np.inf]]
    )
    assert IntervalCoverage().measure_rows(given).values[0] == 1
    with pytest.raises(MetricError, match="finite numbers, came -inf in row 1"):
        IntervalWidth().measure_rows(given)


@pytest.mark.parametrize(
    ("ends", "message"),
    [
        (np.ones(60), "y_pred of shape .rows, 2., came shape .60,."),
        (np.tile([2.0, 1.0], (60, 1)), "at most the upper one, came .2.0, 1.0. in row 0"),
        (np.tile([np.nan, 1.0], (60, 1)), "at most the upper one, came .nan, 1.0. in row 0"),
        (np.full((60, 2), "x"), "expected intervals of numbers"),
        (None, "interval_coverage needs y_pred, came none"),
    ],
    ids=range(5),
)
def test_wrong_intervals_are_refused(ends, message):
    with pytest.raises(MetricError, match=message):
        IntervalCoverage().measure_rows(rows(y_pred=ends))
