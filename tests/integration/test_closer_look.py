"""What an audit says besides rates by group: unknown rows, numbers, controls, repeated people."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import pearsonr

import audit
from audit.errors import AuditError
from audit.report.rendering import render


@pytest.fixture(scope="module")
def people():
    rng = np.random.default_rng(7)
    rows = 1200
    sex, site = rng.choice(["F", "M"], rows), rng.choice(["north", "south"], rows)
    age = rng.integers(18, 80, rows).astype(float)
    score = np.clip(0.3 + 0.004 * (age - 18) + 0.1 * (sex == "M") + rng.normal(0, 0.1, rows), 0, 1)
    return pd.DataFrame(
        {
            "sex": np.where(rng.random(rows) < 0.05, None, sex),
            "age": age,
            "site": site,
            "who": np.arange(rows) // 2,
            "score": score,
            "hired": (rng.random(rows) < score).astype(int),
        }
    )


@pytest.fixture(scope="module")
def done(people, tmp_path_factory):
    folder = tmp_path_factory.mktemp("closer")
    people.to_csv(folder / "people.csv", index=False)
    return audit.run(configuration(), base=folder)


def configuration(**data):
    return {
        "name": "closer",
        "data": {
            "path": "people.csv",
            "target": "hired",
            "sensitive": ["sex", {"column": "age", "bins": [40, 60]}],
            "control": ["site"],
            "person": "who",
            **data,
        },
        "predictions": {"score": "score"},
        "metrics": {"compare": ["rest", "overall"], "correction": "benjamini-hochberg"},
        "report": {"date": "2026-01-01"},
    }


def test_the_gap_lies_within_its_bounds_whoever_the_unknown_rows_are(done, people):
    bounds = {item.metric: item for item in done.evidence.bounds}
    assert set(bounds) == {"selection_rate", "true_positive_rate", "false_positive_rate"}
    item = bounds["selection_rate"]
    said = (people.score >= 0.5).astype(int)
    rng = np.random.default_rng(0)
    unknown = people.sex.isna()
    for _ in range(20):
        placed = people.sex.where(~unknown, rng.choice(["F", "M"], len(people)))
        gap = said[placed == item.a["sex"]].mean() - said[placed == item.b["sex"]].mean()
        assert item.low <= gap <= item.high
    assert item.low < item.value < item.high


def test_an_attribute_cut_into_ranges_is_also_measured_as_a_number(done, people):
    found = {item.measure: item for item in done.evidence.dependence}
    assert found["pearson"].attribute == "age"
    assert found["pearson"].value == pytest.approx(pearsonr(people.age, people.score).statistic)
    assert found["distance_correlation"].value > found["distance_correlation"].null
    assert found["distance_correlation"].p_value < 0.05


def test_groups_are_compared_within_control_features(done):
    stratified = [s for s in done.evidence.stratified if s.metric == "selection_rate"]
    assert {s.controls for s in stratified} == {("site",)}
    assert all(len(s.strata) == 2 for s in stratified)
    assert done.evidence.conditional


def test_people_with_two_rows_have_jackknife_intervals(done):
    assert done.evidence.data.people == 600
    shown = [m.interval.method for m in done.evidence.metrics if m.metric == "auc" and m.interval]
    assert set(shown) == {"bucket-jackknife"}


def test_each_group_is_compared_with_the_rest_and_with_everyone(done):
    kinds = {d.selection for d in done.evidence.disparities}
    assert {"rest", "overall", "reference", "worst_pair"} <= kinds
    methods = {d.family.method for d in done.evidence.disparities if d.selection == "rest"}
    assert methods == {"benjamini-hochberg"}


def test_the_report_holds_every_part(done):
    page = render(done.evidence).decode()
    for title in (
        "Calibration and thresholds",
        "Within control features",
        "Unknown and probable groups, and numeric attributes",
        "Search for the worst subgroups",
    ):
        assert title in page


def test_the_search_takes_features_and_names_those_it_does_not_know(people, tmp_path):
    people.to_csv(tmp_path / "people.csv", index=False)
    settings = configuration()
    settings["metrics"] = {"subgroups": {"features": ["shoe_size"]}}
    with pytest.raises(AuditError, match="shoe_size"):
        audit.run(settings, base=tmp_path)


def test_a_missing_person_is_told_in_one_line(people, tmp_path):
    people.assign(who=people.who.where(people.index != 5)).to_csv(
        tmp_path / "people.csv", index=False
    )
    with pytest.raises(AuditError, match="'who' .person.*missing value in row 6"):
        audit.run(configuration(), base=tmp_path)
