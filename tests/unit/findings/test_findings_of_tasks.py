"""Findings about several classes and about numbers say which class, or which unit."""

from __future__ import annotations

from dataclasses import replace

import pytest

from audit.explainers.results import Explanation, FeatureValue
from audit.findings import Results, conclude, forbidden_words
from audit.metrics.headline import TargetScale, headline
from audit.metrics.results import Disparity, Family, Interval, MetricResult
from audit.mitigation.results import ComparisonRecord, MitigationRecord
from audit.weights.results import Ledger, LedgerEntry
from builders_models import record
from evidence_records import MODEL

F, M = {"sex": "F"}, {"sex": "M"}
DATA = {
    "several": replace(record(1000), task="multiclass", classes=("ant", "cat", "dog"), focus="cat"),
    "numbers": replace(record(1000), task="regression"),
}


def results(task, **more):
    data, several = DATA[task], task == "several"
    metric = headline(data)["demographic_parity"]
    high, low, gap = (0.55, 0.37, 0.18) if several else (34_100.0, 25_500.0, 8_600.0)
    values = [
        MetricResult(
            id=name, metric=metric, model="baseline", split="test", group=group, value=value,
            numerator=None, denominator=None, n=500,
        )
        for name, group, value in (("m", M, high), ("f", F, low))
    ]  # fmt: skip
    disparity = Disparity(
        id="gap", metric=metric, model="baseline", split="test", kind="difference",
        attributes=("sex",), a=M, b=F, a_metric="m", b_metric="f", selection="worst_pair",
        value=gap, interval=Interval(low=gap / 2, high=2 * gap, level=0.95, method="m"),
        p_value=0.001, p_adjusted=0.002, family=Family(name="headline", size=1),
        minimum_detectable=gap / 4,
    )  # fmt: skip
    scale = None if several else TargetScale(spread=20_000.0, tolerance=1_000.0)
    return Results(
        metrics=tuple(values), disparities=(disparity,), explanations=(), data=data, model=MODEL,
        confidence=0.95, tolerance=0.05, minimum_group=30, scale=scale,
    ) if not more else replace(results(task), **more)  # fmt: skip


def texts(found):
    findings, verdict = conclude(found)
    told = {item.code: item.text for item in findings}
    assert not any(forbidden_words(text) for text in (*told.values(), verdict.sentence))
    return told, verdict


@pytest.mark.parametrize(
    ("task", "said", "rule"),
    [
        ("several", "Selection rate of class 'cat' 55.0% for sex = M and 37.0%", "of each class"),
        (
            "numbers",
            "Mean prediction 34,100 for sex = M and 25,500 for sex = F (n = 500 and 500): a "
            "difference of 8,600 (0.43 standard deviations), 95% interval 4,300 to 17,200.",
            "mean prediction, mean error and mean absolute error for each",
        ),
    ],
)
def test_a_disparity_names_the_class_or_the_unit(task, said, rule):
    told, verdict = texts(results(task))
    assert said in told["DISPARITY"]
    assert verdict.word == "Disparity found"
    assert rule in verdict.rule
    limit = "5.0 pp" if task == "several" else "1,000 (0.05 standard deviations)"
    assert limit in verdict.sentence


def test_the_tolerance_of_numbers_is_in_their_unit():
    found = results("numbers")
    calm = replace(found.disparities[0], p_adjusted=0.5, minimum_detectable=900.0)
    _, verdict = texts(replace(found, disparities=(calm,)))
    assert verdict.word == "No disparity detected"
    assert "Gaps smaller than 900.0 (0.04 standard deviations)" in verdict.sentence
    weak = replace(calm, minimum_detectable=1_100.0)
    told, verdict = texts(replace(found, disparities=(weak,)))
    assert verdict.word == "Too little data"
    assert "would find a gap of 1,100 (0.06 standard deviations)" in told["LOW_POWER"]


def explanation(total, value):
    return Explanation(
        id="e", method="m", model="baseline", split="test", level="gap", baseline="mean",
        target="p", rows=100, residual=0.0, total=total, a=M, b=F,
        values=(FeatureValue(feature="income", value=value),),
    )  # fmt: skip


def ledger(total, value, link):
    return Ledger(
        id="l", kind="carrier", level="unit", model="baseline", split="test", cut="fc1",
        gap="demographic_parity", link=link, a=M, b=F, rows=100, total=total, residual=0.0,
        entries=(LedgerEntry(name="fc1[3]", value=value, share=0.5, status="carrier"),),
        entries_total=8,
    )  # fmt: skip


def test_what_carries_a_gap_of_numbers_is_told_in_their_unit():
    told, _ = texts(
        results(
            "numbers",
            explanations=(explanation(8_600.0, 5_123.4),),
            ledgers=(ledger(8_600.0, 4_300.0, "value"), ledger(1.0, 0.5, "probability")),
        )
    )
    assert "Of the gap in predictions of 8,600 (0.43 standard deviations)" in told["DRIVERS"]
    assert "income 5,123." in told["DRIVERS"]
    assert "of the gap in predictions of 8,600" in told["CARRIERS_NOT_CONFIRMED"]
    assert "fc1[3] 4,300 (50%)" in told["CARRIERS_NOT_CONFIRMED"]


def test_what_carries_a_gap_of_several_classes_names_the_one_in_focus():
    told, _ = texts(
        results(
            "several",
            explanations=(explanation(0.2, 0.1),),
            ledgers=(ledger(0.2, 0.1, "probability"),),
        )
    )
    assert "Of the score gap of class 'cat' of 20.0 pp" in told["DRIVERS"]
    assert "fc1[3] 10.0 pp (50%)" in told["CARRIERS_NOT_CONFIRMED"]


def changes(metric, cost, scale):
    shared = {"baseline": "baseline", "mitigated": "penalty-1", "n": 1000}
    return (
        ComparisonRecord(
            id="c", metric=metric, kind="gap", a=M, b=F, before=0.2 * scale, after=0.1 * scale,
            change=-0.1 * scale, **shared,
            interval=Interval(low=-0.12 * scale, high=-0.08 * scale, level=0.95, method="m"),
        ),
        ComparisonRecord(
            id="d", metric=cost, kind="rate", before=0.8 * scale, after=0.79 * scale,
            change=-0.01 * scale, **shared,
        ),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("task", "cost", "scale", "said"),
    [
        (
            "several",
            "multiclass_accuracy",
            1.0,
            "penalty-1 moves the gap in selection rate of class 'cat' between sex = M and sex = F "
            "from 20.0 pp to 10.0 pp (change: 95% interval −12.0 pp to −8.0 pp); accuracy changes "
            "by −1.0 pp.",
        ),
        (
            "numbers",
            "root_mean_squared_error",
            40_000.0,
            "penalty-1 moves the gap in mean prediction between sex = M and sex = F from 8,000 "
            "(0.40 standard deviations) to 4,000 (0.20 standard deviations) (change: 95% interval "
            "−4,800 to −3,200); root mean squared error changes by −400.0.",
        ),
    ],
)
def test_a_mitigation_is_told_with_what_it_costs(task, cost, scale, said):
    done = MitigationRecord(
        id="p", name="penalty-1", method="penalty", attribute=("sex",), parameters={},
        constraint="", needs_sensitive_at_prediction=False, fitted_on="train", tuned_on="train",
    )  # fmt: skip
    metric = headline(DATA[task])["demographic_parity"]
    told, _ = texts(results(task, mitigations=(done,), comparisons=changes(metric, cost, scale)))
    assert told["MITIGATION"] == said
