"""Real people, from the folder that AUDIT_DATA names: trained, audited, and known figures met."""

from __future__ import annotations

import os

import pytest

import audit

AUDIT_DATA = os.environ.get("AUDIT_DATA")
pytestmark = [
    pytest.mark.data,
    pytest.mark.skipif(not AUDIT_DATA, reason="AUDIT_DATA names no folder of data sets"),
]

ADULT = {
    "name": "adult-income",
    "data": {
        "path": "tabular/adult.csv.gz",
        "target": {"column": "income", "positive": [">50K", ">50K."]},
        "sensitive": ["sex", "race"],
        "intersections": 2,
        "features": {"exclude": ["fnlwgt"]},
        "missing": ["?"],
        "split": {"column": "split", "train": "train", "test": "test"},
    },
    "model": {"train": {"hidden": [32, 16], "epochs": 8, "batch_size": 256, "lr": 2e-3}},
    "report": {"date": "2026-11-23"},
}
COMPAS = {
    "name": "compas",
    "data": {
        "path": "tabular/compas_two_years.csv.gz",
        "target": "two_year_recid",
        "sensitive": ["race", "sex"],
    },
    "predictions": {"score": "decile_score"},
    "metrics": {
        "threshold": 5,
        "names": ["false_positive_rate", "false_negative_rate", "precision"],
    },
}


@pytest.fixture(scope="module")
def adult():
    return audit.run(ADULT)


def value(result, metric, **group):
    return next(m for m in result.metrics if m.metric == metric and m.group == group)


def test_adult_is_trained_and_audited(adult):
    record = adult.evidence.data
    assert record.rows == 48_842
    assert record.splits == {"train": 32_561, "test": 16_281}
    assert value(adult, "accuracy").value > 0.84
    assert adult.verdict.word == "Disparity found"
    gap = adult.evidence.disparities[0]
    assert (gap.metric, gap.a, gap.b) == ("selection_rate", {"sex": "Male"}, {"sex": "Female"})
    assert 0.1 < gap.value < 0.25
    assert value(adult, "base_rate", sex="Male").numerator == 3256


def test_adult_is_compared_by_sex_race_and_both(adult):
    attributes = {d.attributes for d in adult.disparities}
    assert attributes == {("sex",), ("race",), ("sex", "race")}
    assert value(adult, "selection_rate", sex="Female", race="Black").n == 753


def test_the_explanations_of_adult_add_up(adult):
    gaps = [e for e in adult.explanations if e.level == "gap"]
    assert gaps
    for explanation in gaps:
        assert explanation.status == "ok"
        assert abs(explanation.residual) < 1e-3
        total = sum(v.value for v in explanation.values)
        assert explanation.total == pytest.approx(total + explanation.residual, abs=1e-9)


def test_the_report_of_adult_is_small_and_adult_is_reproducible(adult):
    assert len(adult.report()) < 2_000_000
    assert audit.run(ADULT).to_json() == adult.to_json()


@pytest.mark.parametrize(
    ("race", "figures"),
    [
        ("African-American", ("44.85", "27.99", "62.97")),
        ("Caucasian", ("23.45", "47.72", "59.13")),
    ],
)
def test_compas_meets_the_published_figures(race, figures):
    result = audit.run(COMPAS)
    assert result.evidence.data.rows == 7214
    names = ("false_positive_rate", "false_negative_rate", "precision")
    found = tuple(f"{100 * value(result, name, race=race).value:.2f}" for name in names)
    assert found == figures


def test_the_ratio_of_the_hiring_rule_is_met():
    people = {
        "sex": ["male"] * 1390 + ["female"] * 1181,
        "hired": [1, 0] * 1285 + [1],
    }
    selected = [1] * 667 + [0] * 723 + [1] * 555 + [0] * 626
    found = audit.metrics.group_metrics(
        people["hired"], selected, sensitive_features={"sex": people["sex"]}
    )
    ratio = next(
        d for d in found.disparities
        if d.metric == "selection_rate" and d.kind == "ratio" and d.selection == "worst_pair"
    )  # fmt: skip
    assert f"{ratio.value:.3f}" == "0.979"
