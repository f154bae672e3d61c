"""What must not change, or must change in a known way, whatever the task's rows."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from audit.measuring.groups import measure_groups
from tasks import CLASSES, loaded, numbers, rows, several

SLOW = settings(max_examples=4, deadline=None, suppress_health_check=[HealthCheck.too_slow])
seeds = st.integers(0, 10_000)
PLAIN = {"predictions__score": None, "data__sensitive": ["sex"]}


def classes(**changes):
    """Audit predicted classes, by one attribute."""
    return several(**{**PLAIN, **changes})


def measured(frame, values):
    config, dataset, predictions = loaded(frame, values)
    return measure_groups(dataset, predictions, config, "baseline")


def figures(found):
    """Values by what they are of: of a worst pair without the pair, of others with it."""
    metrics = {(m.metric, *sorted(m.group.items())): m.value for m in found.metrics}
    gaps = {
        (d.metric, d.kind, d.attributes, str(d.a) if d.selection == "reference" else "worst"): (
            d.value,
            d.p_value,
            d.status,
        )
        for d in found.disparities
    }
    return metrics, gaps


def same(one, two):
    assert set(one) == set(two)
    for key, value in one.items():
        other = two[key]
        pairs = zip(value, other, strict=True) if isinstance(value, tuple) else [(value, other)]
        for first, second in pairs:
            if isinstance(first, str) or first is None:
                assert first == second, key
            else:
                assert first == pytest.approx(second, rel=1e-6, abs=1e-9), key


@SLOW
@given(seed=seeds, order=st.permutations(CLASSES))
def test_the_order_of_the_classes_is_nothing(seed, order):
    frame = rows(240, seed)
    ways = [
        figures(measured(frame, classes(data__target__classes=list(item))))
        for item in (CLASSES, order)
    ]
    names = {key[0] for key in ways[0][0]} - {"macro_precision", "macro_true_positive_rate"}
    for one, two in zip(*ways, strict=True):
        # Limits of macro means are quantiles of drawn cells, which come in the order of classes.
        same(*({key: v for key, v in part.items() if key[0] in names} for part in (one, two)))
    same(*(
        {key: v for key, v in way[0].items() if key[0].startswith("macro")} for way in ways
    ))  # fmt: skip


@SLOW
@given(seed=seeds)
def test_two_classes_are_the_binary_audit_of_the_same_decisions(seed):
    frame = rows(300, seed).assign(
        kind=lambda f: f.kind.where(f.kind == "cat", "not"),
        said=lambda f: f.said.where(f.said == "cat", "not"),
    )
    many = measured(frame, classes())
    two = measured(frame, classes(data__task="binary"))
    wanted = (
        "selection_rate", "true_positive_rate", "false_positive_rate", "base_rate", "accuracy",
    )  # fmt: skip
    renamed = [
        replace(item, metric=item.metric.removesuffix("[cat]").removeprefix("multiclass_"))
        for item in many.metrics
        if item.metric in {f"{name}[cat]" for name in wanted} | {"imprint", "multiclass_accuracy"}
    ]
    theirs = [item for item in two.metrics if item.metric in (*wanted, "imprint")]
    keys = ("metric", "group", "value", "numerator", "denominator", "n", "interval", "status")
    known = {(item.metric, str(item.group)): item for item in theirs}
    assert len(renamed) == len(theirs)
    for item in renamed:
        other = known[item.metric, str(item.group)]
        assert [getattr(item, key) for key in keys] == [getattr(other, key) for key in keys]
    ours = {
        (d.metric.removesuffix("[cat]"), d.kind, d.attributes): d
        for d in many.disparities
        if d.selection == "worst_pair" and d.family.name in ("headline", "imprint")
    }
    for d in two.disparities:
        if d.selection == "worst_pair" and d.family.name in ("headline", "imprint"):
            other = ours.pop((d.metric, d.kind, d.attributes))
            for key in ("a", "b", "value", "interval", "p_value", "p_adjusted", "family",
                        "minimum_detectable", "equivalence_p"):  # fmt: skip
                assert getattr(d, key) == getattr(other, key), (d.metric, key)
    assert not ours


@SLOW
@given(seed=seeds, task=st.sampled_from([classes, numbers]))
def test_swapping_two_groups_turns_every_difference_round(seed, task):
    frame = rows(300, seed)
    swapped = frame.assign(sex=frame.sex.map({"F": "M", "M": "F"}))
    reference = {"metrics__reference": {"sex": "F"}, "data__sensitive": ["sex"]}
    one, two = (
        {
            d.metric: d
            for d in measured(item, task(data__intersections=1, **reference)).disparities
            if d.selection == "reference" and d.kind == "difference"
        }
        for item in (frame, swapped)
    )
    assert set(one) == set(two)
    for name, d in one.items():
        if d.value is None:
            assert two[name].value is None
            continue
        assert two[name].value == pytest.approx(-d.value, rel=1e-9, abs=1e-12)
        if d.interval is not None:
            ends = (-two[name].interval.high, -two[name].interval.low)
            assert (d.interval.low, d.interval.high) == pytest.approx(ends, rel=1e-6, abs=1e-9)
            assert two[name].p_value == pytest.approx(d.p_value, rel=1e-6)


@SLOW
@given(seed=seeds, scale=st.sampled_from([0.01, 7.0, 1e4]), shift=st.sampled_from([0.0, -5e5]))
def test_another_unit_of_the_target_rescales_every_figure_in_it(seed, scale, shift):
    frame = rows(240, seed)
    moved = frame.assign(income=frame.income * scale + shift, guess=frame.guess * scale + shift)
    one, two = (measured(item, numbers(data__intersections=1)) for item in (frame, moved))
    shifted = {"mean_prediction", "mean_target"}
    shares = {"over_prediction_rate", "under_prediction_rate", "r2"}
    for first, second in zip(one.metrics, two.metrics, strict=True):
        assert (first.metric, first.group, first.status) == (
            second.metric, second.group, second.status,
        )  # fmt: skip
        if first.value is None:
            continue
        factor = 1.0 if first.metric in shares else scale
        added = shift if first.metric in shifted else 0.0
        expected = first.value * factor + added
        assert second.value == pytest.approx(expected, rel=1e-6, abs=1e-6 * scale)
    for first, second in zip(one.disparities, two.disparities, strict=True):
        if first.p_adjusted is None:
            assert second.p_adjusted is None
        else:
            assert second.p_adjusted == pytest.approx(first.p_adjusted, rel=1e-4, abs=1e-9)
            assert (first.equivalence_p is None) == (second.equivalence_p is None)
            p = first.equivalence_p or 0.0
            assert (second.equivalence_p or 0.0) == pytest.approx(p, rel=1e-4, abs=1e-9)


@SLOW
@given(seed=seeds)
def test_adding_to_all_predictions_moves_means_and_no_gap_between_them(seed):
    frame = rows(240, seed)
    ways = (frame, frame.assign(guess=frame.guess + 1000.0))
    one, two = (measured(item, numbers(data__intersections=1)) for item in ways)
    for first, second in zip(one.disparities, two.disparities, strict=True):
        if first.metric in ("mean_prediction", "mean_error", "imprint") and first.value is not None:
            assert second.value == pytest.approx(first.value, rel=1e-6, abs=1e-6)
            assert second.p_value == pytest.approx(first.p_value, rel=1e-5, abs=1e-12)


@SLOW
@given(seed=seeds)
def test_the_order_of_the_rows_is_nothing(seed):
    frame = rows(240, seed)
    order = np.random.default_rng(seed).permutation(len(frame))
    for task in (classes, numbers):
        values = task(data__intersections=1)
        ways = (figures(measured(item, values)) for item in (frame, frame.iloc[order]))
        for one, two in zip(*ways, strict=True):
            same(one, two)
