"""Whatever rows are given: a result that adds up, or a stated error in one line."""

import datetime as dt
import math

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from audit.errors import AuditError
from audit.metrics import group_metrics

FEW = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
ANYTHING = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-3, 3),
    st.floats(allow_nan=True, allow_infinity=True),
    st.text(max_size=4),
    st.binary(max_size=3),
    st.dates(min_value=dt.date(2020, 1, 1), max_value=dt.date(2021, 1, 1)),
    st.decimals(allow_nan=True, places=1, min_value=-2, max_value=2),
    st.complex_numbers(max_magnitude=2),
    st.tuples(st.integers(0, 2)),
)
GROUPS = st.one_of(st.sampled_from(["a", "b", "c", None, "unknown", ""]), st.integers(0, 2))
SCORES = st.one_of(
    st.floats(0, 1), st.floats(allow_nan=True, allow_infinity=True), st.sampled_from([0.0, 1.0])
)
ROWS = st.lists(st.tuples(st.integers(0, 1), st.integers(0, 1), GROUPS, SCORES), max_size=60)
BINARY = ["selection_rate", "f1", "auc", "brier", "ece", "ks", "calibration_slope", "log_loss"]


def columns(rows, count):
    return [list(column) for column in zip(*rows, strict=True)] or [[] for _ in range(count)]


@given(ROWS, st.integers(1, 40))
@FEW
def test_what_is_measured_is_finite_or_missing_with_a_reason(rows, minimum):
    label, prediction, group, score = columns(rows, 4)
    try:
        found = group_metrics(
            label, prediction, y_score=score, sensitive_features={"g": group},
            metrics=BINARY, minimum_group=minimum, compared=("rest", "overall"), tolerance=0.1,
        )  # fmt: skip
        entries, gaps = found.metrics, found.disparities
    except AuditError as error:
        assert "\n" not in str(error)  # noqa: PT017 - either outcome is right
        return
    for entry in entries:
        assert (entry.value is None) == (entry.status != "ok") == bool(entry.reason)
        assert entry.value is None or math.isfinite(entry.value)
        assert entry.interval is None or entry.interval.low <= entry.value + 1e-9
    for gap in gaps:
        assert gap.value is None or math.isfinite(gap.value)
        assert gap.p_value is None or 0 < gap.p_value <= 1
        assert (gap.value is None) <= bool(gap.reason)
    assert found.counts.sum() == len(rows)


@given(
    st.lists(ANYTHING, max_size=8),
    st.lists(ANYTHING, max_size=8),
    st.lists(ANYTHING, max_size=8),
    st.sampled_from(["binary", "multiclass", "regression"]),
)
@FEW
def test_nothing_is_raised_but_a_stated_error(label, prediction, group, task):
    try:
        found = group_metrics(label, prediction, sensitive_features={"g": group}, task=task)
        assert len(found.by_group) >= 1
    except AuditError as error:
        assert "\n" not in str(error)  # noqa: PT017 - either outcome is right


@given(ROWS.filter(lambda rows: len(rows) > 3), st.randoms(use_true_random=False))
@FEW
def test_the_order_of_rows_changes_nothing(rows, random):
    moved = list(rows)
    random.shuffle(moved)
    tables = []
    for part in (rows, moved):
        label, prediction, group, score = columns(part, 4)
        finite = [s if math.isfinite(s) and 0 <= s <= 1 else 0.5 for s in score]
        tables.append(
            group_metrics(
                label, prediction, y_score=finite, sensitive_features={"g": group},
                metrics=BINARY, minimum_group=1,
            ).by_group
        )  # fmt: skip
    np.testing.assert_allclose(tables[0], tables[1], atol=1e-9)


@given(ROWS.filter(lambda rows: len(rows) > 3))
@FEW
def test_weights_of_two_are_rows_that_come_twice(rows):
    label, prediction, group, score = columns(rows, 4)
    finite = [s if math.isfinite(s) and 0 <= s <= 1 else 0.5 for s in score]
    common = {"metrics": BINARY, "minimum_group": 1}
    weighted = group_metrics(
        label, prediction, y_score=finite, sensitive_features={"g": group},
        sample_weight=[2.0] * len(rows), **common,
    )  # fmt: skip
    doubled = group_metrics(
        label * 2, prediction * 2, y_score=finite * 2, sensitive_features={"g": group * 2}, **common
    )
    smooth = [name for name in BINARY if name != "ece"]
    np.testing.assert_allclose(weighted.by_group[smooth], doubled.by_group[smooth], atol=1e-9)


@pytest.mark.parametrize("scores", [[0.5] * 40, [math.nan] * 40, [0.0] * 20 + [1.0] * 20])
def test_constant_and_missing_scores_are_told(scores):
    label = [0, 1] * 20
    found = group_metrics(
        label, label, y_score=scores, sensitive_features={"g": ["a"] * 20 + ["b"] * 20},
        metrics=BINARY, minimum_group=1,
    )  # fmt: skip
    assert set(found.status["auc"]) <= {"ok"} or "score" in found.status["auc"].iloc[0]
