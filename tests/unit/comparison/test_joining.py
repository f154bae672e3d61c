"""Two audits of the same rows, joined from their evidence alone."""

import subprocess
import sys
from dataclasses import dataclass, replace

import pytest

from audit.comparison.joining import join
from audit.data.records import DataRecord
from audit.errors import EvidenceError
from audit.metrics.results import Disparity, Interval, MetricResult
from builders_models import record
from oracles.paired import slow_unpaired


@dataclass(frozen=True)
class Audit:
    data: DataRecord
    metrics: tuple = ()
    disparities: tuple = ()


def gap(value, low, high, **choices):
    settings = {
        "id": "disparity-1",
        "metric": "selection_rate",
        "model": "baseline",
        "split": "test",
        "kind": "difference",
        "attributes": ("sex",),
        "a": {"sex": "M"},
        "b": {"sex": "F"},
        "a_metric": "x",
        "b_metric": "y",
        "selection": "worst_pair",
        "value": value,
        "interval": Interval(low=low, high=high, level=0.95, method="newcombe"),
    }
    return Disparity(**(settings | choices))


def rate(value, low, high, metric="accuracy", **choices):
    settings = {
        "id": f"metric-{metric}",
        "metric": metric,
        "model": "baseline",
        "split": "test",
        "group": {},
        "value": value,
        "numerator": 1.0,
        "denominator": 1.0,
        "n": 100,
        "interval": Interval(low=low, high=high, level=0.95, method="wilson"),
    }
    return MetricResult(**(settings | choices))


def joined(one, two, kind="disparities"):
    pair = [Audit(record(100), **{kind: (item,) if item else ()}) for item in (one, two)]
    (row,) = join(*pair).rows
    return row


@pytest.mark.parametrize(
    ("before", "after", "outcome"),
    [
        ((0.30, 0.25, 0.35), (0.02, 0.0, 0.06), "resolved"),
        ((0.30, 0.25, 0.35), (0.10, 0.05, 0.15), "better"),
        ((0.10, 0.05, 0.15), (0.30, 0.25, 0.35), "worse"),
        ((0.02, 0.0, 0.06), (0.30, 0.25, 0.35), "new"),
        ((0.10, 0.05, 0.15), (0.09, 0.04, 0.14), "unchanged"),
    ],
)
def test_outcomes_of_gaps(before, after, outcome):
    row = joined(gap(*before), gap(*after))
    assert row.outcome == outcome
    limits = slow_unpaired(before[0], before[1:], after[0], after[1:])
    assert (row.interval.low, row.interval.high) == pytest.approx(limits, abs=1e-12)
    assert row.change == pytest.approx(after[0] - before[0])
    assert row.interval.method == "mover, unpaired"


def test_losing_its_star_is_not_being_resolved():
    row = joined(gap(0.05, 0.001, 0.10), gap(0.04, 0.0, 0.09))
    assert row.outcome == "unchanged"
    assert row.reason == "established in the first audit only, but its change is not shown"


def test_a_gap_that_turns_round_counts_by_its_size():
    row = joined(
        gap(-0.30, -0.35, -0.25, selection="reference"),
        gap(0.10, 0.05, 0.15, selection="reference"),
    )
    assert row.outcome == "better"
    assert row.change == pytest.approx(-0.20)


def test_an_interval_over_0_reaches_to_0():
    row = joined(gap(0.02, -0.03, 0.07, selection="reference"), gap(0.30, 0.28, 0.32))
    limits = slow_unpaired(0.02, (0.0, 0.07), 0.30, (0.28, 0.32))
    assert (row.interval.low, row.interval.high) == pytest.approx(limits, abs=1e-12)


def test_ratios_are_better_nearer_to_1_from_either_side():
    low = gap(0.5, 0.4, 0.6, kind="ratio")
    near = gap(0.95, 0.9, 1.02, kind="ratio")
    above = gap(2.0, 1.6, 2.5, kind="ratio", selection="reference")
    open_ended = replace(above, interval=replace(above.interval, high=None))
    assert joined(low, near).outcome == "resolved"
    assert joined(above, near).outcome == "resolved"
    assert joined(near, low).outcome == "new"
    assert joined(open_ended, near).interval.low == pytest.approx(
        0.95 - 0.5 - ((0.95 - 0.9) ** 2 + (1 / 1.6 - 0.5) ** 2) ** 0.5
    )


def test_another_worst_pair_is_said():
    row = joined(gap(0.3, 0.25, 0.35), gap(0.1, 0.05, 0.15, a={"sex": "X"}))
    assert row.reason == "the worst pair is another one in each audit"
    assert row.a == {"sex": "X"}


@pytest.mark.parametrize(
    ("metric", "outcome"),
    [
        ("accuracy", "better"),
        ("false_positive_rate", "worse"),
        ("selection_rate", "changed"),
    ],
)
def test_outcomes_of_metrics(metric, outcome):
    row = joined(rate(0.5, 0.48, 0.52, metric), rate(0.7, 0.68, 0.72, metric), "metrics")
    assert row.outcome == outcome
    assert joined(rate(0.5, 0.4, 0.6), rate(0.51, 0.4, 0.6), "metrics").outcome == "unchanged"


@pytest.mark.parametrize("kind", ["metrics", "disparities"])
def test_what_one_audit_lacks_is_not_comparable(kind):
    make = rate if kind == "metrics" else gap
    whole = make(0.3, 0.2, 0.4)
    gone = make(None, 0, 0, interval=None, status="suppressed", reason="12 rows")
    assert joined(whole, None, kind).outcome == "not comparable"
    assert joined(None, whole, kind).reason.startswith("in the first audit: not measured")
    assert joined(whole, gone, kind).reason == "in the second audit: suppressed: 12 rows"
    bare = make(0.3, 0, 0, interval=None)
    assert joined(bare, whole, kind).reason == "in the first audit: it has no interval"


def test_other_coverage_is_not_comparable():
    one = gap(0.3, 0.2, 0.4)
    row = joined(one, replace(one, interval=replace(one.interval, level=0.9)))
    assert (row.outcome, row.reason) == (
        "not comparable",
        "intervals of another coverage: 0.95 and 0.9",
    )


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"sha256": "1" * 64}, "data"),
        ({"split": "validation"}, "audited split"),
        ({"split_source": "drawn with seed 1"}, "split"),
        ({"splits": {"test": 90}}, "rows of each split"),
        ({"target": "y is 2"}, "target"),
    ],
)
def test_other_rows_are_refused(change, words):
    with pytest.raises(EvidenceError, match=f"another {words}"):
        join(Audit(record(100)), Audit(replace(record(100), **change)))


def test_the_note_says_that_intervals_are_unpaired():
    assert "independent" in join(Audit(record(1)), Audit(record(1))).note


def test_joining_needs_the_standard_library_alone():
    code = (
        "import sys, audit.comparison.joining\n"
        "heavy = {'torch', 'pandas', 'scipy', 'numpy', 'sklearn'} & set(sys.modules)\n"
        "assert not heavy, heavy"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)
