"""The verdict follows from the comparisons by the printed rule."""

from __future__ import annotations

import pytest

from audit.data.records import ColumnRecord, DataRecord
from audit.explainers.results import Explanation, FeatureValue
from audit.findings import Results, conclude, forbidden_words
from audit.findings.verdict import place_of
from audit.metrics.results import Disparity, Family, Interval, MetricResult
from audit.models.records import ModelRecord

ATTRIBUTE = ("sex",)


def rate(group, value, *, n=500, status="ok", reason="", metric="selection_rate"):
    return MetricResult(
        id=f"{metric} {group}", metric=metric, model="baseline", split="test",
        group={"sex": group} if group else {}, value=value, numerator=None, denominator=None,
        n=n, status=status, reason=reason,
    )  # fmt: skip


def gap(p, *, low=0.02, high=0.2, mdg=0.03, metric="selection_rate", family="headline",
        attributes=ATTRIBUTE, value=0.1, status="ok"):  # fmt: skip
    return Disparity(
        id=f"gap {metric} {attributes}", metric=metric, model="baseline", split="test",
        kind="difference", attributes=attributes, a={"sex": "A"}, b={"sex": "B"},
        a_metric="selection_rate A", b_metric="selection_rate B", selection="worst_pair",
        value=value if status == "ok" else None,
        interval=Interval(low=low, high=high, level=0.95, method="m", simultaneous=True),
        p_value=p, p_adjusted=p, family=Family(name=family, size=1), minimum_detectable=mdg,
        status=status,
    )  # fmt: skip


def results(*disparities, metrics=(), explanations=(), unknown=0, notes=(), roles=("sensitive",)):
    data = DataRecord(
        source="s", sha256="0" * 64, rows=1000, target="y", splits={"test": 1000}, split="test",
        split_source="drawn", unknown={"sex": unknown},
        columns=(ColumnRecord(name="sex", roles=roles, kind="text", missing=0),),
    )  # fmt: skip
    model = ModelRecord(
        name="baseline", kind="bundle", architecture="MLP", threshold=0.5,
        threshold_source="stated", notes=notes,
    )  # fmt: skip
    return Results(
        metrics=(rate("A", 0.5), rate("B", 0.4), *metrics), disparities=disparities,
        explanations=explanations, data=data, model=model,
        confidence=0.95, tolerance=0.05, minimum_group=30,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("disparities", "word"),
    [
        ([], "Not assessed"),
        ([gap(0.01, status="undefined")], "Not assessed"),
        ([gap(0.01, family="other worst pairs")], "Not assessed"),
        ([gap(0.04)], "Disparity found"),
        ([gap(0.9), gap(0.01, metric="true_positive_rate")], "Disparity found"),
        ([gap(0.05, mdg=0.03)], "No disparity detected"),
        ([gap(0.5, mdg=0.06)], "Too little data"),
        ([gap(0.5, mdg=None)], "Too little data"),
        ([gap(0.5, mdg=0.05)], "No disparity detected"),
        ([gap(0.5), gap(0.5, mdg=0.9, attributes=("sex", "race"))], "No disparity detected"),
        ([gap(0.5), gap(0.01, mdg=0.9, attributes=("sex", "race"))], "Disparity found"),
    ],
)
def test_the_rule_gives_the_word(disparities, word):
    findings, verdict = conclude(results(*disparities))
    assert verdict.word == word
    assert verdict.rule.index("Not assessed") < verdict.rule.index("Disparity found")
    assert "below 0.05" in verdict.rule
    assert not forbidden_words(verdict.sentence)
    assert not any(forbidden_words(finding.text) for finding in findings)


@pytest.mark.parametrize(
    ("low", "high", "place"),
    [
        (0.06, 0.2, "beyond"), (-0.2, -0.06, "beyond"), (0.02, 0.2, "across"),
        (-0.01, 0.04, "inside"), (0.0, 0.05, "inside"), (-0.1, 0.1, "across"),
    ],
)  # fmt: skip
def test_an_interval_lies_beyond_across_or_inside_the_tolerance(low, high, place):
    assert place_of(gap(0.01, low=low, high=high), 0.05) == place


def codes(*arguments, **keywords):
    return {f.code: f for f in conclude(results(*arguments, **keywords))[0]}


def test_severity_follows_the_tolerance_and_orders_the_findings():
    found = conclude(
        results(gap(0.01, low=0.0, high=0.04, metric="a"), gap(0.01, low=0.1, metric="b"))
    )[0]
    assert [(f.code, f.severity) for f in found[:2]] == [
        ("DISPARITY", "high"),
        ("DISPARITY", "low"),
    ]


def test_each_thing_there_is_to_say_has_its_code():
    small = rate("C", None, n=3, status="suppressed")
    missing = rate("D", None, status="undefined", reason="group has no positive labels")
    driver = Explanation(
        id="e", method="m", model="baseline", split="test", level="gap", baseline="mean",
        target="p", rows=100, residual=0.0, total=0.1, a={"sex": "A"}, b={"sex": "B"},
        values=(FeatureValue(feature="income", value=0.08),),
    )  # fmt: skip
    found = codes(
        gap(0.04, mdg=0.4), gap(0.01, family="other worst pairs", metric="base_rate"),
        gap(0.01, family="imprint", metric="imprint"),
        gap(0.01, family="other worst pairs", metric="accuracy"),
        metrics=(small, missing), explanations=(driver,), unknown=7, notes=("a note",),
        roles=("feature", "sensitive"),
    )  # fmt: skip
    assert set(found) == {
        "SMALL_GROUP", "UNDEFINED", "DRIVERS", "LOW_POWER", "LABEL_GAP", "IMPRINT",
        "DISPARITY", "OTHER_DISPARITY", "UNKNOWN_GROUP", "MODEL_NOTE", "SENSITIVE_FEATURE",
    }  # fmt: skip
    assert "sex = C (n = 3)" in found["SMALL_GROUP"].text
    assert "group has no positive labels" in found["UNDEFINED"].text
    assert "income 8.0 pp" in found["DRIVERS"].text
    assert "7 of 1,000 rows (0.7%)" in found["UNKNOWN_GROUP"].text
    assert "exceeds the gap in the labels" in found["IMPRINT"].text


def test_an_explanation_that_did_not_converge_is_said():
    item = Explanation(
        id="e", method="m", model="baseline", split="test", level="global", baseline="mean",
        target="p", rows=9, residual=0.2, status="not converged", reason="residual of 0.2",
    )  # fmt: skip
    assert "residual of 0.2" in codes(gap(0.5), explanations=(item,))["NOT_CONVERGED"].text


def test_forbidden_words_are_found_as_words():
    assert forbidden_words("This is fair and it passes.") == ("fair", "passes")
    assert forbidden_words("The fairground is passable.") == ()


def test_identifiers_do_not_depend_on_the_figures():
    one, two = (conclude(results(gap(0.01, value=value)))[0][0] for value in (0.1, 0.2))
    assert one.id == two.id
    assert one.text != two.text
