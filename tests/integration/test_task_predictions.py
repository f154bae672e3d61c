"""From audit.yaml and a table of predicted classes, or numbers, to evidence."""

from __future__ import annotations

import json

import jsonschema
import numpy as np
import pytest
import yaml
from fairlearn.metrics import MetricFrame, mean_prediction
from sklearn.metrics import accuracy_score, mean_absolute_error, recall_score, roc_auc_score

import audit
from audit.comparing import compare
from audit.errors import EvidenceError
from audit.evidence import SCHEMA_FILE, from_json
from audit.findings import forbidden_words
from oracles.tasks import slow_class_rate
from tasks import CLASSES, numbers, rows, several

FULL = {
    "data__sensitive": ["sex", "race", {"column": "age", "bins": [40, 60]}],
    "data__control": ["site"],
    "data__intersections": 1,
}


def frame():
    found = rows(900)
    found.loc[found.index % 40 == 0, "sex"] = None
    return found


@pytest.fixture(scope="module")
def done(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tasks")
    frame().to_csv(folder / "rows.csv", index=False)
    found = {}
    for name, values in (("several", several(**FULL)), ("numbers", numbers(**FULL))):
        path = folder / f"{name}.yaml"
        path.write_text(yaml.safe_dump(values))
        found[name] = audit.run(path)
    return found


def values(result):
    return {(m.metric, tuple(m.group.items())): m for m in result.evidence.metrics}


def by_sex():
    known = frame()
    for sex in ("F", "M"):
        yield (("sex", sex),), known[known.sex == sex]


@pytest.mark.parametrize("of", CLASSES)
def test_each_class_is_measured_against_the_rest(done, of):
    found = values(done["several"])
    for group, mine in by_sex():
        parts = (mine.kind.tolist(), mine.said.tolist(), of)
        for name in ("selection_rate", "true_positive_rate", "false_positive_rate", "base_rate"):
            assert found[f"{name}[{of}]", group].value == pytest.approx(
                slow_class_rate(name, *parts)
            )


def test_classes_agree_with_scikit_learn_by_way_of_fairlearn(done):
    found, known = values(done["several"]), frame().dropna(subset="sex")
    theirs = MetricFrame(
        metrics={
            "multiclass_accuracy": accuracy_score,
            "macro_true_positive_rate": lambda y, p: recall_score(y, p, average="macro"),
        },
        y_true=known.kind,
        y_pred=known.said,
        sensitive_features=known.sex,
    ).by_group
    for group, mine in by_sex():
        for name in theirs.columns:
            assert found[name, group].value == pytest.approx(theirs.loc[group[0][1], name])
        auc = roc_auc_score(mine.kind == "cat", mine.chance)
        assert found["auc[cat]", group].value == pytest.approx(auc, abs=1e-3)


def test_numbers_agree_with_fairlearn_and_scikit_learn(done):
    found, known = values(done["numbers"]), frame().dropna(subset="sex")
    theirs = MetricFrame(
        metrics={
            "mean_prediction": mean_prediction,
            "mean_absolute_error": mean_absolute_error,
            "mean_error": lambda y, p: (p - y).mean(),
            "over_prediction_rate": lambda y, p: (p > y).mean(),
            "mean_under_prediction": lambda y, p: np.maximum(y - p, 0).mean(),
        },
        y_true=known.income,
        y_pred=known.guess,
        sensitive_features=known.sex,
    ).by_group
    for group, _ in by_sex():
        for name in theirs.columns:
            expected = theirs.loc[group[0][1], name]
            assert found[name, group].value == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("name", ["several", "numbers"])
def test_the_evidence_is_valid_and_read_back(done, name):
    content = done[name].to_json()
    jsonschema.Draft202012Validator(json.loads(SCHEMA_FILE.read_text())).validate(
        json.loads(content)
    )
    assert from_json(content, "it") == done[name].evidence
    json.loads(content, parse_constant=pytest.fail)


@pytest.mark.parametrize("name", ["several", "numbers"])
def test_a_gap_that_was_planted_is_found_and_said_in_plain_words(done, name):
    verdict, findings = done[name].verdict, done[name].findings
    assert verdict.word == "Disparity found"
    for text in (verdict.sentence, verdict.rule, *(item.text for item in findings)):
        assert not forbidden_words(text)
        assert "nan" not in text.lower().split()
    told = {item.code: item.text for item in reversed(tuple(findings))}
    if name == "several":
        assert "class 'cat'" in told["DISPARITY"]
        assert " pp" in told["DISPARITY"]
        assert "predictions of class 'cat'" in told["IMPRINT"]
    else:
        assert "standard deviations)" in told["DISPARITY"]
        assert "pp" not in told["IMPRINT"]
        assert "the gap in the targets" in told["IMPRINT"]


def test_the_tolerance_of_numbers_is_a_share_of_the_spread_of_the_target(done):
    scale = done["numbers"].evidence.settings.scale
    assert scale.spread == pytest.approx(frame().income.std(ddof=0))
    assert scale.tolerance == pytest.approx(0.05 * scale.spread)
    assert not scale.stated
    assert done["several"].evidence.settings.scale is None


def test_a_tolerance_in_the_unit_of_the_target_is_taken(tmp_path):
    rows(400).to_csv(tmp_path / "rows.csv", index=False)
    found = audit.run(numbers(metrics__tolerance_value=1e6, data__intersections=1), base=tmp_path)
    assert found.evidence.settings.scale.tolerance == 1e6
    assert "inside the tolerance of 1,000,000" in found.verdict.sentence
    gap = next(d for d in found.disparities if d.metric == "mean_prediction")
    assert gap.equivalence_p < 1e-6
    assert {item.severity for item in found.findings if item.code == "DISPARITY"} == {"low"}


def test_what_has_no_meaning_is_said_once(done):
    told = [item.subject for item in done["numbers"].evidence.not_assessed]
    assert len(set(told)) == len(told)
    for part in ("Equal opportunity", "subgroup", "rows of unknown sex", "Conditional demographic"):
        assert sum(part in subject for subject in told) == 1, part
    assert not any("classes" in subject for subject in told)
    several_told = [item.reason for item in done["several"].evidence.not_assessed]
    assert sum("'cat'" in reason for reason in several_told) == 1


def test_the_closer_look_is_taken_as_far_as_it_has_a_meaning(done):
    classes, found = done["several"].evidence, done["numbers"].evidence
    assert classes.curves.sweeps
    assert classes.curves.calibration
    assert len(classes.subgroups) == 1
    assert {item.metric for item in classes.bounds} >= {"selection_rate"}
    assert len(classes.coverage) == len(found.coverage) == 3
    assert {item.outcome for item in classes.dependence} == {"score of class 'cat'"}
    assert {item.outcome for item in found.dependence} == {"prediction"}
    assert (found.curves.sweeps, found.subgroups, found.bounds, found.conditional) == ((),) * 4
    assert {item.metric for item in found.stratified} == {"mean_prediction", "mean_error"}


def test_many_classes_are_limited_and_the_others_named(tmp_path):
    draw = np.random.default_rng(0)
    kind = draw.choice([f"k{number}" for number in range(9)], 900, p=[0.2] * 2 + [0.6 / 7] * 7)
    said = np.where(draw.random(900) < 0.8, kind, "k0")
    rows(900).assign(kind=kind, said=said).to_csv(tmp_path / "rows.csv", index=False)
    found = audit.run(
        several(data__target__positive="k8", predictions__score=None, data__sensitive="sex"),
        base=tmp_path,
    )
    everyone = [m.metric for m in found.metrics if not m.group]
    shown = [name for name in everyone if name.startswith("selection_rate")]
    assert len(shown) == 6
    assert shown[0] == "selection_rate[k8]"
    left = next(i for i in found.evidence.not_assessed if i.subject.startswith("Rates of the"))
    for number in range(9):
        assert (f"selection_rate[k{number}]" in shown) != (f"k{number}" in left.subject)


def test_two_audits_of_a_task_are_compared(tmp_path):
    for name, task, column in (("m", several, "said"), ("n", numbers, "guess")):
        better = rows(400)
        better.to_csv(tmp_path / "rows.csv", index=False)
        one = audit.run(task(data__intersections=1), base=tmp_path)
        right = better.kind if name == "m" else better.income
        better[f"{column}2"] = np.where(np.arange(400) % 8, right, better[column])
        better.to_csv(tmp_path / "rows2.csv", index=False)
        key = "label" if name == "m" else "score"
        again = task(data__intersections=1, **{f"predictions__{key}": f"{column}2"})
        with pytest.raises(EvidenceError, match="the same rows"):
            compare(one, audit.run({**again, "data": {**again["data"], "path": "rows2.csv"}},
                                   base=tmp_path))  # fmt: skip
        first = audit.run({**task(data__intersections=1, data__path="rows2.csv")}, base=tmp_path)
        second = audit.run({**again, "data": {**again["data"], "path": "rows2.csv"}}, base=tmp_path)
        joined = compare(first, second)
        measure = "multiclass_accuracy" if name == "m" else "mean_absolute_error"
        row = next(
            r for r in joined.rows if (r.subject, r.metric, r.group) == ("metric", measure, {})
        )
        assert row.outcome == "better"


@pytest.mark.parametrize(
    ("values", "change", "line"),
    [
        (several(), {"said": None}, "row 1: expected a class, came a missing value"),
        (several(), {"said": "bird"}, "expected a class of the target ('ant', 'cat', 'dog')"),
        (several(), {"chance": np.inf}, "values are missing or infinite, the first in row 1"),
        (several(data__target__positive="bird"), {}, "the class in focus, 'bird'"),
        (several(metrics__names=["accuracy"]), {}, "say 'accuracy[cat]'"),
        (several(metrics__names=["auc"]), {}, "say 'auc[cat]'"),
        (several(metrics__names=["auc[dog]"]), {}, "the class in focus alone"),
        (several(metrics__names=["precision[bird]"]), {}, "unknown class 'bird'"),
        (several(metrics__names=["mean_error"]), {}, "needs errors"),
        (numbers(), {"guess": "many"}, "row 1: expected a number, came 'many'"),
        (numbers(), {"guess": None}, "values are missing or infinite, the first in row 1"),
        (numbers(), {"income": -np.inf}, "expected finite numbers"),
        (numbers(metrics__names=["selection_rate"]), {}, "'selection_rate' needs decisions"),
        (numbers(predictions={"score": "gone"}), {}, "'gone'"),
    ],
)
def test_bad_input_is_one_clear_line(tmp_path, values, change, line):
    found = rows(60).astype(dict.fromkeys(change, object))
    for name, value in change.items():
        found.loc[0, name] = value
    found.to_csv(tmp_path / "rows.csv", index=False)
    with pytest.raises(audit.errors.AuditError) as caught:
        audit.run(values, base=tmp_path)
    assert line in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("task", "changes"),
    [
        (several, {"said": "cat", "chance": 0.5}),
        (several, {"kind": "cat", "said": "cat"}),
        (numbers, {"guess": 7.0}),
        (numbers, {"guess": lambda frame: frame.income}),
        (numbers, {"guess": lambda frame: np.where(frame.sex == "M", frame.income, frame.guess)}),
        (numbers, {"sex": "F"}),
    ],
)
def test_what_says_nothing_is_undefined_and_never_a_crash(tmp_path, task, changes):
    found = rows(120)
    first = found.kind[0]
    found = found.assign(**changes)
    found.loc[0, "kind"] = first if first != "cat" else "dog"
    found.to_csv(tmp_path / "rows.csv", index=False)
    content = audit.run(task(data__intersections=1), base=tmp_path).to_json()
    json.loads(content, parse_constant=pytest.fail)


def test_people_with_repeated_rows_and_weights_are_audited_too(tmp_path):
    rows(400).to_csv(tmp_path / "rows.csv", index=False)
    for task, metric in ((several, "selection_rate[cat]"), (numbers, "mean_prediction")):
        found = audit.run(
            task(data__intersections=1, data__person="who", data__sample_weight="weight",
                 metrics__compare=["rest", "overall"]),
            base=tmp_path,
        )  # fmt: skip
        one = values(found)[metric, (("sex", "M"),)]
        assert one.interval.method == "bucket-jackknife"
        assert one.effective_n < one.n
        assert {d.selection for d in found.disparities if d.metric == metric} >= {"rest", "overall"}
